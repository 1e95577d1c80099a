/** What keys of an index are put together from: the bytes of one value in one field. */
import { crc32c } from "@millrace/base";
import { isDocument, type Value } from "../document/value.ts";
import { compareBytes } from "../keys/compare.ts";
import { encodeKey, MAX_INDEX_VALUE_BYTES } from "../keys/encode-key.ts";
import type { IndexDefinition } from "./definition.ts";

/** What one field gives to the keys of a document. */
export interface FieldKeys {
  readonly keys: readonly Uint8Array[];
  readonly isMultikey: boolean;
}

/** In place of a wildcard's path and value, or a place, in a document that has none. */
export const NO_PATH: Uint8Array = Uint8Array.of(0x04);

/** The key of one value in a field; descending ones have all bits inverted. */
export function valueKey({ collation }: IndexDefinition, direction: 1 | -1, value: Value): Uint8Array {
  const key = encodeKey(collation === undefined ? value : folded(value, collation.fold));
  return direction === 1 ? key : inverted(key);
}

/** All bits the other way round: the order too. */
export function inverted(key: Uint8Array): Uint8Array {
  return key.map((byte) => byte ^ 255);
}

function folded(value: Value, fold: (text: string) => string): Value {
  if (typeof value === "string") return fold(value);
  if (Array.isArray(value)) return (value as readonly Value[]).map((element) => folded(element, fold));
  if (!isDocument(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, folded(inner, fold)]));
}

/** Eight bytes for a value, the same ones for equal values. */
export function hashedValueKey(definition: IndexDefinition, value: Value): Uint8Array {
  const key = valueKey(definition, 1, value);
  const hash = new Uint8Array(8);
  const view = new DataView(hash.buffer);
  const first = crc32c(key);
  view.setUint32(0, first);
  // Mixed with the length and the first sum, as a second sum of the same bytes alone would say nothing new.
  view.setUint32(4, (Math.imul(crc32c(key.toReversed(), first), 0x9e3779b1) ^ key.length) >>> 0);
  return hash;
}

/** Keys cut to their longest, in order, each once. */
export function ascending(given: readonly Uint8Array[]): readonly Uint8Array[] {
  if (given.length === 1 && given[0]!.length <= MAX_INDEX_VALUE_BYTES) return given;
  const keys = given.some(({ length }) => length > MAX_INDEX_VALUE_BYTES)
    ? given.map((key) => key.subarray(0, MAX_INDEX_VALUE_BYTES))
    : [...given];
  if (keys.length < 2) return keys;
  keys.sort(compareBytes);
  return keys.filter((key, i) => i === 0 || compareBytes(key, keys[i - 1]!) !== 0);
}

/** Two parts of a key, one behind the other. */
export function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
