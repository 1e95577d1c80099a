import { CorruptDataError, InvalidArgumentError, readI64, readU32 } from "@millrace/base";
import type { ByteSource } from "@millrace/files";
import { Aedat4Decoder } from "./aedat4-decoder.ts";
import type { Aedat4Packets } from "./aedat4-packets.ts";
import { aedat4SideStreams } from "./aedat4-side-streams.ts";
import { FlatBufferError, readFlatBuffer } from "./flatbuffer.ts";
import { truncatedHeader, unsupportedFormat } from "./formats.ts";
import { sizeOf } from "./raw-header.ts";
import type { ByteFormat } from "./recording-format.ts";

/** Position of the header's buffer: behind `#!AER-DAT4.0\r\n` and its size. */
const HEADER_START = 18;
/** By the header's number. */
const COMPRESSIONS = ["none", "LZ4", "LZ4", "zstd", "zstd"] as const;

/**
 * Reads the header of an AEDAT 4 file: how packets are compressed, where they end, and the streams, in XML.
 * @param head - the file's first bytes: more than its header has, or the whole file
 * @throws InvalidArgumentError `EVENTS_STREAM_CHOICE` for events of several sensors when none is chosen, or one is that
 *   is not there; the message lists them
 * @throws CorruptDataError `EVENTS_HEADER_TRUNCATED`, `EVENTS_HEADER_CORRUPT`
 */
export function aedat4Format(
  source: ByteSource,
  head: Uint8Array,
  { stream: wanted }: { readonly stream?: number | undefined },
): ByteFormat {
  if (head.length < HEADER_START) throw truncatedHeader(source.name, head.length);
  const dataStart = HEADER_START + readU32(head, HEADER_START - 4);
  if (dataStart > head.length) throw truncatedHeader(source.name, head.length);
  const { compression, tableAt, xml } = readHeader(source.name, head.subarray(HEADER_START, dataStart));
  const method = COMPRESSIONS[compression];
  if (method === undefined) throw unsupportedFormat(source.name, `AEDAT 4 with compression ${compression}`);
  const streams = readStreams(xml);
  const ofType = (type: string): number[] => streams.filter((one) => one.type === type).map(({ id }) => id);
  const events = eventStream(source.name, streams, wanted);
  const packets: Aedat4Packets = {
    source: source.name,
    compression: method,
    end: tableAt < 0 ? Number.POSITIVE_INFINITY : tableAt,
    ignored: new Set(
      streams.filter(({ id, type }) => id !== events?.id && type !== "TRIG").map(({ id }) => id),
    ),
  };
  const side = { frames: new Set(ofType("FRME")), imu: new Set(ofType("IMUS")) };
  return {
    name: "AEDAT4",
    width: events?.size?.width,
    height: events?.size?.height,
    metadata: {
      compression: method,
      ...(events?.source === undefined ? {} : { sensor: events.source }),
      ...(wanted === undefined ? {} : { stream: String(wanted) }),
    },
    dataStart,
    newDecoder: (context) => new Aedat4Decoder(context, packets),
    ...aedat4SideStreams(source, packets, dataStart, side),
  };
}

/** The stream with the events that are read, or undefined in a file without any. */
function eventStream(
  source: string,
  streams: readonly Stream[],
  wanted: number | undefined,
): Stream | undefined {
  const found = streams.filter(({ type }) => type === "EVTS");
  const chosen = wanted === undefined ? found : found.filter(({ id }) => id === wanted);
  if (chosen.length === 1 || (found.length === 0 && wanted === undefined)) return chosen[0];
  const names = found.map(
    ({ id, source: camera, size }) =>
      `${id} (${camera ?? "no name"}, ${size === undefined ? "no size" : `${size.width}x${size.height}`})`,
  );
  throw new InvalidArgumentError(
    "EVENTS_STREAM_CHOICE",
    `stream of ${source}`,
    wanted,
    `the number of the events' stream, one of ${names.join(", ") || "none"}`,
  );
}

function readHeader(
  source: string,
  bytes: Uint8Array,
): { compression: number; tableAt: number; xml: string } {
  try {
    const { id, root } = readFlatBuffer(bytes);
    if (id !== "IOHE") throw new FlatBufferError(`its buffer is ${JSON.stringify(id)}, not "IOHE"`);
    const compression = root.field(0, 4);
    const tableAt = root.field(1, 8);
    const text = root.vector(2, 1);
    return {
      compression: compression === undefined ? 0 : readU32(bytes, compression),
      tableAt: tableAt === undefined ? -1 : readI64(bytes, tableAt),
      xml: text === undefined ? "" : new TextDecoder().decode(bytes.subarray(text.at, text.at + text.count)),
    };
  } catch (error) {
    if (!(error instanceof FlatBufferError)) throw error;
    const problem = `the header cannot be read: ${error.message}; the file is damaged, get it again`;
    throw new CorruptDataError("EVENTS_HEADER_CORRUPT", source, HEADER_START, problem, { cause: error });
  }
}

interface Stream {
  readonly id: number;
  readonly type: string | undefined;
  readonly size: { readonly width: number; readonly height: number } | undefined;
  readonly source: string | undefined;
}

/** The streams of the header's XML: nodes with a number for a name, and what stands up to the next. */
function readStreams(xml: string): Stream[] {
  return xml
    .split(/<node name="(?=\d+")/)
    .slice(1)
    .map((text) => {
      const value = (key: string): string | undefined =>
        new RegExp(`<attr key="${key}"[^>]*>([^<]*)<`).exec(text)?.[1];
      return {
        id: Number.parseInt(text, 10),
        type: value("typeIdentifier"),
        size: sizeOf(value("sizeX"), value("sizeY")),
        source: value("source"),
      };
    });
}
