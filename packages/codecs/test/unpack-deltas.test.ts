import { seededRandom } from "@millrace/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packBits, packedByteLength, unpackDeltas } from "../src/index.ts";

/** One delta after the other, in doubles reduced modulo 2^32. */
function addUpNaively(deltas: readonly number[], previous: number, step: number): number[] {
  let sum = previous >>> 0;
  return deltas.map((delta) => {
    sum = Number((BigInt(sum) + BigInt(delta) + BigInt(step) + (1n << 64n)) % (1n << 32n));
    return sum;
  });
}

function packed(deltas: readonly number[], width: number, offset: number): Uint8Array {
  const bytes = new Uint8Array(offset + packedByteLength(deltas.length, width));
  packBits(Uint32Array.from(deltas), 0, deltas.length, width, bytes, offset);
  return bytes;
}

describe.each(Array.from({ length: 33 }, (_, width) => width))("unpackDeltas of %d bits", (width) => {
  it("gives what adding one by one gives, at any offset, for any count, previous and step", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 2 ** width - 1 }), { maxLength: 140 }),
        fc.integer({ min: 0, max: 5 }),
        fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
        fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
        (deltas, offset, previous, step) => {
          const dst = new Uint32Array(deltas.length + 2).fill(7);
          const last = unpackDeltas(
            packed(deltas, width, offset),
            offset,
            width,
            dst,
            1,
            deltas.length,
            previous,
            step,
          );
          const expected = addUpNaively(deltas, previous, step);
          expect([...dst]).toEqual([7, ...expected, 7]);
          expect(last >>> 0).toBe((expected.at(-1) ?? previous) >>> 0);
        },
      ),
      { numRuns: 30 },
    );
  });
});

it("refuses every truncation before it writes", () => {
  const deltas = Array.from({ length: 70 }, () => seededRandom(1).nextInt(0, 127));
  const bytes = packed(deltas, 7, 0);
  for (let n = 0; n < bytes.length; n++) {
    const dst = new Int32Array(70);
    expect(() => unpackDeltas(bytes.subarray(0, n), 0, 7, dst, 0, 70)).toThrow(
      "70 values of 7 bits take 62 bytes",
    );
    expect(dst.every((value) => value === 0)).toBe(true);
  }
});
