import { copyFileSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fieldsOf, type TempDirectory, tempDirectory } from "@millrace/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type LoadProfile, recommendLoad } from "../src/measure/profile-load.ts";
import { recordingBytes } from "./helpers.ts";
import { runMain } from "./run-main.ts";

let directory: TempDirectory;
beforeAll(() => {
  directory = tempDirectory();
  writeFileSync(join(directory.path, "good.raw"), recordingBytes());
});
afterAll(() => directory[Symbol.dispose]());

const jsonOf = async (...args: string[]) => {
  const outcome = await runMain([...args, "--json"], { cwd: directory.path });
  expect(outcome).toMatchObject({ code: 0, stderr: "" });
  return JSON.parse(outcome.stdout) as Record<string, unknown>;
};
it("bench measures each kind of work, with the fields that are promised", async () => {
  const json = await jsonOf("bench", "good.raw", "--runs", "1");
  expect(fieldsOf(json)).toMatchInlineSnapshot(`
    {
      "bytes": "number",
      "cases": "array",
      "events": "number",
      "format": "string",
      "input": "string",
      "runs": "number",
    }
  `);
  const cases = json.cases as { name: string; seconds: number; eventsPerSecond: number }[];
  expect(cases.map(({ name }) => name)).toEqual([
    "decode",
    "load",
    "filter polarity",
    "filter region",
    "filter refractory",
    "filter background",
    "count frame",
    "voxel grid",
    "time surface",
  ]);
  expect(cases.every(({ seconds, eventsPerSecond }) => seconds >= 0 && eventsPerSecond >= 0)).toBe(true);
  expect(json.events).toBe(3000);
});

it("profile compares ways to load, with the fields that are promised", async () => {
  const json = await jsonOf("profile", "good.raw", "--memory-limit", "64MiB");
  expect(fieldsOf(json)).toMatchInlineSnapshot(`
    {
      "bytes": "number",
      "events": "number",
      "format": "string",
      "input": "string",
      "profiles": "array",
      "recommended": "object",
    }
  `);
  const profiles = json.profiles as LoadProfile[];
  expect(profiles.map(({ mode, chunkSize }) => [mode, chunkSize])).toEqual(
    ["direct", "streamed"].flatMap((mode) =>
      [16_384, 65_536, 262_144, 1_048_576].map((size) => [mode, size]),
    ),
  );
  expect(profiles.every(({ events, memory }) => events === 3000 && memory.length >= 2)).toBe(true);
  const { stdout } = await runMain(["profile", "good.raw"], { cwd: directory.path });
  expect(stdout).toMatch(/memory, streamed: up to.*recommended.*chunkSize/s);
});

it("a load that needs more memory than it may have ends with one line that names limit and option", async () => {
  const args = ["profile", "good.raw", "--memory-limit", "1KiB"];
  const { code, stdout, stderr } = await runMain(args, { cwd: directory.path });
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/^millrace-events: .*good.raw.*memoryLimit.*--memory-limit.*1024[^\n]*\n$/);
});

it("index writes a file beside the recording, with the fields that are promised", async () => {
  copyFileSync(join(directory.path, "good.raw"), join(directory.path, "indexed.raw"));
  const json = await jsonOf("index", "indexed.raw");
  expect(fieldsOf(json)).toMatchInlineSnapshot(`
    {
      "bytes": "number",
      "events": "number",
      "format": "string",
      "input": "string",
      "output": "string",
      "segments": "number",
    }
  `);
  expect(json.events).toBe(3000);
  expect(existsSync(join(directory.path, json.output as string))).toBe(true);
  expect(await jsonOf("index", "indexed.raw")).toEqual(json);
});

it("recommends what is clearly faster, and small chunks where it does not matter", () => {
  const profile = (
    mode: LoadProfile["mode"],
    chunkSize: number,
    eventsPerSecond: number,
    peakBytes = 1000,
  ): LoadProfile => ({ mode, chunkSize, eventsPerSecond, peakBytes, events: 100, seconds: 1, memory: [] });
  const even = [profile("direct", 64, 100), profile("streamed", 32, 98), profile("streamed", 64, 105)];
  expect(recommendLoad(even, 5000)).toMatchObject({ streamingThreshold: 0, chunkSize: 32 });
  const clear = [profile("direct", 64, 200), profile("streamed", 32, 98)];
  expect(recommendLoad(clear, 5000)).toMatchObject({ streamingThreshold: 200, chunkSize: 64 });
  const large = [profile("direct", 64, 200, 9000), profile("streamed", 32, 98)];
  expect(recommendLoad(large, 5000)).toMatchObject({ streamingThreshold: 0, chunkSize: 32 });
  expect(recommendLoad(large, 10).reason).toContain("no way");
});
