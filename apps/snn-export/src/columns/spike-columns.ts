import { GrowableFloat64, type GrowableUint32, newTypedArray } from "@millrace/buffers";
import { flagsToCsr } from "@millrace/codecs";
import { type FlagStage, flagRowsAtOnce } from "../flag-stage.ts";
import { listTruthy } from "../flags.ts";
import { type ColumnPlace, StagedColumn } from "./staged-column.ts";
import { TimeRuns } from "./time-runs.ts";

/** Steps between two entries of the offset index: a slice reads at most this many counts to find its spikes. */
export const STEPS_PER_OFFSET = 1024;

/** The smallest kind that holds the index of a neuron. */
export function neuronKind(neurons: number): "uint16" | "uint32" {
  return neurons <= 65_536 ? "uint16" : "uint32";
}

/** The smallest kind that holds how many neurons fired in a step. */
export function countKind(neurons: number): "uint8" | "uint16" | "uint32" {
  if (neurons <= 255) return "uint8";
  return neurons <= 65_535 ? "uint16" : "uint32";
}

/** Rows of a block that are appended in one go. */
const CSR_ROWS_AT_ONCE = 256;

/** Rows after which an observer is shown them: few enough to be in the first cache still. */
const ROWS_SEEN_AT_ONCE = 1024;

/** Is shown rows of spikes some time after they were appended; the arrays are valid during the call only. */
export type SpikeObserver = (
  timesteps: Float64Array,
  counts: Uint8Array | Uint16Array | Uint32Array,
  ids: Uint16Array | Uint32Array,
) => void;

/**
 * Spikes as counts and ids: `counts` (spikes in each row), `ids` (the neurons, row after row, ascending inside a
 * row), and `offsets`: where in `ids` each 1024th row begins.
 */
export class SpikeColumns {
  readonly #runs: TimeRuns;
  readonly #counts: StagedColumn<"uint8" | "uint16" | "uint32">;
  readonly #ids: StagedColumn<"uint16" | "uint32">;
  readonly #offsets: StagedColumn<"int64">;
  readonly #neurons: number;
  /** Rows on their way from flags to the columns; made when flags come. */
  #listed: { readonly counts: Uint32Array; readonly ids: Uint16Array | Uint32Array } | undefined;
  /** Where rows wait to be listed; undefined while none do. */
  #stage: FlagStage | undefined;
  readonly #observer: SpikeObserver | undefined;
  /** Time steps of rows that the observer has not seen; empty without one. */
  readonly #times = new GrowableFloat64({ initialCapacity: 16 });
  #seenTimes = 0;
  // Counted here: a column's length, asked of arrays of several kinds, would cost each step more.
  #pendingRows = 0;
  #pendingIds = 0;
  #seenRows = 0;
  #seenIds = 0;
  #rows = 0;
  #spikes = 0;

  /** @param observer - is shown all rows, some at a time: before they leave their buffers, and by {@link observe} */
  constructor(outer: ColumnPlace, neurons: number, observer?: SpikeObserver) {
    this.#observer = observer;
    this.#neurons = neurons;
    const place = { ...outer, group: outer.group.createGroup("spikes") };
    place.group.setAttribute("encoding", "counts+ids");
    place.group.setAttribute("sorted_by", "timestep");
    place.group.setAttribute("rows_per_offset", BigInt(STEPS_PER_OFFSET));
    this.#runs = new TimeRuns(place);
    this.#counts = new StagedColumn<"uint8" | "uint16" | "uint32">(place, "counts", {
      kind: countKind(neurons),
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
    this.#listStaged();
    return this.#spikes;
  }

  /** Appends the row of flags that was put on the stage last; it is listed with others, before anything else comes. */
  appendStaged(timestep: number, stage: FlagStage): void {
    this.appendTime(timestep);
    stage.keep();
    this.#stage = stage;
    if (stage.isFull) this.#listStaged();
  }

  /** Appends a row from neuron indices, which must ascend; the caller has checked them. */
  appendIds(timestep: number, neurons: ArrayLike<number>): void {
    this.appendTime(timestep);
    this.appendRow(neurons, 0, neurons.length);
  }

  /** Appends a row of neurons[start, end), whose time step came by {@link appendTime} or {@link appendTimes}. */
  appendRow(neurons: ArrayLike<number>, start: number, end: number): void {
    this.#listStaged();
    this.#pushAll(neurons, start, end);
    this.#countRow(end - start);
    this.#endRows();
  }

  /** Appends rows of ids that ascend in each: row i has ids[indptr[i], indptr[i + 1]). Time steps as for {@link appendRow}. */
  appendCsr(indptr: ArrayLike<number>, ids: ArrayLike<number>): void {
    this.#listStaged();
    const rows = indptr.length - 1;
    for (let row = 0; row < rows; row += CSR_ROWS_AT_ONCE) {
      const end = Math.min(rows, row + CSR_ROWS_AT_ONCE);
      for (let i = row; i < end; i++) this.#countRow(indptr[i + 1]! - indptr[i]!);
      this.#pushAll(ids, indptr[row]!, indptr[end]!);
      this.#endRows();
    }
  }

