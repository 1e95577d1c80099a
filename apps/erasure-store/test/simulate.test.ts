import { describe, expect, it } from "vitest";
import { durabilityOf, durabilityPage, simulateDurability } from "../src/index.ts";

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

  it("counts domains that are lost as a whole, nearly as the simulation does", () => {
    const disks = { annualFailureRate: 0.15, repairHours: 200 };
    for (const [dataShards, parityShards, shardsPerDomain] of [
      [4, 2, 1],
      [4, 2, 2],
      [6, 3, 3],
    ] as const) {
      const model = { dataShards, parityShards, shardsPerDomain, annualDomainFailureRate: 0.05, ...disks };
      const { lossesPerYear, losses } = simulateDurability(model, 1_000_000);
      expect(losses).toBeGreaterThan(300);
      const formula = 1 / durabilityOf(model).meanYearsToLoss;
      const noise = 4 / Math.sqrt(losses);
      expect(formula / lossesPerYear).toBeGreaterThan(0.9 - noise);
      expect(formula / lossesPerYear).toBeLessThan(1.35 + noise);
    }
  });

  it("is the life of a domain where one holds more shards than may be lost", () => {
    const model = { dataShards: 4, parityShards: 2, shardsPerDomain: 3, annualDomainFailureRate: 0.1 };
    // Two domains; disks that practically never fail.
    const { meanYearsToLoss } = durabilityOf({ ...model, annualFailureRate: 1e-12 });
    expect(meanYearsToLoss).toBeCloseTo(1 / (2 * -Math.log(0.9)), 9);
    expect(() => durabilityOf({ ...model, shardsPerDomain: 7 })).toThrow("shardsPerDomain");
    expect(() => durabilityOf({ ...model, annualDomainFailureRate: 1 })).toThrow("annualDomainFailureRate");
  });

  it("draws a page with its curves, each a picture of its own", () => {
    const page = durabilityPage({ dataShards: 8, parityShards: 3 });
    expect(page.match(/<svg/g)).toHaveLength(4);
    for (const name of ["8+2", "8+3", "8+4", "8+5"]) expect(page).toContain(`>${name}<`);
    expect(page).not.toMatch(/NaN|Infinity|undefined/);
    expect(durabilityPage({ dataShards: 1, parityShards: 0 })).not.toMatch(/NaN|Infinity|undefined/);
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
