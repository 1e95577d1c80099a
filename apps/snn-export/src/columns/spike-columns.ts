import type { GrowableOf } from "@millrace/buffers";
import { type ColumnPlace, StagedColumn } from "./staged-column.ts";
import { TimeRuns } from "./time-runs.ts";

/** Steps between two entries of the offset index: a slice reads at most this many counts to find its spikes. */
export const STEPS_PER_OFFSET = 1024;

/** The smallest kind that holds the index of a neuron. */
export function neuronKind(neurons: number): "uint16" | "uint32" {
  return neurons <= 65_536 ? "uint16" : "uint32";
}

/**
 * Spikes as counts and ids: `counts` (spikes in each row), `ids` (the neurons, row after row, ascending inside a
 * row), and `offsets`: where in `ids` each 1024th row begins.
 */
export class SpikeColumns {
  readonly #runs: TimeRuns;
  readonly #counts: StagedColumn<"uint8" | "uint16" | "uint32">;
  readonly #ids: StagedColumn<"uint16" | "uint32">;
  readonly #offsets: StagedColumn<"int64">;
  /** One vector of flags, padded to whole words, so that four neurons are looked at in one go. */
  readonly #flags: Uint8Array;
  readonly #words: Uint32Array;
  #rows = 0;
  #spikes = 0;

  constructor(outer: ColumnPlace, neurons: number) {
    const place = { ...outer, group: outer.group.createGroup("spikes") };
    place.group.setAttribute("encoding", "counts+ids");
    place.group.setAttribute("sorted_by", "timestep");
    place.group.setAttribute("rows_per_offset", BigInt(STEPS_PER_OFFSET));
    this.#runs = new TimeRuns(place);
    this.#counts = new StagedColumn<"uint8" | "uint16" | "uint32">(place, "counts", {
      kind: neurons <= 255 ? "uint8" : neurons <= 65_535 ? "uint16" : "uint32",
      unit: "spikes",
      description: "spikes in each row",
    });
    this.#ids = new StagedColumn<"uint16" | "uint32">(place, "ids", {
      kind: neuronKind(neurons),
      unit: "neuron",
      description: "neurons that fired, row after row",
    });
    this.#offsets = new StagedColumn(place, "offsets", {
      kind: "int64",
      unit: "spikes",
      description: `where in ids each ${STEPS_PER_OFFSET}th row begins`,
    });
    this.#words = new Uint32Array((neurons + 3) >> 2);
    this.#flags = new Uint8Array(this.#words.buffer);
  }

  /** Spikes appended so far. */
  get spikeCount(): number {
    return this.#spikes;
  }

  /** Appends a row from a vector of one flag a neuron. */
  appendFlags(timestep: number, flags: Uint8Array | readonly boolean[]): void {
    const ids = this.#ids.pending;
    const before = ids.length;
    if (flags instanceof Uint8Array) {
      this.#flags.set(flags);
      pushFlagged(this.#words, ids);
    } else {
      for (let neuron = 0; neuron < flags.length; neuron++) if (flags[neuron]) ids.push(neuron);
    }
    this.#closeRow(timestep, ids.length - before);
  }

  /** Appends a row from neuron indices[start, end), which must ascend; the caller has checked them. */
  appendIds(timestep: number, neurons: ArrayLike<number>, start = 0, end: number = neurons.length): void {
    const ids = this.#ids.pending;
    for (let i = start; i < end; i++) ids.push(neurons[i]!);
    this.#closeRow(timestep, end - start);
  }

  flush(): void {
    for (const column of [this.#runs, this.#counts, this.#ids, this.#offsets]) column.flush();
  }

  finish(): void {
    for (const column of [this.#runs, this.#counts, this.#ids, this.#offsets]) column.finish();
  }

  #closeRow(timestep: number, count: number): void {
    if (this.#rows % STEPS_PER_OFFSET === 0) {
      this.#offsets.pending.push(this.#spikes);
      this.#offsets.flushIfFull();
    }
    this.#runs.append(timestep);
    this.#counts.pending.push(count);
    this.#rows++;
    this.#spikes += count;
    this.#counts.flushIfFull();
    this.#ids.flushIfFull();
  }
}

/** Pushes the index of each byte that is not 0; `words` are these bytes, four at a time, little-endian. */
function pushFlagged(words: Uint32Array, ids: GrowableOf<"uint16" | "uint32">): void {
  for (let w = 0; w < words.length; w++) {
    const word = words[w]!;
    if (word === 0) continue;
    const neuron = w << 2;
    if ((word & 0xff) !== 0) ids.push(neuron);
    if ((word & 0xff00) !== 0) ids.push(neuron + 1);
    if ((word & 0xff0000) !== 0) ids.push(neuron + 2);
    if (word >>> 24 !== 0) ids.push(neuron + 3);
  }
}
