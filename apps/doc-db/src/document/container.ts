/** The table in front of a container's entries, and what is said of a damaged one. */
import { CorruptDataError, readU16, readU32 } from "@millrace/base";
import { type FieldNames, fieldNamesOf, LIST_ID_BYTES } from "./field-names.ts";

/** An offset in the table, of two or four bytes. */
export function offsetAt(bytes: Uint8Array, at: number, width: number): number {
  return width === 2 ? readU16(bytes, at) : readU32(bytes, at);
}

/** Bytes of a container in front of its table. */
export const HEAD_BYTES = 4;
/** Of an object with the id of its names behind that. */
export const LISTED_HEAD_BYTES: number = HEAD_BYTES + LIST_ID_BYTES;

/** The names that an object has the id of. @throws CorruptDataError when nobody knows them */
export function listedNames(bytes: Uint8Array, start: number, count: number): FieldNames {
  const list = fieldNamesOf(readU32(bytes, start + HEAD_BYTES), readU32(bytes, start + HEAD_BYTES + 4));
  if (list !== undefined && list.names.length === count) return list;
  throw corrupt(start, "the file has not got the names of its fields");
}

/** @throws CorruptDataError for a table that does not fit its container */
export function checkTable(
  bytes: Uint8Array,
  start: number,
  end: number,
  count: number,
  width: number,
  headBytes: number,
): void {
  const needed = headBytes + count * width;
  if (end - start < needed || (count > 0 && offsetAt(bytes, start + headBytes, width) !== needed)) {
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

/** What the engine throws for bytes out of range and for text that is no UTF-8 is damage too. */
export function asCorrupt(error: unknown): unknown {
  if (error instanceof CorruptDataError) return error;
  return new CorruptDataError(
    "DOCDB_DOCUMENT_CORRUPT",
    "encoded document",
    0,
    "a value runs past its end, or is no UTF-8",
    { cause: error },
  );
}
