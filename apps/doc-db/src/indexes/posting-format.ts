/** How an index's entry holds the `_id`s of many documents, as docs/formats/doc-db.md lays it out. */
import { assert, readVarint } from "@millrace/base";
import { TYPE_RANK } from "../document/value.ts";
import type { IndexDefinition } from "./definition.ts";

/** What lies behind the length of the first `_id`, where an entry is for more than one document. */
export const POSTING_KIND: Readonly<Record<"keys" | "deltas" | "bits", number>> = Object.freeze({
  keys: 1,
  deltas: 2,
  bits: 3,
});
/** Bytes of an entry's value for one document: the length of its `_id` in the key. */
export const SINGLE_BYTES = 2;
/** Most bytes of the `_id`s behind the first one. */
export const MAX_POSTING_BYTES = 256;

/** Bytes of a number's key that is no decimal. */
export const NUMBER_KEY_BYTES = 11;
const SIGN_BIT = 0x80;

/** Whether entries of an index are for many documents: not where each has a key, or bytes, of its own. */
export function hasPostings({ isUnique, text, vector }: IndexDefinition): boolean {
  return !isUnique && text === undefined && vector === undefined;
}

/** A double as two words; every machine that runs this has the lower one first. */
const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/**
 * Writes a number's key.
 * @param bytes - {@link NUMBER_KEY_BYTES} of them
 * @param value - a whole number from 0 to 2^53 - 1
 */
export function writeNumberKey(bytes: Uint8Array, value: number): void {
  double[0] = value;
  const hi = words[1]!;
  const lo = words[0]!;
  bytes[0] = TYPE_RANK.number;
  bytes[1] = (hi >>> 24) | SIGN_BIT;
  bytes[2] = hi >>> 16;
  bytes[3] = hi >>> 8;
  bytes[4] = hi;
  bytes[5] = lo >>> 24;
  bytes[6] = lo >>> 16;
  bytes[7] = lo >>> 8;
  bytes[8] = lo;
  bytes[9] = 0;
  bytes[10] = 0;
}

/** The whole number, from 0 to 2^53 - 1, that a key is of; -1 for any other key. */
export function wholeNumberIn(key: Uint8Array, start: number, end: number): number {
  if (end - start !== NUMBER_KEY_BYTES || key[start] !== TYPE_RANK.number) return -1;
  const isPlain = (key[start + 1]! & SIGN_BIT) !== 0 && key[start + 9] === 0 && key[start + 10] === 0;
  if (!isPlain) return -1;
  words[1] = wordAt(key, start + 1) & 0x7fffffff;
  words[0] = wordAt(key, start + 5);
  const value = double[0]!;
  return Number.isSafeInteger(value) ? value : -1;
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/** How many documents an entry is for. @param value - its value */
export function documentsIn(value: Uint8Array): number {
  if (value.length === SINGLE_BYTES) return 1;
  let count = 1;
  let at = SINGLE_BYTES + 1;
  switch (value[SINGLE_BYTES]) {
    case POSTING_KIND.keys:
      while (at < value.length) {
        const rest = readVarint(value, readVarint(value, at).end);
        at = rest.end + rest.value;
        count++;
      }
      return count;
    case POSTING_KIND.deltas:
      for (; at < value.length; at++) if (value[at]! < 128) count++;
      return count;
    default:
      assert(value[SINGLE_BYTES] === POSTING_KIND.bits, "an entry has one of three kinds");
      for (; at < value.length; at++) for (let byte = value[at]!; byte !== 0; byte &= byte - 1) count++;
      return count;
  }
}
