import fc from "fast-check";
import { expect, it } from "vitest";
import { areFlags, listFlagged } from "../src/flag-vector.ts";

const bytes = fc.array(fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat(255)), { maxLength: 80 });
const wordsOf = (values: readonly number[]): Uint32Array =>
  new Uint32Array(Uint8Array.from({ length: (values.length + 3) & ~3 }, (_, i) => values[i] ?? 0).buffer);

it("lists each byte that is not 0 once, in order, behind what is there", () => {
  fc.assert(
    fc.property(bytes, fc.nat(3), (values, start) => {
      const words = wordsOf(values);
      const dst = new Uint16Array(words.length * 4 + start).fill(9999);
      const end = listFlagged(words, 0, words.length, dst, start);
      const expected = values.flatMap((value, i) => (value === 0 ? [] : [i]));
      expect([...dst.subarray(start, end)]).toEqual(expected);
      expect([...dst.subarray(0, start)]).toEqual(new Array(start).fill(9999));
    }),
  );
});

it("tells flags of 0 and 1 from other bytes", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(2), { maxLength: 80 }), (values) => {
      expect(areFlags(wordsOf(values))).toBe(values.every((value) => value <= 1));
    }),
  );
});
