import { ChunkedDataset, type DatasetPlace } from "./chunked-dataset.ts";
import { guard, writeAttribute } from "./h5-file.ts";

/** Steps between two entries of the offset index: a slice reads at most this many counts to find its spikes. */
export const STEPS_PER_OFFSET = 1024;

/**
 * Spikes as counts and ids: `timestep` (rows), `counts` (spikes in each row), `ids` (the neurons, row after row,
 * ascending inside a row), and `offsets`: where in `ids` each 1024th row begins.
 */
export class SpikeColumns {
  readonly #timesteps: ChunkedDataset<"int64">;
  readonly #counts: ChunkedDataset<"uint32">;
  readonly #ids: ChunkedDataset<"uint32">;
  readonly #offsets: ChunkedDataset<"int64">;
  #rows = 0;
  #spikes = 0;

  constructor(place: DatasetPlace) {
    const group = guard(place.path, "write", () => place.group.create_group("spikes"));
    const inside = { ...place, group };
    writeAttribute(group, "encoding", "counts+ids");
    writeAttribute(group, "sorted_by", "timestep");
    writeAttribute(group, "rows_per_offset", STEPS_PER_OFFSET);
    this.#timesteps = new ChunkedDataset(inside, "timestep", "int64", "steps", "time step of each row");
    this.#counts = new ChunkedDataset(inside, "counts", "uint32", "spikes", "spikes in each row");
    this.#ids = new ChunkedDataset(inside, "ids", "uint32", "neuron", "neurons that fired, row after row");
    this.#offsets = new ChunkedDataset(
      inside,
      "offsets",
      "int64",
      "spikes",
      "where in ids each 1024th row begins",
    );
  }

  /** Spikes appended so far. */
  get spikeCount(): number {
    return this.#spikes;
  }

  /** Appends a row from a vector of one flag a neuron. */
  appendFlags(timestep: number, flags: Uint8Array | readonly boolean[]): void {
    const ids = this.#ids.pending;
    const before = ids.length;
    for (let neuron = 0; neuron < flags.length; neuron++) if (flags[neuron]) ids.push(neuron);
    this.#closeRow(timestep, ids.length - before);
  }

  /** Appends a row from neuron indices, which must ascend; the caller has checked them. */
  appendIds(timestep: number, neurons: ArrayLike<number>): void {
    const ids = this.#ids.pending;
    for (let i = 0; i < neurons.length; i++) ids.push(neurons[i]!);
    this.#closeRow(timestep, neurons.length);
  }

  finish(): void {
    for (const dataset of [this.#timesteps, this.#counts, this.#ids, this.#offsets]) dataset.finish();
  }

  #closeRow(timestep: number, count: number): void {
    if (this.#rows % STEPS_PER_OFFSET === 0) {
      this.#offsets.pending.push(this.#spikes);
      this.#offsets.rowAppended();
    }
    this.#timesteps.pending.push(timestep);
    this.#counts.pending.push(count);
    this.#rows++;
    this.#spikes += count;
    this.#timesteps.rowAppended();
    this.#counts.rowAppended();
    this.#ids.rowAppended();
  }
}
