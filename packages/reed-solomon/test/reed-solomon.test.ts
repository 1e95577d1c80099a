import { seededRandom } from "@millrace/base";
import fc from "fast-check";
import { expect, it } from "vitest";
import { parityMatrix } from "../src/code-matrix.ts";
import { multiply } from "../src/galois.ts";
import { MATRIX_NAMES, newReedSolomon, selfTest } from "../src/index.ts";
import { describeEngine } from "./engine-suite.ts";

const ENGINES = ["typescript", "wasm"] as const;

for (const engine of ENGINES) {
  for (const matrix of MATRIX_NAMES) {
    const make = async (dataShards: number, parityShards: number) =>
      newReedSolomon({ dataShards, parityShards, matrix, engine });
    describeEngine(`the ${engine} engine, ${matrix}`, make, { k: 40, m: 20 });
  }
}

/** Multiplication of polynomials, bit by bit: the definition of the field. */
function slowMultiply(a: number, b: number): number {
  let product = 0;
  for (let bit = 0; bit < 8; bit++) if ((b >> bit) & 1) product ^= a << bit;
  for (let bit = 14; bit >= 8; bit--) if ((product >> bit) & 1) product ^= 0x11d << (bit - 8);
  return product;
}

it("multiplies as the definition of the field says, all 65,536 products", () => {
  for (let a = 0; a < 256; a++) {
    for (let b = 0; b < 256; b++) {
      if (multiply(a, b) !== slowMultiply(a, b)) expect([a, b, multiply(a, b)]).toBe("the product");
    }
  }
});

it("makes the parity that a byte-by-byte sum gives", async () => {
  const property = fc.asyncProperty(
    fc.constantFrom(...MATRIX_NAMES),
    fc.constantFrom(...ENGINES),
    fc.integer({ min: 1, max: 30 }),
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 50 }),
    fc.integer(),
    async (matrix, engine, k, m, length, seed) => {
      const random = seededRandom(seed);
      const shards = Array.from({ length: k + m }, () => random.fill(new Uint8Array(length)));
      await newReedSolomon({ dataShards: k, parityShards: m, matrix, engine }).encode(shards);
      const { cells } = parityMatrix(matrix, k, m);
      for (let row = 0; row < m; row++) {
        const expected = shards[0]!.map((_, at) =>
          shards.slice(0, k).reduce((sum, data, i) => sum ^ slowMultiply(cells[row * k + i]!, data[at]!), 0),
        );
        expect(shards[k + row]).toEqual(expected);
      }
    },
  );
  await fc.assert(property, { numRuns: 100 });
});

it.each(ENGINES)("works at the limit of 256 shards, and no further: %s", async (name) => {
  for (const [dataShards, parityShards] of [
    [255, 1],
    [1, 255],
    [250, 6],
    [128, 128],
  ] as const) {
    const engine = newReedSolomon({ dataShards, parityShards, engine: name });
    const shards = Array.from({ length: 256 }, (_, i) => Uint8Array.of(i, 255 - i));
    await engine.encode(shards);
    const first = new Uint8Array(2);
    const present = shards.map((_, i) => i).slice(1);
    await engine.reconstruct([first, ...shards.slice(1)], present, [0]);
    expect(first).toEqual(shards[0]);
  }
  expect(() => newReedSolomon({ dataShards: 255, parityShards: 2 })).toThrow("an integer from 1 to 1");
  expect(() => newReedSolomon({ dataShards: 256, parityShards: 1 })).toThrow("dataShards");
});

it.each(ENGINES)("keeps decoding right when more losses come than it remembers: %s", async (name) => {
  const engine = newReedSolomon({ dataShards: 6, parityShards: 3, engine: name });
  const shards = Array.from({ length: 9 }, (_, i) => Uint8Array.of(i * 7, i, 200 - i));
  await engine.encode(shards);
  for (let round = 0; round < 2; round++) {
    for (let a = 0; a < 9; a++) {
      for (let b = 0; b < 9; b++) {
        const lost = [...new Set([a, b])];
        const copies = shards.map((shard, i) => (lost.includes(i) ? new Uint8Array(3) : shard));
        const present = shards.map((_, i) => i).filter((i) => !lost.includes(i));
        await engine.reconstruct(copies, present, lost);
        expect(copies).toEqual(shards);
      }
    }
  }
});

it("rejects unknown options and matrices by name", () => {
  // @ts-expect-error: what a JavaScript caller may write
  expect(() => newReedSolomon({ dataShard: 4 })).toThrow('"dataShards", perhaps');
  // @ts-expect-error: what a JavaScript caller may write
  expect(() => newReedSolomon({ matrix: "jerasure" })).toThrow("one of vandermonde, cauchy");
  // @ts-expect-error: what a JavaScript caller may write
  expect(() => newReedSolomon({ engine: "gpu" })).toThrow("one of auto, wasm, typescript");
});

it.each(ENGINES)("finds a flipped last byte whatever the length: %s", async (name) => {
  const engine = newReedSolomon({ dataShards: 2, parityShards: 2, engine: name });
  for (const length of [1, 2, 3, 5, 31, 33, 16_381, 16_385]) {
    const shards = engine.allocateShards(length);
    for (const shard of shards.slice(0, 2)) seededRandom(length).fill(shard);
    await engine.encode(shards);
    expect(await engine.verify(shards)).toBe(true);
    shards[3]![length - 1]! ^= 128;
    expect(await engine.verify(shards)).toBe(false);
  }
});

it("passes its own test", () => {
  expect(() => selfTest()).not.toThrow();
});
