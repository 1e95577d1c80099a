import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Bitmap } from "../src/index.ts";

function bitmapOf(size: number, bits: Iterable<number>): Bitmap {
  const bitmap = new Bitmap(size);
  for (const bit of bits) bitmap.set(bit);
  return bitmap;
}

function bitsOf(bitmap: Bitmap): number[] {
  const dst = new Uint32Array(bitmap.count());
  expect(bitmap.indices(dst)).toBe(dst.length);
  return [...dst];
}

describe("bitmap", () => {
  test.each([0, 1, 31, 32, 33, 64, 100])("of %d bits holds the first and the last one", (size) => {
    const bitmap = new Bitmap(size);
    expect(bitmap.count()).toBe(0);
    if (size === 0) return;
    bitmap.set(0);
    bitmap.set(size - 1);
    expect(bitmap.has(size - 1)).toBe(true);
    expect(bitmap.has(size)).toBe(false);
    expect(bitmap.count()).toBe(size === 1 ? 1 : 2);
    bitmap.clear(size - 1);
    expect(bitmap.has(size - 1)).toBe(false);
    bitmap.clearAll();
    expect(bitmap.count()).toBe(0);
  });

  test("counts, lists, ranks and selects as a set of numbers does", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }).chain((size) =>
          fc.record({
            size: fc.constant(size),
            bits: fc.uniqueArray(fc.nat(size - 1)),
            probe: fc.nat(size),
          }),
        ),
        ({ size, bits, probe }) => {
          const bitmap = bitmapOf(size, bits);
          const sorted = bits.toSorted((a, b) => a - b);
          expect(bitmap.count()).toBe(sorted.length);
          expect(bitsOf(bitmap)).toEqual(sorted);
          expect(bitmap.rank(probe)).toBe(sorted.filter((bit) => bit < probe).length);
          expect(bitmap.has(probe)).toBe(sorted.includes(probe));
          for (let k = 0; k <= sorted.length; k++) expect(bitmap.select(k)).toBe(sorted[k] ?? -1);
          const dst = new Uint32Array(7).fill(999);
          const fromProbe = sorted.filter((bit) => bit >= probe).slice(0, 5);
          expect(bitmap.indices(dst, 2, probe)).toBe(fromProbe.length);
          expect([...dst]).toEqual([999, 999, ...fromProbe, ...new Array(5 - fromProbe.length).fill(999)]);
        },
      ),
    );
  });

  test("combines as sets do", () => {
    const subset = fc.uniqueArray(fc.nat(99));
    fc.assert(
      fc.property(subset, subset, (a, b) => {
        const cases = [
          ["and", a.filter((bit) => b.includes(bit))],
          ["or", [...new Set([...a, ...b])]],
          ["andNot", a.filter((bit) => !b.includes(bit))],
          ["xor", [...a, ...b].filter((bit) => a.includes(bit) !== b.includes(bit))],
        ] as const;
        for (const [operation, expected] of cases) {
          const bitmap = bitmapOf(100, a);
          bitmap[operation](bitmapOf(100, b));
          expect(bitsOf(bitmap)).toEqual([...expected].sort((x, y) => x - y));
        }
      }),
    );
  });

  test("words are 32 bits each, lowest first", () => {
    expect([...bitmapOf(40, [0, 31, 33]).words]).toEqual([0x80000001, 2]);
  });

  test("bits and sizes that do not exist are refused", () => {
    const bitmap = new Bitmap(10);
    for (const bit of [-1, 10, 1.5, Number.NaN]) {
      expect(() => bitmap.set(bit)).toThrow(expect.objectContaining({ code: "CODECS_BITMAP_RANGE" }));
      expect(() => bitmap.clear(bit)).toThrow("a whole number below 10");
    }
    for (const size of [-1, 2 ** 32, 1.5]) expect(() => new Bitmap(size)).toThrow("an integer from 0");
    expect(() => bitmap.or(new Bitmap(11))).toThrow(expect.objectContaining({ code: "CODECS_BITMAP_SIZE" }));
    expect(() => bitmap.rank(11)).toThrow("inside [0, 10)");
    expect(() => bitmap.indices(new Uint32Array(1), 2)).toThrow("inside [0, 1)");
    expect([bitmap.select(-1), bitmap.select(Number.NaN), bitmap.has(-1)]).toEqual([-1, -1, false]);
  });
});
