import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fieldsOf, runCommand, type TempDirectory, tempDirectory } from "@millrace/testkit";
import { tableFromIPC } from "apache-arrow";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recordingBytes, wordBytes } from "./helpers.ts";
import { runMain } from "./run-main.ts";

let directory: TempDirectory;
beforeAll(() => {
  directory = tempDirectory();
  writeFileSync(join(directory.path, "good.raw"), recordingBytes());
  writeFileSync(join(directory.path, "words.bin"), wordBytes("8001 0001 6002 2003 1000 2804", 2));
  writeFileSync(join(directory.path, "ms.csv"), "5,1,2,1\n6,3,4,0\n");
});
afterAll(() => directory[Symbol.dispose]());

const events = (...args: string[]) => runMain(args, { cwd: directory.path });
const jsonOf = async (...args: string[]) => {
  const outcome = await events(...args, "--json");
  expect(outcome).toMatchObject({ code: 0, stderr: "" });
  return JSON.parse(outcome.stdout) as Record<string, unknown>;
};

it("runs as a process of its own, with its exit code and streams", async () => {
  const run = (...args: string[]) => runCommand("event-loader", args, { cwd: directory.path });
  const { code, stdout, stderr } = await run("digest", "good.raw", "--json");
  expect([code, stderr, (JSON.parse(stdout) as { events: number }).events]).toEqual([0, "", 3000]);
  expect(await run("digest", "none.raw")).toMatchObject({ code: 1, stdout: "" });
});

it("pipes go in and out: events on stdout, and nothing else", async () => {
  const run = (args: string[], input?: string) =>
    runCommand("event-loader", args, { cwd: directory.path, ...(input === undefined ? {} : { input }) });
  const written = await run(["convert", "good.raw", "-", "--to", "metavision-csv"]);
  expect(written).toMatchObject({ code: 0, stderr: "" });
  expect(written.stdout.trim().split("\n").slice(-1)).toEqual(["17,23,1,20993"]);
  const read = await run(["info", "-", "--columns", "x,y,p,t", "--json"], written.stdout);
  expect(JSON.parse(read.stdout)).toMatchObject({ events: 3000, on: 1500 });
  expect(await events("convert", "good.raw", "-")).toMatchObject({ code: 2, stdout: "" });
  expect((await events("filter", "good.raw", "-", "--to", "npy")).stderr).toMatch(/for a stream/);
  expect((await events("cut", "good.raw", "-", "--to", "evt2", "--count", "1", "--json")).code).toBe(2);
  expect(existsSync(join(directory.path, "-"))).toBe(false);
});

describe("events info", () => {
  it("tells what a recording holds, with the fields that are promised", async () => {
    const info = await jsonOf("info", "good.raw", "--plot", "heat.png");
    expect(fieldsOf(info)).toMatchInlineSnapshot(`
      {
        "durationUs": "number",
        "events": "number",
        "firstTimeUs": "number",
        "format": "string",
        "height": "number",
        "lastTimeUs": "number",
        "off": "number",
        "on": "number",
        "plot": "string",
        "triggers": "number",
        "violations": "object",
        "width": "number",
      }
    `);
    expect(info).toMatchObject({
      format: "EVT3",
      width: 64,
      height: 48,
      events: 3000,
      on: 1500,
      off: 1500,
      triggers: 0,
      firstTimeUs: 0,
      lastTimeUs: 7 * 2999,
      durationUs: 7 * 2999,
      violations: {},
    });
    const png = readFileSync(join(directory.path, "heat.png"));
    expect(png.subarray(1, 4).toString()).toBe("PNG");
    const { stdout } = await events("info", "good.raw");
    expect(stdout).toMatch(/format +EVT3\ngeometry +64 x 48\nevents +3,000\n/);
  });

  it("reads words without a header when it is told what they are, and tells violations apart", async () => {
    const info = await jsonOf("info", "words.bin", "--format", "evt3", "--geometry", "4x2");
    expect(info).toMatchObject({
      width: 4,
      height: 2,
      events: 2,
      violations: { unknownWord: 1, outsideGeometry: 1 },
    });
    const { stdout } = await events("info", "words.bin", "--format", "EVT3");
    expect(stdout).toMatch(/geometry +5 x 2\n/);
    expect(stdout).toMatch(/violations +unknownWord 1\n/);
  });

  it("reads text as it is told to", async () => {
    const info = await jsonOf("info", "ms.csv", "--columns", "t,x,y,p", "--time-unit", "ms");
    expect(info).toMatchObject({ format: "text", firstTimeUs: 5000, lastTimeUs: 6000, on: 1 });
  });

  it("has null for what a recording without events cannot tell", async () => {
    writeFileSync(join(directory.path, "none.csv"), "t,x,y,p\n");
    expect(await jsonOf("info", "none.csv")).toMatchObject({
      width: null,
      height: null,
      events: 0,
      firstTimeUs: null,
      durationUs: null,
    });
  });
});

