import { expect, it } from "vitest";
import { flipBits } from "./bit-flips.ts";

it("finds 10,000 flipped bits, or gives what was there, and never anything else", {
  timeout: 300_000,
}, async () => {
  const { found, harmless, cut } = await flipBits(10_000, 2);
  expect(found + harmless + cut).toBe(10_000);
  expect(found).toBeGreaterThan(10_000 / 2);
});
