import { checkedElements } from "./shuffle.ts";

/**
 * The inverse of grouping the bits of equal significance: of n elements (n a multiple of 8) the source holds, for
 * each byte of an element and each of its bits from the lowest, n bits in the order of the elements. The layout of
 * bitshuffle (Masui et al., 2015) and of Blosc. Elements behind the last whole eight, and bytes behind the last whole
 * element, stay as they are at the end.
 *
 * @param elementSize - bytes an element, 1 to 65,536
 * @param dst - as many bytes from `dstStart` on, not overlapping the source
 * @throws InvalidArgumentError for a bad size or range, or too little room; nothing is written then
 */
export function unshuffleBits(
  src: Uint8Array,
  srcStart: number,
  srcEnd: number,
  elementSize: number,
  dst: Uint8Array,
  dstStart: number,
): void {
  const elements = checkedElements("unshuffleBits", src, srcStart, srcEnd, elementSize, dst, dstStart);
  const n = elements - (elements % 8);
  const rowBytes = n / 8;
  for (let byte = 0; byte < elementSize; byte++) {
    const rows = srcStart + byte * 8 * rowBytes;
    let at = dstStart + byte;
    for (let i = rows; i < rows + rowBytes; i++) {
      // Eight elements at a time: byte i of each of the eight rows, as an 8 x 8 matrix of bits that is transposed.
      let lo =
        src[i]! | (src[i + rowBytes]! << 8) | (src[i + 2 * rowBytes]! << 16) | (src[i + 3 * rowBytes]! << 24);
      let hi =
        src[i + 4 * rowBytes]! |
        (src[i + 5 * rowBytes]! << 8) |
        (src[i + 6 * rowBytes]! << 16) |
        (src[i + 7 * rowBytes]! << 24);
      // Warren, Hacker's Delight, 7-3: swap 1 x 1, 2 x 2 and 4 x 4 blocks.
      let t = (lo ^ (lo >>> 7)) & 0x00aa00aa;
      lo ^= t ^ (t << 7);
      t = (hi ^ (hi >>> 7)) & 0x00aa00aa;
      hi ^= t ^ (t << 7);
      t = (lo ^ (lo >>> 14)) & 0x0000cccc;
      lo ^= t ^ (t << 14);
      t = (hi ^ (hi >>> 14)) & 0x0000cccc;
      hi ^= t ^ (t << 14);
      t = (hi ^ (lo >>> 4)) & 0x0f0f0f0f;
      hi ^= t;
      lo ^= t << 4;
      dst[at] = lo;
      dst[at + elementSize] = lo >>> 8;
      dst[at + 2 * elementSize] = lo >>> 16;
      dst[at + 3 * elementSize] = lo >>> 24;
      dst[at + 4 * elementSize] = hi;
      dst[at + 5 * elementSize] = hi >>> 8;
      dst[at + 6 * elementSize] = hi >>> 16;
      dst[at + 7 * elementSize] = hi >>> 24;
      at += 8 * elementSize;
    }
  }
  const whole = n * elementSize;
  dst.set(src.subarray(srcStart + whole, srcEnd), dstStart + whole);
}
