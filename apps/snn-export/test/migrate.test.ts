import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MemoryVfs } from "@millrace/files";
import { FaultyVfs, type TempDirectory, tempDirectory } from "@millrace/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  DataExporter,
  ExperimentLoader,
  FORMAT_VERSION,
  migrate,
  quickLoad,
  validate,
} from "../src/index.ts";
import { checkSteps, copyToDisk, NEURONS } from "./helpers.ts";
import { hasH5py, makePythonFile } from "./python-files.ts";
import { writeVersion1 } from "./version-1.ts";

let directory: TempDirectory;
beforeAll(() => {
  directory = tempDirectory();
});
afterAll(() => directory[Symbol.dispose]());

const digest = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");

describe("a file of version 1.0.0", () => {
  it("is read as it was recorded, and migrated is the same and sound", async () => {
    const vfs = new MemoryVfs();
    await writeVersion1(vfs, "old.h5", 3000, "complete");
    const old = copyToDisk(vfs, "old.h5", directory.path);
    expect(await checkSteps(old)).toEqual([3000]);
    const out = join(directory.path, "new.h5");
    const before = digest(old);
    expect(await migrate(old, out)).toMatchObject({ from: "1.0.0", to: FORMAT_VERSION, episodes: 1 });
    expect(digest(old)).toBe(before);
    expect(await checkSteps(out)).toEqual([3000]);
    expect((await validate(out)).findings).toEqual([]);
    await using loader = await ExperimentLoader.open(out);
    expect(loader.version).toBe(FORMAT_VERSION);
    expect(loader.config()).toEqual({ old: true });
    expect(loader.episodes()).toMatchObject([{ status: "complete", steps: 3000, success: true }]);
    expect(loader.summaries()).toMatchObject([{ summary: { fine: true } }]);
    expect(loader.schema()).toMatchObject({
      neural_states: { dtype: "float32", shape: [NEURONS], sampling: 2 },
      "behavior/pose": { dtype: "float64", shape: [2] },
      spikes: { dtype: "uint16" },
    });
    expect(loader.episode(0).getSpikes()?.ids).toBeInstanceOf(Uint16Array);
  });

  it("that was cut off is recovered by it", async () => {
    const vfs = new MemoryVfs();
    await writeVersion1(vfs, "old.h5", 50, "running");
    await migrate("old.h5", "new.h5", { vfs });
    await using loader = await ExperimentLoader.open("new.h5", { vfs });
    expect(loader.episodes()).toMatchObject([{ status: "recovered", steps: 50, success: undefined }]);
    expect((await validate("new.h5", { vfs })).findings).toEqual([]);
  });
});

describe("migrate", () => {
  it("refuses a file of today and a target that is there, and leaves both", async () => {
    const vfs = new MemoryVfs();
    const exporter = new DataExporter("now", { vfs, outputDirectory: "runs", git: false });
    exporter.close();
    await expect(migrate(exporter.path, "out.h5", { vfs })).rejects.toMatchObject({
      code: "SNN_MIGRATE_CURRENT",
    });
    expect(await vfs.exists("out.h5")).toBe(false);
    await writeVersion1(vfs, "old.h5", 5, "complete");
    await expect(migrate("old.h5", exporter.path, { vfs })).rejects.toMatchObject({ code: "FILES_EXISTS" });
    expect((await quickLoad(exporter.path, { vfs })).episodes).toEqual([]);
  });

  it("leaves nothing when the disk fails at any write, or when it is aborted", async () => {
    let failures = 0;
    for (let n = 1; ; n++) {
      const vfs = new FaultyVfs(n);
      await writeVersion1(vfs, "old.h5", 2000, "complete");
      vfs.failNth({ call: "write", n, error: "ENOSPC" });
      const outcome = await migrate("old.h5", "new.h5", { vfs }).catch((error: unknown) => error);
      if (!(outcome instanceof Error)) break;
      failures++;
      expect(outcome).toMatchObject({ code: expect.stringMatching(/^(HDF5|FILES)_/), path: "new.h5" });
      expect((await vfs.list(".")).map(({ name }) => name)).toEqual(["old.h5"]);
    }
    expect(failures).toBeGreaterThan(5);

    const vfs = new MemoryVfs();
    await writeVersion1(vfs, "old.h5", 40_000, "complete");
    const controller = new AbortController();
    const aborted = migrate("old.h5", "new.h5", { vfs, signal: controller.signal });
    setImmediate(() => controller.abort());
    await expect(aborted).rejects.toMatchObject({ code: "STREAM_WORK_ABORTED" });
    expect((await vfs.list(".")).map(({ name }) => name)).toEqual(["old.h5"]);
  });
});

