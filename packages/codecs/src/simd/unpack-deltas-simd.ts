import { checkPacked } from "../bitpack.ts";
import type { Words32 } from "../delta.ts";
import { asInt32 } from "../internal/as-int32.ts";
import { unpackDeltas } from "../unpack-deltas.ts";
import { CHUNK_VALUES, kernelFor, kernelMemory } from "./kernels.ts";

const BLOCK = 32;
/** Below so many values the copies into and out of the kernels' memory cost more than they gain. */
const FEWEST_VALUES = 256;

/**
 * `unpackDeltas` with 128-bit vectors: the same bytes, arguments, result and errors, at any offset.
 *
 * The data goes through the kernels' own memory in chunks, copies in and out included. What is left behind the last
 * whole block of 32, and inputs that are too short to gain, go through `unpackDeltas`.
 *
 * @param width - bits a delta, 0 to 32
 * @param previous - what stands before the first value
 * @param step - added to each delta
 * @returns the last value (or `previous`) as an int32
 * @throws CorruptDataError when `src` ends before the last delta; nothing is written then
 * @throws InvalidArgumentError for a bad width, or too little room; nothing is written then
 * @throws MillraceError `CODECS_SIMD_UNAVAILABLE` without WebAssembly vectors, whatever the width and count
 * @example
 * const last = unpackDeltasSimd(bytes, 0, 7, values, 0, values.length);
 */
export function unpackDeltasSimd(
  src: Uint8Array,
  srcStart: number,
  width: number,
  dst: Words32,
  dstStart: number,
  count: number,
  previous = 0,
  step = 0,
): number {
  checkPacked("unpackDeltasSimd", src, srcStart, width, dst, dstStart, count);
  const run = kernelFor("delta", Math.max(1, width));
  if (width === 0 || count < FEWEST_VALUES) {
    return unpackDeltas(src, srcStart, width, dst, dstStart, count, previous, step);
  }
  const { input, inputAt, output, outputAt } = kernelMemory();
  const values = asInt32(dst);
  const inBlocks = count - (count % BLOCK);
  let sum = previous | 0;
  let at = srcStart;
  for (let done = 0; done < inBlocks; done += CHUNK_VALUES) {
    const n = Math.min(CHUNK_VALUES, inBlocks - done);
    const bytes = (n / 8) * width;
    input.set(src.subarray(at, at + bytes));
    sum = run(inputAt, outputAt, n / BLOCK, sum, step);
    values.set(n === CHUNK_VALUES ? output : output.subarray(0, n), dstStart + done);
    at += bytes;
  }
  if (inBlocks === count) return sum;
  return unpackDeltas(src, at, width, dst, dstStart + inBlocks, count - inBlocks, sum, step);
}
