import { UNPACK_BLOCKS } from "../bitpack/tables.ts";
import { checkPacked, unpackBits } from "../bitpack.ts";
import type { Words32 } from "../delta.ts";
import { asInt32 } from "../internal/as-int32.ts";
import { checkPrevious, LANES, VALUES_PER_BLOCK } from "./delta4-layout.ts";

const ROWS = VALUES_PER_BLOCK / LANES;
const blockBytes = new Uint8Array(4 * VALUES_PER_BLOCK);
const blockWords = new Int32Array(blockBytes.buffer);
const laneWords = new Int32Array(ROWS);
const laneDeltas = new Int32Array(ROWS);
/** The four values before, copied first: they may lie in the output. */
const before = new Int32Array(LANES);

/**
 * Unpacks `count` deltas to the value 4 before and adds them up; plain TypeScript, for where there are no vectors.
 *
 * `dst[i] = dst[i - 4] + delta + step`, modulo 2^32. The layout is in the README.
 *
 * @param width - bits a delta, 0 to 32
 * @param previous - the four values before the first one, oldest first; zeros where it is left out
 * @param step - added to each delta
 * @returns the offset behind the last byte read
 * @throws CorruptDataError when `src` ends before the last delta; nothing is written then
 * @throws InvalidArgumentError for a bad width, or too little room; nothing is written then
 */
export function unpackDeltas4(
  src: Uint8Array,
  srcStart: number,
  width: number,
  dst: Words32,
  dstStart: number,
  count: number,
  previous?: Words32,
  step = 0,
): number {
  const byteLength = checkPacked("unpackDeltas4", src, srcStart, width, dst, dstStart, count);
  checkPrevious(previous);
  if (previous === undefined) before.fill(0);
  else before.set(asInt32(previous));
  const values = asInt32(dst);
  const inBlocks = width === 0 ? 0 : count - (count % VALUES_PER_BLOCK);
  let at = srcStart;
  for (let done = 0; done < inBlocks; done += VALUES_PER_BLOCK) {
    unpackLanes(src, at, width, values, dstStart + done);
    at += (VALUES_PER_BLOCK / 8) * width;
  }
  unpackBits(src, at, width, values, dstStart + inBlocks, count - inBlocks);
  addUp4(values, dstStart, dstStart + count, step | 0);
  return srcStart + byteLength;
}

function unpackLanes(src: Uint8Array, at: number, width: number, values: Int32Array, to: number): void {
  const unpack = UNPACK_BLOCKS[width - 1]!;
  blockBytes.set(src.subarray(at, at + (VALUES_PER_BLOCK / 8) * width));
  for (let lane = 0; lane < LANES; lane++) {
    for (let word = 0; word < width; word++) laneWords[word] = blockWords[word * LANES + lane]!;
    unpack(laneWords, 0, laneDeltas, 0, 1);
    for (let row = 0; row < ROWS; row++) values[to + row * LANES + lane] = laneDeltas[row]!;
  }
}

function addUp4(values: Int32Array, start: number, end: number, step: number): void {
  const head = Math.min(start + LANES, end);
  for (let i = start; i < head; i++) values[i] = (values[i]! + before[i - start]! + step) | 0;
  for (let i = head; i < end; i++) values[i] = (values[i]! + values[i - LANES]! + step) | 0;
}
