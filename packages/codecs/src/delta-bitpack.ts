import { CorruptDataError, crc32c, readU32, writeU32 } from "@millrace/base";
import { checkRange } from "@millrace/buffers";
import { SUM_BLOCKS } from "./bitpack/tables.ts";
import { bitWidthOf, packBits, packedByteLength } from "./bitpack.ts";
import type { Words32 } from "./delta.ts";
import { asInt32 } from "./internal/as-int32.ts";
import { checkOutput } from "./internal/check-output.ts";
import { unpackDeltas } from "./unpack-deltas.ts";

/** First four bytes of a block: "MDB" and format version 1. The layout is in the README. */
const MAGIC = 0x0142444d;
const HEADER_BYTES = 16;
const CHECKSUM_BYTES = 4;
/** Deltas that share one bit width. A multiple of 32, so that only the last miniblock has a tail. */
const DELTAS_PER_MINIBLOCK = 128;
const scratch = new Int32Array(DELTAS_PER_MINIBLOCK);

/** What a block says about itself. */
export interface DeltaBitpackBlock {
  /** Values in the block. */
  readonly count: number;
  /** Bytes that the whole block takes; the next one may start behind them. */
  readonly byteLength: number;
}

/** The most bytes that a block of `count` values can take. */
export function deltaBitpackBound(count: number): number {
  return deltaBitpackLength(count, Math.max(0, count - 1) * 4);
}

/** The bytes of a block of `count` values whose packed differences take `packedBytes`. */
export function deltaBitpackLength(count: number, packedBytes: number): number {
  return HEADER_BYTES + widthBytesOf(count) + packedBytes + CHECKSUM_BYTES;
}

/**
 * Writes `src[srcStart, srcEnd)` as one self-delimiting, checksummed block: differences less the smallest one,
 * bit-packed with one width for each 128. Good for sorted or slowly changing integers.
 *
 * @param dst - room for `deltaBitpackBound(count)` bytes from `dstStart` on
 * @returns the offset behind the block
 * @throws InvalidArgumentError for a bad range or too little room; nothing is written then
 * @example
 * const dst = new Uint8Array(deltaBitpackBound(3));
 * const end = encodeDeltaBitpack(new Uint32Array([100, 101, 103]), 0, 3, dst, 0);
 */
export function encodeDeltaBitpack(
  src: Words32,
  srcStart: number,
  srcEnd: number,
  dst: Uint8Array,
  dstStart: number,
): number {
  checkRange("codecs", "encodeDeltaBitpack", srcStart, srcEnd, src.length);
  const count = srcEnd - srcStart;
  checkOutput("encodeDeltaBitpack", dstStart, deltaBitpackBound(count), dst.length);
  const least = leastDelta(src, srcStart, srcEnd);
  writeU32(dst, dstStart, MAGIC);
  writeU32(dst, dstStart + 4, count);
  writeU32(dst, dstStart + 8, count > 0 ? src[srcStart]! : 0);
  writeU32(dst, dstStart + 12, least);
  let widthAt = dstStart + HEADER_BYTES;
  let at = widthAt + widthBytesOf(count);
  dst.fill(0, widthAt, at);
  for (let i = srcStart + 1; i < srcEnd; i += DELTAS_PER_MINIBLOCK) {
    const n = Math.min(DELTAS_PER_MINIBLOCK, srcEnd - i);
    for (let j = 0; j < n; j++) {
      const delta = ((src[i + j]! | 0) - (src[i + j - 1]! | 0)) | 0;
      scratch[j] = (delta - least) | 0;
    }
    const width = bitWidthOf(scratch, 0, n);
    dst[widthAt++] = width;
    at = packBits(scratch, 0, n, width, dst, at);
  }
  writeU32(dst, at, crc32c(dst, 0, dstStart, at));
  return at + CHECKSUM_BYTES;
}

/**
 * Reads and checks a block's header and lengths, not its checksum: how many values to make room for.
 * @param srcEnd - where the data ends; a block must not reach beyond
 * @throws CorruptDataError when it is no block, or is cut off
 */
