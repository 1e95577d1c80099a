import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { tempDirectory } from "@millrace/testkit";
import { expect, it } from "vitest";

const PROGRAM = fileURLToPath(new URL("./read-memory.ts", import.meta.url));

const run = (...args: string[]): string =>
  execFileSync(process.execPath, ["--conditions=@millrace/source", PROGRAM, ...args], { encoding: "utf8" });

it("validating and reading five times as many steps takes no more memory", () => {
  using directory = tempDirectory();
  const peakOf = (steps: number): number => Number(run(run(directory.path, String(steps))));
  const small = peakOf(1_000_000);
  const large = peakOf(5_000_000);
  // The garbage of buffers comes and goes; the ids alone are 50 MB more.
  expect(large - small).toBeLessThan(40 * 1024 * 1024);
});
