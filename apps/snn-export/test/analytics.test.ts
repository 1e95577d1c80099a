import { execFileSync } from "node:child_process";
import { seededRandom } from "@millrace/base";
import { diskVfs } from "@millrace/files";
import { Hdf5Reader } from "@millrace/hdf5";
import { type TempDirectory, tempDirectory } from "@millrace/testkit";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { FrequentSynapses } from "../src/analytics/frequent-synapses.ts";
import { Moments } from "../src/analytics/moments.ts";
import {
  type AnalyticsOptions,
  type AnalyticsSnapshot,
  DataExporter,
  type ExporterOptions,
} from "../src/index.ts";
import { hasH5py, PYTHON } from "./helpers.ts";

let directory: TempDirectory;
beforeEach(() => {
  directory = tempDirectory();
});
afterEach(() => directory[Symbol.dispose]());

const open = (analytics: AnalyticsOptions, more: ExporterOptions = {}): DataExporter =>
  new DataExporter("run", { outputDirectory: directory.path, git: false, analytics, ...more });

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const deviation = (values: readonly number[]): number =>
  Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));

const closeTo = (value: number, digits: number): unknown =>
  Number.isNaN(value) ? Number.NaN : expect.closeTo(value, digits);

interface Step {
  readonly timestep: number;
  readonly ids: readonly number[];
}

/** What the rates and intervals are by their definitions. */
function naiveRates(steps: readonly Step[], neurons: number, timeStepMs: number) {
  const seconds = ((steps.at(-1)!.timestep - steps[0]!.timestep + 1) * timeStepMs) / 1000;
  return Array.from({ length: neurons }, (_, id) => {
    const times = steps.filter(({ ids }) => ids.includes(id)).map(({ timestep }) => timestep * timeStepMs);
    const intervals = times.slice(1).map((time, i) => time - times[i]!);
    return {
      rate: times.length / seconds,
      isiMean: mean(intervals),
      isiCv: deviation(intervals) / mean(intervals),
    };
  });
}

function checkRates(snapshot: AnalyticsSnapshot, steps: readonly Step[], neurons: number, dt: number): void {
  for (const [id, { rate, isiMean, isiCv }] of naiveRates(steps, neurons, dt).entries()) {
    expect(snapshot.ratesHz[id]).toBeCloseTo(rate, 9);
    expect([id, snapshot.isiMeanMs[id]]).toEqual([id, closeTo(isiMean, 9)]);
    expect([id, snapshot.isiCv[id]]).toEqual([id, closeTo(isiCv, 6)]);
  }
  expect(snapshot.populationRateHz).toBeCloseTo(mean([...snapshot.ratesHz]), 9);
}

const NEURONS = 6;

function someSteps(count: number): Step[] {
  const random = seededRandom(4);
  let timestep = 3;
  return Array.from({ length: count }, () => {
    timestep += random.nextInt(1, 3);
    const ids = Array.from({ length: NEURONS - 1 }, (_, id) => id).filter((id) => random.next() < 0.1 * id);
    return { timestep, ids };
  });
}

describe("rates and intervals", () => {
  it.each([1, 2, 700, 5000])("of %d steps are as defined, at the end and before it", (count) => {
    using exporter = open({}, { timeStepMs: 0.5, chunkBytes: 4096 });
    exporter.startEpisode({ neurons: NEURONS });
    const steps = someSteps(count);
    for (const [i, { timestep, ids }] of steps.entries()) {
      exporter.log({ timestep, spikeIds: ids });
      if (i === count >> 1) checkRates(exporter.analytics.snapshot()!, steps.slice(0, i + 1), NEURONS, 0.5);
    }
    checkRates(exporter.analytics.snapshot()!, steps, NEURONS, 0.5);
    exporter.endEpisode();
    checkRates(exporter.analytics.snapshot()!, steps, NEURONS, 0.5);
  });

  it("are the same from blocks, flags and checkpoints in between", () => {
    const steps = someSteps(3000);
    const expected = open({});
    expected.startEpisode({ neurons: NEURONS });
    for (const { timestep, ids } of steps) expected.log({ timestep, spikeIds: ids });
    const asBlocks = open({}, { chunkBytes: 4096 });
    asBlocks.startEpisode({ neurons: NEURONS });
    for (let from = 0; from < steps.length; from += 700) {
      const part = steps.slice(from, from + 700);
      const spikes = Uint8Array.from(
        part.flatMap(({ ids }) => Array.from({ length: NEURONS }, (_, id) => (ids.includes(id) ? 1 : 0))),
      );
      asBlocks.logBlock({ timesteps: part.map(({ timestep }) => timestep), spikes });
      asBlocks.checkpoint();
    }
    expect(asBlocks.analytics.snapshot()).toEqual(expected.analytics.snapshot());
    expected.close();
    asBlocks.close();
  });

  it("have no numbers where there are none, and say so", () => {
    using exporter = open({});
    expect(exporter.analytics.snapshot()).toBeUndefined();
    exporter.startEpisode({ neurons: 2 });
    exporter.log({ timestep: 0, reward: 1 });
    expect(exporter.analytics.snapshot()).toMatchObject({
      spikeSteps: 0,
      populationRateHz: Number.NaN,
      isiCv: Float64Array.of(Number.NaN, Number.NaN),
    });
    expect(() => new DataExporter("x", { outputDirectory: directory.path }).analytics).toThrow(
      "the option analytics",
    );
  });
});

