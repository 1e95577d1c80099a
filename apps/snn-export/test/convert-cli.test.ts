import { readFileSync } from "node:fs";
import { join } from "node:path";

import {
  describeBadInput,
  fieldsOf,
  runInProcess,
  type TempDirectory,
  tempDirectory,
} from "@millrace/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { main } from "../src/cli.ts";
import { convertExperiment } from "../src/index.ts";
import { recordForConverting } from "./convert-helpers.ts";

let directory: TempDirectory;
let input: string;
beforeAll(() => {
  directory = tempDirectory();
  ({ path: input } = recordForConverting(directory.path, 2000));
});
afterAll(() => directory[Symbol.dispose]());

const snn = (...args: string[]) => runInProcess(main, args, { cwd: directory.path });

describe("convert, import and plot", () => {
  it("print the fields that are promised", async () => {
    const converted = await snn("convert", input, "a.nwb", "--json");
    expect(converted).toMatchObject({ code: 0, stderr: "" });
    const conversion = JSON.parse(converted.stdout);
    expect(fieldsOf(conversion)).toMatchInlineSnapshot(`
      {
        "bytes": "number",
        "episodes": "number",
        "format": "string",
        "leftOut": "array",
        "output": "string",
        "spikes": "number",
      }
    `);
    expect(conversion).toMatchObject({ format: "nwb", output: "a.nwb" });

    const imported = await snn("import", "a.nwb", "again.h5", "--json");
    expect(imported).toMatchObject({ code: 0, stderr: "" });
    const found = JSON.parse(imported.stdout);
    expect(fieldsOf(found)).toMatchInlineSnapshot(`
      {
        "bytes": "number",
        "format": "string",
        "keepsTimes": "boolean",
        "neurons": "number",
        "output": "string",
        "populations": "array",
        "spikes": "number",
        "stepMs": "number",
      }
    `);
    expect(found).toMatchObject({ spikes: conversion.spikes, stepMs: 0.1, neurons: 7 });

    const plotted = await snn("plot", "again.h5", "-o", "a.svg", "--json");
    expect(plotted).toMatchObject({ code: 0, stderr: "" });
    const picture = JSON.parse(plotted.stdout);
    expect(fieldsOf(picture)).toMatchInlineSnapshot(`
      {
        "bytes": "number",
        "episode": "number",
        "from": "number",
        "kind": "string",
        "note": "string",
        "output": "string",
        "points": "number",
        "to": "number",
      }
    `);
    expect(picture).toMatchObject({ kind: "raster", points: conversion.spikes });
  });

  it("say the same for people", async () => {
    const converted = await snn("convert", input, "b.sonata.h5");
    expect(converted.stdout).toMatch(/^sonata {4}b\.sonata\.h5\nepisodes {2}1\n/);
    expect(converted.stdout).toContain("left out  episode_0000: rewards");
    const imported = await snn("import", "b.sonata.h5", "b.h5");
    expect(imported.stdout).toMatch(/time step {2}0\.1 ms\n/);
    const plotted = await snn("plot", "b.h5", "--kind", "rates", "-o", "b.png");
    expect(plotted.stdout).toMatch(/picture {2}b\.png\nshows {4}rates, 107 points, steps 1 to 2000\n/);
    expect([...readFileSync(join(directory.path, "b.png")).subarray(1, 4)]).toEqual([80, 78, 71]);
  });

  it.each([
    [["convert", "x.h5", "y.h5", "--to", "hdf6"], '--to|snn to: got "hdf6"'],
    [["convert", "x.h5", "out.h5"], "--to sonata"],
    [["plot", "x.h5"], "--output"],
    [["plot", "x.h5", "-o", "a.gif"], ".svg or .png"],
    [["plot", "x.h5", "-o", "a.svg", "--kind", "pie"], "raster, rates, weights, states"],
    [["plot", "x.h5", "-o", "a.svg", "--neurons", "a,b"], "0,5,7"],
    [["plot", "x.h5", "-o", "a.svg", "--from", "-1"], "whole number"],
    [["import", "x.h5", "y.h5", "--memory", "much"], "64KiB"],
  ])("reject %j with exit 2", async (args, message) => {
    const outcome = await snn(...args);
    expect(outcome).toMatchObject({ code: 2, stdout: "" });
    expect(outcome.stderr).toMatch(new RegExp(message.replaceAll(".", "\\.")));
    expect(outcome.stderr.trim().split("\n")).toHaveLength(1);
  });

  it.each(["convert", "import", "plot"])("%s --help has an example", async (verb) => {
    const { code, stdout } = await snn(verb, "--help");
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`Example:\\n +millrace-snn ${verb} `));
  });
});

{
  using made = tempDirectory();
  const { path } = recordForConverting(made.path, 3000);
  const recorded = new Uint8Array(readFileSync(path));
  const cut = recorded.length >> 1;
  // Failing disks are tested for every format in convert.test.ts; the rest happens before a format is looked at.
  describeBadInput({
    run: (args) => runInProcess(main, args),
    app: "snn-export",
    name: "convert",
    args: (file, output) => ["convert", file, join(output, "a.nwb")],
    extension: ".h5",
    goodInput: recorded,
    truncateAt: cut,
    fullDiskBytes: 16_384,
  });
  describeBadInput({
    run: (args) => runInProcess(main, args),
    app: "snn-export",
    name: "plot",
    args: (file, output) => ["plot", file, "-o", join(output, "a.svg")],
    extension: ".h5",
    goodInput: recorded,
    truncateAt: cut,
    fullDiskBytes: 4096,
  });
  const sonata = join(made.path, "a.sonata");
  await convertExperiment(path, sonata);
  const spikes = new Uint8Array(readFileSync(sonata));
  describeBadInput({
    run: (args) => runInProcess(main, args),
    app: "snn-export",
    name: "import",
    args: (file, output) => ["import", file, join(output, "a.h5")],
    extension: ".h5",
    goodInput: spikes,
    truncateAt: spikes.length >> 1,
    fullDiskBytes: 8192,
  });
}
