import { seededRandom } from "@millrace/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bitWidthOf, packBits, packedByteLength, unpackBits } from "../src/index.ts";

/** Bit by bit, as the Parquet specification words it: from the least significant bit of each byte on. */
function naivePack(values: Uint32Array, width: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((values.length * width) / 8));
  values.forEach((value, i) => {
    for (let bit = 0; bit < width; bit++) {
      const at = i * width + bit;
      bytes[at >> 3]! |= ((value >>> bit) & 1) << (at & 7);
    }
  });
  return bytes;
}

function randomValues(count: number, width: number): Uint32Array {
  const random = seededRandom(count * 64 + width);
  return Uint32Array.from({ length: count }, () => (width === 0 ? 0 : random.nextU32() >>> (32 - width)));
}

describe("bit packing", () => {
  test("0 to 7 in three bits are the three bytes of the Parquet specification's example", () => {
    const dst = new Uint8Array(3);
    expect(
      packBits(
        Uint32Array.from({ length: 8 }, (_, i) => i),
        0,
        8,
        3,
        dst,
        0,
      ),
    ).toBe(3);
    expect([...dst]).toEqual([0x88, 0xc6, 0xfa]);
    const back = new Uint32Array(8);
    expect(unpackBits(dst, 0, 3, back, 0, 8)).toBe(3);
    expect([...back]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test.each(Array.from({ length: 33 }, (_, width) => width))(
    "width %d agrees with a bit by bit model",
    (width) => {
      for (const count of [0, 1, 7, 8, 31, 32, 33, 63, 64, 65, 1023, 1024, 1025, 1100]) {
        const values = randomValues(count, width);
        const expected = naivePack(values, width);
        for (const offset of [0, 1, 2, 3, 4]) {
          const dst = new Uint8Array(expected.length + offset + 2).fill(0xee);
          const end = packBits(values, 0, count, width, dst, offset);
          expect(end).toBe(offset + packedByteLength(count, width));
          expect(Buffer.compare(dst.subarray(offset, end), expected)).toBe(0);
          expect([...dst.subarray(0, offset), ...dst.subarray(end)].every((byte) => byte === 0xee)).toBe(
            true,
          );
          const back = new Uint32Array(count + 2).fill(7);
          expect(unpackBits(dst, offset, width, back, 1, count)).toBe(end);
          expect(Buffer.compare(bytesOf(back.subarray(1, count + 1)), bytesOf(values))).toBe(0);
          expect([back[0], back[count + 1]]).toEqual([7, 7]);
        }
      }
    },
  );

  test("signed and unsigned arrays hold the same bits", () => {
    const dst = new Uint8Array(8);
    packBits(new Int32Array([-1, -2147483648]), 0, 2, 32, dst, 0);
    const signed = new Int32Array(2);
    const unsigned = new Uint32Array(2);
    unpackBits(dst, 0, 32, signed, 0, 2);
    unpackBits(dst, 0, 32, unsigned, 0, 2);
    expect([...signed]).toEqual([-1, -2147483648]);
    expect([...unsigned]).toEqual([4294967295, 2147483648]);
  });

  test("bits above the width are cut off and do not reach a neighbour", () => {
    const dst = new Uint8Array(1);
    packBits(new Uint32Array([0xffffffff, 0]), 0, 2, 3, dst, 0);
    expect(dst[0]).toBe(7);
    const block = new Uint32Array(32).fill(0xfff0);
    const packed = new Uint8Array(16);
    packBits(block, 0, 32, 4, packed, 0);
    expect(packed.every((byte) => byte === 0)).toBe(true);
  });

  test.each([
    [[], 0],
    [[0, 0], 0],
    [[1, 0], 1],
    [[4, 3], 3],
    [[0x7fffffff], 31],
    [[0x80000000], 32],
  ])("the width of %o is %d", (values, width) => {
    expect(bitWidthOf(Uint32Array.from(values), 0, values.length)).toBe(width);
    expect(bitWidthOf(Int32Array.from(values), 0, values.length)).toBe(width);
  });

  test("any values come back at their own width, through views at any offset", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { maxLength: 200 }),
        fc.nat(7),
        (numbers, offset) => {
          const values = Uint32Array.from(numbers);
          const width = bitWidthOf(values, 0, values.length);
          const dst = new Uint8Array(offset + 900).subarray(offset);
          packBits(values, 0, values.length, width, dst, 0);
          const back = new Uint32Array(values.length);
          unpackBits(dst, 0, width, back, 0, values.length);
          expect(back).toEqual(values);
        },
      ),
    );
  });

  test("every truncation is an error that names the offset and writes nothing", () => {
    const values = randomValues(70, 5);
    const packed = naivePack(values, 5);
    const back = new Uint32Array(70);
    for (let length = 0; length < packed.length; length++) {
      expect(() => unpackBits(packed.subarray(0, length), 0, 5, back, 0, 70)).toThrow(
        expect.objectContaining({ code: "CODECS_BITPACK_TRUNCATED", byteOffset: 0 }),
      );
    }
    expect(back.every((value) => value === 0)).toBe(true);
  });

  test("bad widths, ranges and outputs are refused", () => {
    const values = new Uint32Array(4);
    const bytes = new Uint8Array(4);
    for (const width of [-1, 33, 1.5]) {
      expect(() => packBits(values, 0, 4, width, bytes, 0)).toThrow("an integer from 0 to 32");
      expect(() => unpackBits(bytes, 0, width, values, 0, 1)).toThrow("an integer from 0 to 32");
    }
    expect(() => packBits(values, 0, 4, 9, bytes, 0)).toThrow("output for 5 elements");
    expect(() => packBits(values, 0, 5, 1, bytes, 0)).toThrow("a range inside [0, 4)");
    expect(() => unpackBits(bytes, 0, 1, values, 2, 3)).toThrow("output for 3 elements");
    expect(() => unpackBits(bytes, 5, 1, values, 0, 0)).toThrow("a range inside [0, 4)");
    expect(() => unpackBits(bytes, 0, 1, values, 0, -1)).toThrow("a range inside [0, 4)");
  });
});

function bytesOf(values: Uint32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
