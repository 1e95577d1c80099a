import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { peakResidentBytes } from "@millrace/metrics";
import { tempDirectory } from "@millrace/testkit";
import { describe, expect, it } from "vitest";
import { DataExporter } from "../src/index.ts";

const SOURCE = fileURLToPath(new URL("../src/index.ts", import.meta.url));
const NEURONS = 100;

/** Records steps in which 10 neurons fire. */
function record(directory: string, stepCount: number): string {
  const exporter = new DataExporter("long", { outputDirectory: directory, git: false, durability: "os" });
  exporter.startEpisode({ neurons: NEURONS });
  const block = 10_000;
  const indptr = Uint32Array.from({ length: block + 1 }, (_, i) => 10 * i);
  const ids = Uint32Array.from({ length: 10 * block }, (_, i) => 10 * (i % 10) + (Math.floor(i / 10) % 7));
  for (let firstTimestep = 0; firstTimestep < stepCount; firstTimestep += block) {
    exporter.logBlock({ firstTimestep, stepCount: block, spikes: { indptr, ids } });
  }
  exporter.endEpisode();
  exporter.close();
  return exporter.path;
}

/** Converts in a process of its own; returns its peak of memory in KiB. */
function peakKiB(input: string, output: string): number {
  const script = `import { convertExperiment } from ${JSON.stringify(SOURCE)};
    await convertExperiment(${JSON.stringify(input)}, ${JSON.stringify(output)}, { memoryBytes: 8 << 20 });
    console.log((${peakResidentBytes})() / 1024);`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--conditions=@millrace/source", "--input-type=module", "-e", script],
    { encoding: "utf8" },
  );
  if (stdout === "") throw new Error(stderr);
  return Number(stdout);
}

describe("memory does not grow with the steps", () => {
  // From 2 M spikes on, 32 MB as times and ids, what is bounded is as large as it gets. How much garbage waits to be
  // collected differs from run to run by some tens of megabytes; NWB reads 6 M spikes often enough.
  it.each([
    ["a.nwb", 600_000],
    ["a.sonata", 2_000_000],
    ["a.parquet", 2_000_000],
    ["a.zarr", 2_000_000],
  ])("converting to %s", (name, stepCount) => {
    using directory = tempDirectory();
    const small = record(directory.path, 200_000);
    const large = record(directory.path, stepCount);
    const [first, second] = [small, large].map((input, i) =>
      peakKiB(input, join(directory.path, `${i}${name}`)),
    );
    expect(statSync(large).size).toBeGreaterThan(2 * statSync(small).size);
    const addedKiB = ((stepCount - 200_000) * 10 * 16) / 1024;
    expect(second! - first!).toBeLessThan(Math.max(48 * 1024, addedKiB / 3));
  });
});
