import { checkRange } from "@millrace/buffers";
import { asInt32 } from "./internal/as-int32.ts";
import { checkOutput } from "./internal/check-output.ts";

/** 32-bit integers, signed or not: arithmetic on them is modulo 2^32 and so the same for both. */
export type Words32 = Int32Array | Uint32Array;

/**
 * Writes the differences of neighbours: `dst[i] = src[i] - src[i - 1]`, exact modulo 2^32.
 *
 * In place works: `dst` may be `src` where `dstStart <= srcStart`.
 *
 * @param previous - what stands before `src[srcStart]`; 0 keeps the first value itself
 * @returns the last source value (or `previous`) as an int32, to go on from in the next call
 * @throws InvalidArgumentError for a range outside an array
 * @example
 * deltaEncode(new Int32Array([5, 7, 6]), 0, 3, dst, 0); // dst: 5, 2, -1
 */
export function deltaEncode(
  src: Words32,
  srcStart: number,
  srcEnd: number,
  dst: Words32,
  dstStart: number,
  previous = 0,
): number {
  checkRange("codecs", "deltaEncode", srcStart, srcEnd, src.length);
  checkOutput("deltaEncode", dstStart, srcEnd - srcStart, dst.length);
  let before = previous | 0;
  for (let i = srcStart, j = dstStart; i < srcEnd; i++, j++) {
    const value = src[i]! | 0;
    dst[j] = (value - before) | 0;
    before = value;
  }
  return before;
}

/**
 * Adds differences up again: the inverse of {@link deltaEncode}, also in place.
 * @param previous - what stood before the first value, as it was given to `deltaEncode`
 * @returns the last value written (or `previous`) as an int32, to go on from in the next call
 * @throws InvalidArgumentError for a range outside an array
 */
export function deltaDecode(
  src: Words32,
  srcStart: number,
  srcEnd: number,
  dst: Words32,
  dstStart: number,
  previous = 0,
): number {
  checkRange("codecs", "deltaDecode", srcStart, srcEnd, src.length);
  checkOutput("deltaDecode", dstStart, srcEnd - srcStart, dst.length);
  let sum = previous | 0;
  for (let i = srcStart, j = dstStart; i < srcEnd; i++, j++) {
    sum = (sum + (src[i]! | 0)) | 0;
    dst[j] = sum;
  }
  return sum;
}

/**
 * Adds up in place, with a constant: `values[i] = values[i - 1] + values[i] + step`, modulo 2^32.
 *
 * The constant is the smallest delta that frame-of-reference codecs take off before packing.
 *
 * @param previous - what stands before `values[start]`
 * @returns the last value (or `previous`) as an int32
 * @throws InvalidArgumentError for a range outside the array
 */
export function prefixSumInPlace(
  values: Words32,
  start: number,
  end: number,
  previous = 0,
  step = 0,
): number {
  checkRange("codecs", "prefixSumInPlace", start, end, values.length);
  return addUp(asInt32(values), start, end, previous | 0, step | 0);
}

/** Four values a turn: the additions of `step` do not wait for the sum before them. */
function addUp(values: Int32Array, start: number, end: number, previous: number, step: number): number {
  let sum = previous;
  let i = start;
  for (const last = end - 3; i < last; i += 4) {
    sum = (sum + ((values[i]! + step) | 0)) | 0;
    values[i] = sum;
    sum = (sum + ((values[i + 1]! + step) | 0)) | 0;
    values[i + 1] = sum;
    sum = (sum + ((values[i + 2]! + step) | 0)) | 0;
    values[i + 2] = sum;
    sum = (sum + ((values[i + 3]! + step) | 0)) | 0;
    values[i + 3] = sum;
  }
  for (; i < end; i++) {
    sum = (sum + values[i]! + step) | 0;
    values[i] = sum;
  }
  return sum;
}
