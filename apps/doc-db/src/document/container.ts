/** The table in front of a container's entries, and what is said of a damaged one. */
import { CorruptDataError, readU16, readU32 } from "@millrace/base";

/** An offset in the table, of two or four bytes. */
export function offsetAt(bytes: Uint8Array, at: number, width: number): number {
  return width === 2 ? readU16(bytes, at) : readU32(bytes, at);
}

/** @throws CorruptDataError for a table that does not fit its container */
export function checkTable(
  bytes: Uint8Array,
  start: number,
  end: number,
  count: number,
  width: number,
): void {
  const needed = 4 + count * width;
  if (end - start < needed || (count > 0 && offsetAt(bytes, start + 4, width) !== needed)) {
    throw corrupt(start, `its table of ${count} offsets does not fit its ${end - start} bytes`);
  }
}

/** The error for bytes that are no document. */
export function corrupt(byteOffset: number, problem: string): CorruptDataError {
  return new CorruptDataError("DOCDB_DOCUMENT_CORRUPT", "encoded document", byteOffset, problem);
}

/** The error for an entry that ends where it cannot. */
export function corruptEntry(start: number, index: number, count: number, end: number): CorruptDataError {
  return corrupt(start, `entry ${index} of ${count} ends at byte ${end}`);
}
