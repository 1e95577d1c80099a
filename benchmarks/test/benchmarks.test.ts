import { describe, expect, it } from "vitest";
import { caseIds, loadCase, selectCases } from "../src/catalogue.ts";
import { median, spread } from "../src/statistics.ts";

describe.each(caseIds())("case %s", (id) => {
  it("prepares each contender, whose own check passes, and runs it once", async () => {
    const { ours, peers, amount, unit } = await loadCase(id);
    expect(amount).toBeGreaterThan(0);
    expect(unit).not.toBe("");
    for (const contender of [ours, ...peers]) await (await contender.prepare())();
  });
});

it("selects by prefix, and names what there is when nothing fits", () => {
  expect(selectCases(["core/cr"], ["core/crc32c", "core/x"])).toEqual(["core/crc32c"]);
  expect(selectCases([], ["a", "b"])).toEqual(["a", "b"]);
  expect(() => selectCases(["zzz"], ["a", "b"])).toThrow("no case begins with zzz; there are a, b");
});

it("computes medians and spreads", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(spread([1, 2, 3, 4, 5])).toBeCloseTo(1 / 3);
  expect(spread([7, 7, 7])).toBe(0);
});
