import { crc32c, readU32, writeU32 } from "@millrace/base";
import { checkRange } from "@millrace/buffers";
import { packBits, unpackBits } from "./bitpack.ts";
import type { Words32 } from "./delta.ts";
import {
  decodeDeltaBitpack,
  deltaBitpackBound,
  encodeDeltaBitpack,
  readDeltaBitpackHeader,
} from "./delta-bitpack.ts";
import { chooseIntEncoding, type IntEncoding, type IntEncodingOptions } from "./int-encoding.ts";
import { checkOutput } from "./internal/check-output.ts";
import { corruptInts, readFrame, readRuns, writeFrame, writeRuns } from "./internal/int-payloads.ts";

/** First four bytes: "MIE" and format version 1. The layout is in the README. */
const MAGIC = 0x0145494d;
const HEADER_BYTES = 16;
const CHECKSUM_BYTES = 4;
/** The encodings by their number in the header. */
const ENCODINGS: readonly IntEncoding[] = ["raw", "constant", "runs", "delta", "frame"];

/** What a container says about itself. */
export interface EncodedInts {
  readonly encoding: IntEncoding;
  /** Values in it. */
  readonly count: number;
  /** Bytes that all of it takes; the next one may start behind them. */
  readonly byteLength: number;
}

/** The room that `encodeInts` needs for `count` values; what it writes is never longer than 20 + 4 `count` bytes. */
export function encodedIntsBound(count: number): number {
  return HEADER_BYTES + Math.max(4 * count, deltaBitpackBound(count)) + CHECKSUM_BYTES;
}

/**
 * Writes `src[srcStart, srcEnd)` in the encoding that {@link chooseIntEncoding} picks, as one self-describing,
 * checksummed container. Where the pick turns out to be longer than the values as they are, these are written.
 *
 * @param dst - room for `encodedIntsBound(count)` bytes from `dstStart` on
 * @returns the offset behind the container
 * @throws InvalidArgumentError for a bad range or option, or too little room; nothing is written then
 * @example
 * const dst = new Uint8Array(encodedIntsBound(values.length));
 * const end = encodeInts(values, 0, values.length, dst, 0);
 */
export function encodeInts(
  src: Words32,
  srcStart: number,
  srcEnd: number,
  dst: Uint8Array,
  dstStart: number,
  options: IntEncodingOptions = {},
): number {
  checkRange("codecs", "encodeInts", srcStart, srcEnd, src.length);
  const count = srcEnd - srcStart;
  checkOutput("encodeInts", dstStart, encodedIntsBound(count), dst.length);
  let { encoding } = chooseIntEncoding(src.subarray(srcStart, srcEnd), options);
  const at = dstStart + HEADER_BYTES;
  let end = writePayload(encoding, src, srcStart, srcEnd, dst, at);
  if (end < 0 || end - at > 4 * count) {
    encoding = "raw";
    end = packBits(src, srcStart, srcEnd, 32, dst, at);
  }
  writeU32(dst, dstStart, MAGIC);
  writeU32(dst, dstStart + 4, ENCODINGS.indexOf(encoding));
  writeU32(dst, dstStart + 8, count);
  writeU32(dst, dstStart + 12, end - at);
  writeU32(dst, end, crc32c(dst, 0, dstStart, end));
  return end + CHECKSUM_BYTES;
}

/**
 * Checks a container's lengths and checksum and says how many values to make room for. A few bytes can stand for 2^32
 * equal values: compare `count` with what you can take before you allocate.
 * @param srcEnd - where the data ends; the container must not reach beyond
 * @throws CorruptDataError when it is no container, is cut off, or its checksum is wrong
 */
export function readIntsHeader(src: Uint8Array, srcStart: number, srcEnd: number = src.length): EncodedInts {
  checkRange("codecs", "readIntsHeader", srcStart, srcEnd, src.length);
  const available = srcEnd - srcStart;
  if (available < HEADER_BYTES + CHECKSUM_BYTES) {
    throw corruptInts(srcStart, `${available} bytes, expected at least ${HEADER_BYTES + CHECKSUM_BYTES}`);
  }
  const magic = readU32(src, srcStart);
  if (magic !== MAGIC) {
    const found = magic.toString(16).padStart(8, "0");
    throw corruptInts(srcStart, `found 0x${found}, expected 0x0145494d ("MIE", version 1)`);
  }
  const byteLength = HEADER_BYTES + readU32(src, srcStart + 12) + CHECKSUM_BYTES;
  if (byteLength > available) {
    throw corruptInts(srcStart + 12, `the container declares ${byteLength} bytes, found ${available}`);
  }
  const checksumAt = srcStart + byteLength - CHECKSUM_BYTES;
  const expected = readU32(src, checksumAt);
  const found = crc32c(src, 0, srcStart, checksumAt);
  if (found !== expected)
    throw corruptInts(checksumAt, `the checksum is ${expected}, the bytes have ${found}`);
  const id = readU32(src, srcStart + 4);
  const encoding = ENCODINGS[id];
  if (encoding === undefined) {
    throw corruptInts(srcStart + 4, `encoding ${id}, expected 0 to ${ENCODINGS.length - 1}`);
  }
  return { encoding, count: readU32(src, srcStart + 8), byteLength };
}

/**
 * Reads the container at `srcStart` into `dst` from `dstStart` on; lengths and checksum are checked first. Which kind of
 * array it was is not kept: -1 comes back as 2^32 - 1 in a `Uint32Array`.
 * @returns what the container says about itself
 * @throws CorruptDataError when it is no container, is cut off, or damaged; nothing is written then
 * @throws InvalidArgumentError when the values do not fit into `dst`; nothing is written then
 */
export function decodeInts(
  src: Uint8Array,
  srcStart: number,
  srcEnd: number,
  dst: Words32,
  dstStart: number,
): EncodedInts {
  const header = readIntsHeader(src, srcStart, srcEnd);
  const { encoding, count, byteLength } = header;
  checkOutput("decodeInts", dstStart, count, dst.length);
  const at = srcStart + HEADER_BYTES;
  const end = srcStart + byteLength - CHECKSUM_BYTES;
  if (encoding === "frame") readFrame(src, at, end, dst, dstStart, count);
  else if (encoding === "runs") readRuns(src, at, end, dst, dstStart, count);
  else if (encoding === "delta") {
    const block = readDeltaBitpackHeader(src, at, end);
    if (block.count !== count || block.byteLength !== end - at) {
      throw corruptInts(at, `a block of ${block.count} values, expected ${count}`);
    }
    decodeDeltaBitpack(src, at, end, dst, dstStart);
  } else {
    const expectedBytes = encoding === "raw" ? 4 * count : 4;
    if (end - at !== expectedBytes) throw corruptInts(at, `${end - at} bytes, expected ${expectedBytes}`);
    if (encoding === "raw") unpackBits(src, at, 32, dst, dstStart, count);
    else dst.fill(readU32(src, at), dstStart, dstStart + count);
  }
  return header;
}

/** Writes the values in one encoding; the offset behind them, or -1 where they would take more than they are. */
function writePayload(
  encoding: IntEncoding,
  src: Words32,
  start: number,
  end: number,
  dst: Uint8Array,
  at: number,
): number {
  const limit = 4 * (end - start);
  if (encoding === "constant") return packBits(src, start, start + 1, 32, dst, at);
  if (encoding === "frame") return writeFrame(src, start, end, dst, at, limit);
  if (encoding === "runs") return writeRuns(src, start, end, dst, at, limit);
  if (encoding === "delta") return encodeDeltaBitpack(src, start, end, dst, at);
  return -1;
}
