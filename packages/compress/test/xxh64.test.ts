import { seededRandom } from "@millrace/base";
import { expect, it } from "vitest";
import { type Words64, xxh64 } from "../src/index.ts";
import { plainXxh64 } from "../src/xxh64.ts";

const PRIME = 2_654_435_761;

/** The bytes that xxHash's own self-test hashes (xxhsum.c of its version 0.6, `BMK_sanityCheck`). */
function sanityBytes(): Uint8Array {
  let value = PRIME;
  return Uint8Array.from({ length: 101 }, () => {
    const byte = value >>> 24;
    value = Math.imul(value, value) >>> 0;
    return byte;
  });
}

const hexOf = ([low, high]: Words64): string =>
  high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");

it.each([
  [0, 0, "ef46db3751d8e999"],
  [0, PRIME, "ac75fda2929b17ef"],
  [1, 0, "4fce394cc88952d8"],
  [1, PRIME, "739840cb819fa723"],
  [14, 0, "cffa8db881bc3a3d"],
  [14, PRIME, "5b9611585efcc9cb"],
  [101, 0, "0eab543384f878ad"],
  [101, PRIME, "caa65939306f1e21"],
])("gives the hash of %i bytes with seed %i that xxHash's self-test holds", (length, seed, expected) => {
  const bytes = sanityBytes().subarray(0, length);
  expect(hexOf(xxh64(bytes, [seed, 0]))).toBe(expected);
  expect(hexOf(plainXxh64(bytes, [seed, 0]))).toBe(expected);
});

it("is the same by kernels and in plain TypeScript, for lengths around stripes and pieces and any seed", () => {
  const random = seededRandom(5);
  const bytes = random.fill(new Uint8Array(140_000));
  const lengths = [...Array(100).keys(), 65_535, 65_536, 65_537, 65_568, 131_072, 131_103];
  for (const [i, length] of lengths.entries()) {
    const part = bytes.subarray(i, i + length);
    const seed: Words64 = [(PRIME * (i + 1)) >>> 0, i % 3 === 0 ? 0xffff_ffff : i];
    expect(xxh64(part, seed), `${length} bytes`).toEqual(plainXxh64(part, seed));
  }
});

it("changes with each bit, wherever it is", () => {
  const bytes = seededRandom(6).fill(new Uint8Array(70));
  const seen = new Set([hexOf(xxh64(bytes))]);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    seen.add(hexOf(xxh64(flipped)));
  }
  expect(seen.size).toBe(1 + bytes.length * 8);
});

it("refuses a seed that is no two words", () => {
  expect(() => xxh64(new Uint8Array(1), [-1, 0])).toThrow("seed");
});