export function readDeltaBitpackHeader(
  src: Uint8Array,
  srcStart: number,
  srcEnd: number = src.length,
): DeltaBitpackBlock {
  checkRange("codecs", "readDeltaBitpackHeader", srcStart, srcEnd, src.length);
  const available = srcEnd - srcStart;
  if (available < HEADER_BYTES + CHECKSUM_BYTES) {
    throw corrupt(srcStart, `${available} bytes, expected at least ${HEADER_BYTES + CHECKSUM_BYTES}`);
  }
  const magic = readU32(src, srcStart);
  if (magic !== MAGIC) {
    const found = magic.toString(16).padStart(8, "0");
    throw corrupt(srcStart, `found 0x${found}, expected 0x0142444d ("MDB", version 1)`);
  }
  const count = readU32(src, srcStart + 4);
  const miniblocks = miniblocksOf(count);
  const fixedBytes = HEADER_BYTES + widthBytesOf(count) + CHECKSUM_BYTES;
  if (fixedBytes > available) {
    throw corrupt(
      srcStart + 4,
      `${count} values declared, which take ${fixedBytes} bytes or more, found ${available}`,
    );
  }
  let byteLength = fixedBytes;
  for (let miniblock = 0; miniblock < miniblocks; miniblock++) {
    const widthAt = srcStart + HEADER_BYTES + miniblock;
    const width = src[widthAt]!;
    if (width > 32) throw corrupt(widthAt, `bit width ${width}, maximum is 32`);
    byteLength += packedByteLength(deltasIn(miniblock, count), width);
  }
  if (byteLength > available) {
    throw corrupt(srcStart, `the block declares ${byteLength} bytes, found ${available}`);
  }
  return { count, byteLength };
}

/**
 * Reads the block at `srcStart` into `dst` from `dstStart` on; the checksum is checked first.
 * @returns how many values there were, and how many bytes they took
 * @throws CorruptDataError when it is no block, is cut off, or its checksum is wrong; nothing is written then
 * @throws InvalidArgumentError when the values do not fit into `dst`; nothing is written then
 */
export function decodeDeltaBitpack(
  src: Uint8Array,
  srcStart: number,
  srcEnd: number,
  dst: Words32,
  dstStart: number,
): DeltaBitpackBlock {
  const block = readDeltaBitpackHeader(src, srcStart, srcEnd);
  const { count, byteLength } = block;
  const checksumAt = srcStart + byteLength - CHECKSUM_BYTES;
  const expected = readU32(src, checksumAt);
  const found = crc32c(src, 0, srcStart, checksumAt);
  if (found !== expected) {
    throw corrupt(checksumAt, `the checksum is ${expected}, the bytes have ${found}`);
  }
  checkOutput("decodeDeltaBitpack", dstStart, count, dst.length);
  if (count === 0) return block;
  const first = readU32(src, srcStart + 8) | 0;
  const least = readU32(src, srcStart + 12) | 0;
  const values = asInt32(dst);
  values[dstStart] = first;
  unpackMiniblocks(src, srcStart + HEADER_BYTES, values, dstStart + 1, count, first, least);
  return block;
}

/** Miniblock by miniblock, so that the sums run over values that are still in the nearest cache. */
function unpackMiniblocks(
  src: Uint8Array,
  widthsAt: number,
  values: Int32Array,
  valuesAt: number,
  count: number,
  first: number,
  least: number,
): void {
  let at = widthsAt + widthBytesOf(count);
  let to = valuesAt;
  let previous = first;
  // One view of the payload's words where the block is aligned, instead of one for each miniblock.
  const isAligned = (src.byteOffset + at) % 4 === 0;
  const payload = isAligned ? wordsFrom(src, at) : undefined;
  const payloadAt = at;
  for (let miniblock = 0; to < valuesAt + count - 1; miniblock++) {
    const n = deltasIn(miniblock, count);
    const width = src[widthsAt + miniblock]!;
    if (payload !== undefined && n === DELTAS_PER_MINIBLOCK && width > 0) {
      previous = SUM_BLOCKS[width - 1]!(payload, (at - payloadAt) >> 2, values, to, n / 32, previous, least);
    } else {
      previous = unpackDeltas(src, at, width, values, to, n, previous, least);
    }
    at += packedByteLength(n, width);
    to += n;
  }
}

function wordsFrom(bytes: Uint8Array, at: number): Int32Array {
  return new Int32Array(bytes.buffer, bytes.byteOffset + at, (bytes.length - at) >> 2);
}

function leastDelta(src: Words32, start: number, end: number): number {
  let least = end - start > 1 ? 0x7fffffff : 0;
  for (let i = start + 1; i < end; i++) {
    const delta = ((src[i]! | 0) - (src[i - 1]! | 0)) | 0;
    if (delta < least) least = delta;
  }
  return least;
}

function miniblocksOf(count: number): number {
  return count > 1 ? Math.ceil((count - 1) / DELTAS_PER_MINIBLOCK) : 0;
}

/** One byte for each width, filled up to whole words so that the payload of an aligned block is aligned. */
function widthBytesOf(count: number): number {
  return Math.ceil(miniblocksOf(count) / 4) * 4;
}

function deltasIn(miniblock: number, count: number): number {
  return Math.min(DELTAS_PER_MINIBLOCK, count - 1 - miniblock * DELTAS_PER_MINIBLOCK);
}

function corrupt(at: number, problem: string): CorruptDataError {
  return new CorruptDataError("CODECS_DELTA_BITPACK_CORRUPT", "delta bit-packed block", at, problem);
}
