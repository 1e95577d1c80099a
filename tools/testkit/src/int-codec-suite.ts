import { isMillraceError, seededRandom } from "@millrace/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

/** An encoding of 32-bit integers, as the suite drives it. */
export interface IntCodec {
  encode(values: Uint32Array): Uint8Array;
  /** @param count - how many values were encoded; codecs that store it may ignore it */
  decode(bytes: Uint8Array, count: number): Uint32Array;
  /** True when a checksum covers every byte, so that any flipped bit must be noticed. */
  readonly isChecksummed: boolean;
}

/** Lengths around the blocks of 32, 128 and 256 values that the codecs work in. */
const LENGTHS = [0, 1, 2, 31, 32, 33, 127, 128, 129, 255, 256, 257, 1000];

/**
 * The behaviour that every encoding of integers of this project has: any values come back exactly, from any offset in
 * memory; every truncation is an error of ours or the right values, never others; so is every flipped bit where a
 * checksum covers it, and elsewhere it is never a crash, a hang or an error of the engine's.
 */
export function describeIntCodec(name: string, codec: IntCodec): void {
  const outcome = (bytes: Uint8Array, count: number): Uint32Array | "refused" => {
    try {
      return codec.decode(bytes, count);
    } catch (error) {
      if (isMillraceError(error) && error.code !== "BASE_ASSERT_FAILED") return "refused";
      throw error;
    }
  };

  describe(name, () => {
    it.each(LENGTHS)("brings back %d values of every width", (length) => {
      const random = seededRandom(length);
      for (let width = 0; width <= 32; width++) {
        const mask = width === 0 ? 0 : 0xffffffff >>> (32 - width);
        const values = Uint32Array.from({ length }, () => random.nextU32() & mask);
        expect(codec.decode(codec.encode(values), length)).toEqual(values);
      }
    });

    it("brings back any values: small, large, ascending, descending, repeated", () => {
      const value = fc.oneof(
        fc.nat(3),
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.constantFrom(0, 2 ** 31, 2 ** 32 - 1),
      );
      const shape = fc.constantFrom("as drawn", "ascending", "descending", "repeated");
      fc.assert(
        fc.property(fc.array(value, { maxLength: 300 }), shape, (drawn, order) => {
          const sorted =
            order === "as drawn" ? drawn : [...drawn].sort((a, b) => (order === "ascending" ? a - b : b - a));
          const values = Uint32Array.from(order === "repeated" ? drawn.flatMap((v) => [v, v, v]) : sorted);
          expect(codec.decode(codec.encode(values), values.length)).toEqual(values);
        }),
      );
    });

    it("reads from any offset in memory", () => {
      const values = Uint32Array.from({ length: 300 }, (_, i) => i * i);
      const bytes = codec.encode(values);
      for (let offset = 0; offset < 8; offset++) {
        const moved = new Uint8Array(offset + bytes.length);
        moved.set(bytes, offset);
        expect(codec.decode(moved.subarray(offset), 300)).toEqual(values);
      }
    });

    it("refuses every truncation, or gives the right values all the same", () => {
      const values = Uint32Array.from({ length: 140 }, (_, i) => (i * 2654435761) >>> 0);
      const bytes = codec.encode(values);
      for (let n = 0; n < bytes.length; n++) {
        const found = outcome(bytes.slice(0, n), 140);
        if (found !== "refused") expect(found).toEqual(values);
      }
    });

    it("survives every flipped bit, and notices it where a checksum covers it", () => {
      const values = Uint32Array.from({ length: 70 }, (_, i) => i * 3);
      const bytes = codec.encode(values);
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const flipped = bytes.slice();
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        const found = outcome(flipped, 70);
        if (codec.isChecksummed && found !== "refused") expect(found).toEqual(values);
      }
    });
  });
}
