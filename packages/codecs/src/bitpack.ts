import { CorruptDataError, checkInteger } from "@millrace/base";
import { checkRange } from "@millrace/buffers";
import { PACK_BLOCKS, UNPACK_BLOCKS } from "./bitpack/tables.ts";
import type { Words32 } from "./delta.ts";
import { asInt32 } from "./internal/as-int32.ts";
import { checkOutput } from "./internal/check-output.ts";

const BLOCK = 32;
/** Blocks that go through the aligned scratch at once: 4 KiB at width 32. */
const SCRATCH_BLOCKS = 32;
const scratchWords = new Int32Array(BLOCK * SCRATCH_BLOCKS);
const scratchBytes = new Uint8Array(scratchWords.buffer);
const scratchBlock = new Int32Array(BLOCK);

/** Bytes that `count` values of `width` bits take, the last byte filled up with zero bits. */
export function packedByteLength(count: number, width: number): number {
  return Math.ceil((count * width) / 8);
}

/**
 * The bits that the largest of `values[start, end)` needs, taken as unsigned: 0 to 32.
 * @throws InvalidArgumentError for a range outside the array
 */
export function bitWidthOf(values: Words32, start: number, end: number): number {
  checkRange("codecs", "bitWidthOf", start, end, values.length);
  let seen = 0;
  for (let i = start; i < end; i++) seen |= values[i]!;
  return 32 - Math.clz32(seen);
}

/**
 * Packs `src[srcStart, srcEnd)` into `width` bits each, lowest bit first, without gaps.
 *
 * This is the bit packing of Parquet's RLE hybrid and of its DELTA_BINARY_PACKED miniblocks
 * (https://parquet.apache.org/docs/file-format/data-pages/encodings/). Bits above `width` are cut off.
 *
 * @param width - bits a value, 0 to 32; see {@link bitWidthOf}
 * @returns the offset behind the last byte written
 * @throws InvalidArgumentError for a bad width or range, or too little room; nothing is written then
 * @example
 * packBits(new Uint32Array([0, 1, 2, 3, 4, 5, 6, 7]), 0, 8, 3, dst, 0); // dst: 0x88 0xC6 0xFA
 */
export function packBits(
  src: Words32,
  srcStart: number,
  srcEnd: number,
  width: number,
  dst: Uint8Array,
  dstStart: number,
): number {
  checkRange("codecs", "packBits", srcStart, srcEnd, src.length);
  checkInteger("codecs", "width", width, 0, 32);
  const byteLength = packedByteLength(srcEnd - srcStart, width);
  checkOutput("packBits", dstStart, byteLength, dst.length);
  if (width === 0) return dstStart;
  const pack = PACK_BLOCKS[width - 1]!;
  const values = asInt32(src);
  const blocks = Math.floor((srcEnd - srcStart) / BLOCK);
  let at = dstStart;
  let from = srcStart;
  if (isAligned(dst, dstStart)) {
    pack(values, from, wordsAt(dst, dstStart, blocks * width), 0, blocks);
    at += blocks * width * 4;
    from += blocks * BLOCK;
  } else {
    for (let left = blocks; left > 0; left -= SCRATCH_BLOCKS) {
      const some = Math.min(left, SCRATCH_BLOCKS);
      pack(values, from, scratchWords, 0, some);
      dst.set(scratchBytes.subarray(0, some * width * 4), at);
      at += some * width * 4;
      from += some * BLOCK;
    }
  }
  if (from < srcEnd) {
    scratchBlock.fill(0);
    for (let i = from; i < srcEnd; i++) scratchBlock[i - from] = values[i]!;
    pack(scratchBlock, 0, scratchWords, 0, 1);
    dst.set(scratchBytes.subarray(0, dstStart + byteLength - at), at);
  }
  return dstStart + byteLength;
}

/**
 * Unpacks `count` values of `width` bits: the inverse of {@link packBits}.
 * @returns the offset behind the last byte read
 * @throws CorruptDataError when `src` ends before the last value; nothing is written then
 * @throws InvalidArgumentError for a bad width, or too little room; nothing is written then
 */
export function unpackBits(
  src: Uint8Array,
  srcStart: number,
  width: number,
  dst: Words32,
  dstStart: number,
  count: number,
): number {
  const byteLength = checkPacked("unpackBits", src, srcStart, width, dst, dstStart, count);
  if (width === 0) {
    dst.fill(0, dstStart, dstStart + count);
    return srcStart;
  }
  const unpack = UNPACK_BLOCKS[width - 1]!;
  const values = asInt32(dst);
  const blocks = Math.floor(count / BLOCK);
  let at = srcStart;
  let to = dstStart;
  if (isAligned(src, srcStart)) {
    unpack(wordsAt(src, srcStart, blocks * width), 0, values, to, blocks);
    at += blocks * width * 4;
    to += blocks * BLOCK;
  } else {
    for (let left = blocks; left > 0; left -= SCRATCH_BLOCKS) {
      const some = Math.min(left, SCRATCH_BLOCKS);
      scratchBytes.set(src.subarray(at, at + some * width * 4));
      unpack(scratchWords, 0, values, to, some);
      at += some * width * 4;
      to += some * BLOCK;
    }
  }
  const end = dstStart + count;
  if (to < end) {
    // Words behind the data keep bits of an earlier call: they reach only values that are not copied.
    scratchBytes.set(src.subarray(at, srcStart + byteLength));
    unpack(scratchWords, 0, scratchBlock, 0, 1);
    for (let i = to; i < end; i++) values[i] = scratchBlock[i - to]!;
  }
  return srcStart + byteLength;
}

/**
 * The checks of everything that unpacks, before anything is written.
 * @returns the bytes that `count` values take
 */
export function checkPacked(
  what: string,
  src: Uint8Array,
  srcStart: number,
  width: number,
  dst: Words32,
  dstStart: number,
  count: number,
): number {
  checkRange("codecs", what, srcStart, src.length, src.length);
  checkInteger("codecs", "width", width, 0, 32);
  checkOutput(what, dstStart, count, dst.length);
  const byteLength = packedByteLength(count, width);
  if (srcStart + byteLength <= src.length) return byteLength;
  throw new CorruptDataError(
    "CODECS_BITPACK_TRUNCATED",
    "bit packing",
    srcStart,
    `${count} values of ${width} bits take ${byteLength} bytes, found ${src.length - srcStart}`,
  );
}

/** Whether the words of 32 bits at `at` can be seen without a copy. */
export function isAligned(bytes: Uint8Array, at: number): boolean {
  return (bytes.byteOffset + at) % 4 === 0;
}

/** The words of 32 bits at an aligned place, without a copy. */
export function wordsAt(bytes: Uint8Array, at: number, length: number): Int32Array {
  return new Int32Array(bytes.buffer, bytes.byteOffset + at, length);
}
