/** A piece of the log in a target, as docs/formats/doc-db-ship.md lays it out. */
import { crc32c, readU32, readU64, writeU32, writeU64 } from "@millrace/base";
import { corruptValue } from "./manifest.ts";

const MAGIC = new TextEncoder().encode("MRDSHIP\0");
const VERSION = 1;
export const SEGMENT_HEAD_BYTES = 64;
export const ENTRY_HEAD_BYTES = 12;
const HEAD_CRC_OFFSET = 60;

/** A record of a database's log. */
export interface ShippedRecord {
  readonly lsn: number;
  /** When it was committed, in milliseconds since 1970; never before the record before it. */
  readonly atMs: number;
  readonly payload: Uint8Array;
}

/** @param records - at least one, without holes */
export function encodeSegment(
  line: number,
  databaseId: number,
  records: readonly ShippedRecord[],
): Uint8Array {
  const length = records.reduce((sum, { payload }) => sum + ENTRY_HEAD_BYTES + payload.length, 0);
  const bytes = new Uint8Array(SEGMENT_HEAD_BYTES + length);
  let at = SEGMENT_HEAD_BYTES;
  for (const { atMs, payload } of records) {
    writeU64(bytes, at, atMs);
    writeU32(bytes, at + 8, payload.length);
    bytes.set(payload, at + ENTRY_HEAD_BYTES);
    at += ENTRY_HEAD_BYTES + payload.length;
  }
  bytes.set(MAGIC);
  writeU32(bytes, 8, VERSION);
  writeU32(bytes, 12, line);
  writeU64(bytes, 16, databaseId);
  writeU64(bytes, 24, records[0]!.lsn);
  writeU64(bytes, 32, records.at(-1)!.lsn);
  writeU64(bytes, 40, length);
  writeU32(bytes, 48, crc32c(bytes, 0, SEGMENT_HEAD_BYTES, bytes.length));
  writeU32(bytes, HEAD_CRC_OFFSET, crc32c(bytes, 0, 0, HEAD_CRC_OFFSET));
  return bytes;
}

/**
 * The records of a segment; their bytes are parts of its own.
 * @param what - names it in messages
 * @throws CorruptDataError `DOCDB_SHIP_CORRUPT` for anything but a whole segment of that place
 */
export function decodeSegment(
  bytes: Uint8Array,
  what: string,
  place: {
    readonly line: number;
    readonly databaseId: number;
    readonly firstLsn: number;
    readonly lastLsn: number;
  },
): ShippedRecord[] {
  if (bytes.length < SEGMENT_HEAD_BYTES || MAGIC.some((byte, i) => bytes[i] !== byte))
    throw corruptValue(what, "is no segment");
  if (readU32(bytes, HEAD_CRC_OFFSET) !== crc32c(bytes, 0, 0, HEAD_CRC_OFFSET))
    throw corruptValue(what, "the checksum of its head does not match");
  if (readU32(bytes, 8) !== VERSION)
    throw corruptValue(what, `has version ${readU32(bytes, 8)}, expected ${VERSION}`);
  const isRight =
    readU32(bytes, 12) === place.line &&
    readU64(bytes, 16) === place.databaseId &&
    readU64(bytes, 24) === place.firstLsn &&
    readU64(bytes, 32) === place.lastLsn;
  if (!isRight) throw corruptValue(what, "belongs to another place");
  const end = SEGMENT_HEAD_BYTES + readU64(bytes, 40);
  if (end !== bytes.length || readU32(bytes, 48) !== crc32c(bytes, 0, SEGMENT_HEAD_BYTES, end))
    throw corruptValue(what, "the checksum of its records does not match");
  const records: ShippedRecord[] = [];
  for (let at = SEGMENT_HEAD_BYTES, lsn = place.firstLsn; at < end; lsn++) {
    const start = at + ENTRY_HEAD_BYTES;
    const stop = start + readU32(bytes, at + 8);
    records.push({ lsn, atMs: readU64(bytes, at), payload: bytes.subarray(start, stop) });
    at = stop;
  }
  return records;
}
