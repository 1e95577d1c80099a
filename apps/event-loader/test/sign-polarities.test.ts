import fc from "fast-check";
import { expect, it } from "vitest";
import { signPolarities } from "../src/load/sign-polarities.ts";

it("turns 0 into -1 at any address and of any length, and nothing beside it", () => {
  const bits = fc.array(fc.integer({ min: 0, max: 1 }), { maxLength: 40 });
  fc.assert(
    fc.property(bits, fc.nat(7), (values, start) => {
      const bytes = new Uint8Array(start + values.length + 5).fill(7);
      bytes.set(values, start);
      signPolarities(bytes.subarray(start, start + values.length));
      const expected = [...Array(start).fill(7), ...values.map((p) => (p === 0 ? 255 : 1)), 7, 7, 7, 7, 7];
      expect([...bytes]).toEqual(expected);
    }),
  );
});
