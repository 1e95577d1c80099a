import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { peakResidentBytes } from "../src/index.ts";

const MIB = 2 ** 20;

it("is what this process took at its most, and stays so", () => {
  const before = peakResidentBytes();
  expect(before).toBeGreaterThanOrEqual(process.memoryUsage.rss() * 0.9);
  let large: Uint8Array | undefined = new Uint8Array(before + 64 * MIB).fill(1);
  const during = peakResidentBytes();
  expect(during).toBeGreaterThanOrEqual(before + 48 * MIB);
  expect(large[large.length - 1]).toBe(1);
  large = undefined;
  expect(peakResidentBytes()).toBeGreaterThanOrEqual(during);
});

it("begins anew in a process that a large one has started, and runs where nothing is loaded", () => {
  const large = new Uint8Array(400 * MIB).fill(1);
  const { stdout } = spawnSync(process.execPath, ["-p", `(${peakResidentBytes})()`], { encoding: "utf8" });
  expect(large[5]).toBe(1);
  expect(Number(stdout)).toBeGreaterThan(20 * MIB);
  expect(Number(stdout)).toBeLessThan(200 * MIB);
});