describe("events filter", () => {
  it("writes what the flags leave, with the fields that are promised", async () => {
    const made = await jsonOf(
      "filter",
      "good.raw",
      "some.dat",
      "--polarity",
      "on",
      "--every",
      "3",
      "--crop",
      "0,0,64,24",
    );
    expect(fieldsOf(made)).toMatchInlineSnapshot(`
      {
        "bytes": "number",
        "events": "number",
        "format": "string",
        "input": "string",
        "output": "string",
        "read": "number",
      }
    `);
    const { width, height, events: count, off } = await jsonOf("info", "some.dat");
    expect({ width, height, off }).toEqual({ width: 64, height: 24, off: 0 });
    expect(count).toBe(made.events);
    expect(made.read).toBe(3000);
  });

  it("takes times with units, and rectangles more than once", async () => {
    const halves = ["--region", "0,0,32,48", "--region", "32,0,32,48"];
    const made = await jsonOf("filter", "good.raw", "all.csv", "--from", "7ms", "--until", "14ms", ...halves);
    expect(made.events).toBe(1000);
    const turned = await jsonOf("filter", "good.raw", "turned.raw", "--rotate", "90", "--to", "evt2");
    expect(turned).toMatchObject({ events: 3000 });
    expect(await jsonOf("info", "turned.raw")).toMatchObject({ format: "EVT2", width: 48, height: 64 });
  });

  it("says which flag is wrong", async () => {
    const outcome = await events("filter", "good.raw", "x.dat", "--region", "1,2,3");
    expect(outcome).toMatchObject({ code: 2 });
    expect(outcome.stderr).toContain('"10,20,64,48"');
  });
});

describe("events convert and digest", () => {
  it("give the same digest from every format that can be read again, with the fields that are promised", async () => {
    const digest = await jsonOf("digest", "good.raw");
    expect(fieldsOf(digest)).toMatchInlineSnapshot(`
      {
        "digest": "string",
        "events": "number",
        "format": "string",
      }
    `);
    for (const output of ["copy.csv", "copy.raw"]) {
      const converted = await jsonOf("convert", "good.raw", output);
      expect(fieldsOf(converted)).toMatchInlineSnapshot(`
        {
          "bytes": "number",
          "events": "number",
          "eventsPerSecond": "number",
          "format": "string",
          "input": "string",
          "output": "string",
          "seconds": "number",
        }
      `);
      expect(converted).toMatchObject({ input: "good.raw", output, format: "EVT3", events: 3000 });
      expect(await jsonOf("digest", output)).toMatchObject({ events: 3000, digest: digest.digest });
    }
    await jsonOf("convert", "good.raw", "copy.arrow");
    expect(tableFromIPC(readFileSync(join(directory.path, "copy.arrow"))).numRows).toBe(3000);
    const { stdout } = await events("convert", "good.raw", "copy.parquet");
    expect(stdout).toMatch(/events +3,000\n/);
  });

  it("replace a file that is being read", async () => {
    const before = await jsonOf("digest", "copy.csv");
    await jsonOf("convert", "copy.csv", "copy.csv");
    expect(await jsonOf("digest", "copy.csv")).toEqual(before);
  });

  it("say on stderr when something in the data was wrong, and fail on it when asked to", async () => {
    const lenient = await events("digest", "words.bin", "--format", "evt3");
    expect(lenient.code).toBe(0);
    expect(lenient.stderr).toMatch(/^words\.bin: violations of the format: unknownWord 1;.*--strict.*\n$/);
    const strict = await events("digest", "words.bin", "--format", "evt3", "--strict");
    expect(strict).toMatchObject({ code: 1, stdout: "" });
    expect(strict.stderr).toMatch(/^millrace-events: words\.bin: at byte 8: unknownWord: .*\n$/);
  });

  it.each([
    [["convert", "good.raw", "out.xlsx"], /\.arrow, \.feather, \.parquet, \.csv, \.raw/],
    [["convert", "good.raw"], /missing required argument/],
    [["info", "good.raw", "--format", "evt5"], /evt5/],
    [["info", "good.raw", "--geometry", "64"], /1280x720/],
    [["info", "good.raw", "--columns", "t,x,y"], /t,x,y,p/],
    [["info", "good.raw", "--time-unit", "hours"], /one of s, ms, us, ns/],
    [["info", "good.raw", "--format", "evt3", "--time-unit", "s"], /text/],
  ])("reject %j with exit 2", async (args, message) => {
    const outcome = await events(...args);
    expect(outcome).toMatchObject({ code: 2, stdout: "" });
    expect(outcome.stderr.trim().split("\n")).toHaveLength(1);
    expect(outcome.stderr).toMatch(message);
  });
});
