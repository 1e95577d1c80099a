import { checkInteger } from "@millrace/base";
import { checkRange } from "@millrace/buffers";
import { PACK_BLOCKS } from "../bitpack/tables.ts";
import { packBits, packedByteLength } from "../bitpack.ts";
import type { Words32 } from "../delta.ts";
import { asInt32 } from "../internal/as-int32.ts";
import { checkOutput } from "../internal/check-output.ts";
import { checkPrevious, LANES, VALUES_PER_BLOCK } from "./delta4-layout.ts";

const ROWS = VALUES_PER_BLOCK / LANES;
const deltas = new Int32Array(VALUES_PER_BLOCK);
const laneDeltas = new Int32Array(ROWS);
const laneWords = new Int32Array(ROWS);
const blockBytes = new Uint8Array(4 * VALUES_PER_BLOCK);
const blockWords = new Int32Array(blockBytes.buffer);

/**
 * The bits that the largest of the deltas to the value 4 before needs, `step` taken off: 0 to 32.
 * @param previous - the four values before the first one, oldest first; zeros where it is left out
 * @throws InvalidArgumentError for a range outside the array
 */
export function deltas4BitWidth(
  values: Words32,
  start: number,
  end: number,
  previous?: Words32,
  step = 0,
): number {
  checkRange("codecs", "deltas4BitWidth", start, end, values.length);
  checkPrevious(previous);
  const source = asInt32(values);
  let seen = 0;
  for (let i = start; i < end; i++) seen |= (source[i]! - valueBefore(source, i, start, previous) - step) | 0;
  return 32 - Math.clz32(seen);
}

/**
 * Packs the deltas of `src[srcStart, srcEnd)` to the value 4 before into `width` bits each, less `step`.
 *
 * The layout, in the README, is one that four lanes of a vector decode side by side; deltas to the value 4 before are
 * larger than those to the value before.
 *
 * @param width - bits a delta, 0 to 32, see {@link deltas4BitWidth}; bits above are cut off
 * @param previous - the four values before the first one, oldest first; zeros where it is left out
 * @param step - taken off each delta before packing: the smallest one, so that none is negative
 * @returns the offset behind the last byte written: `packedByteLength(count, width)` bytes on
 * @throws InvalidArgumentError for a bad width or range, or too little room; nothing is written then
 * @example
 * const end = packDeltas4(values, 0, values.length, deltas4BitWidth(values, 0, values.length), bytes, 0);
 */
export function packDeltas4(
  src: Words32,
  srcStart: number,
  srcEnd: number,
  width: number,
  dst: Uint8Array,
  dstStart: number,
  previous?: Words32,
  step = 0,
): number {
  checkRange("codecs", "packDeltas4", srcStart, srcEnd, src.length);
  checkInteger("codecs", "width", width, 0, 32);
  checkOutput("packDeltas4", dstStart, packedByteLength(srcEnd - srcStart, width), dst.length);
  checkPrevious(previous);
  const source = asInt32(src);
  let at = dstStart;
  for (let first = srcStart; first < srcEnd; first += VALUES_PER_BLOCK) {
    const n = Math.min(VALUES_PER_BLOCK, srcEnd - first);
    for (let i = first; i < first + n; i++) {
      deltas[i - first] = (source[i]! - valueBefore(source, i, srcStart, previous) - step) | 0;
    }
    if (n === VALUES_PER_BLOCK && width > 0) at = packLanes(width, dst, at);
    else at = packBits(deltas, 0, n, width, dst, at);
  }
  return at;
}

function packLanes(width: number, dst: Uint8Array, at: number): number {
  for (let lane = 0; lane < LANES; lane++) {
    for (let row = 0; row < ROWS; row++) laneDeltas[row] = deltas[row * LANES + lane]!;
    PACK_BLOCKS[width - 1]!(laneDeltas, 0, laneWords, 0, 1);
    for (let word = 0; word < width; word++) blockWords[word * LANES + lane] = laneWords[word]!;
  }
  const byteLength = (VALUES_PER_BLOCK / 8) * width;
  dst.set(blockBytes.subarray(0, byteLength), at);
  return at + byteLength;
}

function valueBefore(values: Int32Array, i: number, start: number, previous: Words32 | undefined): number {
  if (i - LANES >= start) return values[i - LANES]!;
  return previous === undefined ? 0 : previous[i - start]! | 0;
}
