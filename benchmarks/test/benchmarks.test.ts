import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ALLOCATION_FLAGS } from "../src/allocation.ts";
import { caseIds, loadCase, selectCases } from "../src/catalogue.ts";
import { importPeer } from "../src/peers.ts";
import { median, spread } from "../src/statistics.ts";

const ids = await caseIds();

// The peers are not installed by the workspace; what is ours must prepare, pass its own check, and run.
describe.each(ids)("case %s", (id) => {
  it("checks our result and runs once", async () => {
    const { ours, peers, amount, unit, reach, isFull, isHeavy } = await loadCase(id);
    expect(amount).toBeGreaterThan(0);
    expect(unit).not.toBe("");
    // A rate to reach stands in for a peer.
    expect(peers.length > 0 || (reach !== undefined && "perSecond" in reach)).toBe(true);
    if (isFull === true || isHeavy === true) return;
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

it.each([
  [["main.ts", "--foo"], 2, "bench: Unknown option '--foo'; see pnpm bench --help\n"],
  [["main.ts", "zzz"], 2, "bench: no case begins with zzz; there are core/"],
  [["compare.ts"], 2, "bench:compare: needs --base REF"],
  [
    ["compare.ts", "--base", "no-such-revision"],
    2,
    "bench:compare: --base no-such-revision: git knows no such",
  ],
  [["compare.ts", "--help"], 0, "pnpm bench:compare --base REF [PREFIX …]\n\nCompares"],
])(
  "a command line that cannot be, or asks what can be, is answered: %j",
  ([program, ...args], code, said) => {
    const path = join(import.meta.dirname, "..", "src", program!);
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["--conditions=@millrace/source", path, ...args],
      { encoding: "utf8" },
    );
    expect([status, (stdout + stderr).startsWith(said)]).toEqual([code, true]);
  },
);

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

it("counts what a run allocates, in the heap and in buffers, to within 5 %", () => {
  const url = new URL("../src/allocation.ts", import.meta.url).href;
  const program = `
    import { allocationOf } from ${JSON.stringify(url)};
    let keep;
    const count = async (work) => (await allocationOf(work)).bytes;
    console.log(JSON.stringify([
      await count(() => { for (let i = 0; i < 50; i++) keep = new Float64Array(10_000); }),
      await count(() => { keep = new Uint8Array(20_000_000); }),
      await count(() => { const rows = new Array(10_000); for (let i = 0; i < 10_000; i++) rows[i] = new Array(98).fill(0); keep = rows; }),
      await count(() => {}),
    ]));`;
  const args = ["--conditions=@millrace/source", ...ALLOCATION_FLAGS, "--input-type=module", "-e", program];
  const { stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
  const [buffers, large, arrays, nothing] = JSON.parse(stdout) as [number, number, number, number];
  expect(Math.abs(buffers / 4_000_000 - 1)).toBeLessThan(0.05);
  expect(Math.abs(large / 20_000_000 - 1)).toBeLessThan(0.05);
  // 10,000 times 98 elements of 8 bytes, 16 for their header, 32 for the array; and 8 for each in `rows`.
  expect(Math.abs(arrays / 8_400_000 - 1)).toBeLessThan(0.05);
  expect(nothing).toBeLessThan(10_000);
});
