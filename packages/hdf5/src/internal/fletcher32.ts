/** Sums of this many words of 16 bits cannot exceed 32 bits, as in H5checksum.c. */
const WORDS_PER_FOLD = 360;

/**
 * Fletcher's checksum as HDF5's filter 3 computes it: over big-endian words of 16 bits, an odd last byte as the high
 * half of a word.
 * @returns an unsigned 32-bit number; the filter stores it little-endian behind the chunk
 */
export function fletcher32(bytes: Uint8Array, start: number, end: number): number {
  let sum1 = 0;
  let sum2 = 0;
  let at = start;
  let words = (end - start) >>> 1;
  while (words > 0) {
    const count = Math.min(words, WORDS_PER_FOLD);
    words -= count;
    for (let i = 0; i < count; i++, at += 2) {
      sum1 += (bytes[at]! << 8) | bytes[at + 1]!;
      sum2 += sum1;
    }
    sum1 = (sum1 & 0xffff) + (sum1 >>> 16);
    sum2 = (sum2 & 0xffff) + (sum2 >>> 16);
  }
  if (at < end) {
    sum1 += bytes[at]! << 8;
    sum2 += sum1;
    sum1 = (sum1 & 0xffff) + (sum1 >>> 16);
    sum2 = (sum2 & 0xffff) + (sum2 >>> 16);
  }
  sum1 = (sum1 & 0xffff) + (sum1 >>> 16);
  sum2 = (sum2 & 0xffff) + (sum2 >>> 16);
  return ((sum2 << 16) | sum1) >>> 0;
}
