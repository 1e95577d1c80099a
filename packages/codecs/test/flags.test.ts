import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { flagsToCsr, listFlags } from "../src/index.ts";
import { flagKernel } from "../src/simd/flag-kernel.ts";

const flags = fc.array(fc.nat(1), { maxLength: 80 });
const room = (length: number): Uint16Array => new Uint16Array(length).fill(9999);

describe("listFlags", () => {
  it("lists each set flag once, in order, behind what is there", () => {
    fc.assert(
      fc.property(flags, flags, fc.nat(3), (before, values, dstStart) => {
        const all = Uint8Array.from([...before, ...values, 1]);
        const dst = room(dstStart + values.length);
        const end = listFlags(all, before.length, before.length + values.length, dst, dstStart);
        expect([...dst.subarray(dstStart, end)]).toEqual(
          values.flatMap((value, i) => (value === 1 ? [i] : [])),
        );
        expect(dst.subarray(0, dstStart)).toEqual(room(dstStart));
      }),
    );
  });

  it("notices any byte that is no flag", () => {
    for (let at = 0; at < 9; at++) {
      const all = new Uint8Array(9);
      all[at] = 2 + at;
      expect(listFlags(all, 0, 9, room(9), 0)).toBe(-1);
    }
  });
});

describe("flagsToCsr", () => {
  it("runs by vectors here, so that both ways are tested", () => {
    expect(flagKernel()).toBeDefined();
  });

  it.each([Uint16Array, Uint32Array])("gives what a look at each flag gives, in %o", (Indices) => {
    const columns = fc.integer({ min: 1, max: 300 });
    const rows = fc.integer({ min: 0, max: 60 });
    const seed = fc.integer();
    const share = fc.constantFrom(0, 1, 8, 128, 255, 256);
    fc.assert(
      fc.property(columns, rows, seed, share, (width, height, start, of256) => {
        let bits = start;
        const all = Uint8Array.from({ length: width * height }, () => {
          bits = (Math.imul(bits, 1664525) + 1013904223) | 0;
          return bits >>> 24 < of256 ? 1 : 0;
        });
        const counts = new Uint32Array(height);
        const indices = new Indices(all.length);
        const found = flagsToCsr(all, width, counts, indices);
        const expected = Array.from(all).flatMap((flag, i) => (flag === 1 ? [i % width] : []));
        expect([...indices.subarray(0, found)]).toEqual(expected);
        const rowOf = (row: number): number =>
          all.subarray(row * width, (row + 1) * width).reduce((sum, flag) => sum + flag, 0);
        expect([...counts]).toEqual(Array.from({ length: height }, (_, row) => rowOf(row)));
      }),
    );
  });

  it("takes more rows, and longer ones, than the vectors' memory holds", () => {
    for (const [columns, rows] of [
      [1, 10_000],
      [40_000, 5],
      [65_536, 2],
      [65_537, 2],
    ] as const) {
      const all = new Uint8Array(columns * rows).fill(1);
      const indices = columns <= 65_536 ? new Uint16Array(all.length) : new Uint32Array(all.length);
      const counts = new Uint32Array(rows);
      expect(flagsToCsr(all, columns, counts, indices)).toBe(all.length);
      expect(counts).toEqual(new Uint32Array(rows).fill(columns));
      expect(indices.every((column, i) => column === i % columns)).toBe(true);
    }
  });

  it("notices any byte that is no flag, and nothing that was there before", () => {
    const counts = new Uint32Array(20);
    const indices = new Uint16Array(2000);
    expect(flagsToCsr(new Uint8Array(2000).fill(255), 100, counts, indices)).toBe(-1);
    for (let at = 0; at < 2000; at += 97) {
      const all = new Uint8Array(2000);
      expect(flagsToCsr(all, 100, counts, indices)).toBe(0);
      all[at] = 128;
      expect(flagsToCsr(all, 100, counts, indices)).toBe(-1);
    }
  });

  it("refuses columns that do not divide the flags, and too little room", () => {
    const run =
      (columns: number, counts = 2, indices = 10) =>
      () =>
        flagsToCsr(new Uint8Array(10), columns, new Uint32Array(counts), new Uint16Array(indices));
    expect(run(3)).toThrow("divides 10 flags");
    expect(run(0)).toThrow("1 or more");
    expect(run(5, 1)).toThrow("counts");
    expect(run(5, 2, 9)).toThrow("indices");
  });
});
