import { expect, it } from "vitest";
import { flipBits } from "./bit-flips.ts";

it("finds 1,000 flipped bits, or gives what was there, and never anything else", async () => {
  const { found, harmless, cut } = await flipBits(1000, 1);
  expect(found + harmless + cut).toBe(1000);
  expect(found).toBeGreaterThan(1000 / 2);
});