  /** Appends rows of one flag a neuron each, whose time steps came as those of {@link appendRow}. */
  appendFlagRows(flags: Uint8Array): void {
    this.#listStaged();
    this.#listFlags(flags);
  }

  #listStaged(): void {
    const stage = this.#stage;
    if (stage === undefined) return;
    this.#stage = undefined;
    const { flags } = stage;
    // Before anything is written: what fails to be must not stay on the stage.
    stage.clear();
    this.#listFlags(flags);
  }

  #listFlags(flags: Uint8Array): void {
    const neurons = this.#neurons;
    const rows = flags.length / neurons;
    const rowsAtOnce = flagRowsAtOnce(neurons);
    this.#listed ??= {
      counts: new Uint32Array(rowsAtOnce),
      ids: newTypedArray(neuronKind(neurons), rowsAtOnce * neurons),
    };
    const { counts, ids } = this.#listed;
    for (let row = 0; row < rows; row += rowsAtOnce) {
      const end = Math.min(rows, row + rowsAtOnce);
      const some = flags.subarray(row * neurons, end * neurons);
      let spikes = flagsToCsr(some, neurons, counts, ids);
      // Flags that nobody has checked may be any byte.
      if (spikes < 0) spikes = truthyToCsr(some, neurons, counts, ids);
      for (let i = 0; i < end - row; i++) this.#countRow(counts[i]!);
      this.#pushAll(ids, 0, spikes);
      this.#endRows();
    }
  }

  /** Time step of a row that comes next. */
  appendTime(timestep: number): void {
    this.#runs.append(timestep);
    if (this.#observer !== undefined) this.#times.push(timestep);
  }

  /** Time steps of rows that come next and follow one by one. */
  appendTimes(first: number, count: number): void {
    this.#runs.appendRange(first, 1, count);
    if (this.#observer !== undefined) for (let i = 0; i < count; i++) this.#times.push(first + i);
  }

  /** Shows the observer all rows that it has not seen. */
  observe(): void {
    this.#listStaged();
    this.#show();
  }

  #show(): void {
    const rows = this.#pendingRows - this.#seenRows;
    if (rows === 0) return;
    const seenTimes = this.#seenTimes + rows;
    if (this.#observer !== undefined) {
      const times = this.#times.view(this.#seenTimes, seenTimes);
      this.#observer(times, this.#counts.pending.view(this.#seenRows), this.#ids.pending.view(this.#seenIds));
    }
    this.#seenRows = this.#pendingRows;
    this.#seenIds = this.#pendingIds;
    this.#seenTimes = seenTimes;
    if (seenTimes < this.#times.length) return;
    this.#times.clear();
    this.#seenTimes = 0;
  }

  flush(): void {
    this.observe();
    for (const column of [this.#runs, this.#counts, this.#ids, this.#offsets]) column.flush();
    this.#pendingRows = 0;
    this.#pendingIds = 0;
    this.#seenRows = 0;
    this.#seenIds = 0;
  }

  finish(): void {
    this.observe();
    for (const column of [this.#runs, this.#counts, this.#ids, this.#offsets]) column.finish();
  }

  /** Appends neurons of any kind of array. */
  #pushAll(neurons: ArrayLike<number>, start: number, end: number): void {
    const isOwnKind =
      neuronKind(this.#neurons) === "uint16"
        ? neurons instanceof Uint16Array
        : neurons instanceof Uint32Array;
    if (isOwnKind) (this.#ids.pending as GrowableUint32).pushMany(neurons as Uint32Array, start, end);
    else for (let i = start; i < end; i++) this.#ids.pending.push(neurons[i]!);
    this.#pendingIds += end - start;
  }

  #countRow(count: number): void {
    if (this.#rows % STEPS_PER_OFFSET === 0) this.#offsets.pending.push(this.#spikes);
    this.#counts.pending.push(count);
    this.#pendingRows++;
    this.#rows++;
    this.#spikes += count;
  }

  /** Hands on what is full, once rows and their ids are there. */
  #endRows(): void {
    const isCountsFull = this.#pendingRows >= this.#counts.chunkElements;
    const isIdsFull = this.#pendingIds >= this.#ids.chunkElements;
    if (isCountsFull || isIdsFull || this.#pendingRows - this.#seenRows >= ROWS_SEEN_AT_ONCE) {
      this.#show();
      this.#offsets.flushIfFull();
    }
    if (isCountsFull) {
      this.#counts.flush();
      this.#pendingRows = 0;
      this.#seenRows = 0;
    }
    if (isIdsFull) {
      this.#ids.flush();
      this.#pendingIds = 0;
      this.#seenIds = 0;
    }
  }
}

/** As `flagsToCsr` of codecs, for flags that may be any byte. */
function truthyToCsr(
  flags: Uint8Array,
  columns: number,
  counts: Uint32Array,
  indices: Uint16Array | Uint32Array,
): number {
  let at = 0;
  for (let row = 0; row * columns < flags.length; row++) {
    const end = listTruthy(flags, row * columns, (row + 1) * columns, indices, at);
    counts[row] = end - at;
    at = end;
  }
  return at;
}
