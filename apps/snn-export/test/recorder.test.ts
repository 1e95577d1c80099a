import { execFileSync } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { seededRandom } from "@millrace/base";
import { diskVfs } from "@millrace/files";
import { type Hdf5ReadDataset, Hdf5Reader } from "@millrace/hdf5";
import { type TempDirectory, tempDirectory } from "@millrace/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DataExporter, ExperimentLoader, type ExporterOptions, quickLoad } from "../src/index.ts";
import { checkSteps, entryOf, hasH5py, NEURONS, PYTHON } from "./helpers.ts";

let directory: TempDirectory;
beforeEach(() => {
  directory = tempDirectory();
});
afterEach(() => directory[Symbol.dispose]());

const open = (options: ExporterOptions = {}): DataExporter =>
  new DataExporter("run", { outputDirectory: directory.path, git: false, ...options });

describe("options do what they say or are refused by name", () => {
  it.each<[ExporterOptions, string]>([
    [{ compression: "none", compressionLevel: 1 }, 'compression "none" has no levels'],
    [{ compression: "lzf", compressionLevel: 1 }, 'compression "lzf" has no levels'],
    [{ compressionLevel: 10 }, "an integer from 1 to 9"],
    [{ compression: "zstd", compressionLevel: 20 }, "an integer from 1 to 19"],
    [{ liveReading: true, checkpointIntervalMs: 0 }, "1 or more with liveReading"],
    [{ growthFactor: 3 as 2 }, "2 or 1.5"],
    [{ validation: 1 as unknown as boolean }, "true or false"],
    [{ timeStepMs: 0 }, "a number above 0"],
    [{ fields: { reward: { dtype: "int64" as "int32" } } }, "one of float32"],
    [{ fields: { rewards: {} } as object }, '"reward", perhaps'],
    [{ fields: { behavior: { x: { unit: "m", dtyp: 1 } as object } } }, '"dtype", perhaps'],
  ])("%o", (options, message) => {
    expect(() => open(options)).toThrow(message);
  });

  it.each<ExporterOptions>([
    { compression: "gzip", compressionLevel: 9 },
    { compression: "none" },
    { growthFactor: 1.5 },
    { asyncWrite: true },
    { liveReading: true },
    { durability: "os" },
  ])("%o records the same", async (options) => {
    const exporter = open({ neuralSamplingRate: 2, chunkBytes: 4096, ...options });
    exporter.startEpisode({ neurons: NEURONS });
    for (let timestep = 0; timestep < 3000; timestep++) {
      exporter.log(entryOf(timestep));
      if (timestep === 1700) exporter.checkpoint();
    }
    exporter.endEpisode({ success: true });
    exporter.close();
    expect(await checkSteps(exporter.path)).toEqual([3000]);
  });

  it.each(["zstd", "lzf"] as const)(
    "%s is what the chunks are compressed by, and comes back",
    async (compression) => {
      const exporter = open({ compression, chunkBytes: 4096 });
      exporter.startEpisode({ neurons: 1 });
      for (let timestep = 0; timestep < 5000; timestep++) exporter.log({ timestep, reward: timestep & 63 });
      exporter.endEpisode();
      exporter.close();
      // libhdf5 in WebAssembly has neither filter.
      const reader = await Hdf5Reader.open(diskVfs, exporter.path);
      const rewards = reader.root.get("episodes/episode_0000/rewards/values") as Hdf5ReadDataset;
      expect(rewards.filters.map(({ id }) => id)).toEqual([2, compression === "zstd" ? 32_015 : 32_000]);
      expect(rewards.readRowsSync(0, 5000)).toEqual(Float64Array.from({ length: 5000 }, (_, i) => i & 63));
      await reader.close();
    },
  );

  it("validation: false takes values as they are, but no shapes and no steps that cannot be", async () => {
    const exporter = open({ validation: false });
    exporter.startEpisode({ neurons: 2 });
    exporter.log({ timestep: 0, reward: Number.NaN, behavior: { x: Number.POSITIVE_INFINITY } });
    expect(() => exporter.log({ timestep: 0 })).toThrow("above the last step");
    expect(() => exporter.log({ timestep: 1, spikes: [true] })).toThrow("2 values, one a neuron");
    exporter.close();
    const { contents } = (await quickLoad(exporter.path)).episodes[0]!;
    expect(contents.rewards?.values).toEqual(Float64Array.of(Number.NaN));
    expect(contents.behavior.x?.values).toEqual(Float64Array.of(Number.POSITIVE_INFINITY));
  });
});

