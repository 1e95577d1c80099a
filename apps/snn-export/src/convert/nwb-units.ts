import type { Hdf5Group, Hdf5Object } from "@millrace/hdf5";
import type { ConvertWork } from "./convert-work.ts";
import { targets, typed } from "./nwb.ts";
import type { EpisodeSource, RunSource } from "./run-source.ts";

/** A time while units wait: float64. */
const BYTES_PER_TIME = 8;

/**
 * Writes `/units`: a row a neuron, with its spike times and the interval in which it was observed.
 *
 * Units want the spikes of a neuron together. They are read as often as needed for some neurons at a time, as many
 * as fit in the memory that there is; the times of a neuron that alone is too large are written as they come.
 */
export async function writeNwbUnits(
  run: RunSource,
  episode: EpisodeSource,
  root: Hdf5Group,
  work: ConvertWork,
  memoryBytes: number,
): Promise<void> {
  const { neurons } = run;
  const units = root.createGroup("units");
  typed(units, "core", "Units");
  units.setAttribute("description", "simulated neurons");
  units.setAttribute("colnames", ["spike_times", "obs_intervals"]);
  const id = units.writeDatasetSync("id", BigInt64Array.from(run.neuronIds(), BigInt));
  typed(id, "hdmf-common", "ElementIdentifiers");

  const counts = await countSpikes(run, episode, work);
  const times = units.createDataset("spike_times", { kind: "float64" });
  column(times, "VectorData", "the spike times of each unit in seconds");
  const room = Math.max(1, Math.floor(memoryBytes / BYTES_PER_TIME));
  for (let first = 0; first < neurons; ) {
    let last = first;
    let total = 0;
    while (last < neurons && (last === first || total + counts[last]! <= room)) total += counts[last++]!;
    if (total > room) {
      await copyTimes(run, episode, first, work, (part) => times.append(part));
    } else if (total > 0) {
      await times.append(await gatherTimes(run, episode, first, counts.subarray(first, last), work));
    }
    first = last;
  }
  const ends = endsOf(counts);
  const timesIndex = units.writeDatasetSync("spike_times_index", ends);
  column(timesIndex, "VectorIndex", "where in spike_times each unit ends");
  targets(timesIndex, times);

  const clock = run.clock("s");
  const { start, stop } = episode.data.timeRange();
  const observed = Float64Array.from({ length: 2 * neurons }, (_, i) => clock.at(i % 2 === 0 ? start : stop));
  const intervals = units.writeDatasetSync("obs_intervals", observed, { shape: [neurons, 2] });
  column(intervals, "VectorData", "the interval in which each unit was observed, in seconds");
  const one = BigUint64Array.from({ length: neurons }, (_, i) => BigInt(i + 1));
  const intervalsIndex = units.writeDatasetSync("obs_intervals_index", one);
  column(intervalsIndex, "VectorIndex", "where in obs_intervals each unit ends");
  targets(intervalsIndex, intervals);
}

function column(object: Hdf5Object, type: "VectorData" | "VectorIndex", description: string): void {
  typed(object, "hdmf-common", type);
  object.setAttribute("description", description);
}

async function countSpikes(run: RunSource, episode: EpisodeSource, work: ConvertWork): Promise<Float64Array> {
  const counts = new Float64Array(run.neurons);
  for (const { ids } of run.spikes(episode, "s")) {
    for (let i = 0; i < ids.length; i++) counts[ids[i]!]!++;
    work.spikes += ids.length;
    await work.turn(ids.length, 0);
  }
  return counts;
}

/** The times of neurons from `first` on, neuron after neuron. */
async function gatherTimes(
  run: RunSource,
  episode: EpisodeSource,
  first: number,
  counts: Float64Array,
  work: ConvertWork,
): Promise<Float64Array<ArrayBuffer>> {
  const next = new Float64Array(counts.length);
  for (let i = 1; i < counts.length; i++) next[i] = next[i - 1]! + counts[i - 1]!;
  const gathered = new Float64Array(next.at(-1)! + counts.at(-1)!);
  for (const { times, ids } of run.spikes(episode, "s")) {
    scatter(times, ids, first, next, gathered);
    await work.turn(0, ids.length * BYTES_PER_TIME);
  }
  return gathered;
}

/** Puts each time where its neuron's next one belongs. */
function scatter(
  times: Float64Array,
  ids: ArrayLike<number>,
  first: number,
  next: Float64Array,
  into: Float64Array,
): void {
  const count = next.length;
  for (let i = 0; i < times.length; i++) {
    const neuron = ids[i]! - first;
    if (neuron >= 0 && neuron < count) into[next[neuron]!++] = times[i]!;
  }
}

async function copyTimes(
  run: RunSource,
  episode: EpisodeSource,
  neuron: number,
  work: ConvertWork,
  write: (times: Float64Array<ArrayBuffer>) => Promise<void>,
): Promise<void> {
  for (const { times, ids } of run.spikes(episode, "s")) {
    await write(times.filter((_, i) => ids[i] === neuron) as Float64Array<ArrayBuffer>);
    await work.turn(0, ids.length * BYTES_PER_TIME);
  }
}

function endsOf(counts: Float64Array): BigUint64Array<ArrayBuffer> {
  const ends = new BigUint64Array(counts.length);
  let end = 0;
  for (let i = 0; i < counts.length; i++) {
    end += counts[i]!;
    ends[i] = BigInt(end);
  }
  return ends;
}
