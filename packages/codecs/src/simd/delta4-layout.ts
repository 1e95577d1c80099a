import { InvalidArgumentError } from "@millrace/base";
import type { Words32 } from "../delta.ts";

/**
 * The layout of deltas to the value 4 before, of `width` bits each:
 *
 * - Delta i is `value[i] - value[i - 4] - step`, modulo 2^32 and cut to `width` bits.
 * - A block is 128 deltas in 4 lanes of 32: lane l has the deltas l, l + 4, l + 8 … Each lane is packed lowest bit first
 *   into `width` words of 32 bits, as `packBits` does; word k of lane l is the little-endian word 4 k + l of the block.
 * - What is left behind the last whole block is packed in order by `packBits`.
 *
 * So `count` deltas take `packedByteLength(count, width)` bytes. The lanes beside each other are those of "SIMD-BP128"
 * (D. Lemire and L. Boytsov, "Decoding billions of integers per second through vectorization", 2015).
 */
export const LANES = 4;

/** Deltas of one block. */
export const VALUES_PER_BLOCK = 128;

/** @throws InvalidArgumentError unless there are none, or exactly four */
export function checkPrevious(previous: Words32 | undefined): void {
  if (previous === undefined || previous.length === LANES) return;
  throw new InvalidArgumentError("CODECS_OPTION_RANGE", "previous", previous, "an array of 4 values");
}