describe("fields", () => {
  it("keep the kind of a typed array, or the one that was declared", async () => {
    const exporter = open({
      fields: {
        reward: { dtype: "int8", unit: "points", description: "what it got" },
        behavior: { x: { dtype: "float32", allowNaN: true } },
      },
    });
    exporter.startEpisode({ neurons: 2 });
    exporter.log({
      timestep: 0,
      reward: -3,
      behavior: { x: 0.1, pose: Float32Array.of(1, 2), at: Uint16Array.of(7) },
    });
    exporter.log({ timestep: 1, behavior: { x: Number.NaN } });
    expect(() => exporter.log({ timestep: 2, reward: 128 })).toThrow("an integer from -128 to 127, for int8");
    expect(() => exporter.log({ timestep: 2, behavior: { pose: [1, 2] } })).toThrow(
      "float32 values, as at its first",
    );
    exporter.close();
    const { attributes, episodes } = await quickLoad(exporter.path);
    const { contents } = episodes[0]!;
    expect(contents.rewards?.values).toEqual(Int8Array.of(-3));
    expect(contents.behavior.x?.values).toEqual(Float32Array.of(0.1, Number.NaN));
    expect(contents.behavior.pose?.values).toEqual(Float32Array.of(1, 2));
    expect(contents.behavior.at?.values).toEqual(Uint16Array.of(7));
    expect(JSON.parse(String(attributes.schema))).toEqual({
      rewards: { dtype: "int8", shape: [], unit: "points", sampling: 1 },
      "behavior/x": { dtype: "float32", shape: [], unit: "1", sampling: 1 },
      "behavior/pose": { dtype: "float32", shape: [2], unit: "1", sampling: 1 },
      "behavior/at": { dtype: "uint16", shape: [1], unit: "1", sampling: 1 },
    });
  });

  it("may be called as an object's own members are", async () => {
    const exporter = open();
    exporter.startEpisode({ neurons: 1 });
    exporter.log({
      timestep: 0,
      behavior: { constructor: 1, toString: 2 } as unknown as Record<string, number>,
    });
    exporter.close();
    const { contents } = (await quickLoad(exporter.path)).episodes[0]!;
    expect(Object.keys(contents.behavior).sort()).toEqual(["constructor", "toString"]);
  });
});

describe("the file while it is written", () => {
  it("shows every step up to the last checkpoint, and that the episode runs", async () => {
    using exporter = open({ neuralSamplingRate: 2, checkpointIntervalMs: 0 });
    exporter.startEpisode({ neurons: NEURONS });
    for (let timestep = 0; timestep < 500; timestep++) {
      exporter.log(entryOf(timestep));
      if (timestep % 100 !== 57) continue;
      exporter.checkpoint();
      expect(await checkSteps(exporter.path)).toEqual([timestep + 1]);
    }
    await using loader = await ExperimentLoader.open(exporter.path);
    expect(loader.episodes()).toMatchObject([{ status: "running", steps: 458 }]);
  });

  it("gets checkpoints by time", async () => {
    using exporter = open({ liveReading: true, checkpointIntervalMs: 1 });
    exporter.startEpisode({ neurons: 1 });
    let steps = 0;
    for (let timestep = 0; steps === 0; timestep++) {
      exporter.log({ timestep, reward: 1 });
      if (timestep % 1000 === 999) steps = (await quickLoad(exporter.path)).episodes[0]?.info.steps ?? 0;
    }
    expect(steps).toBeGreaterThan(0);
  });

  it("is complete after using and await using, with the running episode as aborted", async () => {
    let path: string;
    {
      using exporter = open();
      path = exporter.path;
      exporter.startEpisode({ neurons: 1 });
      exporter.log({ timestep: 0, reward: 0 });
    }
    expect((await quickLoad(path)).episodes[0]).toMatchObject({ info: { status: "aborted", steps: 1 } });
    {
      await using exporter = open({ asyncWrite: true });
      path = exporter.path;
      exporter.startEpisode({ neurons: 1 });
      exporter.log({ timestep: 0, reward: 0 });
      exporter.endEpisode({ success: false });
    }
    expect((await quickLoad(path)).episodes[0]).toMatchObject({
      info: { status: "complete", success: false },
    });
  });

  it("asks to be awaited only with asyncWrite, when chunks wait", async () => {
    const states = Float32Array.from({ length: 1000 }, () => seededRandom(1).next());
    for (const asyncWrite of [false, true]) {
      const exporter = open({ asyncWrite, neuralSamplingRate: 1, chunkBytes: 1 << 16 });
      exporter.startEpisode({ neurons: 1000 });
      let promises = 0;
      for (let timestep = 0; timestep < 2000; timestep++) {
        const waits = exporter.log({ timestep, neuralState: states });
        if (waits === undefined) continue;
        promises++;
        await waits;
      }
      exporter.close();
      expect(promises > 0).toBe(asyncWrite);
    }
  });
});

