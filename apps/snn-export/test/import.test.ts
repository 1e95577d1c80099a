import { readFileSync } from "node:fs";
import { join } from "node:path";
import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { Hdf5Writer } from "@millrace/hdf5";
import { describeRecordings, recordingPath, type TempDirectory, tempDirectory } from "@millrace/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { convertExperiment, ExperimentLoader, importSpikes, validate } from "../src/index.ts";
import { runPython, type Spike } from "./convert-helpers.ts";
import { hasH5py, PYTHON } from "./helpers.ts";

let directory: TempDirectory;
beforeAll(() => {
  directory = tempDirectory();
});
afterAll(() => directory[Symbol.dispose]());

/** Writes SONATA spikes, population by population, in the order given. */
async function writeSonata(
  vfs: MemoryVfs,
  populations: Readonly<Record<string, readonly Spike[]>>,
  units = "ms",
): Promise<string> {
  const writer = await Hdf5Writer.create(vfs, "in.h5");
  const all = writer.root.createGroup("spikes");
  for (const [name, spikes] of Object.entries(populations)) {
    const group = all.createGroup(name);
    const times = group.createDataset("timestamps", { kind: "float64" });
    times.setAttribute("units", units);
    await times.append(Float64Array.from(spikes, ({ time }) => time));
    await group
      .createDataset("node_ids", { kind: "uint64" })
      .append(BigUint64Array.from(spikes, ({ id }) => BigInt(id)));
  }
  await writer.close();
  return "in.h5";
}

/** Imports spikes, converts them back, and returns what comes out. */
async function roundTrip(populations: Readonly<Record<string, readonly Spike[]>>, units = "ms") {
  const vfs = new MemoryVfs();
  const result = await importSpikes(await writeSonata(vfs, populations, units), "run.h5", { vfs });
  expect((await validate("run.h5", { vfs })).findings).toEqual([]);
  await convertExperiment("run.h5", "back.sonata", { vfs });
  const again = await importSpikes("back.sonata", "again.h5", { vfs });
  expect(again.populations).toEqual(result.populations);
  return { vfs, result, spikes: await spikesOf(vfs, "back.sonata") };
}

async function spikesOf(vfs: MemoryVfs, path: string): Promise<Record<string, Spike[]>> {
  const { Hdf5Reader } = await import("@millrace/hdf5");
  await using reader = await Hdf5Reader.open(vfs, path);
  const populations: Record<string, Spike[]> = {};
  for (const name of reader.root.group("spikes").names) {
    const times = reader.root.dataset(`spikes/${name}/timestamps`).readRowsSync(0, undefined, "float64");
    const ids = reader.root.dataset(`spikes/${name}/node_ids`).readRowsSync(0, undefined, "float64");
    populations[name] = Array.from(times, (time, i) => ({ time, id: ids[i]! }));
  }
  return populations;
}

const inOrder = (spikes: readonly Spike[]): Spike[] =>
  [...spikes].sort((a, b) => a.time - b.time || a.id - b.id);

describe("times that are whole steps", () => {
  it.each([
    ["milliseconds", [5, 1, 300], 1],
    ["tenths", [0.1, 0.2, 0.3, 12_345.7], 0.1],
    ["a rate of 30 kHz", [1 / 30, 2 / 30, 100 / 30], 1 / 30],
    ["microseconds", [566.942, 0.001, 2_000_000.123], 0.001],
  ])("%s: the coarsest step that holds them", async (_, times, stepMs) => {
    const spikes = times.map((time, id) => ({ time, id }));
    const { result, spikes: back } = await roundTrip({ v1: spikes });
    expect(result).toMatchObject({ stepMs, keepsTimes: false, neurons: times.length });
    expect(back).toEqual({ v1: inOrder(spikes) });
  });
});

describe("times that are not", () => {
  it.each([
    ["any numbers", [Math.PI, Math.E, 1e-9, 1e6 / 3]],
    ["negative ones", [-5.5, -0.25, 0, 3]],
    ["several in one microsecond", [1, 1.0000001, 1.0000002, 1.0000003]],
  ])("%s: they come out as they were", async (_, times) => {
    const spikes = times.map((time, id) => ({ time, id }));
    const { vfs, result, spikes: back } = await roundTrip({ v1: spikes });
    expect(result).toMatchObject({ stepMs: 0.001, keepsTimes: true });
    expect(back).toEqual({ v1: inOrder(spikes) });
    await using loader = await ExperimentLoader.open("run.h5", { vfs });
    expect(loader.episode(0).getBehavior("spike_time")?.values).toEqual(
      Float64Array.from(inOrder(spikes), ({ time }) => time),
    );
  });

  it("a neuron twice at one time stays twice", async () => {
    const spikes = [1, 1, 1, 2].map((time, i) => ({ time, id: i % 2 }));
    const { result, spikes: back } = await roundTrip({ v1: spikes });
    expect(result.keepsTimes).toBe(true);
    expect(inOrder(back.v1!)).toEqual(inOrder(spikes));
  });
});

