import { describe, expect, it } from "vitest";
import { seededRandom } from "../src/index.ts";

describe("seededRandom", () => {
  it("repeats itself for the same seed and not for another", () => {
    const draw = (seed: number): number[] => Array.from({ length: 50 }, seededRandom(seed).nextU32);
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  it("spreads bytes evenly: chi-square over 256 values within 5 deviations of its mean", () => {
    const counts = new Float64Array(256);
    for (const byte of seededRandom(1).fill(new Uint8Array(256 * 1000))) counts[byte]!++;
    const chiSquare = counts.reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0);
    expect(Math.abs(chiSquare - 255)).toBeLessThan(5 * Math.sqrt(2 * 255));
  });

  it("keeps integers inside their range and reaches both ends", () => {
    const random = seededRandom(2);
    const seen = new Set(Array.from({ length: 500 }, () => random.nextInt(-2, 3)));
    expect([...seen].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2, 3]);
  });

  it("draws normal numbers of mean 0 and deviation 1", () => {
    const random = seededRandom(3);
    const values = Array.from({ length: 20_000 }, random.nextNormal);
    const mean = values.reduce((a, b) => a + b) / values.length;
    const deviation = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length);
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(deviation - 1)).toBeLessThan(0.03);
  });
});
