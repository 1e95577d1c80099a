import { join } from "node:path";
import { pythonWithPackages, type TempDirectory, tempDirectory } from "@millrace/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { convertExperiment } from "../src/index.ts";
import { NEURONS, recordForConverting, runPython, type Spike } from "./convert-helpers.ts";

let directory: TempDirectory;
let input: string;
let spikes: readonly Spike[];
beforeAll(() => {
  directory = tempDirectory();
  ({ path: input, spikes } = recordForConverting(directory.path, 2000));
});
afterAll(() => directory[Symbol.dispose]());

const IDS = Array.from({ length: NEURONS }, (_, i) => 100 + i);

/** Seconds of the spikes of each neuron. */
const trains = (): number[][] =>
  IDS.map((id) =>
    spikes.filter((spike) => spike.id === id).map(({ time }) => Math.round(time * 10) / 10_000),
  );

/** A test of a Python program from PyPI, which may not be to be had. */
const reader = (
  requirements: readonly string[],
  name: string,
  body: (python: string) => Promise<void>,
): void => {
  const python = pythonWithPackages(requirements);
  const missing = python === undefined;
  it.skipIf(missing)(
    missing ? `${name} (skipped: ${requirements.join(", ")} cannot be installed)` : name,
    () => body(python!),
  );
};

describe("SONATA", () => {
  reader(["libsonata==0.2.2"], "libsonata reads spikes, report and edges", async (python) => {
    const path = join(directory.path, "a.sonata.h5");
    await convertExperiment(input, path);
    const script = `
import libsonata, json, sys
r = libsonata.SpikeReader(sys.argv[1]); p = r[r.get_population_names()[0]]; spikes = p.get()
q = libsonata.ElementReportReader(sys.argv[1]); q = q[q.get_population_names()[0]]
e = libsonata.EdgePopulation(sys.argv[1], "", "episode_0000_to_episode_0000")
print(json.dumps([[s[1] for s in spikes], [s[0] for s in spikes], p.sorting, list(q.times), q.data_units, list(q.get().data.shape), q.get_node_ids().tolist() if hasattr(q.get_node_ids(), "tolist") else list(q.get_node_ids()), e.source, e.get_attribute("syn_weight", libsonata.Selection([(0, e.size)])).tolist()]))`;
    const found = runPython<unknown[]>(python, script, path);
    const times = spikes.map(({ time }) => time);
    const ids = spikes.map(({ id }) => id);
    const states = [[0, 200, 1], "mV", [200, NEURONS], IDS];
    expect(found).toEqual([times, ids, "by_time", ...states, "episode_0000", [0.5, -1, 2]]);
  });
});

describe("NWB", () => {
  reader(["pynwb==4.2.0"], "pynwb reads it, and its validator finds nothing", async (python) => {
    const path = join(directory.path, "a.nwb");
    await convertExperiment(input, path);
    const script = `
import json, sys
from pynwb import NWBHDF5IO, validate
errors = [str(e) for e in validate(path=sys.argv[1])]
with NWBHDF5IO(sys.argv[1], "r") as io:
    n = io.read(); u = n.units
    print(json.dumps([errors, [u["spike_times"][i].tolist() for i in range(len(u))], u.id[:].tolist(), n.acquisition["neural_states"].unit, list(n.acquisition["behavior_position"].data.shape)]))`;
    const found = runPython<unknown[]>(python, script, path);
    expect(found).toEqual([[], trains(), IDS, "mV", [2000, 2]]);
  });

  reader(["neo==0.14.6", "pynwb==4.2.0"], "neo reads its spike trains", async (python) => {
    const path = join(directory.path, "b.nwb");
    await convertExperiment(input, path);
    const script = `
import json, sys, neo
s = neo.io.NWBIO(sys.argv[1], "r").read_all_blocks()[0].segments[0].spiketrains
print(json.dumps([[float(t) for t in train.rescale("s").magnitude] for train in s]))`;
    expect(runPython(python, script, path)).toEqual(trains());
  });
});

describe("Zarr and tables", () => {
  reader(["zarr==3.1.6"], "zarr-python reads the store", async (python) => {
    const path = join(directory.path, "a.zarr");
    await convertExperiment(input, path);
    const script = `
import json, sys, zarr
g = zarr.open_group(sys.argv[1], mode="r")
print(json.dumps([g.attrs["experiment_name"], g["episodes/episode_0000/spikes/ids"][:].tolist(), str(g["config/json"][()])]))`;
    const ids = spikes.map(({ id }) => id - 100);
    expect(runPython(python, script, path)).toEqual(["demo", ids, '{"rate":0.1}']);
  });

  reader(["pyarrow==26.0.1"], "pyarrow reads the tables", async (python) => {
    const path = join(directory.path, "a.parquet");
    await convertExperiment(input, path);
    const script = `
import json, sys, pyarrow.parquet as pq
s = pq.read_table(sys.argv[1] + "/spikes.parquet"); w = pq.read_table(sys.argv[1] + "/weights.parquet")
print(json.dumps([s["time_ms"].to_pylist(), s["neuron"].to_pylist(), w.to_pylist()[2]]))`;
    const times = spikes.map(({ time }) => time);
    const ids = spikes.map(({ id }) => id - 100);
    expect(runPython(python, script, path)).toEqual([times, ids, { source: 6, target: 0, weight: 2 }]);
  });
});
