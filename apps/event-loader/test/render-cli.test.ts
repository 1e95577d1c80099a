import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodePng } from "@millrace/plot";
import { type TempDirectory, tempDirectory } from "@millrace/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { recordingBytes } from "./helpers.ts";
import { runMain } from "./run-main.ts";

let directory: TempDirectory;
beforeAll(() => {
  directory = tempDirectory();
  writeFileSync(join(directory.path, "good.raw"), recordingBytes());
});
afterAll(() => directory[Symbol.dispose]());

const render = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  runMain(["render", "good.raw", ...args], { cwd: directory.path, env });

it("prints the fields that are promised", async () => {
  const outcome = await render(["film.gif", "--fps", "100", "--decay", "linear", "--time-code", "--json"]);
  expect(outcome).toMatchObject({ code: 0, stderr: "" });
  const json = JSON.parse(outcome.stdout) as Record<string, unknown>;
  expect(
    Object.fromEntries(Object.entries(json).map(([key, value]) => [key, typeof value])),
  ).toMatchInlineSnapshot(`
      {
        "bytes": "number",
        "format": "string",
        "frames": "number",
        "height": "number",
        "input": "string",
        "output": "string",
        "width": "number",
      }
    `);
  expect(json).toMatchObject({ frames: 3, width: 64, height: 48 });
});

it("stats prints the fields that are promised, draws in the terminal and to SVG", async () => {
  const run = (...args: string[]) => runMain(["stats", "good.raw", ...args], { cwd: directory.path });
  const outcome = await run("--plot", "stats.svg", "--json");
  expect(outcome).toMatchObject({ code: 0, stderr: "" });
  const json = JSON.parse(outcome.stdout) as Record<string, unknown>;
  expect(
    Object.fromEntries(Object.entries(json).map(([key, value]) => [key, typeof value])),
  ).toMatchInlineSnapshot(`
      {
        "events": "number",
        "eventsPerSecond": "number",
        "firstTimeUs": "number",
        "format": "string",
        "gaps": "object",
        "height": "number",
        "lastTimeUs": "number",
        "on": "number",
        "pixels": "object",
        "plot": "string",
        "rate": "object",
        "width": "number",
      }
    `);
  expect(json).toMatchObject({ events: 3000, on: 1500, gaps: { meanUs: 7, maxUs: 7, backwards: 0 } });
  expect(readFileSync(join(directory.path, "stats.svg"), "utf8")).toMatch(/^<svg .*Rate.*Where/s);
  expect((await run()).stdout).toMatch(/mean gap +7 µs.*█.*pixels by their events/s);
});

it("simulate makes a recording of a scene, of pictures, and of edges", async () => {
  const run = (...args: string[]) => runMain(["simulate", ...args, "--json"], { cwd: directory.path });
  const bar = await run("bar", "bar.raw", "--geometry", "32x24", "--duration", "200ms", "--noise", "1");
  expect(bar).toMatchObject({ code: 0, stderr: "" });
  const json = JSON.parse(bar.stdout) as Record<string, unknown>;
  expect(
    Object.fromEntries(Object.entries(json).map(([key, value]) => [key, typeof value])),
  ).toMatchInlineSnapshot(`
      {
        "bytes": "number",
        "events": "number",
        "height": "number",
        "input": "string",
        "output": "string",
        "width": "number",
      }
    `);
  mkdirSync(join(directory.path, "film"));
  for (const [i, grey] of [30, 90, 250].entries()) {
    const png = encodePng(new Uint8Array(64), { width: 8, height: 8, palette: new Uint8Array(3).fill(grey) });
    writeFileSync(join(directory.path, "film", `${i}.png`), png);
  }
  const film = JSON.parse((await run("film", "film.csv", "--fps", "100")).stdout);
  // log(0.981 / 0.119) is some 10 thresholds of 0.2.
  expect(film).toMatchObject({ width: 8, height: 8, events: 640 });
  const edges = JSON.parse((await run("edges", "edges.dat", "--events", "5000", "--rate", "2")).stdout);
  expect(edges).toMatchObject({ width: 1280, height: 720, events: 5000 });
  const wrong = await run("circle", "x.raw");
  expect(wrong).toMatchObject({ code: 2 });
  expect(wrong.stderr).toContain("bar, dot, grating, noise, edges");
});

it("makes a video by way of ffmpeg, and says so where there is none", async () => {
  const path = join(directory.path, "ffmpeg");
  writeFileSync(path, '#!/bin/sh\nfor last; do :; done\nwc -c > "$last"\n');
  chmodSync(path, 0o755);
  const made = await render(["film.mp4", "--fps", "100"], { PATH: `${directory.path}:${process.env.PATH}` });
  expect(made).toMatchObject({ code: 0, stderr: "" });
  expect(Number(readFileSync(join(directory.path, "film.mp4"), "utf8"))).toBe(3 * 64 * 48 * 3);
  const nodeFolder = join(process.execPath, "..");
  const missing = await render(["none.mp4"], {
    PATH: existsSync(join(nodeFolder, "ffmpeg")) ? "" : nodeFolder,
  });
  expect(missing.code).toBe(1);
  expect(missing.stderr).toMatch(/ffmpeg is not installed.*\.apng/);
  writeFileSync(path, "#!/bin/sh\necho no room >&2\nexit 3\n");
  const failed = await render(["none.mp4"], { PATH: `${directory.path}:${process.env.PATH}` });
  expect(failed.stderr).toMatch(/ffmpeg ended with 3: no room/);
  expect(existsSync(join(directory.path, "none.mp4"))).toBe(false);
});
