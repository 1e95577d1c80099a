import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { shuffleBytes, unshuffleBytes } from "../src/index.ts";

/** The definition: byte b of element i goes to b * n + i, what is left over stays. */
function naiveShuffle(src: Uint8Array, size: number): Uint8Array {
  const n = Math.floor(src.length / size);
  const dst = src.slice();
  for (let i = 0; i < n; i++) for (let b = 0; b < size; b++) dst[b * n + i] = src[i * size + b]!;
  return dst;
}

describe("byte shuffle", () => {
  test("groups the bytes of equal significance", () => {
    const dst = new Uint8Array(8);
    shuffleBytes(new Uint8Array([1, 2, 3, 4, 5, 6, 7]), 0, 7, 3, dst, 0);
    expect([...dst]).toEqual([1, 4, 2, 5, 3, 6, 7, 0]);
  });

  test.each([1, 2, 3, 4, 5, 7, 8, 12, 16])(
    "elements of %d bytes agree with the definition, and come back",
    (size) => {
      fc.assert(
        fc.property(
          fc.nat(40),
          fc.nat(size - 1),
          fc.nat(4),
          fc.nat(4),
          fc.infiniteStream(fc.nat(255)),
          (n, extra, srcStart, dstStart, stream) => {
            const length = n * size + extra;
            const src = Uint8Array.from(
              { length: srcStart + length + 1 },
              () => stream.next().value as number,
            );
            const dst = new Uint8Array(dstStart + length + 1).fill(0xee);
            shuffleBytes(src, srcStart, srcStart + length, size, dst, dstStart);
            const expected = naiveShuffle(src.slice(srcStart, srcStart + length), size);
            expect(dst.slice(dstStart, dstStart + length)).toEqual(expected);
            const outside = [...dst.subarray(0, dstStart), dst[dstStart + length]];
            expect(outside.every((byte) => byte === 0xee)).toBe(true);
            const back = new Uint8Array(srcStart + length + 1);
            unshuffleBytes(dst, dstStart, dstStart + length, size, back, srcStart);
            const end = srcStart + length;
            expect(back.subarray(srcStart, end)).toEqual(src.subarray(srcStart, end));
          },
        ),
        { numRuns: 60 },
      );
    },
  );

  test.each([2, 4, 8])(
    "aligned arrays of %d-byte elements take the word path and agree, bit 31 set or not",
    (size) => {
      for (const n of [0, 4, 8, 64, 1000]) {
        const src = Uint8Array.from({ length: n * size }, (_, i) => (i * 167 + (i >> 3)) & 255);
        const dst = new Uint8Array(n * size);
        shuffleBytes(src, 0, src.length, size, dst, 0);
        expect(dst).toEqual(naiveShuffle(src, size));
        const back = new Uint8Array(n * size);
        unshuffleBytes(dst, 0, dst.length, size, back, 0);
        expect(back).toEqual(src);
      }
    },
  );

  test("bad sizes, ranges and outputs are refused before anything is written", () => {
    const src = new Uint8Array(8).fill(1);
    const dst = new Uint8Array(7);
    for (const transform of [shuffleBytes, unshuffleBytes]) {
      for (const size of [0, -1, 1.5, 65_537]) {
        expect(() => transform(src, 0, 4, size, dst, 0)).toThrow("an integer from 1 to 65536");
      }
      expect(() => transform(src, 0, 8, 2, dst, 0)).toThrow("output for 8 elements");
      expect(() => transform(src, 4, 9, 2, dst, 0)).toThrow("a range inside [0, 8)");
    }
    expect(dst.every((byte) => byte === 0)).toBe(true);
  });
});