describe("what is saved beside the episodes", () => {
  it("tells runtime, git, code and lockfile", async () => {
    const source = `${directory.path}/model.js`;
    writeFileSync(source, "// the model\n");
    const exporter = open({ git: true, codeSnapshot: [source] });
    exporter.close();
    const dump = (path: string): string => readFileSync(path, "latin1");
    const text = dump(exporter.path);
    await using loader = await ExperimentLoader.open(exporter.path);
    const versions = JSON.parse(String(loader.provenance().runtime.packages));
    expect(versions).toMatchObject({ "@millrace/hdf5": "0.1.0", h5wasm: expect.stringMatching(/^\d+\.\d+/) });
    for (const name of ["git_info", "commit", "lockfile_sha256", "argv", "code_snapshot", "// the model"]) {
      expect(text).toContain(name);
    }
    expect(() => open({ codeSnapshot: [`${directory.path}/none.js`] })).toThrow("none.js");
  });

  it("keeps named checkpoints, each once", () => {
    using exporter = open();
    exporter.startEpisode({ neurons: 1 });
    exporter.saveCheckpoint("best", { weights: Float64Array.of(1, 2), note: { epoch: 3 } });
    expect(() => exporter.saveCheckpoint("best")).toThrow("each to be saved once");
    expect(() => exporter.saveCheckpoint("a/b")).toThrow("checkpoint name");
    expect(() => exporter.saveCheckpoint("x", { json: Uint8Array.of(1) })).toThrow(
      'another name than "json"',
    );
    exporter.saveConfig({ a: 1 });
    expect(() => exporter.saveConfig({ a: 1 })).toThrow("each to be saved once");
    expect(readFileSync(exporter.path, "latin1")).toContain('{"note":{"epoch":3}}');
  });
});

it("takes at most 20 bytes a step for 100 neurons, and holds no slack", async () => {
  const random = seededRandom(2);
  const steps = 20_000;
  const exporter = open({ fields: { behavior: { x: { dtype: "float32" }, y: { dtype: "float32" } } } });
  exporter.startEpisode({ neurons: 100 });
  const spikes = new Uint8Array(100);
  const neuralState = new Float32Array(100);
  for (let timestep = 0; timestep < steps; timestep++) {
    for (let i = 0; i < 100; i++) {
      spikes[i] = random.next() < 0.05 ? 1 : 0;
      neuralState[i] = -65 + 5 * random.nextNormal();
    }
    const behavior = { x: random.next(), y: random.next() };
    exporter.log({
      timestep,
      spikes,
      neuralState,
      behavior,
      ...(timestep % 100 === 0 ? { reward: random.next() } : {}),
    });
  }
  exporter.endEpisode();
  exporter.close();
  expect(statSync(exporter.path).size / steps).toBeLessThan(20);
});

it("keeps a thousand episodes in one file, in little memory and space", async () => {
  const exporter = open({ durability: "os", codeSnapshot: "none" });
  for (let id = 0; id < 1000; id++) {
    exporter.startEpisode({ neurons: NEURONS });
    for (let timestep = 0; timestep < 10; timestep++) exporter.log(entryOf(timestep));
    exporter.endEpisode({ success: true });
  }
  exporter.close();
  expect(statSync(exporter.path).size).toBeLessThan(32 * 1024 * 1024);
  await using loader = await ExperimentLoader.open(exporter.path);
  expect(loader.episodes().length).toBe(1000);
  expect(loader.episode(777).getSpikes()?.timesteps.length).toBe(10);
});

it("is read by h5py as the format's page says", ({ skip }) => {
  if (!hasH5py) return skip("needs python3 with h5py");
  const exporter = open();
  exporter.startEpisode({ neurons: 3 });
  for (const timestep of [0, 1, 2, 5, 10, 15, 16, 100])
    exporter.log({ timestep, reward: timestep, spikeIds: [timestep % 3] });
  exporter.endEpisode();
  exporter.close();
  const script = `
import h5py, json, numpy as np, sys
f = h5py.File(sys.argv[1])
rewards = f["episodes/episode_0000/rewards"]
first, step, count = rewards["timestep_runs"][:].T
start = np.repeat(np.cumsum(count) - count, count)
timestep = np.repeat(first, count) + np.repeat(step, count) * (np.arange(count.sum()) - start)
spikes = f["episodes/episode_0000/spikes"]
print(json.dumps([timestep.tolist(), rewards["values"][:].tolist(), spikes["ids"][:].tolist(), f.attrs["format_version"], rewards["values"].attrs["units"]]))
`;
  expect(JSON.parse(execFileSync(PYTHON, ["-c", script, exporter.path], { encoding: "utf8" }))).toEqual([
    [0, 1, 2, 5, 10, 15, 16, 100],
    [0, 1, 2, 5, 10, 15, 16, 100],
    [0, 1, 2, 2, 1, 0, 1, 1],
    "2.0.0",
    "1",
  ]);
});
