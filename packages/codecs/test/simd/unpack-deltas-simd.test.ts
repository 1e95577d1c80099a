import { seededRandom } from "@millrace/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packBits, packedByteLength, unpackDeltas } from "../../src/index.ts";
import { unpackDeltasSimd } from "../../src/simd.ts";

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

/** `count` random deltas of `width` bits, packed from `offset` on. */
function packed(count: number, width: number, offset: number, seed: number): Uint8Array {
  const random = seededRandom(seed);
  const deltas = Uint32Array.from({ length: count }, () => random.nextU32());
  const bytes = new Uint8Array(offset + packedByteLength(count, width));
  packBits(deltas, 0, count, width, bytes, offset);
  return bytes;
}

describe.each(Array.from({ length: 33 }, (_, width) => width))("unpackDeltasSimd of %d bits", (width) => {
  it("gives what unpackDeltas gives, at any offset, for any count, previous and step", () => {
    fc.assert(
      fc.property(fc.nat(1200), fc.nat(5), int32, int32, int32, (count, offset, previous, step, seed) => {
        const bytes = packed(count, width, offset, seed);
        const expected = new Int32Array(count + 2).fill(7);
        const found = new Int32Array(count + 2).fill(7);
        const last = unpackDeltas(bytes, offset, width, expected, 1, count, previous, step);
        expect(unpackDeltasSimd(bytes, offset, width, found, 1, count, previous, step)).toBe(last);
        expect(found).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });

  it("gives what unpackDeltas gives where every delta is the largest", () => {
    const count = 1024;
    const bytes = new Uint8Array(packedByteLength(count, width)).fill(0xff);
    const expected = new Uint32Array(count);
    const found = new Uint32Array(count);
    unpackDeltas(bytes, 0, width, expected, 0, count, -1);
    unpackDeltasSimd(bytes, 0, width, found, 0, count, -1);
    expect(found).toEqual(expected);
  });
});

describe("unpackDeltasSimd over several chunks", () => {
  it.each([16_383, 16_384, 16_385, 32_768, 50_021])("carries the sum over, %d deltas", (count) => {
    const bytes = packed(count, 11, 3, count);
    const expected = new Int32Array(count);
    const found = new Int32Array(count);
    const last = unpackDeltas(bytes, 3, 11, expected, 0, count, -9, 4);
    expect(unpackDeltasSimd(bytes, 3, 11, found, 0, count, -9, 4)).toBe(last);
    expect(found).toEqual(expected);
  });
});

describe("unpackDeltasSimd and bad input", () => {
  it("refuses every truncation before it writes", () => {
    const bytes = packed(300, 7, 0, 1);
    const dst = new Int32Array(300);
    for (let n = 0; n < bytes.length; n++) {
      expect(() => unpackDeltasSimd(bytes.subarray(0, n), 0, 7, dst, 0, 300)).toThrow(
        expect.objectContaining({ name: "CorruptDataError", code: "CODECS_BITPACK_TRUNCATED" }),
      );
    }
    expect(dst.every((value) => value === 0)).toBe(true);
  });

  it.each([
    ["width 33", 0, 33, 0, 8],
    ["width -1", 0, -1, 0, 8],
    ["a start behind the end", 1000, 7, 0, 8],
    ["no room", 0, 7, 0, 301],
    ["a negative output offset", 0, 7, -1, 8],
    ["a fractional count", 0, 7, 0, 1.5],
  ])("refuses %s", (_, srcStart, width, dstStart, count) => {
    const dst = new Int32Array(300);
    expect(() => unpackDeltasSimd(packed(300, 7, 0, 1), srcStart, width, dst, dstStart, count)).toThrow(
      expect.objectContaining({ name: "InvalidArgumentError" }),
    );
    expect(dst.every((value) => value === 0)).toBe(true);
  });
});
