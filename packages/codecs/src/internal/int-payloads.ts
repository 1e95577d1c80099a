import { CorruptDataError, readU32, writeU32 } from "@millrace/base";
import { bitWidthOf, packBits, packedByteLength, unpackBits } from "../bitpack.ts";
import type { Words32 } from "../delta.ts";
import { countRuns, decodeRuns, encodeRuns, expandedLength } from "../rle.ts";
import { asInt32 } from "./as-int32.ts";

/** Bytes in front of packed distances: the least value, the width, three zeros. */
const FRAME_HEAD_BYTES = 8;
/** Bytes in front of packed runs: how many, then a frame's head, with the counts' width in its second byte. */
const RUNS_HEAD_BYTES = 12;
/** Values that lose the least one at once; a multiple of 8, so that each part ends with a whole byte. */
const PART = 4096;
const scratch = new Int32Array(PART);

/** Bytes of `count` values as distances of `width` bits from the least one. */
export function frameLength(count: number, width: number): number {
  return FRAME_HEAD_BYTES + packedByteLength(count, width);
}

/** Bytes of so many runs, their values as distances from the least one. */
export function runsLength(runs: number, valueWidth: number, countWidth: number): number {
  return RUNS_HEAD_BYTES + packedByteLength(runs, valueWidth) + packedByteLength(runs, countWidth);
}

/**
 * Writes `src[start, end)`, at least one value, as a frame; nothing where it takes more than `limit` bytes.
 * @returns the offset behind it, or -1
 */
export function writeFrame(
  src: Words32,
  start: number,
  end: number,
  dst: Uint8Array,
  dstStart: number,
  limit: number,
): number {
  const { least, width } = rangeOf(src, start, end);
  if (frameLength(end - start, width) > limit) return -1;
  writeU32(dst, dstStart, least >>> 0);
  writeU32(dst, dstStart + 4, width);
  return packDistances(src, start, end, least, width, dst, dstStart + FRAME_HEAD_BYTES);
}

/** Writes `src[start, end)`, at least one value, as runs; as {@link writeFrame}. */
export function writeRuns(
  src: Words32,
  start: number,
  end: number,
  dst: Uint8Array,
  dstStart: number,
  limit: number,
): number {
  const runs = countRuns(src, start, end);
  if (runsLength(runs, 0, 1) > limit) return -1;
  const runValues = src instanceof Int32Array ? new Int32Array(runs) : new Uint32Array(runs);
  const runCounts = new Uint32Array(runs);
  encodeRuns(src, start, end, runValues, runCounts);
  const { least, width } = rangeOf(runValues, 0, runs);
  const countWidth = bitWidthOf(runCounts, 0, runs);
  if (runsLength(runs, width, countWidth) > limit) return -1;
  writeU32(dst, dstStart, runs);
  writeU32(dst, dstStart + 4, least >>> 0);
  writeU32(dst, dstStart + 8, width + 256 * countWidth);
  const at = packDistances(runValues, 0, runs, least, width, dst, dstStart + RUNS_HEAD_BYTES);
  return packBits(runCounts, 0, runs, countWidth, dst, at);
}

/**
 * Reads what {@link writeFrame} wrote: exactly the bytes `src[start, end)`.
 * @throws CorruptDataError when they are not a frame of `count` values; nothing is written then
 */
export function readFrame(
  src: Uint8Array,
  start: number,
  end: number,
  dst: Words32,
  dstStart: number,
  count: number,
): void {
  if (end - start < FRAME_HEAD_BYTES)
    throw corruptInts(start, `${end - start} bytes are no frame of reference`);
  const least = readU32(src, start);
  const width = readU32(src, start + 4);
  if (width > 32) throw corruptInts(start + 4, `bit width ${width}, maximum is 32`);
  checkLength(start, end - start, frameLength(count, width));
  unpackBits(src, start + FRAME_HEAD_BYTES, width, dst, dstStart, count);
  addToAll(asInt32(dst), dstStart, dstStart + count, least | 0);
}

/** Reads what {@link writeRuns} wrote, like {@link readFrame}. */
export function readRuns(
  src: Uint8Array,
  start: number,
  end: number,
  dst: Words32,
  dstStart: number,
  count: number,
): void {
  if (end - start < RUNS_HEAD_BYTES) throw corruptInts(start, `${end - start} bytes are no runs`);
  const runs = readU32(src, start);
  const least = readU32(src, start + 4);
  const widths = readU32(src, start + 8);
  const width = widths & 255;
  const countWidth = widths >>> 8;
  if (width > 32 || countWidth < 1 || countWidth > 32) {
    throw corruptInts(start + 8, `bit widths ${width} and ${countWidth}, expected 0 to 32 and 1 to 32`);
  }
  // Each run takes a bit or more: the length bounds the arrays below.
  checkLength(start, end - start, runsLength(runs, width, countWidth));
  const runValues = new Int32Array(runs);
  const runCounts = new Uint32Array(runs);
  const at = unpackBits(src, start + RUNS_HEAD_BYTES, width, runValues, 0, runs);
  unpackBits(src, at, countWidth, runCounts, 0, runs);
  const length = expandedLength(runCounts, runs);
  if (length !== count) throw corruptInts(start, `the runs stand for ${length} values, expected ${count}`);
  addToAll(runValues, 0, runs, least | 0);
  decodeRuns(runValues, runCounts, runs, asInt32(dst), dstStart);
}

/** The error of everything that is wrong with encoded integers. */
export function corruptInts(at: number, problem: string): CorruptDataError {
  return new CorruptDataError("CODECS_INTS_CORRUPT", "encoded integers", at, problem);
}

function checkLength(at: number, found: number, expected: number): void {
  if (found !== expected) throw corruptInts(at, `${found} bytes, expected ${expected}`);
}

function rangeOf(values: Words32, start: number, end: number): { least: number; width: number } {
  let least = values[start]!;
  let most = least;
  for (let i = start + 1; i < end; i++) {
    const value = values[i]!;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return { least, width: 32 - Math.clz32(most - least) };
}

function packDistances(
  src: Words32,
  start: number,
  end: number,
  least: number,
  width: number,
  dst: Uint8Array,
  dstStart: number,
): number {
  let at = dstStart;
  for (let first = start; first < end; first += PART) {
    const n = Math.min(PART, end - first);
    for (let i = 0; i < n; i++) scratch[i] = (src[first + i]! - least) | 0;
    at = packBits(scratch, 0, n, width, dst, at);
  }
  return at;
}

function addToAll(values: Int32Array, start: number, end: number, least: number): void {
  for (let i = start; i < end; i++) values[i] = (values[i]! + least) | 0;
}
