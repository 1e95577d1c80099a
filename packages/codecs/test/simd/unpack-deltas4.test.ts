import { seededRandom } from "@millrace/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packedByteLength } from "../../src/index.ts";
import { deltas4BitWidth, packDeltas4, unpackDeltas4, unpackDeltas4Simd } from "../../src/simd.ts";

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const DECODERS = [
  ["unpackDeltas4", unpackDeltas4],
  ["unpackDeltas4Simd", unpackDeltas4Simd],
] as const;

/** `count` values whose deltas to the value 4 before, less `step`, need at most `width` bits. */
function valuesOf(
  count: number,
  width: number,
  previous: Int32Array,
  step: number,
  seed: number,
): Int32Array {
  const random = seededRandom(seed);
  const values = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const delta = width === 0 ? 0 : random.nextU32() >>> (32 - width);
    values[i] = (i < 4 ? previous[i]! : values[i - 4]!) + delta + step;
  }
  return values;
}

/** The layout of the README, bit by bit: bit b of delta i of lane l is bit (i w + b) of that lane's own words. */
function naiveDeltas(bytes: Uint8Array, width: number, count: number): number[] {
  const bitAt = (bit: number): number => (bytes[bit >> 3]! >> (bit & 7)) & 1;
  const inBlocks = count - (count % 128);
  return Array.from({ length: count }, (_, i) => {
    const block = Math.floor(i / 128);
    let delta = 0;
    for (let b = 0; b < width; b++) {
      const inLane = (Math.floor(i / 4) % 32) * width + b;
      const word = 4 * Math.floor(inLane / 32) + (i % 4);
      const bit = i < inBlocks ? (block * 4 * width + word) * 32 + (inLane % 32) : i * width + b;
      delta += bitAt(bit) * 2 ** b;
    }
    return delta;
  });
}

describe.each(Array.from({ length: 33 }, (_, width) => width))(
  "deltas to the value 4 before, %d bits",
  (width) => {
    it.each(DECODERS)("%s brings any values back, at any offset, with any previous and step", (_, unpack) => {
      fc.assert(
        fc.property(
          fc.nat(700),
          fc.nat(5),
          fc.array(int32, { minLength: 4, maxLength: 4 }),
          int32,
          int32,
          (count, offset, four, step, seed) => {
            const previous = Int32Array.from(four);
            const values = valuesOf(count, width, previous, step, seed);
            expect(deltas4BitWidth(values, 0, count, previous, step)).toBeLessThanOrEqual(width);
            const bytes = new Uint8Array(offset + packedByteLength(count, width));
            expect(packDeltas4(values, 0, count, width, bytes, offset, previous, step)).toBe(bytes.length);
            const found = new Int32Array(count + 2).fill(7);
            expect(unpack(bytes, offset, width, found, 1, count, previous, step)).toBe(bytes.length);
            expect(found).toEqual(Int32Array.from([7, ...values, 7]));
          },
        ),
        { numRuns: 25 },
      );
    });

    it("packs in the documented layout", () => {
      const values = valuesOf(300, width, new Int32Array(4), 0, width);
      const bytes = new Uint8Array(packedByteLength(300, width));
      packDeltas4(values, 0, 300, width, bytes, 0);
      const deltas = Array.from(values, (value, i) => (value - (i < 4 ? 0 : values[i - 4]!)) >>> 0);
      expect(naiveDeltas(bytes, width, 300)).toEqual(deltas);
    });
  },
);

it.each(DECODERS)("%s goes on over several chunks", (_, unpack) => {
  const previous = Int32Array.from([1, -2, 3, -4]);
  const values = valuesOf(40_003, 9, previous, -3, 5);
  const bytes = new Uint8Array(packedByteLength(values.length, 9));
  packDeltas4(values, 0, values.length, 9, bytes, 0, previous, -3);
  const found = new Int32Array(values.length);
  unpack(bytes, 0, 9, found, 0, values.length, previous, -3);
  expect(found).toEqual(values);
  // A second call on other data must not see anything of the first one.
  unpack(bytes, 0, 9, found, 0, 256);
  const again = new Int32Array(256);
  unpackDeltas4(bytes, 0, 9, again, 0, 256);
  expect(found.subarray(0, 256)).toEqual(again);
});

it.each(DECODERS)("%s refuses every truncation before it writes", (_, unpack) => {
  const bytes = new Uint8Array(packedByteLength(300, 7)).fill(0x55);
  const dst = new Int32Array(300);
  for (let n = 0; n < bytes.length; n++) {
    expect(() => unpack(bytes.subarray(0, n), 0, 7, dst, 0, 300)).toThrow(
      expect.objectContaining({ name: "CorruptDataError", code: "CODECS_BITPACK_TRUNCATED" }),
    );
  }
  expect(dst.every((value) => value === 0)).toBe(true);
});

it.each(DECODERS)("%s refuses a previous that is not four values", (_, unpack) => {
  const dst = new Int32Array(8);
  expect(() => unpack(new Uint8Array(8), 0, 8, dst, 0, 8, new Int32Array(3))).toThrow("an array of 4 values");
  expect(() => packDeltas4(dst, 0, 8, 8, new Uint8Array(8), 0, new Int32Array(5))).toThrow("4 values");
  expect(() => deltas4BitWidth(dst, 0, 8, new Int32Array(0))).toThrow("4 values");
});

it("refuses too little room before it writes", () => {
  const dst = new Uint8Array(99);
  expect(() => packDeltas4(new Int32Array(100).fill(200), 0, 100, 8, dst, 0)).toThrow("output for 100");
  expect(dst.every((byte) => byte === 0)).toBe(true);
});

it.each(DECODERS)("%s takes the previous values out of the output before it is overwritten", (_, unpack) => {
  const values = valuesOf(600, 5, Int32Array.from([9, 8, 7, 6]), 0, 3);
  const bytes = new Uint8Array(packedByteLength(600, 5));
  packDeltas4(values, 0, 600, 5, bytes, 0, Int32Array.from([9, 8, 7, 6]));
  const found = new Int32Array(600);
  found.set([9, 8, 7, 6], 596);
  unpack(bytes, 0, 5, found, 0, 600, found.subarray(596));
  expect(found).toEqual(values);
});
