import { readdirSync } from "node:fs";
import { runCommand, smallDisk, tempDirectory } from "@millrace/testkit";
import { describe, expect, it } from "vitest";

describe("snn bench", () => {
  it("measures in four ways, with the fields that are promised, and leaves nothing behind", async () => {
    using directory = tempDirectory();
    const args = ["bench", "--steps", "12000", "--neurons", "20", "--output", directory.path];
    const outcome = await runCommand("snn-export", [...args, "--json"], { cwd: directory.path });
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    const found = JSON.parse(outcome.stdout);
    expect(found).toEqual({
      node: process.version,
      steps: 12_000,
      neurons: 20,
      results: ["log", "logBlock", "log, uncompressed", "log, states at every step"].map((way) => ({
        way,
        steps: way.endsWith("every step") ? 1200 : 12_000,
        stepsPerSecond: expect.any(Number),
        bytesPerStep: expect.any(Number),
      })),
    });
    const bytes = found.results.map(({ bytesPerStep }: { bytesPerStep: number }) => bytesPerStep);
    // The same steps take the same, whichever way they come; states at every step far more.
    expect(bytes[1]).toBeCloseTo(bytes[0], 0);
    expect(bytes[3]).toBeGreaterThan(2 * bytes[2]);
    expect(readdirSync(directory.path)).toEqual([]);
  });

  it("rejects numbers that cannot be with exit 2", async () => {
    expect(await runCommand("snn-export", ["bench", "--steps", "10"])).toMatchObject({ code: 2, stdout: "" });
  });

  it("says that the disk is full, and leaves nothing behind", async ({ skip }) => {
    using disk = smallDisk(65_536);
    if (disk === undefined) return skip("a small disk needs root on Linux");
    const outcome = await runCommand("snn-export", ["bench", "--output", disk.path]);
    expect(outcome).toMatchObject({ code: 1, stdout: "" });
    expect(outcome.stderr).toContain("no space is left");
    expect(outcome.stderr.trim().split("\n")).toHaveLength(1);
    expect(readdirSync(disk.path)).toEqual([]);
  });
});
