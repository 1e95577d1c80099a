import { seededRandom } from "@millrace/base";
import { describe, expect, it } from "vitest";
import { unshuffleBits } from "../src/index.ts";

/** Bit by bit, as the layout says. */
function shuffleBitsNaively(plain: Uint8Array, elementSize: number): Uint8Array {
  const elements = Math.floor(plain.length / elementSize / 8) * 8;
  const out = Uint8Array.from(plain);
  out.fill(0, 0, elements * elementSize);
  for (let element = 0; element < elements; element++) {
    for (let bit = 0; bit < 8 * elementSize; bit++) {
      const isSet = (plain[element * elementSize + (bit >> 3)]! >> (bit & 7)) & 1;
      out[(bit * elements + element) >> 3]! |= isSet << (element & 7);
    }
  }
  return out;
}

describe("unshuffleBits", () => {
  it.each([1, 2, 3, 4, 8, 16])(
    "undoes the naive shuffle for elements of %i bytes, whatever is left over",
    (size) => {
      for (const elements of [0, 1, 7, 8, 9, 64, 100]) {
        for (const rest of [0, 1]) {
          const plain = seededRandom(size * 1000 + elements).fill(new Uint8Array(size * elements + rest));
          const shuffled = new Uint8Array(plain.length + 3);
          shuffled.set(shuffleBitsNaively(plain, size), 3);
          const found = new Uint8Array(plain.length + 2);
          unshuffleBits(shuffled, 3, shuffled.length, size, found, 2);
          expect(found.subarray(2)).toEqual(plain);
        }
      }
    },
  );

  it("refuses a size of no bytes and too little room", () => {
    expect(() => unshuffleBits(new Uint8Array(8), 0, 8, 0, new Uint8Array(8), 0)).toThrow("elementSize");
    expect(() => unshuffleBits(new Uint8Array(8), 0, 8, 1, new Uint8Array(7), 0)).toThrow("unshuffleBits");
  });
});
