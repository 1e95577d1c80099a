import { checkPacked } from "../bitpack.ts";
import type { Words32 } from "../delta.ts";
import { asInt32 } from "../internal/as-int32.ts";
import { checkPrevious, LANES, VALUES_PER_BLOCK } from "./delta4-layout.ts";
import { CHUNK_VALUES, kernelFor, kernelMemory } from "./kernels.ts";
import { unpackDeltas4 } from "./unpack-deltas4.ts";

/** Below so many values the copies into and out of the kernels' memory cost more than they gain. */
const FEWEST_VALUES = 256;

/**
 * `unpackDeltas4` with 128-bit vectors: the same bytes, arguments and errors, at any offset.
 *
 * The data goes through the kernels' own memory in chunks, copies in and out included. What is left behind the last
 * whole block of 128, and inputs that are too short to gain, go through `unpackDeltas4`.
 *
 * @param width - bits a delta, 0 to 32
 * @param previous - the four values before the first one, oldest first
 * @param step - added to each delta
 * @returns the offset behind the last byte read
 * @throws CorruptDataError when `src` ends before the last delta; nothing is written then
 * @throws InvalidArgumentError for a bad width, or too little room; nothing is written then
 * @throws MillraceError `CODECS_SIMD_UNAVAILABLE` without WebAssembly vectors, whatever the width and count
 * @example
 * const end = unpackDeltas4Simd(bytes, 0, 7, values, 0, values.length);
 */
export function unpackDeltas4Simd(
  src: Uint8Array,
  srcStart: number,
  width: number,
  dst: Words32,
  dstStart: number,
  count: number,
  previous?: Words32,
  step = 0,
): number {
  checkPacked("unpackDeltas4Simd", src, srcStart, width, dst, dstStart, count);
  checkPrevious(previous);
  const run = kernelFor("delta4", Math.max(1, width));
  if (width === 0 || count < FEWEST_VALUES) {
    return unpackDeltas4(src, srcStart, width, dst, dstStart, count, previous, step);
  }
  const { input, inputAt, output, outputAt, before } = kernelMemory();
  const values = asInt32(dst);
  const inBlocks = count - (count % VALUES_PER_BLOCK);
  if (previous === undefined) before.fill(0);
  else before.set(asInt32(previous));
  let at = srcStart;
  for (let done = 0; done < inBlocks; done += CHUNK_VALUES) {
    const n = Math.min(CHUNK_VALUES, inBlocks - done);
    const bytes = (n / 8) * width;
    input.set(src.subarray(at, at + bytes));
    run(inputAt, outputAt, n / VALUES_PER_BLOCK, 0, step);
    values.set(n === CHUNK_VALUES ? output : output.subarray(0, n), dstStart + done);
    before.set(output.subarray(n - LANES, n));
    at += bytes;
  }
  if (inBlocks === count) return at;
  return unpackDeltas4(src, at, width, dst, dstStart + inBlocks, count - inBlocks, before, step);
}
