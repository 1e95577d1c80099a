import { SIMD, seededRandom, webAssembly } from "@millrace/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Matrix, makeMatrix } from "../../src/matrix.ts";
import { typeScriptArithmetic } from "../../src/multiply.ts";
import { wholeShards } from "../../src/stripes.ts";
import { kernelShape, MAX_KERNEL_ROWS } from "../../src/wasm/kernel.ts";
import { kernelModule } from "../../src/wasm/kernel-memory.ts";
import { WasmArithmetic } from "../../src/wasm/wasm-arithmetic.ts";

const api = webAssembly()!;

function randomMatrix(rows: number, columns: number, seed: number): Matrix {
  const random = seededRandom(seed);
  return makeMatrix(rows, columns, () => random.nextInt(0, 256));
}

/** Of blocks in which a cell depends on row XOR column, as far as rows and columns are multiples of their size. */
function blockMatrix(rows: number, columns: number, seed: number, size: number): Matrix {
  const { cells } = randomMatrix(rows, columns, seed);
  const cell = (row: number, column: number): number => {
    const within = row % size;
    return cells[(row - within) * columns + (column ^ within)] ?? 0;
  };
  return makeMatrix(rows, columns, cell);
}

describe.each([
  ["swizzle", SIMD.swizzle],
  ["relaxedSwizzle", SIMD.relaxedSwizzle],
] as const)("multiplication with %s", (_name, swizzle) => {
  const wasm = new WasmArithmetic(api, swizzle);

  it("gives the sums of the TypeScript engine, in its memory or any other, and nothing beside them", () => {
    const property = fc.property(
      fc.integer({ min: 1, max: 13 }),
      fc.integer({ min: 1, max: 40 }),
      fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 101, max: 30_000 })),
      fc.nat(70),
      fc.boolean(),
      fc.constantFrom(1, 2, 4),
      fc.nat(),
      (someRows, someColumns, length, offset, isInPlace, block, seed) => {
        const [rows, columns] = [someRows, someColumns].map((n) => Math.ceil(n / block) * block) as [
          number,
          number,
        ];
        const matrix = blockMatrix(rows, columns, seed, block);
        const whole = (isInPlace ? wasm : typeScriptArithmetic).allocate(rows + columns, length + 2 * offset);
        for (const shard of whole) seededRandom(seed++).fill(shard);
        const before = whole.map((shard) => shard.slice());
        const parts = (of: readonly Uint8Array[]): Uint8Array[] =>
          of.map((shard) => shard.subarray(offset, offset + length));
        const found = parts(whole);
        const expected = parts(before);
        const all = wholeShards(length);
        wasm.prepare(matrix)(found.slice(0, columns), found.slice(columns), all);
        typeScriptArithmetic.prepare(matrix)(expected.slice(0, columns), expected.slice(columns), all);
        // The whole shards: what lies around the parts must be as it was.
        for (const [i, shard] of whole.entries()) expect(Buffer.compare(shard, before[i]!)).toBe(0);
      },
    );
    fc.assert(property, { numRuns: 150 });
  });

  it("copies when only some of the shards are in its memory", () => {
    const matrix = randomMatrix(2, 3, 1);
    const mine = wasm.allocate(5, 100);
    const others = typeScriptArithmetic.allocate(5, 100);
    const more = wasm.allocate(5, 100);
    for (const [i, shard] of mine.entries()) seededRandom(i).fill(shard);
    for (let i = 0; i < 5; i++) {
      others[i]!.set(mine[i]!);
      more[i]!.set(mine[i]!);
    }
    const multiply = wasm.prepare(matrix);
    multiply(others.slice(0, 3), others.slice(3), wholeShards(100));
    multiply([mine[0]!, more[1]!, mine[2]!], [others[0]!, more[4]!], wholeShards(100));
    expect(others[0]).toEqual(others[3]);
    expect(new Uint8Array(more[4]!)).toEqual(others[4]);
  });

  it("switches between matrices", () => {
    const shards = wasm.allocate(3, 64);
    shards[0]!.fill(1);
    shards[1]!.fill(2);
    const first = wasm.prepare({ rows: 1, columns: 2, cells: Uint8Array.of(1, 1) });
    const second = wasm.prepare({ rows: 1, columns: 2, cells: Uint8Array.of(1, 0) });
    for (let round = 0; round < 3; round++) {
      first(shards.slice(0, 2), shards.slice(2), wholeShards(64));
      expect(shards[2]![63]).toBe(3);
      second(shards.slice(0, 2), shards.slice(2), wholeShards(64));
      expect(shards[2]![63]).toBe(1);
    }
  });
});

it("gives ordinary memory when a set is too large for a WebAssembly memory", () => {
  const { Memory } = api;
  class SmallMemory extends Memory {
    constructor(limits: { readonly initial: number }) {
      if (limits.initial > 100) throw new RangeError("no room");
      super(limits);
    }
  }
  const wasm = new WasmArithmetic({ ...methodsOf(), Memory: SmallMemory }, SIMD.swizzle);
  const shards = wasm.allocate(3, 1 << 23);
  expect(shards.map((shard) => [shard.length, shard.byteOffset])).toEqual(Array(3).fill([1 << 23, 0]));
});

it("keeps each module below the 4 KiB that a browser compiles on its main thread", () => {
  for (let rows = 1; rows <= MAX_KERNEL_ROWS; rows++) {
    for (let inputs = 1; inputs <= 256; inputs++) {
      for (const block of [1, 2, 4] as const) {
        if (rows % block !== 0 || inputs % block !== 0) continue;
        const bytes = kernelModule(kernelShape(rows, inputs, block), SIMD.relaxedSwizzle);
        expect(bytes.length).toBeLessThan(4096);
      }
    }
  }
});

function methodsOf(): typeof api {
  return { Memory: api.Memory, Module: api.Module, Instance: api.Instance, validate: api.validate };
}
