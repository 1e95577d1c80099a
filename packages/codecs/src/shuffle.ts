import { checkInteger } from "@millrace/base";
import { checkRange } from "@millrace/buffers";
import { checkOutput } from "./internal/check-output.ts";

/**
 * Groups the bytes of equal significance: byte b of element i goes to `b * n + i`. Slowly changing numbers compress
 * better then. The layout of HDF5's shuffle filter and of Blosc's byte shuffle; bytes behind the last whole element
 * stay at the end.
 *
 * @param elementSize - bytes an element, 1 to 65,536; 2, 4 and 8 have fast paths for word-aligned arrays whose number
 *   of elements is a multiple of 4
 * @param dst - as many bytes from `dstStart` on, not overlapping the source
 * @throws InvalidArgumentError for a bad size or range, or too little room; nothing is written then
 * @example
 * shuffleBytes(new Uint8Array([1, 2, 3, 4]), 0, 4, 2, dst, 0); // dst: 1, 3, 2, 4
 */
export function shuffleBytes(
  src: Uint8Array,
  srcStart: number,
  srcEnd: number,
  elementSize: number,
  dst: Uint8Array,
  dstStart: number,
): void {
  const n = checkedElements("shuffleBytes", src, srcStart, srcEnd, elementSize, dst, dstStart);
  if (hasFastPath(src, srcStart, dst, dstStart, elementSize, n)) {
    const words = wordsOf(src, srcStart, n * elementSize);
    const planes = wordsOf(dst, dstStart, n * elementSize);
    const planeWords = n / 4;
    if (elementSize === 2) pairsToPlanes(words, planes, planeWords);
    const step = elementSize >> 2;
    for (let half = 0; half < step; half++) {
      transpose4(words, half, 4 * step, step, planes, 4 * half * planeWords, 1, planeWords, planeWords);
    }
  } else {
    for (let byte = 0; byte < elementSize; byte++) {
      let at = dstStart + byte * n;
      const end = srcStart + n * elementSize;
      for (let i = srcStart + byte; i < end; i += elementSize) dst[at++] = src[i]!;
    }
  }
  const whole = n * elementSize;
  dst.set(src.subarray(srcStart + whole, srcEnd), dstStart + whole);
}

/**
 * The inverse of {@link shuffleBytes}.
 * @throws InvalidArgumentError for a bad size or range, or too little room; nothing is written then
 */
export function unshuffleBytes(
  src: Uint8Array,
  srcStart: number,
  srcEnd: number,
  elementSize: number,
  dst: Uint8Array,
  dstStart: number,
): void {
  const n = checkedElements("unshuffleBytes", src, srcStart, srcEnd, elementSize, dst, dstStart);
  if (hasFastPath(src, srcStart, dst, dstStart, elementSize, n)) {
    const planes = wordsOf(src, srcStart, n * elementSize);
    const words = wordsOf(dst, dstStart, n * elementSize);
    const planeWords = n / 4;
    if (elementSize === 2) planesToPairs(planes, words, planeWords);
    const step = elementSize >> 2;
    for (let half = 0; half < step; half++) {
      transpose4(planes, 4 * half * planeWords, 1, planeWords, words, half, 4 * step, step, planeWords);
    }
  } else {
    for (let byte = 0; byte < elementSize; byte++) {
      let from = srcStart + byte * n;
      const end = dstStart + n * elementSize;
      for (let i = dstStart + byte; i < end; i += elementSize) dst[i] = src[from++]!;
    }
  }
  const whole = n * elementSize;
  dst.set(src.subarray(srcStart + whole, srcEnd), dstStart + whole);
}

/**
 * Transposes `groups` squares of 4 x 4 bytes, each four words apart by the lane stride: byte b of word k becomes byte
 * k of word b. It is its own inverse, so both directions use it with the strides exchanged.
 */
