import { expect, it } from "vitest";
import { cutPower, failEachCall } from "./power-cuts.ts";

it("keeps what it promises through 200,000 simulated power cuts", { timeout: 1_200_000 }, async () => {
  let cuts = 0;
  for (const [durability, share] of [
    ["durable", 120_000],
    ["relaxed", 40_000],
    ["memory", 40_000],
  ] as const)
    cuts += (await cutPower(durability, 1_000_000, share)).cuts;
  expect(cuts).toBeGreaterThanOrEqual(200_000);
});

it("loses nothing that it acknowledged, whichever call fails of 20 workloads", {
  timeout: 600_000,
}, async () => {
  let failures = 0;
  for (const error of ["ENOSPC", "EIO"] as const)
    for (let seed = 100; seed < 120; seed++) failures += (await failEachCall(error, seed)).failures;
  expect(failures).toBeGreaterThan(2000);
});
