import { readU16, writeU16 } from "@millrace/base";

/** An index entry's key: the values' part, then the document's `_id` key, so that equal values do not collide. */
export function indexEntryKey(value: Uint8Array, idKey: Uint8Array): Uint8Array {
  const key = new Uint8Array(value.length + idKey.length);
  key.set(value);
  key.set(idKey, value.length);
  return key;
}

/** An index entry's value: how many bytes of the key are the document's, and what the index has beside it. */
export function indexEntryValue(idKey: Uint8Array, extra?: Uint8Array): Uint8Array {
  const value = new Uint8Array(2 + (extra?.length ?? 0));
  writeU16(value, 0, idKey.length);
  if (extra !== undefined) value.set(extra, 2);
  return value;
}

/** The document's `_id` key at the end of an index entry's key. */
export function idKeyIn(key: Uint8Array, value: Uint8Array): Uint8Array {
  return key.subarray(key.length - readU16(value, 0));
}
