import fc from "fast-check";
import { expect, test } from "vitest";
import { zigzagDecode, zigzagEncode } from "../src/index.ts";

test("maps small magnitudes of either sign to small numbers", () => {
  const src = new Int32Array([0, -1, 1, -2, 2147483647, -2147483648]);
  const dst = new Uint32Array(7);
  zigzagEncode(src, 0, 6, dst, 1);
  expect([...dst]).toEqual([0, 0, 1, 2, 3, 4294967294, 4294967295]);
});

test("every int32 comes back", () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), (numbers) => {
      const src = Int32Array.from(numbers);
      const encoded = new Uint32Array(src.length);
      zigzagEncode(src, 0, src.length, encoded, 0);
      const decoded = new Int32Array(src.length);
      zigzagDecode(encoded, 0, src.length, decoded, 0);
      expect(decoded).toEqual(src);
    }),
  );
});

test("ranges outside an array are refused", () => {
  expect(() => zigzagEncode(new Int32Array(2), 0, 3, new Uint32Array(9), 0)).toThrow("a range inside [0, 2)");
  expect(() => zigzagDecode(new Uint32Array(2), 0, 2, new Int32Array(2), 1)).toThrow("a range inside [0, 2)");
});
