import { CapacityError, CorruptDataError, readU32 } from "@millrace/base";
import { unshuffleBits, unshuffleBytes } from "@millrace/codecs";
import { decompressBloscLz } from "./blosc-lz.ts";
import { decompressLz4Block } from "./lz4-block.ts";

const HEADER_BYTES = 16;
/** A block's bytes of equal significance are compressed apart for elements up to this size … */
const MAX_SPLIT_BYTES = 16;
/** … when there are so many of each. */
const MIN_SPLIT_ELEMENTS = 128;

/** Codecs by the upper three bits of the flags; 2 is Snappy. */
const CODECS = ["blosclz", "lz4", "snappy", "zlib", "zstd"] as const;

/** One compressed stream, and where its bytes go. */
export interface BloscStream {
  readonly codec: "blosclz" | "lz4" | "zlib" | "zstd" | "stored";
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly length: number;
}

/** A buffer of Blosc, taken apart. */
export interface BloscBuffer {
  /** Bytes that come out. */
  readonly byteLength: number;
  readonly streams: readonly BloscStream[];
  /** Undoes the shuffle in place of the decompressed blocks. @returns the plain bytes */
  unshuffle(shuffled: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>;
}

/**
 * Takes a Blosc 1 buffer (format versions 1 and 2) apart: 16 bytes of header, the blocks' positions, and in each
 * block one stream, or one for each byte of an element.
 * @param limitBytes - most bytes that may come out
 * @throws CorruptDataError `COMPRESS_BLOSC_CORRUPT`
 * @throws CapacityError `COMPRESS_OUTPUT_LIMIT`
 */
export function parseBlosc(bytes: Uint8Array, limitBytes: number): BloscBuffer {
  if (bytes.length < HEADER_BYTES) throw corrupt(0, "there is no header of 16 bytes");
  const [version, , flags, elementBytes] = bytes as unknown as [number, number, number, number];
  const byteLength = readU32(bytes, 4);
  const blockBytes = readU32(bytes, 8);
  const storedBytes = readU32(bytes, 12);
  if (version < 1 || version > 2) throw corrupt(0, `version ${version} is not known`);
  if (storedBytes !== bytes.length) throw corrupt(12, `it has ${bytes.length} bytes and says ${storedBytes}`);
  if (byteLength > limitBytes) {
    throw new CapacityError("COMPRESS_OUTPUT_LIMIT", "blosc output", byteLength, limitBytes);
  }
  const unshuffle = (shuffled: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> =>
    unshuffleBlocks(shuffled, blockBytes, flags, elementBytes);
  if (byteLength === 0) return { byteLength, streams: [], unshuffle };
  if ((flags & 2) !== 0) {
    if (HEADER_BYTES + byteLength > bytes.length) throw corrupt(HEADER_BYTES, "the stored bytes are cut off");
    const stored = bytes.subarray(HEADER_BYTES, HEADER_BYTES + byteLength);
    // What is stored as it came was not shuffled either.
    const streams = [{ codec: "stored", bytes: stored, start: 0, length: byteLength } as const];
    return { byteLength, streams, unshuffle: (plain) => plain };
  }
  const codec = CODECS[flags >>> 5];
  if (codec === undefined || codec === "snappy") throw corrupt(2, `codec ${flags >>> 5} is not supported`);
  if (blockBytes < 1 || elementBytes < 1) throw corrupt(8, "a block or an element has no bytes");
  const blocks = Math.ceil(byteLength / blockBytes);
  if (HEADER_BYTES + 4 * blocks > bytes.length) throw corrupt(HEADER_BYTES, `${blocks} blocks do not fit`);
  const streams: BloscStream[] = [];
  for (let block = 0; block < blocks; block++) {
    const start = block * blockBytes;
    const length = Math.min(blockBytes, byteLength - start);
    const isSplit =
      (flags & 16) === 0 &&
      elementBytes <= MAX_SPLIT_BYTES &&
      blockBytes / elementBytes >= MIN_SPLIT_ELEMENTS &&
      length === blockBytes;
    const position = readU32(bytes, HEADER_BYTES + 4 * block);
    streams.push(...streamsOf(bytes, position, { start, length, codec, parts: isSplit ? elementBytes : 1 }));
  }
  return { byteLength, streams, unshuffle };
}

/** Decodes a stream that needs no codec of the platform; undefined for the others. */
export function decodeOwnStream(stream: BloscStream): Uint8Array | undefined {
  if (stream.codec === "stored") return stream.bytes;
  if (stream.codec === "lz4") return decompressLz4Block(stream.bytes, stream.length);
  if (stream.codec === "blosclz") return decompressBloscLz(stream.bytes, stream.length);
  return undefined;
}

/** Checks that a stream gave as many bytes as it should. */
export function checkStream(stream: BloscStream, decoded: Uint8Array): Uint8Array {
  if (decoded.length === stream.length) return decoded;
  throw corrupt(stream.start, `a stream gives ${decoded.length} bytes, ${stream.length} are due`);
}

interface Block {
  readonly start: number;
  readonly length: number;
  readonly codec: Exclude<BloscStream["codec"], "stored">;
  readonly parts: number;
}

/** The streams of one block: a length of 32 bits before each; one as long as its content is stored. */
function streamsOf(
  bytes: Uint8Array,
  position: number,
  { start, length, codec, parts }: Block,
): BloscStream[] {
  const partLength = length / parts;
  if (!Number.isInteger(partLength)) throw corrupt(position, `a block of ${length} bytes has ${parts} parts`);
  let at = position;
  return Array.from({ length: parts }, (_, part) => {
    if (at + 4 > bytes.length) throw corrupt(at, "a stream lies beyond the end");
    const size = readU32(bytes, at);
    const from = at + 4;
    at = from + size;
    if (at > bytes.length) throw corrupt(from, `a stream of ${size} bytes does not fit`);
    return {
      codec: size === partLength ? "stored" : codec,
      bytes: bytes.subarray(from, at),
      start: start + part * partLength,
      length: partLength,
    };
  });
}

function unshuffleBlocks(
  shuffled: Uint8Array<ArrayBuffer>,
  blockBytes: number,
  flags: number,
  elementBytes: number,
): Uint8Array<ArrayBuffer> {
  const hasBytes = (flags & 1) !== 0 && elementBytes > 1;
  const hasBits = (flags & 4) !== 0;
  if (!hasBytes && !hasBits) return shuffled;
  const plain = new Uint8Array(shuffled.length);
  for (let start = 0; start < shuffled.length; start += blockBytes) {
    const end = Math.min(start + blockBytes, shuffled.length);
    if (hasBytes) unshuffleBytes(shuffled, start, end, elementBytes, plain, start);
    else if (Math.floor((end - start) / elementBytes) % 8 === 0) {
      unshuffleBits(shuffled, start, end, elementBytes, plain, start);
    }
    // Blosc leaves a block alone whose elements are no whole eights.
    else plain.set(shuffled.subarray(start, end), start);
  }
  return plain;
}

function corrupt(at: number, problem: string): CorruptDataError {
  return new CorruptDataError(
    "COMPRESS_BLOSC_CORRUPT",
    "blosc",
    at,
    `${problem}; the data is damaged or cut off`,
  );
}
