import { TIME_RUNS_NAME } from "../columns/time-runs.ts";
import {
  attributeOf,
  columnIn,
  damaged,
  type IndexArray,
  readIndices,
  readNumbers,
  requireColumn,
  type TreeColumn,
  type TreeGroup,
} from "./run-tree.ts";
import { TimeIndex } from "./time-index.ts";

/** Spikes of some time steps: row i has `counts[i]` of the `ids`, in order. Views perhaps: do not write to them. */
export interface SpikeData {
  readonly timesteps: Float64Array;
  readonly counts: IndexArray;
  readonly ids: IndexArray;
}

/** Spikes as events: neuron `ids[i]` fired at `timesteps[i]`. */
export interface SpikeEvents {
  readonly timesteps: Float64Array;
  readonly ids: IndexArray;
}

/** Reads `{timestep_runs, counts, ids, offsets}`. */
export class SpikeReader {
  readonly index: TimeIndex;
  readonly #counts: TreeColumn;
  readonly #ids: TreeColumn;
  readonly #offsets: TreeColumn | undefined;
  readonly #rowsPerOffset: number;

  constructor(group: TreeGroup, limitBytes: number) {
    this.#counts = requireColumn(group, "counts");
    this.#ids = requireColumn(group, "ids");
    this.#rowsPerOffset = Number(attributeOf(group, "rows_per_offset") ?? 0);
    this.#offsets = this.#rowsPerOffset > 0 ? columnIn(group, "offsets") : undefined;
    this.index = new TimeIndex(requireColumn(group, TIME_RUNS_NAME), this.#counts.rows, limitBytes);
  }

  /**
   * The spikes of time steps [start, stop); reads at most `rows_per_offset` counts more than it returns.
   * @throws CorruptDataError when counts and ids contradict each other
   */
  read(start: number, stop: number): SpikeData {
    const from = this.index.rowAt(start);
    const to = this.index.rowAt(stop);
    if (from === to)
      return { timesteps: new Float64Array(0), counts: new Uint8Array(0), ids: new Uint16Array(0) };
    const { row, offset } = this.#offsetBefore(from);
    const all = readIndices(this.#counts, row, to);
    const counts = all.subarray(from - row);
    const first = offset + sumOf(all, from - row);
    const end = first + sumOf(counts, counts.length);
    if (end > this.#ids.rows)
      throw damaged(this.#counts, `rows ${from} to ${to} have ids up to ${end}, there are ${this.#ids.rows}`);
    return { timesteps: this.index.timesteps(from, to), counts, ids: readIndices(this.#ids, first, end) };
  }

  /** Where in the ids a row near `row` begins; without the index that is the first row. */
  #offsetBefore(row: number): { readonly row: number; readonly offset: number } {
    if (this.#offsets === undefined) return { row: 0, offset: 0 };
    const entry = Math.floor(row / this.#rowsPerOffset);
    if (entry >= this.#offsets.rows)
      throw damaged(this.#offsets, `it has ${this.#offsets.rows} entries, row ${row} needs ${entry + 1}`);
    const offset = readNumbers(this.#offsets, entry, entry + 1)[0]!;
    if (!(offset >= 0 && offset <= this.#ids.rows))
      throw damaged(this.#offsets, `entry ${entry} is ${offset}, there are ${this.#ids.rows} ids`);
    return { row: entry * this.#rowsPerOffset, offset };
  }
}

/**
 * One event a spike.
 * @param sortedBy - "time" keeps the order of the file; "neuron" puts those of a neuron together, each in time
 */
export function spikeEvents({ timesteps, counts, ids }: SpikeData, sortedBy: "time" | "neuron"): SpikeEvents {
  const times = new Float64Array(ids.length);
  for (let row = 0, at = 0; row < counts.length; row++) {
    const end = at + counts[row]!;
    times.fill(timesteps[row]!, at, end);
    at = end;
  }
  return sortedBy === "time" ? { timesteps: times, ids } : sortedByNeuron(times, ids);
}

/** A counting sort, which keeps the order of equals. */
function sortedByNeuron(times: Float64Array, ids: IndexArray): SpikeEvents {
  let most = 0;
  for (let i = 0; i < ids.length; i++) if (ids[i]! >= most) most = ids[i]! + 1;
  const starts = new Uint32Array(most + 1);
  for (let i = 0; i < ids.length; i++) starts[ids[i]! + 1]!++;
  for (let neuron = 0; neuron < most; neuron++) starts[neuron + 1]! += starts[neuron]!;
  const timesteps = new Float64Array(ids.length);
  const sorted = ids.slice();
  for (let i = 0; i < ids.length; i++) {
    const at = starts[ids[i]!]!++;
    timesteps[at] = times[i]!;
    sorted[at] = ids[i]!;
  }
  return { timesteps, ids: sorted };
}

function sumOf(values: IndexArray, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += values[i]!;
  return sum;
}
