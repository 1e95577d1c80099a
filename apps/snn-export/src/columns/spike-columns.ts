import type { GrowableOf } from "@millrace/buffers";
import { type FlagVector, wordsInPlace } from "../flag-vector.ts";
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
  }

  /** Spikes appended so far. */
  get spikeCount(): number {
    return this.#spikes;
  }

  /** Appends a row from the flags of a vector. */
  appendFlags(timestep: number, { words }: FlagVector): void {
    const ids = this.#ids.pending;
    const before = ids.length;
    pushFlagged(words, 0, words.length, ids);
    this.#runs.append(timestep);
    this.#closeRow(ids.length - before);
  }

  /** Appends a row from neuron indices, which must ascend; the caller has checked them. */
  appendIds(timestep: number, neurons: ArrayLike<number>): void {
    this.#runs.append(timestep);
    this.appendRow(neurons, 0, neurons.length);
  }

  /** Appends a row of neurons[start, end), whose time step comes by {@link appendTime} or {@link appendTimes}. */
  appendRow(neurons: ArrayLike<number>, start: number, end: number): void {
    const ids = this.#ids.pending;
    for (let i = start; i < end; i++) ids.push(neurons[i]!);
    this.#closeRow(end - start);
  }

  /** Appends rows of one flag a neuron each, whose time steps come as those of {@link appendRow}. */
  appendFlagRows(flags: Uint8Array, neurons: number): void {
    const ids = this.#ids.pending;
    const rows = flags.length / neurons;
    const wordsPerRow = neurons >> 2;
    // Whole words a row, where they may be looked at in place.
    const words = neurons % 4 === 0 ? wordsInPlace(flags) : undefined;
    for (let row = 0; row < rows; row++) {
      const before = ids.length;
      if (words !== undefined) pushFlagged(words, row * wordsPerRow, (row + 1) * wordsPerRow, ids);
      else pushFlaggedBytes(flags, row * neurons, (row + 1) * neurons, ids);
      this.#closeRow(ids.length - before);
    }
  }

  appendTime(timestep: number): void {
    this.#runs.append(timestep);
  }

  /** Time steps of rows that follow one by one. */
  appendTimes(first: number, count: number): void {
    this.#runs.appendRange(first, 1, count);
  }

  flush(): void {
    for (const column of [this.#runs, this.#counts, this.#ids, this.#offsets]) column.flush();
  }

  finish(): void {
    for (const column of [this.#runs, this.#counts, this.#ids, this.#offsets]) column.finish();
  }

  #closeRow(count: number): void {
    if (this.#rows % STEPS_PER_OFFSET === 0) {
      this.#offsets.pending.push(this.#spikes);
      this.#offsets.flushIfFull();
    }
    this.#counts.pending.push(count);
    this.#rows++;
    this.#spikes += count;
    this.#counts.flushIfFull();
    this.#ids.flushIfFull();
  }
}

/** Pushes the index of each byte that is not 0; words[start, end) are the bytes, four at a time, little-endian. */
function pushFlagged(
  words: Uint32Array,
  start: number,
  end: number,
  ids: GrowableOf<"uint16" | "uint32">,
): void {
  for (let w = start; w < end; w++) {
    const word = words[w]!;
    if (word === 0) continue;
    const neuron = (w - start) << 2;
    if ((word & 0xff) !== 0) ids.push(neuron);
    if ((word & 0xff00) !== 0) ids.push(neuron + 1);
    if ((word & 0xff0000) !== 0) ids.push(neuron + 2);
    if (word >>> 24 !== 0) ids.push(neuron + 3);
  }
}

function pushFlaggedBytes(
  flags: Uint8Array,
  start: number,
  end: number,
  ids: GrowableOf<"uint16" | "uint32">,
): void {
  for (let i = start; i < end; i++) if (flags[i] !== 0) ids.push(i - start);
}
