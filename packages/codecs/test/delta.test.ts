import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deltaDecode, deltaEncode, prefixSumInPlace } from "../src/index.ts";

const ints = fc.array(fc.integer(), { maxLength: 100 });
const MIN = -(2 ** 31);
const MAX = 2 ** 31 - 1;

describe("delta", () => {
  test("writes differences to the value before, the first to `previous`", () => {
    const dst = new Int32Array(5).fill(9);
    expect(deltaEncode(new Int32Array([5, 7, 6]), 0, 3, dst, 1, 2)).toBe(6);
    expect([...dst]).toEqual([9, 3, 2, -1, 9]);
  });

  test("wraps around at both ends of int32 and uint32", () => {
    const signed = new Int32Array([MAX, MIN, MAX, 0, MIN]);
    const unsigned = new Uint32Array([0xffffffff, 0, 0xffffffff, 0x80000000, 1]);
    for (const values of [signed, unsigned]) {
      const copy = values.slice();
      deltaEncode(copy, 0, 5, copy, 0);
      deltaDecode(copy, 0, 5, copy, 0);
      expect(copy).toEqual(values);
    }
    const differences = new Int32Array(2);
    deltaEncode(new Int32Array([MAX, MIN]), 0, 2, differences, 0);
    expect([...differences]).toEqual([MAX, 1]);
  });

  test.each([Int32Array, Uint32Array])(
    "agrees with BigInt arithmetic modulo 2^32 and comes back, in pieces too: %o",
    (Array32) => {
      fc.assert(
        fc.property(ints, fc.nat(), fc.integer(), (numbers, cutAt, previous) => {
          const src = Array32.from(numbers);
          const n = src.length;
          const cut = n === 0 ? 0 : cutAt % n;
          const deltas = new Array32(n);
          const between = deltaEncode(src, 0, cut, deltas, 0, previous);
          deltaEncode(src, cut, n, deltas, cut, between);
          const naive = Array.from(src, (value, i) =>
            Number(BigInt.asUintN(32, BigInt(value) - BigInt(i === 0 ? previous : src[i - 1]!))),
          );
          expect([...Uint32Array.from(deltas)]).toEqual(naive);
          const decoded = new Array32(n);
          const last = deltaDecode(deltas, 0, cut, decoded, 0, previous);
          expect(deltaDecode(deltas, cut, n, decoded, cut, last) | 0).toBe((src[n - 1] ?? previous) | 0);
          expect(decoded).toEqual(src);
          prefixSumInPlace(deltas, 0, n, previous);
          expect(deltas).toEqual(src);
        }),
      );
    },
  );

  test("a prefix sum with a step adds the step to every difference", () => {
    fc.assert(
      fc.property(ints, fc.integer(), fc.integer(), (numbers, previous, step) => {
        const values = Int32Array.from(numbers);
        let sum = BigInt(previous);
        const naive = numbers.map((value) => {
          sum = BigInt.asIntN(32, sum + BigInt(value) + BigInt(step));
          return Number(sum);
        });
        expect(prefixSumInPlace(values, 0, values.length, previous, step)).toBe(Number(sum));
        expect([...values]).toEqual(naive);
      }),
    );
  });

  test("touches nothing outside the range", () => {
    const values = new Int32Array([1, 1, 1, 1]);
    prefixSumInPlace(values, 1, 3);
    expect([...values]).toEqual([1, 1, 2, 1]);
  });

  test("ranges outside an array are refused before anything is written", () => {
    const a = new Int32Array(3);
    const b = new Int32Array(2).fill(7);
    for (const attempt of [
      () => deltaEncode(a, 0, 3, b, 0),
      () => deltaDecode(a, 0, 2, b, 1),
      () => deltaEncode(a, 2, 4, b, 0),
      () => prefixSumInPlace(a, -1, 2),
    ]) {
      expect(attempt).toThrow(expect.objectContaining({ code: "CODECS_RANGE_INVALID" }));
    }
    expect([...b]).toEqual([7, 7]);
  });
});
