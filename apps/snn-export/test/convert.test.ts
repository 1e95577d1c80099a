import { readFileSync } from "node:fs";
import { join } from "node:path";
import { diskVfs, MemoryVfs } from "@millrace/files";
import { FaultyVfs, type TempDirectory, tempDirectory } from "@millrace/testkit";
import { parquetReadObjects } from "hyparquet";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { get, open, root } from "zarrita";
import { convertExperiment, DataExporter, quickLoad } from "../src/index.ts";
import { NEURONS, recordForConverting, runPython, type Spike, zarrStore } from "./convert-helpers.ts";
import { hasH5py, PYTHON } from "./helpers.ts";

let directory: TempDirectory;
let input: string;
let spikes: readonly Spike[];
beforeAll(() => {
  directory = tempDirectory();
  ({ path: input, spikes } = recordForConverting(directory.path, 2000));
});
afterAll(() => directory[Symbol.dispose]());

const out = (name: string): string => join(directory.path, name);
const h5py = hasH5py ? PYTHON : undefined;

describe.skipIf(h5py === undefined)("read by h5py", () => {
  it("SONATA has the spikes, the states, the edges and what readers look for", async () => {
    const result = await convertExperiment(input, out("a.sonata.h5"));
    expect(result).toMatchObject({ format: "sonata", episodes: 1, spikes: spikes.length });
    expect(result.leftOut).toEqual([
      "episode_0000: rewards",
      "episode_0000: weight_changes",
      "episode_0000: events",
      "episode_0000: behavior/position",
    ]);
    const script = `
import h5py, json, sys
f = h5py.File(sys.argv[1], "r")
p = f["spikes/episode_0000"]; r = f["report/episode_0000"]; e = f["edges/episode_0000_to_episode_0000"]
print(json.dumps({
  "magic": [int(f.attrs["magic"]), str(f.attrs["magic"].dtype)], "version": [f.attrs["version"].tolist(), str(f.attrs["version"].dtype)],
  "sorting": h5py.check_enum_dtype(p.attrs.get_id("sorting").dtype), "is": int(p.attrs["sorting"]),
  "units": p["timestamps"].attrs["units"], "kinds": [str(p["timestamps"].dtype), str(p["node_ids"].dtype)],
  "times": p["timestamps"][:].tolist(), "ids": p["node_ids"][:].tolist(), "filters": p["timestamps"].compression,
  "report": [list(r["data"].shape), r["data"].attrs["units"], r["data"][1].tolist()],
  "mapping": [r["mapping/time"][:].tolist(), r["mapping/node_ids"][:].tolist(), r["mapping/index_pointers"][:].tolist(), r["mapping/element_ids"][:].tolist()],
  "edges": [e["source_node_id"][:].tolist(), e["target_node_id"][:].tolist(), e["0/syn_weight"][:].tolist(), e["source_node_id"].attrs["node_population"]],
}))`;
    const found = runPython<Record<string, unknown>>(h5py!, script, out("a.sonata.h5"));
    const ids = Array.from({ length: NEURONS }, (_, i) => 100 + i);
    expect(found).toEqual({
      magic: [0x0a7a, "uint32"],
      version: [[0, 1], "uint32"],
      sorting: { none: 0, by_id: 1, by_time: 2 },
      is: 2,
      units: "ms",
      kinds: ["float64", "uint64"],
      times: spikes.map(({ time }) => time),
      ids: spikes.map(({ id }) => id),
      filters: null,
      report: [[200, NEURONS], "mV", ids.map((_, i) => 10 + i / 8)],
      mapping: [[0, 200, 1], ids, [0, ...ids.map((_, i) => i + 1)], ids.map(() => 0)],
      edges: [[100, 100, 106], [101, 102, 100], [0.5, -1, 2], "episode_0000"],
    });
  });

  it("NWB has units with their spikes in seconds, and time series", async () => {
    const result = await convertExperiment(input, out("a.nwb"));
    expect(result.leftOut).toEqual(["weight_changes", "events", "network_structure"]);
    const script = `
import h5py, json, sys
f = h5py.File(sys.argv[1], "r"); u = f["units"]
ends = u["spike_times_index"][:].tolist(); starts = [0] + ends[:-1]
a = f["acquisition"]
text = lambda v: v.decode() if isinstance(v, bytes) else v
print(json.dumps({
  "type": [f.attrs["neurodata_type"], f.attrs["namespace"]], "notes": json.loads(text(f["general/notes"][()]))["config"],
  "datasets": [k for k in ("identifier", "session_description", "session_start_time", "timestamps_reference_time", "file_create_date") if k in f],
  "units": [u.attrs["neurodata_type"], list(u.attrs["colnames"]), u["id"][:].tolist()],
  "targets": [f[u["spike_times_index"].attrs["target"]].name, f[u["obs_intervals_index"].attrs["target"]].name],
  "times": [u["spike_times"][s:e].tolist() for s, e in zip(starts, ends)],
  "observed": u["obs_intervals"][0].tolist(), "intervals": u["obs_intervals_index"][:].tolist(),
  "series": {k: [a[k].attrs["neurodata_type"], list(a[k]["data"].shape), a[k]["data"].attrs["unit"], a[k]["timestamps"][1]] for k in a},
}))`;
    const found = runPython<Record<string, unknown>>(h5py!, script, out("a.nwb"));
    const ids = Array.from({ length: NEURONS }, (_, i) => 100 + i);
    const timesOf = (id: number) =>
      spikes.filter((spike) => spike.id === id).map(({ time }) => Math.round(time * 10) / 10_000);
    expect(found).toEqual({
      type: ["NWBFile", "core"],
      notes: { rate: 0.1 },
      datasets: [
        "identifier",
        "session_description",
        "session_start_time",
        "timestamps_reference_time",
        "file_create_date",
      ],
      units: ["Units", ["spike_times", "obs_intervals"], ids],
      targets: ["/units/spike_times", "/units/obs_intervals"],
      times: ids.map(timesOf),
      observed: [0, 0.2],
      intervals: ids.map((_, i) => i + 1),
      series: {
        behavior_position: ["TimeSeries", [2000, 2], "1", 0.0001],
        neural_states: ["TimeSeries", [200, NEURONS], "mV", 0.001],
        rewards: ["TimeSeries", [20], "1", 0.01],
      },
    });
  });
});