function transpose4(
  src: Int32Array,
  srcAt: number,
  srcGroupStride: number,
  srcLaneStride: number,
  dst: Int32Array,
  dstAt: number,
  dstGroupStride: number,
  dstLaneStride: number,
  groups: number,
): void {
  let s = srcAt;
  let d = dstAt;
  for (let group = 0; group < groups; group++) {
    const w0 = src[s]!;
    const w1 = src[s + srcLaneStride]!;
    const w2 = src[s + 2 * srcLaneStride]!;
    const w3 = src[s + 3 * srcLaneStride]!;
    // First pairs of bytes, then pairs of pairs.
    const even01 = (w0 & 0x00ff00ff) | ((w1 & 0x00ff00ff) << 8);
    const odd01 = ((w0 >>> 8) & 0x00ff00ff) | (w1 & 0xff00ff00);
    const even23 = (w2 & 0x00ff00ff) | ((w3 & 0x00ff00ff) << 8);
    const odd23 = ((w2 >>> 8) & 0x00ff00ff) | (w3 & 0xff00ff00);
    dst[d] = (even01 & 0xffff) | (even23 << 16);
    dst[d + dstLaneStride] = (odd01 & 0xffff) | (odd23 << 16);
    dst[d + 2 * dstLaneStride] = (even01 >>> 16) | (even23 & 0xffff0000);
    dst[d + 3 * dstLaneStride] = (odd01 >>> 16) | (odd23 & 0xffff0000);
    s += srcGroupStride;
    d += dstGroupStride;
  }
}

/** Four elements of two bytes are two words; each plane gets one word of them. */
function pairsToPlanes(words: Int32Array, planes: Int32Array, planeWords: number): void {
  for (let group = 0; group < planeWords; group++) {
    const a = words[2 * group]!;
    const b = words[2 * group + 1]!;
    planes[group] = (a & 0xff) | ((a >>> 8) & 0xff00) | ((b & 0xff) << 16) | ((b & 0xff0000) << 8);
    planes[planeWords + group] =
      ((a >>> 8) & 0xff) | ((a >>> 16) & 0xff00) | ((b & 0xff00) << 8) | (b & 0xff000000);
  }
}

function planesToPairs(planes: Int32Array, words: Int32Array, planeWords: number): void {
  for (let group = 0; group < planeWords; group++) {
    const low = planes[group]!;
    const high = planes[planeWords + group]!;
    words[2 * group] = (low & 0xff) | ((high & 0xff) << 8) | ((low & 0xff00) << 8) | ((high & 0xff00) << 16);
    words[2 * group + 1] =
      ((low >>> 16) & 0xff) | ((high >>> 8) & 0xff00) | ((low >>> 8) & 0xff0000) | (high & 0xff000000);
  }
}

/** Checks the arguments of a shuffle. @returns the number of whole elements */
export function checkedElements(
  what: string,
  src: Uint8Array,
  srcStart: number,
  srcEnd: number,
  elementSize: number,
  dst: Uint8Array,
  dstStart: number,
): number {
  checkRange("codecs", what, srcStart, srcEnd, src.length);
  checkInteger("codecs", "elementSize", elementSize, 1, 65_536);
  checkOutput(what, dstStart, srcEnd - srcStart, dst.length);
  return Math.floor((srcEnd - srcStart) / elementSize);
}

/** Words can be used when both sides, and with them every plane, start at a multiple of four bytes. */
function hasFastPath(
  src: Uint8Array,
  srcStart: number,
  dst: Uint8Array,
  dstStart: number,
  elementSize: number,
  n: number,
): boolean {
  if (elementSize !== 2 && elementSize !== 4 && elementSize !== 8) return false;
  return ((src.byteOffset + srcStart) | (dst.byteOffset + dstStart) | n) % 4 === 0;
}

function wordsOf(bytes: Uint8Array, at: number, byteLength: number): Int32Array {
  return new Int32Array(bytes.buffer, bytes.byteOffset + at, byteLength / 4);
}
