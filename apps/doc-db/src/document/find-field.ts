import { readU32 } from "@millrace/base";
import {
  checkTable,
  corruptEntry,
  HEAD_BYTES,
  LISTED_HEAD_BYTES,
  listedNames,
  offsetAt,
} from "./container.ts";
import type { FieldNames } from "./field-names.ts";
import { COUNT_MASK, LISTED_FLAG, WIDE_FLAG } from "./format.ts";

const encoder = new TextEncoder();

/** A name as it is looked for, and where it was last found. */
export interface KnownName {
  readonly text: string;
  readonly bytes: Uint8Array;
  /** Which field it was in a document with its names in it. */
  index: number;
  /** The list that it was last looked for in, and which field of it it is; -1 for none. */
  list: FieldNames | undefined;
  place: number;
}

/** A field's name as {@link findField} looks for it. */
export function fieldName(text: string): KnownName {
  return { text, bytes: encoder.encode(text), index: 0, list: undefined, place: -1 };
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
 * @returns whether it is there
 */
export function findField(bytes: Uint8Array, start: number, end: number, name: KnownName): boolean {
  const declared = readU32(bytes, start);
  const count = declared & COUNT_MASK;
  const width = declared >= WIDE_FLAG ? 4 : 2;
  if ((declared & LISTED_FLAG) !== 0) return findListed(bytes, start, end, count, width, name);
  checkTable(bytes, start, end, count, width, HEAD_BYTES);
  const table = start + HEAD_BYTES;
  for (let n = -1; n < count; n++) {
    const i = n < 0 ? name.index : n;
    if (i >= count) continue;
    const entry = start + offsetAt(bytes, table + i * width, width);
    if (!hasName(bytes, entry + 1, name.bytes)) continue;
    name.index = i;
    const next = i + 1 < count ? start + offsetAt(bytes, table + (i + 1) * width, width) : end;
    found(bytes, entry, entry + 3 + name.bytes.length, next);
    if (foundField.start > next || next > end) throw corruptEntry(start, i, count, next);
    return true;
  }
  return false;
}

/** In an object that has the id of its names their list says which field it is. */
function findListed(
  bytes: Uint8Array,
  start: number,
  end: number,
  count: number,
  width: number,
  name: KnownName,
): boolean {
  checkTable(bytes, start, end, count, width, LISTED_HEAD_BYTES);
  const list = listedNames(bytes, start, count);
  if (name.list !== list) {
    name.list = list;
    name.place = list.places.get(name.text) ?? -1;
  }
  const i = name.place;
  if (i < 0) return false;
  const table = start + LISTED_HEAD_BYTES;
  const entry = start + offsetAt(bytes, table + i * width, width);
  const next = i + 1 < count ? start + offsetAt(bytes, table + (i + 1) * width, width) : end;
  found(bytes, entry, entry + 1, next);
  if (entry >= next || next > end) throw corruptEntry(start, i, count, next);
  return true;
}

function found(bytes: Uint8Array, entry: number, start: number, end: number): void {
  foundField.bytes = bytes;
  foundField.type = bytes[entry]!;
  foundField.start = start;
  foundField.end = end;
}

function hasName(bytes: Uint8Array, at: number, name: Uint8Array): boolean {
  if ((bytes[at]! | (bytes[at + 1]! << 8)) !== name.length) return false;
  for (let i = 0; i < name.length; i++) if (bytes[at + 2 + i] !== name[i]) return false;
  return true;
}
