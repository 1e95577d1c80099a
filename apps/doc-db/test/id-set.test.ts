import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Value } from "../src/extras.ts";
import { IdSet } from "../src/indexes/id-set.ts";
import { encodeKey } from "../src/keys/encode-key.ts";

const ids = fc.array(
  fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom<Value>(1.5, "a", "b", null, true)),
);

function setOf(values: readonly Value[], numbers: readonly [number, number] | undefined): IdSet {
  const set = new IdSet(numbers);
  for (const value of values) {
    const key = encodeKey(value);
    set.add(key, 0, key.length);
  }
  set.seal();
  return set;
}

describe("a set of _ids", () => {
  it.each([[[0, 300] as [number, number]], [undefined]])("with bits for %j has what is in all", (numbers) => {
    fc.assert(
      fc.property(ids, ids, ids, (a, b, asked) => {
        const both = setOf(a, numbers);
        both.and(setOf(b, numbers));
        for (const value of [...a, ...b, ...asked]) {
          const key = Uint8Array.of(9, ...encodeKey(value), 9);
          expect(both.has(key, 1, key.length - 1)).toBe(
            a.includes(value as never) && b.includes(value as never),
          );
        }
      }),
    );
  });

  it("says no to a number that it has no bit for", () => {
    const set = setOf([5, 6, 7], [5, 7]);
    for (const value of [4, 8, 2 ** 52]) {
      const key = encodeKey(value);
      expect(set.has(key, 0, key.length)).toBe(false);
    }
  });
});