it("random spikes in any order, in several populations, come out sorted by time", async () => {
  const random = seededRandom(9);
  const some = (n: number): Spike[] =>
    Array.from({ length: n }, () => ({ time: random.nextInt(0, 1e6) / 10, id: random.nextInt(0, 5000) }));
  const unique = (spikes: Spike[]): Spike[] => [
    ...new Map(spikes.map((spike) => [`${spike.time} ${spike.id}`, spike])).values(),
  ];
  const populations = { a: unique(some(100_000)), b: unique(some(500)), empty: [] };
  const { result, spikes } = await roundTrip(populations);
  expect(result).toMatchObject({ stepMs: 0.1, neurons: 5001 });
  expect(result.populations.map(({ name }) => name)).toEqual(["a", "b", "empty"]);
  expect(spikes).toEqual({ a: inOrder(populations.a), b: inOrder(populations.b), empty: [] });
});

it("ids that are large become numbers from 0 on, and come out again", async () => {
  const spikes = [7, 2 ** 40, 2 ** 33 + 1, 7].map((id, time) => ({ time, id }));
  const { result, spikes: back } = await roundTrip({ v1: spikes }, "s");
  expect(result.neurons).toBe(3);
  expect(back.v1).toEqual(spikes.map(({ time, id }) => ({ time: time * 1000, id })));
});

it("spikes that must be sorted and are too many are refused, those that are sorted are not", async () => {
  const spikes = Array.from({ length: 40_000 }, (_, time) => ({ time, id: 0 }));
  const options = { vfs: new MemoryVfs(), memoryBytes: 1 << 20 };
  await importSpikes(await writeSonata(options.vfs, { v1: spikes }), "a.h5", options);
  options.vfs.removeSync("in.h5");
  const path = await writeSonata(options.vfs, { v1: spikes.toReversed() });
  await expect(importSpikes(path, "b.h5", options)).rejects.toMatchObject({ code: "SNN_IMPORT_LIMIT" });
  expect((await options.vfs.list(".")).map(({ name }) => name)).toEqual(["a.h5", "in.h5"]);
});

describe("refuses", () => {
  it.each([
    ["a unit that it does not know", [{ time: 1, id: 0 }], "minutes", "SNN_IMPORT_DATA"],
    ["a time that is no number", [{ time: Number.NaN, id: 0 }], "ms", "SNN_IMPORT_DATA"],
  ])("%s", async (_, spikes, units, code) => {
    const vfs = new MemoryVfs();
    await expect(
      importSpikes(await writeSonata(vfs, { a: spikes }, units), "a.h5", { vfs }),
    ).rejects.toMatchObject({
      code,
    });
    expect((await vfs.list(".")).map(({ name }) => name)).toEqual(["in.h5"]);
  });

  it("a file without spikes", async () => {
    const vfs = new MemoryVfs();
    await (await Hdf5Writer.create(vfs, "in.h5")).close();
    await expect(importSpikes("in.h5", "a.h5", { vfs })).rejects.toMatchObject({ code: "SNN_IMPORT_FORMAT" });
  });
});

it("NWB that convert wrote comes in as it went out", async () => {
  const vfs = new MemoryVfs();
  const spikes = Array.from({ length: 3000 }, (_, i) => ({ time: i / 10, id: (i * 7) % 11 }));
  await importSpikes(await writeSonata(vfs, { units: spikes }), "run.h5", { vfs });
  await convertExperiment("run.h5", "a.nwb", { vfs });
  const result = await importSpikes("a.nwb", "again.h5", { vfs });
  expect(result).toMatchObject({ format: "nwb", stepMs: 0.1, neurons: 11, spikes: 3000 });
  await convertExperiment("again.h5", "back.sonata", { vfs });
  expect((await spikesOf(vfs, "back.sonata")).units).toEqual(spikes);
});

describeRecordings("real recordings, against what h5py reads of them", () => {
  const h5py = hasH5py ? PYTHON : undefined;
  const script = `
import h5py, json, sys, numpy as np, hashlib
f = h5py.File(sys.argv[1], "r"); found = {}
def add(name, times, ids):
    order = np.lexsort((ids, times)); times, ids = times[order].astype("<f8"), ids[order].astype("<f8")
    found[name] = [len(times), hashlib.sha256(times.tobytes()).hexdigest(), hashlib.sha256(ids.tobytes()).hexdigest()]
if "units" in f:
    u = f["units"]; ends = u["spike_times_index"][:].astype(int)
    add("units", u["spike_times"][:], np.repeat(u["id"][:], np.diff(ends, prepend=0)))
else:
    for name, p in f["spikes"].items(): add(name, p["timestamps"][:], p["node_ids"][:])
print(json.dumps(found))`;

  it.skipIf(h5py === undefined).each([
    ["spikes/sonata_multipop.h5", "back.sonata.h5", { lgn: 123_356, tw: 21_078 }],
    ["spikes/sonata_300_spikes.h5", "back.sonata.h5", { v1: 4322 }],
    ["spikes/A8604-211122.nwb", "back.nwb", { units: 21_354 }],
  ] as const)("%s: every time and id", async (name, back, counts) => {
    const original = recordingPath(name);
    const run = join(directory.path, "run.h5");
    const result = await importSpikes(original, run);
    expect(Object.fromEntries(result.populations.map((one) => [one.name, one.spikes]))).toEqual(counts);
    expect((await validate(run)).findings).toEqual([]);
    const again = join(directory.path, back);
    await convertExperiment(run, again);
    expect(readFileSync(again).length).toBeGreaterThan(0);
    expect(runPython(h5py!, script, again)).toEqual(runPython(h5py!, script, original));
  });
});
