import { describe, expect, it } from "vitest";
import { caseIds, loadCase, selectCases } from "../src/catalogue.ts";
import { importPeer } from "../src/peers.ts";
import { median, spread } from "../src/statistics.ts";

const ids = await caseIds();

// The peers are not installed by the workspace; what is ours must prepare, pass its own check, and run.
describe.each(ids)("case %s", (id) => {
  it("checks our result and runs once", async () => {
    const { ours, peers, amount, unit, isFull } = await loadCase(id);
    expect(amount).toBeGreaterThan(0);
    expect(unit).not.toBe("");
    expect(peers.length).toBeGreaterThan(0);
    if (isFull === true) return;
    const prepared = await ours.prepare();
    for (const work of typeof prepared === "function" ? [prepared] : prepared) await work();
  });
});

it("a peer that is not installed says so by its name", async () => {
  await expect(importPeer("no-such-peer-package")).rejects.toMatchObject({
    name: "PeerMissingError",
    message: "no-such-peer-package is not installed",
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
