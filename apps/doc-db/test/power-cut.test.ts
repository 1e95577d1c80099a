import { expect, it } from "vitest";
import { cutPower, failEachCall } from "./power-cuts.ts";

it("keeps what it promises through 20,000 simulated power cuts", async () => {
  let cuts = 0;
  let partial = 0;
  for (const [durability, share] of [
    ["durable", 12_000],
    ["relaxed", 4000],
    ["memory", 4000],
  ] as const) {
    const seen = await cutPower(durability, 0, share);
    cuts += seen.cuts;
    partial += seen.partial;
  }
  expect(cuts).toBeGreaterThanOrEqual(20_000);
  // The power went in the middle of the work, and left part of it.
  expect(partial).toBeGreaterThan(cuts / 20);
});

it("loses nothing that it acknowledged, whichever call of the disk fails", async () => {
  let failures = 0;
  for (const error of ["ENOSPC", "EIO"] as const) {
    for (let seed = 0; seed < 2; seed++) {
      const seen = await failEachCall(error, seed);
      failures += seen.failures;
      expect(seen.told).toBeGreaterThan(seen.failures / 4);
    }
  }
  expect(failures).toBeGreaterThan(200);
});