it("a raster holds the spikes of the last steps, however they came", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 40 }), fc.array(fc.nat(60), { maxLength: 12 }), (rows, parts) => {
      const exporter = open({ rasterSteps: rows }, { durability: "os", codeSnapshot: "none" });
      exporter.startEpisode({ neurons: 8 });
      const all: Step[] = [];
      for (const part of parts) {
        for (let i = 0; i < part; i++) {
          const step = { timestep: all.length, ids: all.length % 3 === 0 ? [] : [all.length % 8] };
          all.push(step);
          exporter.log({ timestep: step.timestep, spikeIds: step.ids });
        }
        const { raster } = exporter.analytics.snapshot()!;
        const spikes = (rows === 0 ? [] : all.slice(-rows)).flatMap(({ timestep, ids }) =>
          ids.map((id) => [timestep, id]),
        );
        expect([...raster.timesteps].map((timestep, i) => [timestep, raster.ids[i]])).toEqual(spikes);
      }
      exporter.abandon();
    }),
    { numRuns: 40 },
  );
});

describe("mean and variance of a field", () => {
  it("are as defined, whatever the batches, and beside a large mean", () => {
    const value = fc.double({ min: -1, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(fc.array(value, { minLength: 1 }), { minLength: 1 }),
        fc.constantFrom(0, 1e6),
        (batches, offset) => {
          const moments = new Moments();
          const all = batches.flat().map((v) => v + offset);
          for (const batch of batches) moments.add(Float64Array.from(batch, (v) => v + offset));
          const found = moments.statistics;
          expect(found.count).toBe(all.length);
          expect(found.mean).toBeCloseTo(mean(all), 7);
          expect(found.variance).toBeCloseTo(deviation(all) ** 2, 6);
        },
      ),
    );
  });

  it("leave out what is not finite", () => {
    const moments = new Moments();
    moments.add([1, Number.NaN, 3, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
    moments.add([Number.MAX_VALUE, Number.MAX_VALUE]);
    expect(moments.statistics.count).toBe(4);
  });

  it("come for rewards, kept states and each behavior", () => {
    using exporter = open({}, { neuralSamplingRate: 2 });
    exporter.startEpisode({ neurons: 2 });
    for (let timestep = 0; timestep < 4; timestep++) {
      exporter.log({ timestep, reward: timestep, neuralState: [timestep, -65], behavior: { pose: [1, 3] } });
    }
    expect(exporter.analytics.snapshot()!.fields).toEqual({
      rewards: { count: 4, mean: 1.5, variance: 1.25 },
      neural_states: { count: 4, mean: -32, variance: 1089.5 },
      "behavior/pose": { count: 8, mean: 2, variance: 1 },
    });
  });
});

describe("synapses that changed most", () => {
  it("are listed exactly while they are few", () => {
    using exporter = open({ topSynapses: 2 });
    exporter.startEpisode({ neurons: 9 });
    const change = (source: number, by: number) => ({ source, target: 1, oldWeight: 0, newWeight: by });
    exporter.log({ timestep: 0, weightChange: [change(3, 0.5), change(2, -2), change(4, 1)] });
    exporter.logStaticEpisodeData({ events: [] });
    exporter.log({ timestep: 1, weightChange: change(3, 2) });
    expect(exporter.analytics.snapshot()!.topSynapses).toEqual([
      { source: 3, target: 1, totalChange: 2.5, excess: 0 },
      { source: 2, target: 1, totalChange: 2, excess: 0 },
    ]);
  });

  it("keep their bounds in bounded memory when there are many", () => {
    const random = seededRandom(8);
    const neurons = 2 ** 31;
    const synapses = new FrequentSynapses(10, neurons);
    const exact = new Map<number, number>();
    for (let i = 0; i < 60_000; i++) {
      // A few change often, tens of thousands once or twice.
      const source = random.next() < 0.3 ? random.nextInt(0, 9) : random.nextInt(10, 40_000);
      const by = random.nextInt(1, 3);
      synapses.add({ source, target: neurons - 1, oldWeight: 1, newWeight: 1 - by });
      exact.set(source, (exact.get(source) ?? 0) + by);
    }
    const top = synapses.top();
    expect(top.map(({ source }) => source).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (const { source, totalChange, excess } of top) {
      expect(totalChange).toBeGreaterThanOrEqual(exact.get(source)!);
      expect(totalChange - excess).toBeLessThanOrEqual(exact.get(source)!);
    }
  });
});

describe("what is told and stored", () => {
  it("is told while the run goes on, not more often than asked for", () => {
    const told: AnalyticsSnapshot[] = [];
    const times: number[] = [];
    let nowMs = 0;
    const clock = vi.spyOn(performance, "now").mockImplementation(() => nowMs);
    onTestFinished(() => clock.mockRestore());
    using exporter = open({
      intervalMs: 100,
      onAnalytics: (snapshot) => {
        told.push(snapshot);
        times.push(nowMs);
      },
    });
    exporter.startEpisode({ neurons: 1 });
    for (let timestep = 0; told.length < 3; timestep++, nowMs += 7) exporter.log({ timestep, spikeIds: [0] });
    expect(told[2]!.spikes).toBeGreaterThan(told[0]!.spikes);
    for (let i = 1; i < times.length; i++) expect(times[i]! - times[i - 1]!).toBeGreaterThanOrEqual(100);
  });

  it("is refused with options that cannot be", () => {
    expect(() => open({ intervalMs: 99 })).toThrow("an integer from 100 to");
    expect(() => open({ rasterStep: 1 } as object)).toThrow('"rasterSteps", perhaps');
    expect(() => open({ onAnalytics: 1 as never })).toThrow("a function");
  });

  it("lies with each episode that has ended, and numpy computes the same", async ({ skip }) => {
    const exporter = open({});
    for (const count of [50, 2000]) {
      exporter.startEpisode({ neurons: NEURONS });
      for (const { timestep, ids } of someSteps(count)) {
        exporter.log({ timestep, spikeIds: ids, behavior: { x: Math.sin(timestep) } });
      }
      exporter.endEpisode();
    }
    const snapshot = exporter.analytics.snapshot()!;
    exporter.close();
    const reader = await Hdf5Reader.open(diskVfs, exporter.path);
    const group = reader.root.group("episodes/episode_0001/analytics");
    expect(group.dataset("rates_hz").readRowsSync()).toEqual(snapshot.ratesHz);
    expect(group.dataset("isi_cv").readRowsSync()).toEqual(snapshot.isiCv);
    const json = JSON.parse(String(group.dataset("json").valueSync()));
    expect(json).toMatchObject({ spikes: snapshot.spikes, fields: snapshot.fields });
    await reader.close();

    if (!hasH5py) return skip("needs python3 with h5py");
    const script = `
import h5py, json, numpy as np, sys
e = h5py.File(sys.argv[1])["episodes/episode_0001"]
s, x = e["spikes"], e["behavior/x/values"][:]
first, step, count = s["timestep_runs"][:].T
start = np.repeat(np.cumsum(count) - count, count)
times = np.repeat(first, count) + np.repeat(step, count) * (np.arange(count.sum()) - start)
spike_times = np.repeat(times, s["counts"][:])
isi = [np.diff(spike_times[s["ids"][:] == i]) for i in range(1, ${NEURONS - 1})]
print(json.dumps([[d.mean() for d in isi], [d.std() / d.mean() for d in isi], x.mean(), x.var()]))
`;
    const [means, cvs, xMean, xVariance] = JSON.parse(
      execFileSync(PYTHON, ["-c", script, exporter.path], { encoding: "utf8" }),
    ) as [number[], number[], number, number];
    for (const [i, value] of means.entries()) {
      expect(snapshot.isiMeanMs[i + 1]).toBeCloseTo(value, 9);
      expect(snapshot.isiCv[i + 1]).toBeCloseTo(cvs[i]!, 9);
    }
    expect(snapshot.fields["behavior/x"]!.mean).toBeCloseTo(xMean, 12);
    expect(snapshot.fields["behavior/x"]!.variance).toBeCloseTo(xVariance, 12);
  });
});
