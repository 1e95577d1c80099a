import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { smallDisk, type TempDirectory, tempDirectory } from "@millrace/testkit";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  DataExporter,
  ExperimentLoader,
  type ExporterOptions,
  type LogEntry,
  quickLoad,
  type WeightChange,
} from "../src/index.ts";

let directory: TempDirectory;
beforeEach(() => {
  directory = tempDirectory();
});
afterEach(() => directory[Symbol.dispose]());

const open = (options: ExporterOptions = {}): DataExporter =>
  new DataExporter("test", { outputDirectory: directory.path, git: false, ...options });

const NEURONS = 5;

/** A log entry with every field there or not, on neurons 0 to 4. */
const entryWithoutStep = fc.record(
  {
    spikes: fc.uint8Array({ minLength: NEURONS, maxLength: NEURONS, max: 1 }),
    neuralState: fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), {
      minLength: NEURONS,
      maxLength: NEURONS,
    }),
    reward: fc.double({ noNaN: true, noDefaultInfinity: true }),
    behavior: fc.record(
      {
        x: fc.double({ noNaN: true, noDefaultInfinity: true }),
        action: fc.array(fc.integer(), { minLength: 3, maxLength: 3 }),
      },
      { requiredKeys: [] },
    ),
    weightChange: fc.record({
      source: fc.nat(NEURONS - 1),
      target: fc.nat(NEURONS - 1),
      oldWeight: fc.constant(0.5),
      newWeight: fc.double({ noNaN: true, noDefaultInfinity: true }),
    }),
    event: fc.record({ type: fc.string(), data: fc.jsonValue() }),
  },
  { requiredKeys: [] },
);

describe("what is logged", () => {
  it("comes back the same, whatever fields come late, irregularly or never", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), entryWithoutStep), { maxLength: 60 }),
        fc.integer({ min: 1, max: 4 }),
        async (drawn, neuralSamplingRate) => {
          let timestep = -1;
          const entries = drawn.map(([gap, entry]) => {
            timestep += gap;
            return { timestep, ...entry } as LogEntry;
          });
          const exporter = open({ neuralSamplingRate, chunkBytes: 4096 });
          exporter.startEpisode({ neurons: NEURONS });
          for (const entry of entries) exporter.log(entry);
          exporter.endEpisode({ success: true, summary: { n: entries.length } });
          exporter.close();
          const { episodes } = await quickLoad(exporter.path);
          const { info, contents } = episodes[0]!;

          // The naive model: for each field the steps that have it, in order.
          const having = <K extends keyof LogEntry>(key: K) =>
            entries.filter((entry) => entry[key] !== undefined);
          const spiking = having("spikes");
          const spikes = spiking.map(({ spikes }) => [...spikes!].flatMap((flag, i) => (flag ? [i] : [])));
          expect(info).toMatchObject({
            status: "complete",
            steps: entries.length,
            spikes: spikes.flat().length,
          });
          expect([...(contents.spikes?.timesteps ?? [])]).toEqual(spiking.map((entry) => entry.timestep));
          expect([...(contents.spikes?.counts ?? [])]).toEqual(spikes.map((ids) => ids.length));
          expect([...(contents.spikes?.ids ?? [])]).toEqual(spikes.flat());

          const sampled = having("neuralState").filter((entry) => entry.timestep % neuralSamplingRate === 0);
          expect([...(contents.neuralStates?.timesteps ?? [])]).toEqual(
            sampled.map((entry) => entry.timestep),
          );
          expect([...(contents.neuralStates?.values ?? [])]).toEqual(
            sampled.flatMap((entry) => [...entry.neuralState!]),
          );

          const rewarded = having("reward");
          expect([...(contents.rewards?.timesteps ?? [])]).toEqual(rewarded.map((entry) => entry.timestep));
          expect([...(contents.rewards?.values ?? [])]).toEqual(rewarded.map((entry) => entry.reward));

          for (const key of ["x", "action"]) {
            const behaving = entries.filter((entry) => entry.behavior?.[key] !== undefined);
            const series = contents.behavior[key];
            expect([...(series?.timesteps ?? [])]).toEqual(behaving.map((entry) => entry.timestep));
            expect([...(series?.values ?? [])]).toEqual(
              behaving.flatMap((entry) => entry.behavior![key] as number | number[]),
            );
          }
          const changes = having("weightChange");
          expect([...(contents.weightChanges?.newWeights ?? [])]).toEqual(
            changes.map((e) => (e.weightChange as WeightChange).newWeight),
          );
          expect([...(contents.weightChanges?.sources ?? [])]).toEqual(
            changes.map((e) => (e.weightChange as WeightChange).source),
          );
          const events = having("event").map(({ timestep, event }) => ({ timestep, ...event }));
          expect(contents.events).toEqual(JSON.parse(JSON.stringify(events)));
          expect(contents.summary).toEqual({ n: entries.length });
        },
      ),
      { numRuns: 25 },
    );
  });

  it("comes back over many chunks, any slice of it, with compression and without", async () => {
    const rows = 5000;
    const idsOf = (step: number): number[] => [0, 1, 2, 3].filter((id) => (step * 7 + id * 3) % 5 < 2);
    for (const compression of ["gzip", "none"] as const) {
      const exporter = open({ chunkBytes: 4096, compression });
      exporter.startEpisode({ neurons: NEURONS });
      for (let step = 0; step < rows; step++) exporter.log({ timestep: step, spikeIds: idsOf(step) });
      exporter.endEpisode();
      exporter.close();
      await using loader = await ExperimentLoader.open(exporter.path);
      const episode = loader.episode(0);
      for (const [start, end] of [
        [0, rows],
        [0, 0],
        [1023, 1025],
        [1024, 2048],
        [4999, 5000],
        [17, 3000],
      ] as const) {
        const slice = episode.getSpikes(start, end)!;
        const steps = Array.from({ length: end - start }, (_, i) => start + i);
        expect([...slice.timesteps]).toEqual(steps);
        expect([...slice.ids]).toEqual(steps.flatMap(idsOf));
        expect([...slice.counts]).toEqual(steps.map((step) => idsOf(step).length));
      }
      expect(episode.getSpikes(rows - 1, rows + 10)!.timesteps).toEqual(Float64Array.of(rows - 1));
      expect(() => episode.getSpikes(2, 1)).toThrow("whole numbers, start from 0 on and not above stop");
    }
  });

  it("keeps rewards of zero, and time steps beyond 2^32", async () => {
    const exporter = open();
    exporter.startEpisode({ neurons: 1 });
    exporter.log({ timestep: 2 ** 32 - 1, reward: 0 });
    exporter.log({ timestep: 2 ** 40, reward: -0 });
    exporter.close();
    const { contents, info } = (await quickLoad(exporter.path)).episodes[0]!;
    expect([...contents.rewards!.timesteps]).toEqual([2 ** 32 - 1, 2 ** 40]);
    expect(Object.is(contents.rewards!.values[1], -0)).toBe(true);
    expect(info.status).toBe("aborted");
  });

  it("sorts ids that come unsorted", async () => {
    const exporter = open();
    exporter.startEpisode({ neurons: 9 });
    exporter.log({ timestep: 0, spikeIds: [8, 0, 3] });
    exporter.close();
    expect([...(await quickLoad(exporter.path)).episodes[0]!.contents.spikes!.ids]).toEqual([0, 3, 8]);
  });
});

