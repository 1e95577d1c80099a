import { crc32c, readU32, writeU32 } from "@millrace/base";
import { atomicWrite, type ByteSource, fileSource, type Vfs } from "@millrace/files";
import { EventIndex, type IndexColumns, type IndexedFile } from "./event-index.ts";

/** What an index file begins with; the line ends show a transfer as text. */
const MAGIC = "MRIDX\r\n\x1a";
const VERSION = 1;
const HEADER_BYTES = 72;
/** Where the bytes that the checksum covers begin. */
const CHECKED_FROM = 16;
const COLUMNS = ["offsets", "eventsBefore", "leastTimes", "greatestTimes"] as const;
const SAMPLED_BYTES = 65_536;

/** The name of a recording's index file. */
export function indexPathOf(path: string): string {
  return `${path}.mridx`;
}

/**
 * The bytes of an index file: see `docs/formats/event-index.md`.
 * @returns a header of 72 bytes, then float64 columns
 */
export function encodeIndex({ file, columns, length, events, valuesPerState }: EventIndex): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + 8 * length * (COLUMNS.length + valuesPerState));
  for (let i = 0; i < MAGIC.length; i++) bytes[i] = MAGIC.charCodeAt(i);
  const view = new DataView(bytes.buffer);
  writeU32(bytes, 8, VERSION);
  writeU32(bytes, 16, length);
  writeU32(bytes, 20, valuesPerState);
  view.setFloat64(24, events, true);
  view.setFloat64(32, file.size, true);
  view.setFloat64(40, file.modifiedMs, true);
  writeU32(bytes, 48, file.headCrc);
  writeU32(bytes, 52, file.tailCrc);
  writeU32(bytes, 56, file.readingCrc);
  let at = HEADER_BYTES;
  for (const column of [...COLUMNS.map((name) => columns[name]), columns.states]) {
    for (let i = 0; i < column.length; i++, at += 8) view.setFloat64(at, column[i]!, true);
  }
  writeU32(bytes, 12, crc32c(bytes, 0, CHECKED_FROM));
  return bytes;
}

/** An index from the bytes of its file; undefined when they are damaged, of another version, or no index. */
export function decodeIndex(bytes: Uint8Array): EventIndex | undefined {
  if (bytes.length < HEADER_BYTES || readU32(bytes, 8) !== VERSION) return undefined;
  for (let i = 0; i < MAGIC.length; i++) if (bytes[i] !== MAGIC.charCodeAt(i)) return undefined;
  const length = readU32(bytes, 16);
  const valuesPerState = readU32(bytes, 20);
  if (bytes.length !== HEADER_BYTES + 8 * length * (COLUMNS.length + valuesPerState)) return undefined;
  if (readU32(bytes, 12) !== crc32c(bytes, 0, CHECKED_FROM)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = HEADER_BYTES;
  const next = (count: number): Float64Array => {
    const column = Float64Array.from({ length: count }, (_, i) => view.getFloat64(at + 8 * i, true));
    at += 8 * count;
    return column;
  };
  const [offsets, eventsBefore, leastTimes, greatestTimes] = COLUMNS.map(() => next(length));
  const columns: IndexColumns = {
    offsets: offsets!,
    eventsBefore: eventsBefore!,
    leastTimes: leastTimes!,
    greatestTimes: greatestTimes!,
    states: next(length * valuesPerState),
  };
  const file: IndexedFile = {
    size: view.getFloat64(32, true),
    modifiedMs: view.getFloat64(40, true),
    headCrc: readU32(bytes, 48),
    tailCrc: readU32(bytes, 52),
    readingCrc: readU32(bytes, 56),
  };
  return new EventIndex(file, columns, view.getFloat64(24, true));
}

/** Reads an index file. @returns undefined where there is none, a damaged one, or one of another file or reading */
export async function readIndexFile(
  vfs: Vfs,
  path: string,
  wanted: IndexedFile,
): Promise<EventIndex | undefined> {
  if (!(await vfs.exists(path))) return undefined;
  await using source = await fileSource(vfs, path);
  // More than one for every four bytes of the recording it cannot be.
  if (source.size > HEADER_BYTES + 64 * wanted.size) return undefined;
  const bytes = new Uint8Array(source.size);
  const index = decodeIndex(bytes.subarray(0, await source.read(bytes, 0)));
  return index !== undefined && isSameFile(index.file, wanted) ? index : undefined;
}

/** Writes an index file, whole or not at all. @throws IoError */
export async function writeIndexFile(vfs: Vfs, path: string, index: EventIndex): Promise<void> {
  await atomicWrite(vfs, path, encodeIndex(index));
}

/** What tells a source from another, and from itself after a change. @param reading - how it is decoded */
export async function describeIndexedFile(
  source: ByteSource,
  modifiedMs: number,
  reading: unknown,
): Promise<IndexedFile> {
  return {
    size: source.size,
    modifiedMs,
    headCrc: await crcAt(source, 0),
    tailCrc: await crcAt(source, Math.max(0, source.size - SAMPLED_BYTES)),
    readingCrc: crc32c(new TextEncoder().encode(JSON.stringify(reading))),
  };
}

async function crcAt(source: ByteSource, position: number): Promise<number> {
  const bytes = new Uint8Array(Math.min(SAMPLED_BYTES, source.size - position));
  return crc32c(bytes.subarray(0, await source.read(bytes, position)));
}

function isSameFile(one: IndexedFile, other: IndexedFile): boolean {
  return (
    one.size === other.size &&
    one.modifiedMs === other.modifiedMs &&
    one.headCrc === other.headCrc &&
    one.tailCrc === other.tailCrc &&
    one.readingCrc === other.readingCrc
  );
}
