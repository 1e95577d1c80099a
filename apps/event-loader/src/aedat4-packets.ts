import { CorruptDataError, isMillraceError, readU32 } from "@millrace/base";
import { decompressBytesSync, decompressLz4Frame } from "@millrace/compress";
import { type ByteSource, readSourceFull } from "@millrace/files";
import { FlatBufferError, type FlatTable, readFlatBuffer } from "./flatbuffer.ts";

/** What is known of the packets of a file. */
export interface Aedat4Packets {
  /** For messages. */
  readonly source: string;
  /** Each packet's content is one frame of it. */
  readonly compression: "none" | "LZ4" | "zstd";
  /** Position in the file behind the last packet; what follows is a table of them. */
  readonly end: number;
  /** Streams that hold neither the events that are read nor triggers. */
  readonly ignored: ReadonlySet<number>;
}

/** Bytes before a packet: its stream i32 and its size i32. */
export const AEDAT4_HEADER_BYTES = 8;
/** More than any camera puts into a packet, compressed or not. */
export const MAX_AEDAT4_PACKET_BYTES: number = 2 ** 26;

/** The root of a packet's FlatBuffer, and the four letters that tell what it is. @throws CorruptDataError */
export function openAedat4Packet(
  content: Uint8Array,
  { source, compression }: Aedat4Packets,
  packetAt: number,
): { readonly id: string; readonly root: FlatTable } {
  return guardAedat4Packet(source, packetAt, () =>
    readFlatBuffer(decompress(content, compression).subarray(4)),
  );
}

/** Runs what reads a packet; what it refuses is damage of the file at that place. */
export function guardAedat4Packet<T>(source: string, packetAt: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FlatBufferError) && !isMillraceError(error)) throw error;
    throw corruptAedat4Packet(source, packetAt, error.message, error);
  }
}

/** The error for a packet that cannot be. */
export function corruptAedat4Packet(
  source: string,
  packetAt: number,
  what: string,
  cause?: Error,
): CorruptDataError {
  const problem = `a packet cannot be read: ${what}; the file is damaged here or before`;
  return new CorruptDataError("EVENTS_PACKET_CORRUPT", source, packetAt, problem, { cause });
}

function decompress(content: Uint8Array, compression: Aedat4Packets["compression"]): Uint8Array {
  if (compression === "LZ4") return decompressLz4Frame(content, MAX_AEDAT4_PACKET_BYTES);
  return compression === "zstd" ? decompressBytesSync(content, "zstd", MAX_AEDAT4_PACKET_BYTES) : content;
}

/**
 * Reads the packets of some streams from the file, those of others without a look. A file that was cut off ends with
 * its last whole packet.
 * @param start - position of the first packet
 */
export async function* readAedat4Packets(
  source: ByteSource,
  packets: Aedat4Packets,
  start: number,
  streams: ReadonlySet<number>,
): AsyncGenerator<{ readonly id: string; readonly root: FlatTable; readonly packetAt: number }> {
  const end = Math.min(packets.end, source.size);
  const header = new Uint8Array(AEDAT4_HEADER_BYTES);
  for (let at = start; at + AEDAT4_HEADER_BYTES < end; ) {
    await readSourceFull(source, header, at);
    const size = readU32(header, 4);
    if (size === 0 || size > MAX_AEDAT4_PACKET_BYTES) {
      throw corruptAedat4Packet(source.name, at, `it has ${size} bytes`);
    }
    const next = at + AEDAT4_HEADER_BYTES + size;
    if (next > end) return;
    if (streams.has(readU32(header, 0) | 0)) {
      const content = new Uint8Array(size);
      await readSourceFull(source, content, at + AEDAT4_HEADER_BYTES);
      yield { ...openAedat4Packet(content, packets, at), packetAt: at };
    }
    at = next;
  }
}
