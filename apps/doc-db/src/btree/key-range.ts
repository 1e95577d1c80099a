import { compareBytes } from "../keys/compare.ts";

/** A range of keys. Keys that begin with `hi` are in it, however they go on. */
export interface KeyRange {
  /** The first key, included. */
  readonly lo: Uint8Array;
  readonly hi: Uint8Array;
}

/** Every key. */
export const ALL_KEYS: KeyRange = Object.freeze({ lo: new Uint8Array(0), hi: new Uint8Array(0) });

/** Whether a key is not above the end of a range. */
export function isBelowEnd(key: Uint8Array, range: KeyRange): boolean {
  const { hi } = range;
  return compareBytes(key.length > hi.length ? key.subarray(0, hi.length) : key, hi) <= 0;
}

/** Whether a key lies in a range. */
export function isInRange(key: Uint8Array, range: KeyRange): boolean {
  return compareBytes(key, range.lo) >= 0 && isBelowEnd(key, range);
}
