import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  DataExporter,
  type EpisodeData,
  ExperimentLoader,
  type ExporterOptions,
  type SeriesData,
} from "../src/index.ts";
import { entryOf, NEURONS } from "./helpers.ts";

const STEPS = 5000;
const vfs = new MemoryVfs();
const newExporter = (options: ExporterOptions = {}): DataExporter =>
  new DataExporter("load", {
    vfs,
    outputDirectory: "runs",
    git: false,
    codeSnapshot: "none",
    durability: "os",
    ...options,
  });

/** Time steps of the recording below: every one, then with gaps that follow no pattern. */
function stepsOf(): number[] {
  const random = seededRandom(3);
  const steps: number[] = [];
  for (let at = 100; steps.length < STEPS; at += steps.length < STEPS / 2 ? 1 : random.nextInt(1, 5))
    steps.push(at);
  return steps;
}

let path = "";
let loader: ExperimentLoader;
let episode: EpisodeData;
beforeAll(async () => {
  using exporter = newExporter({ chunkBytes: 4096, neuralSamplingRate: 2 });
  exporter.saveConfig({ rate: 0.5 });
  exporter.saveNetworkStructure(
    { threshold: new Float64Array(NEURONS).fill(-50) },
    { source: Uint32Array.of(1), target: Uint32Array.of(2) },
    {
      indptr: Uint32Array.from({ length: NEURONS + 1 }, (_, row) => (row > 1 ? 1 : 0)),
      indices: Uint32Array.of(2),
      data: Float64Array.of(0.25),
      shape: [NEURONS, NEURONS],
    },
  );
  exporter.startEpisode();
  for (const timestep of stepsOf()) exporter.log(entryOf(timestep));
  exporter.saveCheckpoint("end", { weights: Float32Array.of(1, 2), epoch: 4 });
  exporter.endEpisode({ success: true, summary: { score: 7 } });
  exporter.startEpisode();
  exporter.close();
  path = exporter.path;
  loader = await ExperimentLoader.open(path, { vfs });
  episode = loader.episode(0);
});
afterAll(() => loader.close());

/** Ranges of time steps: at the ends, empty, beyond, and anywhere. */
function ranges(): [number, number][] {
  const random = seededRandom(9);
  const drawn = Array.from({ length: 60 }, (): [number, number] => {
    const start = random.nextInt(0, 14_000);
    return [start, start + random.nextInt(0, 2000)];
  });
  return [
    [0, 0],
    [0, 100],
    [0, 101],
    [100, 101],
    [2599, 2601],
    [3000, 3000],
    [0, 1e9],
    [20_000, 30_000],
    ...drawn,
  ];
}

/** The rows of a series that a range has, found without any index. */
function rowsIn(
  { timesteps, values, width }: SeriesData,
  [start, stop]: [number, number],
): [number, number[]][] {
  return [...timesteps].flatMap((timestep, i): [number, number[]][] =>
    timestep >= start && timestep < stop
      ? [[timestep, [...values.subarray(i * width, (i + 1) * width)]]]
      : [],
  );
}

