import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { tempDirectory } from "@millrace/testkit";
import { expect, it } from "vitest";

const RECORDER = fileURLToPath(new URL("./record-steps.ts", import.meta.url));

it.each([[], ["analytics"]])("memory does not grow with the number of steps (%s)", (...analytics) => {
  using directory = tempDirectory();
  const peakKiB = (steps: number): number => {
    const args = ["--conditions=@millrace/source", RECORDER, directory.path, String(steps), ...analytics];
    return Number(execFileSync(process.execPath, args, { encoding: "utf8" }));
  };
  expect(peakKiB(3_000_000) - peakKiB(300_000)).toBeLessThan(32 * 1024);
});
