import { readU32 } from "@millrace/base";

const C1 = 0xcc9e2d51;
const C2 = 0x1b873593;

/** MurmurHash3_x86_32 by Austin Appleby (public domain algorithm) of `bytes[start, end)`; unsigned 32 bits. */
export function murmur3(bytes: Uint8Array, seed: number, start = 0, end: number = bytes.length): number {
  let hash = seed | 0;
  const length = end - start;
  const whole = end - (length & 3);
  for (let i = start; i < whole; i += 4) hash = mixWord(hash, readU32(bytes, i));
  if (whole < end) {
    let tail = 0;
    for (let i = end - 1; i >= whole; i--) tail = (tail << 8) | bytes[i]!;
    hash ^= scramble(tail);
  }
  return finish(hash ^ length);
}

/** {@link murmur3} of the four little-endian bytes of `value`, without the bytes. */
export function murmur3OfU32(value: number, seed: number): number {
  return finish(mixWord(seed | 0, value) ^ 4);
}

function scramble(word: number): number {
  const k = Math.imul(word, C1);
  return Math.imul((k << 15) | (k >>> 17), C2);
}

function mixWord(hash: number, word: number): number {
  const h = hash ^ scramble(word);
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