describe("what cannot be is refused with the field, the step and the value, and stores nothing", () => {
  it.each<[LogEntry, string]>([
    [{ timestep: 5 }, "timestep: got 5, expected an integer above the last step, 5"],
    [{ timestep: 5.5 }, "timestep: got 5.5"],
    [{ timestep: 6, spikes: [true] }, "spikes at step 6: got 1, expected 5 values, one a neuron"],
    [{ timestep: 6, neuralState: [1, 2] }, "neuralState at step 6: got 2"],
    [{ timestep: 100, neuralState: [1, 2, 3, 4, Number.NaN] }, "neuralState at step 100, index 4: got NaN"],
    [{ timestep: 6, spikeIds: [5] }, "spikeIds[0] at step 6: got 5, expected a neuron from 0 to 4"],
    [{ timestep: 6, spikeIds: [3, 1, 3] }, 'spikeIds at step 6: got "neuron 3 twice"'],
    [{ timestep: 6, spikeIds: [1], spikes: [true, true, true, true, true] }, "one of the two"],
    [{ timestep: 6, reward: Number.POSITIVE_INFINITY }, "reward at step 6: got Infinity"],
    [{ timestep: 6, behavior: { x: [1, 2] } }, 'x at step 6: got "2 numbers", expected one number'],
    [{ timestep: 6, behavior: { "a/b": 1 } }, 'behavior name at step 6: got "a/b"'],
    [
      { timestep: 6, weightChange: { source: 0, target: 7, oldWeight: 0, newWeight: 1 } },
      "weightChange.target at step 6: got 7",
    ],
  ])("%j", async (entry, message) => {
    const exporter = open();
    exporter.startEpisode({ neurons: NEURONS });
    exporter.log({ timestep: 5, behavior: { x: 1 } });
    expect(() => exporter.log(entry)).toThrow(message);
    exporter.close();
    const { contents, info } = (await quickLoad(exporter.path)).episodes[0]!;
    expect(info.steps).toBe(1);
    expect(contents.spikes).toBeUndefined();
    expect(contents.behavior.x!.values.length).toBe(1);
  });

  it("names, options, neurons and the order of calls are checked too", async () => {
    expect(() => new DataExporter("a/b")).toThrow("experiment name");
    expect(() => open({ compression: "lzma" as "gzip" })).toThrow("one of gzip, lzf, zstd, none");
    expect(() => open({ chunkByte: 1 } as object)).toThrow('"chunkBytes", perhaps');
    const exporter = open();
    expect(() => exporter.startEpisode()).toThrow("saveNetworkStructure, before the first episode");
    expect(() => exporter.log({ timestep: 0 })).toThrow("startEpisode() to be called first");
    exporter.startEpisode({ neurons: 3 });
    expect(() => exporter.startEpisode({ neurons: 4 })).toThrow("expected 3, as before");
    exporter.close();
    exporter.close();
    expect(() => exporter.startEpisode()).toThrow("is closed");
  });
});

