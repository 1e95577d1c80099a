import { CorruptDataError } from "@millrace/base";
import { readZip } from "@millrace/compress";
import { type ByteSource, bytesSource, defaultVfs, type Vfs } from "@millrace/files";
import { aedat1Format, aedat2Format } from "./aedat2.ts";
import { aedat3Format } from "./aedat3.ts";
import { aedat4Format } from "./aedat4.ts";
import { datFormat, isDatHeader } from "./dat.ts";
import type { DecoderContext, EventDecoder } from "./event-decoder.ts";
import { eventStreamFormat } from "./event-stream.ts";
import { newEvt2Decoder } from "./evt2.ts";
import { newEvt3Decoder } from "./evt3.ts";
import { newEvt3SdkDecoder } from "./evt3-sdk.ts";
import { newEvt4Decoder } from "./evt4.ts";
import { newEvt21Decoder, sniffEvt21Order } from "./evt21.ts";
import {
  beginsWith,
  FORMAT_NAMES,
  type FormatName,
  GZIP_MAGIC,
  HDF5_MAGIC,
  isRawFormat,
  unsupportedFormat,
  unsupportedMagic,
} from "./formats.ts";
import { hdf5Format } from "./hdf5/hdf5-format.ts";
import { nmnistFormat } from "./nmnist.ts";
import { NPY_MAGIC } from "./numpy/npy-array.ts";
import { npyFormat, npzFormat } from "./numpy/numpy-format.ts";
import type { RecordingOptions } from "./options.ts";
import { formatInMemory, gzipFormat } from "./packed-format.ts";
import { MAX_HEADER_BYTES, parseRawHeader, type RawHeader } from "./raw-header.ts";
import { MEMORY_LIMIT_BYTES, readWhole } from "./read-whole.ts";
import { bagFormat } from "./ros/bag-format.ts";
import { openMcapBag } from "./ros/mcap-bag.ts";
import { openRos1Bag } from "./ros/ros1-bag.ts";
import { openSqliteBag } from "./ros/sqlite-bag.ts";
import type { RowSource } from "./row-source.ts";
import type { SideStreams } from "./side-streams.ts";
import { newTextDecoder } from "./text.ts";
import { detectTextLayout } from "./text-layout.ts";

/** What was found out of a recording before its data is read. */
export type RecordingFormat = ByteFormat | RowFormat;

interface FormatFacts extends SideStreams {
  readonly name: FormatName;
  readonly width: number | undefined;
  readonly height: number | undefined;
  /** Keys and values of the file's header. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Position of the first byte of data. */
  readonly dataStart: number;
}

/** A recording that is a stream of bytes. */
export interface ByteFormat extends FormatFacts {
  newDecoder(context: DecoderContext): EventDecoder;
}

/** A recording whose rows are made by a reader of its own. */
export interface RowFormat extends FormatFacts {
  openRows(context: DecoderContext): RowSource;
  close(): Promise<void>;
}

const SQLITE_MAGIC = "SQLite format 3\0";
const MCAP_MAGIC = "\x89MCAP0\r\n";
const ZIP_MAGIC = "PK\x03\x04";
const ROS1_MAGIC = "#ROSBAG V2.0\n";

/** Formats that are recognised whether they were asked for or not. */
const HAS_MAGIC: ReadonlySet<FormatName> = new Set(["HDF5", "ROS bag", "NumPy"]);

/** Data that is looked at for the order of EVT2.1: 4,096 words. */
const SNIFFED_BYTES = 32_768;

/** AEDAT headers hold preferences; they have 175 KB and more. */
const MAX_AEDAT_HEADER_BYTES = 4 * 1024 * 1024;

const AEDAT_FORMATS = [
  ["#!AER-DAT1", aedat1Format],
  ["#!AER-DAT2", aedat2Format],
  ["#!AER-DAT3", aedat3Format],
  ["#!AER-DAT4.0\r\n", aedat4Format],
] as const;

/** What is known before the source is looked at; `path` where it is a file of `vfs`. */
type Hints = Pick<RecordingOptions, "format" | "columns" | "timeUnit" | "topic" | "stream"> & {
  readonly vfs: Vfs;
  readonly path: string | undefined;
};

/**
 * Finds out what a source holds from its first bytes; its name counts only for N-MNIST, which has no mark.
 * @throws CorruptDataError `EVENTS_FORMAT_UNKNOWN` or one of the header's and the text's codes
 * @throws MillraceError `EVENTS_FORMAT_UNSUPPORTED` for a format that is known and not read
 */
export async function detectRecordingFormat(source: ByteSource, hints: Hints): Promise<RecordingFormat> {
  const bytes = await readBytes(source, 0, MAX_HEADER_BYTES + 1);
  const isSaidToBeText = hints.format === "text" || (hints.columns ?? hints.timeUnit) !== undefined;
  if (isSaidToBeText) return textFormat(source, bytes, hints);
  const found =
    hints.format === undefined || HAS_MAGIC.has(hints.format)
      ? await recognise(source, bytes, hints)
      : await forced(source, bytes, hints.format, hints);
  if (found !== undefined) return found;
  if (hints.format !== undefined) throw unknownFormat(source, `this does not begin as ${hints.format} does`);
  return textFormat(source, bytes, hints);
}