describe.skipIf(!hasH5py)("a file of the Python exporter (needs h5py)", () => {
  const NEURON_COUNT = 12;
  const STEPS = 2500;
  const firedAt = (step: number): number[] =>
    Array.from({ length: NEURON_COUNT }, (_, id) => id).filter((id) => (step * 7 + id * 5) % 11 === 0);

  it.each(["rle", "matrix", "killed"] as const)(
    "(%s) is read, and migrated is the same and sound",
    async (kind) => {
      const old = join(directory.path, `${kind}.h5`);
      const out = join(directory.path, `${kind}-new.h5`);
      makePythonFile(old, kind);
      const before = digest(old);
      expect(await migrate(old, out)).toMatchObject({
        from: "python-1.0.0",
        to: FORMAT_VERSION,
        episodes: 1,
      });
      expect(digest(old)).toBe(before);
      expect((await validate(out)).findings).toEqual([]);
      for (const path of [old, out]) await checkPythonFile(path, kind);
    },
  );

  async function checkPythonFile(path: string, kind: string): Promise<void> {
    const isKilled = kind === "killed";
    await using loader = await ExperimentLoader.open(path);
    expect(loader.attributes()).toMatchObject({
      experiment_name: "python-run",
      n_neurons: NEURON_COUNT,
      format: "millrace-snn",
      format_version: FORMAT_VERSION,
    });
    expect(loader.config()).toEqual({
      learning_rate: 0.01,
      plastic: 1,
      rule: "stdp",
      network: { layers: [4, 8] },
    });
    expect(loader.provenance()).toMatchObject({
      runtime: { python_version: "3.11.4" },
      git: { commit: "0123abc", dirty: 0 },
      code: [{ path: "run.py", text: "print('hello')\n" }],
    });
    // COO that said it was CSR.
    expect(loader.network()).toMatchObject({
      connections: { source: Uint32Array.of(5, 0, 5), target: Uint32Array.of(1, 2, 0) },
      initialWeights: {
        indptr: Uint32Array.of(0, 1, 1, 1, 1, 1, 3, 3, 3, 3, 3, 3, 3),
        indices: Uint32Array.of(2, 1, 0),
        data: Float64Array.of(-1.5, 0.5, 2.5),
        shape: [12, 12],
      },
    });
    const spikes = Array.from({ length: STEPS }, (_, step) => firedAt(step));
    expect(loader.episodes()).toEqual([
      {
        id: 0,
        status: isKilled ? "recovered" : "complete",
        steps: STEPS,
        spikes: spikes.flat().length,
        success: isKilled ? undefined : true,
      },
    ]);
    expect(loader.summaries()[0]?.summary).toEqual(isKilled ? undefined : { total_reward: 1.5 });

    const episode = loader.episode(0);
    const events = episode.getSpikesAsEvents()!;
    expect([...events.ids]).toEqual(spikes.flat());
    expect([...events.timesteps]).toEqual(spikes.flatMap((ids, step) => ids.map(() => step)));
    const some = episode.getSpikesAsEvents(1500, 1600)!;
    expect([...some.ids]).toEqual(spikes.slice(1500, 1600).flat());
    const states = episode.getNeuralStates()!;
    const sampled = Array.from({ length: STEPS / 100 }, (_, i) => i * 100);
    expect([...states.timesteps]).toEqual(sampled);
    expect([...states.values]).toEqual(
      sampled.flatMap((step) => Array.from({ length: NEURON_COUNT }, (_, id) => step + id - 65)),
    );
    expect(episode.getBehavior("neural_states.refractory", 0, 1)?.values).toEqual(
      new Float32Array(NEURON_COUNT).fill(0.25),
    );
    const position = episode.getBehavior("position")!;
    expect(position.timesteps.length).toBe(STEPS);
    expect([...position.values.subarray(0, 6)]).toEqual([0, 0, 0.5, -1, 1, -2]);
    const late = episode.getBehavior("late");
    if (isKilled) expect(late).toBeUndefined();
    else expect(late?.timesteps).toEqual(Float64Array.from({ length: 500 }, (_, i) => 2000 + i));
    if (late !== undefined) expect(late.values).toEqual(late.timesteps);
    expect(episode.getRewards(0, 151)).toMatchObject({
      timesteps: Float64Array.of(50, 100, 150),
      values: Float64Array.of(0.5, 1, 1.5),
    });
    expect(episode.getWeightChanges()).toMatchObject({
      timesteps: Float64Array.of(10, 10, 30),
      newWeights: Float64Array.of(0.6, -1.6, 2.6),
    });
    expect(episode.getEvents()).toEqual([
      { timestep: 7, type: "start", data: { at: 1 } },
      { timestep: 900, type: "turn", data: "left" },
    ]);
    expect(loader.checkpoint("halfway")).toMatchObject({
      timestep: 1250,
      arrays: { weights: Float64Array.of(0, 1, 2) },
    });
  }
});
