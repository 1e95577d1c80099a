import { writeU16 } from "@millrace/base";
import type { Value } from "../document/value.ts";
import { parsePath, someAtPath, withElements } from "../query/path.ts";
import { compareBytes } from "./compare.ts";
import { encodeIndexValue } from "./encode-key.ts";

/**
 * The value parts of a document's keys in an index of `path`: of each value there, of each element of an array there,
 * and of null for what is missing. Ascending, each once; never empty.
 */
export function indexValues(lookup: (name: string) => Value | undefined, path: string): Uint8Array[] {
  const parts = parsePath(path);
  const found: Uint8Array[] = [];
  const add = (value: Value | undefined): boolean => {
    found.push(encodeIndexValue(value ?? null));
    return false;
  };
  someAtPath(lookup(parts[0]!), parts, 1, (value) => withElements(value, add));
  if (found.length === 0) add(null);
  if (found.length === 1) return found;
  found.sort(compareBytes);
  return found.filter((key, i) => i === 0 || compareBytes(key, found[i - 1]!) !== 0);
}

/** An index entry's key: the value's part, then the document's `_id` key, so that equal values do not collide. */
export function indexEntryKey(value: Uint8Array, idKey: Uint8Array): Uint8Array {
  const key = new Uint8Array(value.length + idKey.length);
  key.set(value);
  key.set(idKey, value.length);
  return key;
}

/** An index entry's value: how many bytes of the key are the document's. */
export function indexEntryValue(idKey: Uint8Array): Uint8Array {
  const value = new Uint8Array(2);
  writeU16(value, 0, idKey.length);
  return value;
}
