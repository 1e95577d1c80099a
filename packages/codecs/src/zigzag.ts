import { zigzagDecode32, zigzagEncode32 } from "@millrace/base";
import { checkRange } from "@millrace/buffers";
import { checkOutput } from "./internal/check-output.ts";

/**
 * Maps 0, -1, 1, -2 … to 0, 1, 2, 3 …, so that numbers near zero need few bits.
 * @throws InvalidArgumentError for a range outside an array
 * @example
 * zigzagEncode(new Int32Array([-1, 1]), 0, 2, dst, 0); // dst: 1, 2
 */
export function zigzagEncode(
  src: Int32Array,
  srcStart: number,
  srcEnd: number,
  dst: Uint32Array,
  dstStart: number,
): void {
  checkRange("codecs", "zigzagEncode", srcStart, srcEnd, src.length);
  checkOutput("zigzagEncode", dstStart, srcEnd - srcStart, dst.length);
  for (let i = srcStart, j = dstStart; i < srcEnd; i++, j++) dst[j] = zigzagEncode32(src[i]!);
}

/**
 * The inverse of {@link zigzagEncode}.
 * @throws InvalidArgumentError for a range outside an array
 */
export function zigzagDecode(
  src: Uint32Array,
  srcStart: number,
  srcEnd: number,
  dst: Int32Array,
  dstStart: number,
): void {
  checkRange("codecs", "zigzagDecode", srcStart, srcEnd, src.length);
  checkOutput("zigzagDecode", dstStart, srcEnd - srcStart, dst.length);
  for (let i = srcStart, j = dstStart; i < srcEnd; i++, j++) dst[j] = zigzagDecode32(src[i]!);
}
