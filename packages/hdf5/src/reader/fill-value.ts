import { messageOf, type ObjectHeader } from "./object-header.ts";
import type { ReaderFile } from "./reader-file.ts";

/**
 * The bytes of an element that was never written, from either fill value message (specification, IV.A.2.e and f).
 * @returns undefined when they are zeros
 * @throws CorruptDataError when the value has another size than the elements
 */
export function readFillValue(
  file: ReaderFile,
  header: ObjectHeader,
  elementBytes: number,
): Uint8Array | undefined {
  const value = newFillValue(file, header) ?? oldFillValue(file, header);
  if (value === undefined || value.length === 0) return undefined;
  if (value.length === elementBytes) return value.some((byte) => byte !== 0) ? value : undefined;
  throw file.corrupt(header.address, `a fill value has ${value.length} bytes, an element ${elementBytes}`);
}

function newFillValue(file: ReaderFile, header: ObjectHeader): Uint8Array | undefined {
  const cursor = messageOf(file, header, "fillValue");
  if (cursor === undefined) return undefined;
  const version = cursor.version(3, 1);
  if (version === 3) {
    const isDefined = (cursor.u8() & 0x20) !== 0;
    return isDefined ? cursor.take(cursor.u32()) : undefined;
  }
  cursor.skip(2);
  const isDefined = cursor.u8() !== 0;
  return isDefined ? cursor.take(cursor.u32()) : undefined;
}

function oldFillValue(file: ReaderFile, header: ObjectHeader): Uint8Array | undefined {
  const cursor = messageOf(file, header, "oldFillValue");
  return cursor?.take(cursor.u32());
}
