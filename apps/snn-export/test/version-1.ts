import type { Vfs } from "@millrace/files";
import { type Hdf5Group, type Hdf5Value, Hdf5Writer } from "@millrace/hdf5";
import { entryOf, NEURONS } from "./helpers.ts";

/** Writes a file of our version 1.0.0 with one episode of `entryOf`, as the document of that version had it. */
export async function writeVersion1(vfs: Vfs, path: string, steps: number, status: string): Promise<void> {
  await using writer = await Hdf5Writer.create(vfs, path);
  const { root } = writer;
  const attributes: Record<string, Hdf5Value> = {
    format: "millrace-snn",
    format_version: "1.0.0",
    schema_version: "1.0.0",
    experiment_name: "old",
    timestamp: "2026-01-02T03:04:05.678Z",
    start_time: 100.5,
    dt: 1,
    time_units: "ms",
    neural_sampling_rate: 2n,
    chunk_size: 4096n,
    compression: "gzip",
    n_neurons: BigInt(NEURONS),
    n_connections: 0n,
    episode_count: 1n,
  };
  for (const [name, value] of Object.entries(attributes)) root.setAttribute(name, value);
  root.createGroup("runtime").setAttribute("node", "v24.0.0");
  root.createGroup("config").writeDatasetSync("json", '{"old":true}');
  const episode = root.createGroup("episodes").createGroup("episode_0000");
  const entries = Array.from({ length: steps }, (_, timestep) => entryOf(timestep));
  const fired = entries.map(({ spikes }) =>
    [...(spikes as Uint8Array)].flatMap((flag, id) => (flag ? [id] : [])),
  );
  episode.setAttribute("status", status);
  episode.setAttribute("n_steps", BigInt(steps));
  episode.setAttribute("n_spikes", BigInt(fired.flat().length));
  if (status === "complete") {
    episode.setAttribute("success", 1n);
    episode.writeDatasetSync("summary", '{"fine":true}');
  }

  const field = (outer: Hdf5Group, name: string, chosen: readonly { timestep: number }[]): Hdf5Group => {
    const group = outer.createGroup(name);
    column(
      group,
      "timestep",
      BigInt64Array.from(chosen, ({ timestep }) => BigInt(timestep)),
    );
    return group;
  };
  const states = entries.filter(({ neuralState }) => neuralState !== undefined);
  const values = Float32Array.from(states.flatMap(({ neuralState }) => [...neuralState!]));
  column(field(episode, "neural_states", states), "values", values, NEURONS);
  const rewarded = entries.filter(({ reward }) => reward !== undefined);
  column(
    field(episode, "rewards", rewarded),
    "values",
    Float64Array.from(rewarded, ({ reward }) => reward!),
  );
  const behavior = episode.createGroup("behavior");
  column(
    field(behavior, "x", entries),
    "values",
    Float64Array.from(entries, ({ behavior }) => behavior!.x as number),
  );
  const poses = Float64Array.from(entries.flatMap(({ behavior }) => behavior!.pose as number[]));
  column(field(behavior, "pose", entries), "values", poses, 2);

  const spikes = field(episode, "spikes", entries);
  spikes.setAttribute("rows_per_offset", 1024n);
  column(
    spikes,
    "counts",
    Uint32Array.from(fired, (ids) => ids.length),
  );
  column(spikes, "ids", Uint32Array.from(fired.flat()));
  const offsets = fired.flatMap((_, row) =>
    row % 1024 === 0 ? [BigInt(fired.slice(0, row).flat().length)] : [],
  );
  column(spikes, "offsets", BigInt64Array.from(offsets));

  const changed = entries.filter(({ weightChange }) => weightChange !== undefined);
  const weights = field(episode, "weight_changes", changed);
  column(weights, "source", new Uint32Array(changed.length).fill(1));
  column(weights, "target", new Uint32Array(changed.length).fill(2));
  column(weights, "old_weight", new Float64Array(changed.length));
  column(
    weights,
    "new_weight",
    Float64Array.from(changed, ({ timestep }) => timestep),
  );
  const happened = entries.filter(({ event }) => event !== undefined);
  const events = field(episode, "events", happened);
  const texts = happened.map(({ event }) => JSON.stringify(event));
  column(events, "json", new TextEncoder().encode(texts.join("")));
  const ends = texts.map((_, i) => BigInt(texts.slice(0, i + 1).join("").length));
  column(events, "ends", BigInt64Array.from(ends));
}

type Values = Float32Array | Float64Array | Uint8Array | Uint32Array | BigInt64Array;

function column(group: Hdf5Group, name: string, values: Values, width?: number): void {
  const shape = width === undefined ? [values.length] : [values.length / width, width];
  group.writeDatasetSync(name, values, { shape });
}
