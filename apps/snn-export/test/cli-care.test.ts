import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MemoryVfs, readFullSync } from "@millrace/files";
import {
  describeBadInput,
  fieldsOf,
  runInProcess,
  type TempDirectory,
  tempDirectory,
} from "@millrace/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { main } from "../src/cli.ts";
import { DataExporter } from "../src/index.ts";
import { entryOf, NEURONS } from "./helpers.ts";
import { writeVersion1 } from "./version-1.ts";

let directory: TempDirectory;
beforeAll(() => {
  directory = tempDirectory();
});
afterAll(() => directory[Symbol.dispose]());

const snn = (...args: string[]) => runInProcess(main, args, { cwd: directory.path });

/** Bytes of a file as a kill leaves it; nobody writes it any more, though the process lives. */
function cutRun(): Uint8Array {
  const vfs = new MemoryVfs();
  const exporter = new DataExporter("cut", { vfs, outputDirectory: "runs", git: false });
  exporter.startEpisode({ neurons: NEURONS });
  for (let timestep = 0; timestep < 50; timestep++) exporter.log(entryOf(timestep));
  exporter.checkpoint();
  return bytesOf(vfs, exporter.path);
}

function bytesOf(vfs: MemoryVfs, path: string): Uint8Array {
  const file = vfs.openSync(path, "r");
  const bytes = new Uint8Array(file.sizeSync());
  readFullSync(file, bytes, 0);
  return bytes;
}

async function version1(steps: number): Promise<Uint8Array> {
  const vfs = new MemoryVfs();
  await writeVersion1(vfs, "old.h5", steps, "complete");
  return bytesOf(vfs, "old.h5");
}

describe("snn validate and recover", () => {
  it("find what a killed run left, bring it in order, and find nothing more", async () => {
    const path = join(directory.path, "cut.h5");
    writeFileSync(path, cutRun());
    const before = await snn("validate", path, "--json");
    expect(before).toMatchObject({ code: 1, stderr: "" });
    const report = JSON.parse(before.stdout);
    expect(fieldsOf(report)).toMatchInlineSnapshot(`
      {
        "episodes": "number",
        "findings": "array",
        "path": "string",
        "version": "string",
      }
    `);
    expect(report.findings).toHaveLength(2);
    expect(fieldsOf(report.findings[0])).toMatchInlineSnapshot(`
      {
        "path": "string",
        "problem": "string",
      }
    `);
    const text = await snn("validate", path);
    expect(text.code).toBe(1);
    expect(text.stdout).toContain("/episodes/episode_0000: it is still running");

    const alive = await snn("recover", path);
    expect(alive).toMatchObject({ code: 1, stdout: "" });
    expect(alive.stderr).toContain("is alive");
    const recovered = await snn("recover", path, "--force", "--json");
    expect(recovered).toMatchObject({ code: 0, stderr: "" });
    const kept = JSON.parse(recovered.stdout);
    expect(fieldsOf(kept)).toMatchInlineSnapshot(`
      {
        "episodes": "array",
        "isChanged": "boolean",
        "path": "string",
      }
    `);
    expect(fieldsOf(kept.episodes[0])).toMatchInlineSnapshot(`
      {
        "id": "number",
        "lastTimestep": "number",
        "spikes": "number",
        "steps": "number",
      }
    `);
    expect(kept.episodes).toMatchObject([{ id: 0, steps: 50, lastTimestep: 49 }]);
    expect((await snn("recover", path)).stdout).toContain("nothing to recover");
    const after = await snn("validate", path);
    expect(after).toMatchObject({ code: 0 });
    expect(after.stdout).toMatch(/findings +0/);
  });
});

describe("snn migrate", () => {
  it("writes an older file as one of today's, with the fields that are promised", async () => {
    const path = join(directory.path, "old.h5");
    writeFileSync(path, await version1(100));
    const old = await snn("info", path, "--json");
    expect(JSON.parse(old.stdout)).toMatchObject({ formatVersion: "1.0.0", episodes: [{ steps: 100 }] });
    const outcome = await snn("migrate", path, "new.h5", "--json");
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    const result = JSON.parse(outcome.stdout);
    expect(fieldsOf(result)).toMatchInlineSnapshot(`
      {
        "bytes": "number",
        "episodes": "number",
        "from": "string",
        "input": "string",
        "output": "string",
        "to": "string",
      }
    `);
    const info = JSON.parse((await snn("info", "new.h5", "--json")).stdout);
    expect(info.episodes).toEqual(JSON.parse(old.stdout).episodes);
    const again = await snn("migrate", path, "new.h5");
    expect(again).toMatchObject({ code: 1, stdout: "" });
    expect(again.stderr).toContain("there is a file already");
    expect(await snn("migrate", "new.h5", "newer.h5")).toMatchObject({ code: 2, stdout: "" });
  });
});

describe("an output of snn", () => {
  it("never takes the place of the file that is read, and a picture is no other file", async () => {
    const bytes = await version1(10);
    writeFileSync(join(directory.path, "kept.h5"), bytes);
    for (const args of [
      ["convert", "kept.h5", "./kept.h5", "--to", "sonata"],
      ["migrate", "kept.h5", "kept.h5"],
      ["import", "kept.h5", "kept.h5"],
    ]) {
      const outcome = await snn(...args);
      expect(outcome).toMatchObject({ code: 2, stdout: "" });
      expect(outcome.stderr).toContain("would take the place of kept.h5");
    }
    const { code, stderr } = await snn("simulate", "--steps", "10", "--plot", "kept.h5");
    expect([code, stderr]).toEqual([2, expect.stringContaining("ends in .svg")]);
    expect(Buffer.compare(readFileSync(join(directory.path, "kept.h5")), bytes)).toBe(0);
  });
});

describe("snn info", () => {
  it("shows people the first of very many episodes, and programs all", async () => {
    const exporter = new DataExporter("many", {
      outputDirectory: directory.path,
      git: false,
      durability: "os",
    });
    for (let id = 0; id < 60; id++) {
      exporter.startEpisode({ neurons: 1 });
      exporter.endEpisode();
    }
    exporter.close();
    const text = await snn("info", exporter.path);
    expect(text.stdout).toMatch(/\n +48 {2}complete.*\n… and 11 more; --json has all\n$/);
    expect(JSON.parse((await snn("info", exporter.path, "--json")).stdout).episodes).toHaveLength(60);
  });
});

{
  const whole = cutRun();
  using made = tempDirectory();
  const exporter = new DataExporter("good", { outputDirectory: made.path, git: false });
  exporter.startEpisode({ neurons: 1 });
  exporter.log({ timestep: 0, spikes: [true] });
  exporter.close();
  const goodInput = new Uint8Array(readFileSync(exporter.path));
  const common = { app: "snn-export", extension: ".h5" } as const;
  describeBadInput({
    run: (args) => runInProcess(main, args),
    ...common,
    name: "validate",
    args: (input) => ["validate", input],
    goodInput,
    truncateAt: goodInput.length >> 1,
  });
  describeBadInput({
    run: (args) => runInProcess(main, args),
    ...common,
    name: "recover",
    args: (input) => ["recover", input, "--force"],
    goodInput: whole,
    truncateAt: whole.length >> 1,
  });
  const old = await version1(3000);
  describeBadInput({
    run: (args) => runInProcess(main, args),
    ...common,
    name: "migrate",
    args: (input, output) => ["migrate", input, join(output, "new.h5")],
    goodInput: old,
    truncateAt: old.length >> 1,
    fullDiskBytes: 32_768,
  });
}
