import fc from "fast-check";
import { expect, it } from "vitest";
import { areFlags, listTruthy } from "../src/flags.ts";

const bytes = fc.array(fc.oneof({ weight: 4, arbitrary: fc.nat(1) }, fc.nat(255)), { maxLength: 80 });
const room = (length: number): Uint16Array => new Uint16Array(length).fill(9999);

it("tells flags of 0 and 1 from other bytes, aligned or not", () => {
  fc.assert(
    fc.property(bytes, fc.nat(3), (values, offset) => {
      const all = Uint8Array.from([...new Array(offset).fill(7), ...values]).subarray(offset);
      const isValid = values.every((value) => value <= 1);
      expect(areFlags(all)).toBe(isValid);
      const dst = room(values.length);
      const end = listTruthy(all, 0, all.length, dst, 0);
      expect([...dst.subarray(0, end)]).toEqual(values.flatMap((value, i) => (value > 0 ? [i] : [])));
    }),
  );
});
