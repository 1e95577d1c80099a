import { SUM_BLOCKS } from "./bitpack/tables.ts";
import { checkPacked, isAligned, unpackBits, wordsAt } from "./bitpack.ts";
import { prefixSumInPlace, type Words32 } from "./delta.ts";
import { asInt32 } from "./internal/as-int32.ts";

const BLOCK = 32;

/**
 * Unpacks `count` deltas of `width` bits and adds them up in the same pass: `unpackBits` and `prefixSumInPlace` in one.
 *
 * `dst[i] = dst[i - 1] + delta + step`, modulo 2^32. Whole blocks of 32 at an aligned offset take the short way,
 * generated for each width; the rest takes the two calls.
 *
 * @param previous - what stands before the first value
 * @param step - added to each delta: the smallest one, where it was taken off before packing
 * @returns the last value (or `previous`) as an int32
 * @throws CorruptDataError when `src` ends before the last delta; nothing is written then
 * @throws InvalidArgumentError for a bad width, or too little room; nothing is written then
 */
export function unpackDeltas(
  src: Uint8Array,
  srcStart: number,
  width: number,
  dst: Words32,
  dstStart: number,
  count: number,
  previous = 0,
  step = 0,
): number {
  checkPacked("unpackDeltas", src, srcStart, width, dst, dstStart, count);
  let sum = previous | 0;
  let done = 0;
  if (width > 0 && isAligned(src, srcStart)) {
    const blocks = Math.floor(count / BLOCK);
    const words = wordsAt(src, srcStart, blocks * width);
    sum = SUM_BLOCKS[width - 1]!(words, 0, asInt32(dst), dstStart, blocks, sum, step | 0);
    done = blocks * BLOCK;
  }
  if (done === count) return sum;
  unpackBits(src, srcStart + (done * width) / 8, width, dst, dstStart + done, count - done);
  return prefixSumInPlace(dst, dstStart + done, dstStart + count, sum, step);
}