describe("a range of time steps", () => {
  it("has the rows of every field that lie in it, and no others", () => {
    const all = episode.contents();
    for (const range of ranges()) {
      const everything: [number, number] = [0, Number.MAX_SAFE_INTEGER];
      expect(rowsIn(episode.getNeuralStates(...range)!, everything)).toEqual(
        rowsIn(all.neuralStates!, range),
      );
      expect(rowsIn(episode.getRewards(...range)!, everything)).toEqual(rowsIn(all.rewards!, range));
      for (const name of episode.behaviorNames) {
        expect(rowsIn(episode.getBehavior(name, ...range)!, everything)).toEqual(
          rowsIn(all.behavior[name]!, range),
        );
      }
      const isIn = ({ timestep }: { timestep: number }): boolean =>
        timestep >= range[0] && timestep < range[1];
      expect(episode.getEvents(...range)).toEqual(all.events.filter(isIn));
      const changes = all.weightChanges!;
      const chosen = [...changes.timesteps].flatMap((timestep, i) => (isIn({ timestep }) ? [i] : []));
      expect([...episode.getWeightChanges(...range)!.newWeights]).toEqual(
        chosen.map((i) => changes.newWeights[i]),
      );
    }
  });

  it("has the spikes that were logged in it, as rows and as events sorted by time or neuron", () => {
    const logged = stepsOf().map((timestep) => ({
      timestep,
      spikes: entryOf(timestep).spikes as Uint8Array,
    }));
    for (const [start, stop] of ranges()) {
      const rows = logged.filter(({ timestep }) => timestep >= start && timestep < stop);
      const events = rows.flatMap(({ timestep, spikes }) =>
        [...spikes].flatMap((flag, id) => (flag ? [[timestep, id]] : [])),
      );
      const found = episode.getSpikes(start, stop)!;
      expect([...found.timesteps]).toEqual(rows.map(({ timestep }) => timestep));
      expect([...found.ids]).toEqual(events.map(([, id]) => id));
      const byTime = episode.getSpikesAsEvents(start, stop)!;
      expect([...byTime.timesteps].map((time, i) => [time, byTime.ids[i]])).toEqual(events);
      const byNeuron = episode.getSpikesAsEvents(start, stop, "neuron")!;
      const sorted = events.toSorted((a, b) => a[1]! - b[1]! || a[0]! - b[0]!);
      expect([...byNeuron.timesteps].map((time, i) => [time, byNeuron.ids[i]])).toEqual(sorted);
    }
  });

  it("is refused when it is none", () => {
    for (const [start, stop] of [
      [-1, 5],
      [5, 4],
      [0.5, 4],
      [0, Number.NaN],
    ]) {
      expect(() => episode.getSpikes(start, stop)).toThrow(
        expect.objectContaining({ code: "SNN_STEPS_RANGE" }),
      );
    }
  });

  it("reads no more of the file than it needs", async () => {
    let bytes = 0;
    const counting = new Proxy(vfs, {
      get(target, key) {
        const value = Reflect.get(target, key);
        if (key !== "open") return typeof value === "function" ? value.bind(target) : value;
        return async (...args: Parameters<MemoryVfs["open"]>) => {
          const file = await target.open(...args);
          const readSync = file.readSync.bind(file);
          file.readSync = (into, position) => {
            bytes += into.length;
            return readSync(into, position);
          };
          return file;
        };
      },
    });
    const exporter = newExporter({ compression: "none" });
    exporter.startEpisode({ neurons: 32 });
    const random = seededRandom(1);
    for (let at = 0; at < 400_000; at += 10_000) {
      const spikes = Uint8Array.from({ length: 32 * 10_000 }, () => (random.next() < 0.1 ? 1 : 0));
      exporter.logBlock({ firstTimestep: at, stepCount: 10_000, spikes });
    }
    exporter.endEpisode();
    exporter.close();
    await using large = await ExperimentLoader.open(exporter.path, { vfs: counting });
    const before = bytes;
    expect(large.episode(0).getSpikes(300_000, 301_000)!.counts.length).toBe(1000);
    const { size } = await vfs.stat(exporter.path);
    expect(bytes - before).toBeLessThan(size / 6);
  });
});

describe("an episode", () => {
  it("says which fields it has and when they begin and end", () => {
    expect(episode.fields).toEqual([
      "neural_states",
      "spikes",
      "rewards",
      "weight_changes",
      "events",
      "behavior/pose",
      "behavior/x",
    ]);
    expect(episode.timeRange()).toEqual({ start: 100, stop: stepsOf().at(-1)! + 1 });
    expect(loader.episode(1).timeRange()).toEqual({ start: 0, stop: 0 });
    expect(loader.episode(1).getSpikes()).toBeUndefined();
    expect(loader.episode(1).getEvents()).toEqual([]);
    expect(episode.getStaticData()).toMatchObject({ summary: { score: 7 } });
    expect(() => loader.episode(2)).toThrow("an episode from 0 to 1");
  });

  it("cannot be read once its loader is closed, cached or not", async () => {
    const other = await ExperimentLoader.open(path, { vfs });
    const held = other.episode(0);
    held.getSpikes(100, 110);
    await other.close();
    await other.close();
    const closed = expect.objectContaining({ code: "SNN_LOADER_CLOSED" });
    for (const read of [
      () => held.getSpikes(100, 110),
      () => held.getNeuralStates(),
      () => held.getRewards(),
      () => held.getBehavior("x"),
      () => held.getEvents(),
      () => held.getWeightChanges(),
      () => held.getSummary(),
      () => held.getAnalytics(),
      () => held.fields,
      () => held.timeRange(),
      () => other.episodes(),
      () => other.attributes(),
      () => other.network(),
      () => other.root,
    ]) {
      expect(read).toThrow(closed);
    }
  });

  it("that still runs can be read as of the last checkpoint, with nothing logged, and with no spike yet", async () => {
    using exporter = newExporter();
    exporter.startEpisode({ neurons: 2 });
    exporter.checkpoint();
    await using empty = await ExperimentLoader.open(exporter.path, { vfs });
    expect(empty.episode(0).contents()).toMatchObject({ spikes: undefined, events: [] });
    exporter.log({ timestep: 0, spikes: [false, false] });
    exporter.checkpoint();
    await using silent = await ExperimentLoader.open(exporter.path, { vfs });
    expect(silent.episodes()).toMatchObject([{ id: 0, status: "running", steps: 1, spikes: 0 }]);
    expect(silent.episode(0).getSpikes()).toMatchObject({
      timesteps: Float64Array.of(0),
      counts: Uint8Array.of(0),
    });
    exporter.endEpisode();
    exporter.startEpisode();
    exporter.checkpoint();
    await using later = await ExperimentLoader.open(exporter.path, { vfs });
    expect(later.episodes().map(({ status }) => status)).toEqual(["complete", "running"]);
    expect(later.summaries()).toMatchObject([{ id: 0, summary: undefined }]);
  });

  it("with adaptive sampling has a state at every step that was looked at", async () => {
    using exporter = newExporter({ adaptiveSampling: { fastest: 2, slowest: 50 } });
    exporter.startEpisode({ neurons: 2 });
    const stateAt = (step: number): number[] => [Math.floor(step / 30), 1];
    for (let timestep = 0; timestep < 20_000; timestep++) {
      exporter.log({ timestep, neuralState: stateAt(timestep), reward: 0 });
    }
    exporter.endEpisode();
    exporter.close();
    await using held = await ExperimentLoader.open(exporter.path, { vfs });
    const data = held.episode(0);
    expect(data.getKeptStates()!.timesteps.length).toBeLessThan(1000);
    for (const [start, stop] of [
      [0, 20_000],
      [0, 1],
      [61, 64],
      [89, 91],
      [19_999, 20_000],
      [19_998, 25_000],
      [20_600, 20_700],
    ] as const) {
      const { timesteps, values } = data.getNeuralStates(start, stop)!;
      const steps = Array.from({ length: 20_000 }, (_, step) => step).filter(
        (s) => s >= start && s < stop && s % 2 === 0,
      );
      expect([...timesteps]).toEqual(steps);
      expect([...values]).toEqual(steps.flatMap(stateAt));
    }
    await using little = await ExperimentLoader.open(exporter.path, { vfs, limitBytes: 70_000 });
    expect(() => little.episode(0).getNeuralStates()).toThrow(
      expect.objectContaining({ code: "SNN_READ_LIMIT" }),
    );
  });
});