async function recognise(
  source: ByteSource,
  head: Uint8Array,
  hints: Hints,
): Promise<RecordingFormat | undefined> {
  const { vfs, path, topic } = hints;
  if (beginsWith(head, HDF5_MAGIC)) return hdf5Format(source, vfs, path);
  if (beginsWith(head, SQLITE_MAGIC)) {
    return bagFormat(source, openSqliteBag(source.name, vfs === defaultVfs ? path : undefined), topic);
  }
  if (beginsWith(head, MCAP_MAGIC)) return bagFormat(source, await openMcapBag(source), topic);
  if (beginsWith(head, NPY_MAGIC)) return npyFormat(source);
  if (beginsWith(head, ZIP_MAGIC)) return zipFormat(source, hints);
  if (beginsWith(head, GZIP_MAGIC)) {
    return gzipFormat(source, (inner) => detectRecordingFormat(inner, { ...hints, path: undefined }));
  }
  if (beginsWith(head, ROS1_MAGIC)) return bagFormat(source, await openRos1Bag(source), topic);
  const header = parseRawHeader(head, source.name);
  if (header?.format !== undefined) {
    if (!isRawFormat(header.format)) throw unsupportedFormat(source.name, header.format);
    return rawFormat(source, header.format, header);
  }
  if (header !== undefined && isDatHeader(header)) return datFormat(source, head, header);
  const found = eventStreamFormat(source, head) ?? (await aedatFormat(source, head, hints));
  if (found !== undefined) return found;
  const unsupported = unsupportedMagic(head);
  if (unsupported !== undefined) throw unsupportedFormat(source.name, unsupported);
  return nmnistFormat(source, head, false);
}

/** Arrays of NumPy, or one file of text, as E2VID takes them. */
async function zipFormat(source: ByteSource, hints: Hints): Promise<RecordingFormat> {
  const files = readZip(await readWhole(source, "EVENTS_NUMPY_MEMORY"), MEMORY_LIMIT_BYTES);
  const [only] = files;
  if (files.size !== 1 || only === undefined || !only[0].endsWith(".txt"))
    return npzFormat(source.name, files);
  const [name, bytes] = only;
  const inner = bytesSource(bytes, `${source.name}/${name}`);
  return formatInMemory(bytes, await detectRecordingFormat(inner, { ...hints, path: undefined }));
}

async function forced(
  source: ByteSource,
  head: Uint8Array,
  name: FormatName,
  hints: Hints,
): Promise<RecordingFormat | undefined> {
  if (name === "ES") return eventStreamFormat(source, head);
  if (name === "N-MNIST") return nmnistFormat(source, head, true);
  if (name === "AEDAT2") return aedat2Format(source, await readBytes(source, 0, MAX_AEDAT_HEADER_BYTES));
  if (name === "AEDAT1") return aedat1Format(source, await readBytes(source, 0, MAX_AEDAT_HEADER_BYTES));
  if (name === "AEDAT3" || name === "AEDAT4") return aedatFormat(source, head, hints);
  const header = parseRawHeader(head, source.name);
  return name === "DAT" ? datFormat(source, head, header) : rawFormat(source, name, header);
}

async function aedatFormat(
  source: ByteSource,
  head: Uint8Array,
  hints: Hints,
): Promise<RecordingFormat | undefined> {
  const read = AEDAT_FORMATS.find(([magic]) => beginsWith(head, magic))?.[1];
  return read?.(source, await readBytes(source, 0, MAX_AEDAT_HEADER_BYTES), hints);
}

async function rawFormat(
  source: ByteSource,
  name: FormatName,
  header: RawHeader | undefined,
): Promise<RecordingFormat> {
  const dataStart = header?.dataStart ?? 0;
  return {
    name,
    width: header?.width,
    height: header?.height,
    metadata: header?.fields ?? {},
    dataStart,
    newDecoder: await rawDecoder(source, name, dataStart, header),
  };
}

async function rawDecoder(
  source: ByteSource,
  name: FormatName,
  dataStart: number,
  header: RawHeader | undefined,
): Promise<ByteFormat["newDecoder"]> {
  if (name === "EVT2") return newEvt2Decoder;
  if (name === "EVT3") {
    return (context) => (context.mode === "sdk" ? newEvt3SdkDecoder(context) : newEvt3Decoder(context));
  }
  if (name === "EVT4") return newEvt4Decoder;
  const order = header?.order ?? sniffEvt21Order(await readBytes(source, dataStart, SNIFFED_BYTES));
  return (context) => newEvt21Decoder(context, order);
}

async function readBytes(source: ByteSource, position: number, limit: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(Math.min(limit, source.size - position));
  return bytes.subarray(0, await source.read(bytes, position));
}

function textFormat(source: ByteSource, head: Uint8Array, hints: Hints): RecordingFormat {
  const layout = detectTextLayout(head, head.length === source.size, source.name, hints);
  if (layout === undefined) {
    const problem = `this is no recording of a known format (${FORMAT_NAMES.join(", ")}); if it is one without a header, name its format and its geometry`;
    throw unknownFormat(source, problem);
  }
  return {
    name: "text",
    width: layout.width,
    height: layout.height,
    metadata: { columns: layout.columns.join(","), timeUnit: layout.timeUnit },
    dataStart: layout.dataStart,
    newDecoder: (context) => newTextDecoder(context, layout),
  };
}

function unknownFormat(source: ByteSource, problem: string): CorruptDataError {
  return new CorruptDataError("EVENTS_FORMAT_UNKNOWN", source.name, 0, problem);
}
