import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { tempDirectory } from "@millrace/testkit";
import { expect, it } from "vitest";

const RECORDER = fileURLToPath(new URL("./record-steps.ts", import.meta.url));

it.each([[], ["analytics"]])("memory does not grow with the number of steps (%s)", (...analytics) => {
  using directory = tempDirectory();
  const peakKiB = (steps: number): number => {
    // What zlib holds is freed by a collection of V8, whose heap is kept small to see what is ours: the first million
    // steps bring both to their size.
    const flags = ["--conditions=@millrace/source", "--max-semi-space-size=2"];
    const args = [...flags, RECORDER, directory.path, String(steps), ...analytics];
    return Number(execFileSync(process.execPath, args, { encoding: "utf8" }));
  };
  // Collections come late now and then; memory that is really held is so in both runs.
  const leastPeakKiB = (steps: number): number => Math.min(peakKiB(steps), peakKiB(steps));
  // Less than 12 bytes for each of 5 M steps, of which the file holds some 30: V8 and zlib alone vary by 40 MiB.
  expect(leastPeakKiB(6_000_000) - leastPeakKiB(1_000_000)).toBeLessThan(56 * 1024);
});