describe("a file", () => {
  it("gives configuration, network, schema, summaries, checkpoints and provenance", () => {
    expect(loader.version).toMatch(/^2\./);
    expect(loader.config()).toEqual({ rate: 0.5 });
    expect(loader.metadata()).toBeUndefined();
    expect(loader.network()?.initialWeights.data).toEqual(Float64Array.of(0.25));
    expect(loader.schema().spikes).toMatchObject({ dtype: "uint16", shape: [NEURONS] });
    expect(loader.summaries()).toMatchObject([
      { id: 0, status: "complete", success: true, summary: { score: 7 } },
      { id: 1, status: "aborted", success: undefined, summary: undefined },
    ]);
    expect(loader.checkpointNames).toEqual(["end"]);
    expect(loader.checkpoint("end")).toMatchObject({
      episode: 0,
      timestep: stepsOf().at(-1),
      arrays: { weights: Float32Array.of(1, 2) },
      data: { epoch: 4 },
    });
    expect(() => loader.checkpoint("other")).toThrow("one of end");
    expect(loader.provenance()).toMatchObject({
      runtime: { node: process.version },
      git: undefined,
      code: [],
    });
  });

  it("with 2,000 episodes lists them from its table, and opens any", async () => {
    const exporter = newExporter();
    for (let id = 0; id < 2000; id++) {
      exporter.startEpisode({ neurons: 1 });
      exporter.log({ timestep: id, spikeIds: [0] });
      exporter.endEpisode(id % 2 === 0 ? { success: true } : {});
    }
    exporter.close();
    await using many = await ExperimentLoader.open(exporter.path, { vfs });
    const episodes = many.episodes();
    expect(episodes.map(({ id }) => id)).toEqual(Array.from({ length: 2000 }, (_, id) => id));
    expect(episodes[1]).toEqual({ id: 1, status: "complete", steps: 1, spikes: 1, success: undefined });
    expect(many.episode(1234).timeRange()).toEqual({ start: 1234, stop: 1235 });
  });

  it("whose time steps follow no pattern is found through blocks of runs", async () => {
    const exporter = newExporter();
    exporter.startEpisode({ neurons: 1 });
    const steps: number[] = [];
    const random = seededRandom(5);
    for (let at = 0; steps.length < 30_000; at += random.nextInt(1, 1000)) steps.push(at);
    for (const timestep of steps) exporter.log({ timestep, reward: timestep });
    exporter.endEpisode();
    exporter.close();
    await using irregular = await ExperimentLoader.open(exporter.path, { vfs });
    const data = irregular.episode(0);
    for (let i = 0; i < 200; i++) {
      const start = random.nextInt(0, steps.at(-1)!);
      const stop = start + random.nextInt(0, 1_000_000);
      const expected = steps.filter((step) => step >= start && step < stop);
      const { timesteps, values } = data.getRewards(start, stop)!;
      expect(timesteps).toEqual(Float64Array.from(expected));
      expect(values).toEqual(timesteps);
    }
  });
});