describe("the file", () => {
  it("is there from the constructor on under a name of its own, and abandon removes it", async () => {
    const exporters = Array.from({ length: 20 }, () => open());
    const names = exporters.map(({ path }) => path.split("/").at(-1)!);
    expect(new Set(names).size).toBe(20);
    expect(readdirSync(directory.path).sort()).toEqual([...names].sort());
    for (const { path } of exporters) expect((await quickLoad(path)).episodes).toEqual([]);
    for (const exporter of exporters.slice(1)) exporter.abandon();
    exporters[0]!.close();
    expect(readdirSync(directory.path)).toEqual([names[0]]);
  });

  it("keeps configuration, metadata, network and weights as a loadable CSR", async () => {
    const exporter = open({ timeStepMs: 0.5 });
    exporter.saveConfig({ nested: { deep: [1, "two", null] } });
    exporter.saveMetadata({ animal: "none" });
    const weights = {
      indptr: Uint32Array.of(0, 2, 2, 3),
      indices: Uint32Array.of(1, 2, 0),
      data: Float64Array.of(0.5, -2.5, 1e-300),
      shape: [3, 3] as const,
    };
    const connections = { source: Uint32Array.of(0, 0, 2), target: Uint32Array.of(1, 2, 0) };
    exporter.saveNetworkStructure({ id: [0, 1, 2] }, connections, weights);
    exporter.close();
    await using loader = await ExperimentLoader.open(exporter.path);
    expect(loader.config()).toEqual({ nested: { deep: [1, "two", null] } });
    expect(loader.metadata()).toEqual({ animal: "none" });
    expect(loader.network()).toEqual({
      neurons: { id: Float64Array.of(0, 1, 2) },
      connections,
      initialWeights: weights,
    });
    expect(loader.attributes()).toMatchObject({
      n_neurons: 3,
      n_connections: 3,
      dt: 0.5,
      experiment_name: "test",
    });
    expect(loader.episodes()).toEqual([]);
    expect(() => loader.episode(0)).toThrow("none: the file has no episodes");
  });

  it("refuses weights that are no CSR over these neurons", async () => {
    using exporter = open();
    const weights = {
      indptr: Uint32Array.of(0, 1),
      indices: Uint32Array.of(4),
      data: Float64Array.of(1),
      shape: [1, 1] as const,
    };
    const none = { source: new Uint32Array(0), target: new Uint32Array(0) };
    expect(() => exporter.saveNetworkStructure({ id: [0] }, none, weights)).toThrow("column 4");
    const tall = { ...weights, shape: [2, 1] as const };
    expect(() => exporter.saveNetworkStructure({ id: [0] }, none, tall)).toThrow("1 × 1");
  });

  it("cannot be read after its loader was closed: an error, not an empty episode", async () => {
    const exporter = open();
    exporter.startEpisode({ neurons: 1 });
    exporter.log({ timestep: 0, spikes: [true] });
    exporter.close();
    const loader = await ExperimentLoader.open(exporter.path);
    const episode = loader.episode(0);
    await loader.close();
    expect(() => episode.getSpikes()).toThrow("is closed");
    expect(() => loader.episodes()).toThrow("is closed");
  });

  it("of another program or version is refused by name", async () => {
    const path = join(directory.path, "text.h5");
    writeFileSync(path, "no HDF5 at all, but long enough to be one");
    await expect(ExperimentLoader.open(path)).rejects.toMatchObject({ code: "HDF5_SIGNATURE_MISSING" });
    await expect(ExperimentLoader.open(join(directory.path, "missing.h5"))).rejects.toMatchObject({
      code: "FILES_NOT_FOUND",
    });
  });

  it("stays readable as of its last checkpoint when the disk is full, and every later call says so", async ({
    skip,
  }) => {
    using disk = smallDisk(400_000);
    if (disk === undefined) return skip("a small disk needs root on Linux");
    const exporter = open({ outputDirectory: disk.path, compression: "none", chunkBytes: 4096 });
    const ids = Uint32Array.from({ length: 100 }, (_, i) => i);
    exporter.startEpisode({ neurons: 100 });
    for (let timestep = 0; timestep < 100; timestep++) exporter.log({ timestep, spikeIds: ids });
    exporter.checkpoint();
    const recordMuch = (): void => {
      for (let timestep = 100; timestep < 20_000; timestep++) exporter.log({ timestep, spikeIds: ids });
    };
    const full = expect.objectContaining({
      code: "HDF5_WRITE_FAILED",
      path: exporter.path,
      message: expect.stringContaining("no space is left"),
    });
    expect(recordMuch).toThrow(full);
    expect(() => exporter.checkpoint()).toThrow(full);
    expect(() => exporter.close()).toThrow(full);
    const { info, contents } = (await quickLoad(exporter.path)).episodes[0]!;
    expect(info).toMatchObject({ status: "running", steps: 100, spikes: 10_000 });
    expect([...contents.spikes!.ids]).toEqual(Array.from({ length: 10_000 }, (_, i) => i % 100));
  });
});
