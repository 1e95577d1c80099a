import { describe, expect, it } from "vitest";
import { durabilityOf, simulateDurability } from "../src/index.ts";

describe("the model of durability", () => {
  it("is the textbook's formula for mirrored disks", () => {
    // Trivedi, example 8.20: mean time to failure of two disks is (3λ + μ) / 2λ².
    const model = { dataShards: 1, parityShards: 1, annualFailureRate: 0.05, repairHours: 48 };
    const lambda = -Math.log(0.95);
    const mu = 8766 / 48;
    expect(durabilityOf(model).meanYearsToLoss).toBeCloseTo((3 * lambda + mu) / (2 * lambda ** 2), 6);
  });

  it("is the disks' own life where there is no parity", () => {
    const { annualLoss, meanYearsToLoss } = durabilityOf({
      dataShards: 1,
      parityShards: 0,
      annualFailureRate: 0.03,
    });
    expect(annualLoss).toBeCloseTo(0.03, 12);
    expect(meanYearsToLoss).toBeCloseTo(-1 / Math.log(0.97), 9);
  });

  it("agrees with an exact solution of the chain's equations", () => {
    for (const [dataShards, parityShards] of [
      [4, 2],
      [8, 4],
      [2, 1],
      [6, 3],
    ] as const) {
      const [annualFailureRate, repairHours] = [0.3, 2000];
      const n = dataShards + parityShards;
      const lambda = -Math.log1p(-annualFailureRate);
      const mu = 8766 / repairHours;
      // Gaussian elimination of (births + deaths) t_i = 1 + births t_(i+1) + deaths t_(i-1), t beyond parity = 0.
      const size = parityShards + 1;
      const rows = Array.from({ length: size }, (_, i) => {
        const row = new Array<number>(size + 1).fill(0);
        row[i] = (n - i) * lambda + i * mu;
        if (i + 1 < size) row[i + 1] = -(n - i) * lambda;
        if (i > 0) row[i - 1] = -i * mu;
        row[size] = 1;
        return row;
      });
      for (let i = 0; i < size; i++) {
        for (let j = 0; j < size; j++) {
          if (j === i) continue;
          const factor = rows[j]![i]! / rows[i]![i]!;
          for (let c = 0; c <= size; c++) rows[j]![c]! -= factor * rows[i]![c]!;
        }
      }
      const expected = rows[0]![size]! / rows[0]![0]!;
      const { meanYearsToLoss } = durabilityOf({ dataShards, parityShards, annualFailureRate, repairHours });
      expect(meanYearsToLoss / expected).toBeCloseTo(1, 9);
    }
  });

  it("agrees with a simulation, event by event", () => {
    const model = { dataShards: 4, parityShards: 2, annualFailureRate: 0.4, repairHours: 500 };
    const { meanYearsToLoss } = durabilityOf(model);
    const { losses, lossesPerYear } = simulateDurability(model, 200_000);
    expect(losses).toBeGreaterThan(1000);
    // Four standard deviations of a Poisson count.
    expect(Math.abs(lossesPerYear * meanYearsToLoss - 1)).toBeLessThan(4 / Math.sqrt(losses));
    expect(simulateDurability(model, 1000, 5)).toEqual(simulateDurability(model, 1000, 5));
  });

  it("gives more nines for more parity, and traffic for more disks", () => {
    const nines = [1, 2, 3, 4].map((parityShards) => durabilityOf({ parityShards }).nines);
    expect(nines).toEqual([...nines].sort((a, b) => a - b));
    const [small, large] = [10, 1_000_000].map((disks) => durabilityOf({ disks }).repairBytesPerDay);
    expect(large! / small!).toBeCloseTo(100_000, 6);
    expect(() => durabilityOf({ annualFailureRate: 1 })).toThrow("annualFailureRate");
    expect(() => durabilityOf({ disks: 3 })).toThrow("disks");
    expect(() => simulateDurability({}, 0)).toThrow("years");
  });
});
