import { readU32 } from "@millrace/base";
import { checkTable, corruptEntry, offsetAt } from "./container.ts";
import { WIDE_FLAG } from "./format.ts";

const encoder = new TextEncoder();

/** A field's name as {@link findField} compares it. */
export function fieldName(name: string): Uint8Array {
  return encoder.encode(name);
}

/** Where {@link findField} found a field. */
export const foundField: { bytes: Uint8Array; type: number; start: number; end: number } = {
  bytes: new Uint8Array(0),
  type: 0,
  start: 0,
  end: 0,
};

/**
 * Looks for a field of an encoded document, and says in {@link foundField} where its value lies.
 * @param start - of the document in `bytes`
 * @param expected - which field it may be: the one of documents before
 * @returns which field it is; -1 when there is none
 */
export function findField(
  bytes: Uint8Array,
  start: number,
  end: number,
  name: Uint8Array,
  expected: number,
): number {
  const declared = readU32(bytes, start);
  const isWide = declared >= WIDE_FLAG;
  const count = isWide ? declared - WIDE_FLAG : declared;
  const width = isWide ? 4 : 2;
  checkTable(bytes, start, end, count, width);
  const table = start + 4;
  for (let n = -1; n < count; n++) {
    const i = n < 0 ? expected : n;
    if (i >= count) continue;
    const entry = start + offsetAt(bytes, table + i * width, width);
    if (!hasName(bytes, entry + 1, name)) continue;
    foundField.bytes = bytes;
    foundField.type = bytes[entry]!;
    foundField.start = entry + 3 + name.length;
    foundField.end = i + 1 < count ? start + offsetAt(bytes, table + (i + 1) * width, width) : end;
    if (foundField.start > foundField.end || foundField.end > end)
      throw corruptEntry(start, i, count, foundField.end);
    return i;
  }
  return -1;
}

function hasName(bytes: Uint8Array, at: number, name: Uint8Array): boolean {
  if ((bytes[at]! | (bytes[at + 1]! << 8)) !== name.length) return false;
  for (let i = 0; i < name.length; i++) if (bytes[at + 2 + i] !== name[i]) return false;
  return true;
}