it("NWB takes one episode, by number where there are several", async () => {
  const vfs = new MemoryVfs();
  const exporter = new DataExporter("two", { vfs, outputDirectory: "." });
  for (const neuron of [0, 1]) {
    exporter.startEpisode({ neurons: 2 });
    exporter.log({ timestep: 5, spikeIds: [neuron] });
    exporter.endEpisode();
  }
  exporter.close();
  const { path } = exporter;
  await expect(convertExperiment(path, "a.nwb", { vfs })).rejects.toMatchObject({
    code: "SNN_EPISODE_CHOICE",
  });
  expect(await convertExperiment(path, "a.nwb", { vfs, episode: 1 })).toMatchObject({
    episodes: 1,
    spikes: 1,
  });
  await expect(convertExperiment(path, "b.nwb", { vfs, episode: 2 })).rejects.toMatchObject({
    code: "SNN_EPISODE_UNKNOWN",
  });
  await expect(convertExperiment(path, "b.h5", { vfs, to: "hdf5", episode: 1 })).rejects.toMatchObject({
    code: "SNN_EPISODE_CHOICE",
  });
  await expect(convertExperiment(path, "b.h5", { vfs })).rejects.toMatchObject({
    code: "SNN_CONVERT_FORMAT",
  });
  expect((await convertExperiment(path, "b.sonata", { vfs })).episodes).toBe(2);
});

it("HDF5 is the same experiment again", async () => {
  await convertExperiment(input, out("copy.h5"), { to: "hdf5" });
  expect(await quickLoad(out("copy.h5"))).toEqual(await quickLoad(input));
});

it("Zarr is the same tree, read by zarrita", async () => {
  await convertExperiment(input, out("a.zarr"));
  const store = root(zarrStore(out("a.zarr")));
  expect((await open(store, { kind: "group" })).attrs).toMatchObject({ experiment_name: "demo", dt: 0.1 });
  const ids = await get(await open(store.resolve("episodes/episode_0000/spikes/ids"), { kind: "array" }));
  expect([...(ids.data as Uint16Array)]).toEqual(spikes.map(({ id }) => id - 100));
  const states = await get(
    await open(store.resolve("episodes/episode_0000/neural_states/values"), { kind: "array" }),
  );
  expect(states.shape).toEqual([200, NEURONS]);
  expect((states.data as Float32Array)[NEURONS]).toBe(10);
});

