import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  describeBadInput,
  fieldsOf,
  runCommand,
  runInProcess,
  smallDisk,
  type TempDirectory,
  tempDirectory,
} from "@millrace/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { main } from "../src/cli.ts";
import { DataExporter } from "../src/index.ts";

let directory: TempDirectory;
beforeAll(() => {
  directory = tempDirectory();
});
afterAll(() => directory[Symbol.dispose]());

const snn = (...args: string[]) => runInProcess(main, args, { cwd: directory.path });

it("runs as a process of its own, with its exit code and streams", async () => {
  const run = (...args: string[]) => runCommand("snn-export", args, { cwd: directory.path });
  const { code, stdout, stderr } = await run("simulate", "--steps", "20", "--output", "own", "--json");
  expect([code, stderr, (JSON.parse(stdout) as { steps: number }).steps]).toEqual([0, "", 20]);
  expect(await run("info", "none.h5")).toMatchObject({ code: 1, stdout: "" });
});

describe("snn simulate and info", () => {
  it("record a network whose spikes info counts again, with the fields that are promised", async () => {
    const simulated = await snn(
      "simulate",
      "--steps",
      "500",
      "--neurons",
      "50",
      "--output",
      "runs",
      "--plot",
      "r.svg",
      "--json",
    );
    expect(simulated).toMatchObject({ code: 0, stderr: "" });
    const result = JSON.parse(simulated.stdout);
    expect(fieldsOf(result)).toMatchInlineSnapshot(`
      {
        "bytes": "number",
        "connections": "number",
        "meanRateHz": "number",
        "neurons": "number",
        "path": "string",
        "plot": "string",
        "seconds": "number",
        "spikes": "number",
        "steps": "number",
        "stepsPerSecond": "number",
      }
    `);
    expect(result.spikes).toBeGreaterThan(0);
    expect(readFileSync(join(directory.path, "r.svg"), "utf8")).toContain("</svg>");

    const info = await snn("info", result.path, "--json");
    expect(info).toMatchObject({ code: 0, stderr: "" });
    const found = JSON.parse(info.stdout);
    expect(fieldsOf(found)).toMatchInlineSnapshot(`
      {
        "bytes": "number",
        "connections": "number",
        "episodes": "array",
        "formatVersion": "string",
        "neurons": "number",
      }
    `);
    expect(found).toMatchObject({
      episodes: [{ id: 0, status: "complete", steps: 500, spikes: result.spikes }],
      neurons: 50,
      connections: result.connections,
      bytes: result.bytes,
    });
    const text = await snn("info", result.path);
    expect(text.stdout).toMatch(/episode {2}status +steps +spikes\n +0 {2}complete +500/);
  });

  it("gives the same spikes for the same seed", async () => {
    const run = async (seed: string): Promise<number> =>
      JSON.parse(
        (await snn("simulate", "--steps", "300", "--seed", seed, "--output", "seeds", "--json")).stdout,
      ).spikes;
    expect(await run("7")).toBe(await run("7"));
    expect(await run("7")).not.toBe(await run("8"));
  });

  it.each([
    ["--steps", "0"],
    ["--neurons", "-5"],
    ["--steps", "many"],
  ])("rejects %s %s with exit 2", async (flag, value) => {
    const outcome = await snn("simulate", flag, value);
    expect(outcome).toMatchObject({ code: 2, stdout: "" });
    expect(outcome.stderr).toContain("Expected a whole number");
  });

  it("says in one line that its output directory cannot be made", async () => {
    const outcome = await snn("simulate", "--output", "r.svg/below");
    expect(outcome.code).toBe(1);
    expect(outcome.stderr.trim().split("\n")).toHaveLength(1);
  });

  it("leaves nothing behind on a full disk, and says that it was full", async ({ skip }) => {
    using disk = smallDisk(65_536);
    if (disk === undefined) return skip("a small disk needs root on Linux");
    const outcome = await snn("simulate", "--steps", "200000", "--output", disk.path);
    expect(outcome).toMatchObject({ code: 1, stdout: "" });
    expect(outcome.stderr).toContain("no space is left");
    expect(outcome.stderr.trim().split("\n")).toHaveLength(1);
    expect(readdirSync(disk.path)).toEqual([]);
  });

  it.skipIf(process.platform === "win32")("leaves nothing behind when it is interrupted", async () => {
    const output = join(directory.path, "interrupted");
    mkdirSync(output);
    const outcome = await runCommand(
      "snn-export",
      ["simulate", "--steps", "1000000000", "--output", output],
      {
        onStart: async (child) => {
          while (readdirSync(output).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
          child.kill("SIGINT");
        },
      },
    );
    expect(outcome).toMatchObject({ code: 1, stdout: "" });
    expect(outcome.stderr).toContain("interrupted");
    expect(readdirSync(output)).toEqual([]);
  });
});

{
  using made = tempDirectory();
  const exporter = new DataExporter("good", { outputDirectory: made.path });
  exporter.startEpisode({ neurons: 1 });
  exporter.log({ timestep: 0, spikes: [true] });
  exporter.close();
  const goodInput = new Uint8Array(readFileSync(exporter.path));
  describeBadInput({
    run: (args) => runInProcess(main, args),
    app: "snn-export",
    name: "info",
    args: (input) => ["info", input],
    extension: ".h5",
    goodInput,
    truncateAt: goodInput.length >> 1,
  });
}
