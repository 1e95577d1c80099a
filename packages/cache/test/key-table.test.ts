import { seededRandom } from "@millrace/base";
import { describe, expect, test } from "vitest";
import { createKeyTable, findEntry, growKeyTable, hashKey, insertKey, removeKey } from "../src/key-table.ts";

/** Keys whose home is one of `homes` in a table of `slots` slots; half of them lie beyond 2^32. */
function keysWithHome(homes: readonly number[], slots: number, count: number): number[] {
  const found: number[] = [];
  for (let i = 1; found.length < count; i++) {
    const key = i % 2 === 0 ? i : i * 2 ** 33 + 5;
    if (homes.includes(hashKey(key) & (slots - 1))) found.push(key);
  }
  return found;
}

describe("a table filled with colliding keys", () => {
  // 15 and 0 make one run that wraps around the end of the 16 slots.
  for (const homes of [[3], [15], [15, 0], [14, 15, 0, 1]]) {
    test(`of homes ${homes} finds every key after any deletions`, () => {
      const keys = keysWithHome(homes, 16, 8);
      const random = seededRandom(homes.length);
      const table = createKeyTable(8);
      expect(table.slots).toHaveLength(16);
      const present = new Map<number, number>();
      for (let step = 0; step < 5_000; step++) {
        const entry = random.nextInt(1, 8);
        const key = keys[entry - 1]!;
        if (present.has(key)) {
          removeKey(table, entry);
          present.delete(key);
        } else {
          insertKey(table, entry, key);
          present.set(key, entry);
        }
        for (const k of keys) expect(findEntry(table, k)).toBe(present.get(k) ?? 0);
      }
    });
  }
});

test("no removed key leaves anything in the slots", () => {
  const table = createKeyTable(1000);
  for (let entry = 1; entry <= 1000; entry++) insertKey(table, entry, entry * 4096);
  for (let entry = 1000; entry >= 1; entry--) removeKey(table, entry);
  expect(table.slots.every((slot) => slot === 0)).toBe(true);
});

test("growing keeps every key under its entry number", () => {
  const table = createKeyTable(4);
  for (let entry = 1; entry <= 4; entry++) insertKey(table, entry, entry * 2 ** 34);
  growKeyTable(table, 100);
  for (let entry = 5; entry <= 100; entry++) insertKey(table, entry, entry * 2 ** 34);
  for (let entry = 1; entry <= 100; entry++) expect(findEntry(table, entry * 2 ** 34)).toBe(entry);
});

test("regular keys spread: no run of full slots gets long at half load", () => {
  const strides = [1, 2, 3, 512, 4096, 65_536, 2 ** 20, 2 ** 32, 2 ** 32 + 1, 2 ** 33, 2 ** 40];
  for (const stride of strides) {
    const table = createKeyTable(4096);
    for (let entry = 1; entry <= 4096; entry++) insertKey(table, entry, entry * stride);
    let run = 0;
    let longest = 0;
    for (const slot of table.slots) {
      run = slot === 0 ? 0 : run + 1;
      longest = Math.max(longest, run);
    }
    // Random keys give runs of some 50 here; a hash that ignored the stride's bits would give thousands.
    expect(longest, `stride ${stride}`).toBeLessThan(400);
  }
});