it("Parquet and CSV have tables for data frames, and a manifest", async () => {
  const result = await convertExperiment(input, out("tables.parquet"));
  expect(result.leftOut).toEqual([]);
  const read = async (name: string): Promise<Record<string, unknown>[]> => {
    const bytes = new Uint8Array(readFileSync(join(out("tables.parquet"), name)));
    return parquetReadObjects({ file: bytes.buffer });
  };
  const rows = await read("spikes.parquet");
  expect(rows.map(({ time_ms }) => time_ms)).toEqual(spikes.map(({ time }) => time));
  expect(rows.map(({ neuron }) => Number(neuron) + 100)).toEqual(spikes.map(({ id }) => id));
  expect((await read("rewards.parquet"))[3]).toEqual({ episode: 0, timestep: 300n, value: 150 });
  expect((await read("behavior_position.parquet"))[8]).toEqual({
    episode: 0,
    timestep: 8n,
    value_0: 2,
    value_1: -8,
  });
  expect((await read("neural_states.parquet"))[2]).toMatchObject({ timestep: 20n, value_1: 20.125 });
  expect((await read("weight_changes.parquet"))[1]).toMatchObject({ timestep: 50n, new_weight: 50 });
  expect((await read("weights.parquet"))[2]).toEqual({ source: 6, target: 0, weight: 2 });
  const manifest = JSON.parse(readFileSync(join(out("tables.parquet"), "manifest.json"), "utf8"));
  expect(manifest).toMatchObject({ format: "millrace-snn-tables", config: { rate: 0.1 } });
  expect(manifest.tables.spikes).toMatchObject({ file: "spikes.parquet", rows: spikes.length });
  const events = readFileSync(join(out("tables.parquet"), "events.jsonl"), "utf8")
    .trim()
    .split("\n");
  expect(JSON.parse(events[1]!)).toEqual({
    episode: 0,
    timestep: 100,
    type: "hundred",
    data: { timestep: 100 },
  });

  await convertExperiment(input, out("tables.csv"));
  const lines = readFileSync(join(out("tables.csv"), "spikes.csv"), "utf8")
    .trim()
    .split("\n");
  expect(lines[0]).toBe("episode,time_ms,neuron");
  expect(lines[1]).toBe(`0,${spikes[0]!.time},${spikes[0]!.id - 100}`);
  expect(lines).toHaveLength(spikes.length + 1);
});

it("long gaps between time steps are left behind at once", async () => {
  const vfs = new MemoryVfs();
  const exporter = new DataExporter("gaps", { vfs, outputDirectory: "." });
  exporter.startEpisode({ neurons: 3 });
  for (const timestep of [0, 1, 2 ** 30, 2 ** 45, 2 ** 45 + 1]) exporter.log({ timestep, spikeIds: [2] });
  exporter.endEpisode();
  exporter.close();
  expect((await convertExperiment(exporter.path, "a.sonata", { vfs })).spikes).toBe(5);
});

it.each(["a.sonata", "a.nwb", "a.zarr", "a.parquet", "a.csv"])(
  "leaves nothing of %s when the disk fails, and what was there",
  async (name) => {
    const vfs = new FaultyVfs(1);
    await vfs.makeDirectory("in");
    const { path } = recordForConverting("in", 3000, { vfs });
    await vfs.makeDirectory("out");
    await using before = await vfs.open("out/keep", "create");
    await before.write(Uint8Array.of(1), 0);
    vfs.failNth({ call: "write", n: 3, error: "ENOSPC", times: Number.POSITIVE_INFINITY, path: "out" });
    await expect(convertExperiment(path, `out/${name}`, { vfs })).rejects.toMatchObject({
      message: expect.stringMatching(new RegExp(`out/${name}.*no space`)),
    });
    expect((await vfs.list("out")).map((entry) => entry.name)).toEqual(["keep"]);
  },
);

it("replaces a file, not a directory, and stops when it is told to", async () => {
  await convertExperiment(input, out("twice.nwb"));
  await convertExperiment(input, out("twice.nwb"));
  await convertExperiment(input, out("twice.zarr"));
  await expect(convertExperiment(input, out("twice.zarr"))).rejects.toMatchObject({ code: "FILES_EXISTS" });
  const signal = AbortSignal.abort();
  await expect(convertExperiment(input, out("never.nwb"), { signal })).rejects.toMatchObject({
    message: expect.stringContaining("aborted"),
  });
  expect(await diskVfs.exists(out("never.nwb"))).toBe(false);
});
