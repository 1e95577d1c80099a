import { readU32 } from "@millrace/base";

/** Spreads a key, and a number beside it, over 32 bits: four bytes at a time, multiplied and folded. */
export function hashKey(seed: number, key: Uint8Array, start: number, end: number): number {
  let hash = Math.imul(seed ^ (end - start), 0x9e3779b1);
  let at = start;
  for (; at + 4 <= end; at += 4) hash = Math.imul(hash ^ readU32(key, at) ^ (hash >>> 15), 0x85ebca6b);
  for (; at < end; at++) hash = Math.imul(hash ^ key[at]! ^ (hash >>> 15), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
