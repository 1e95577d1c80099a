import { CapacityError } from "@millrace/base";
import { damaged, readNumbers, type TreeColumn } from "./run-tree.ts";

/** Runs that are read at a time; one entry of the index each. */
const RUNS_PER_BLOCK = 4096;

/** Some runs, decoded. */
interface RunBlock {
  readonly number: number;
  /** `(first, step, count)`, run after run. */
  readonly runs: Float64Array;
  /** Row at which each run begins, and one past the last row. */
  readonly starts: Float64Array;
}

/**
 * Where in a column the rows of a time step are.
 *
 * The runs are looked through once, and checked; what stays is where every 4096th one begins, so that memory is
 * bounded however irregular the time steps are.
 */
export class TimeIndex {
  /** Rows of the column. */
  readonly rows: number;
  readonly #runs: TreeColumn;
  readonly #limitBytes: number;
  /** Row and time step at which each block begins. */
  readonly #blockRows: number[] = [];
  readonly #blockSteps: number[] = [];
  readonly #end: number;
  #block: RunBlock | undefined;

  /**
   * @param runs - the column `timestep_runs`
   * @param rows - how many rows the runs must stand for
   * @param limitBytes - the most that {@link timesteps} may make
   * @throws CorruptDataError when they stand for another number, or do not ascend
   */
  constructor(runs: TreeColumn, rows: number, limitBytes: number) {
    this.#runs = runs;
    this.#limitBytes = limitBytes;
    this.rows = rows;
    if (runs.rows > 0 && runs.width !== 3)
      throw damaged(runs, `its rows have ${runs.width ?? 1} numbers, 3 are due`);
    let row = 0;
    let last = 0;
    for (let number = 0; number * RUNS_PER_BLOCK < runs.rows; number++) {
      const block = this.#read(number, row);
      this.#blockRows.push(row);
      this.#blockSteps.push(block.runs[0]!);
      last = checkRuns(runs, block.runs, last);
      row = block.starts.at(-1)!;
    }
    if (row !== rows) throw damaged(runs, `it stands for ${row} rows, its column has ${rows}`);
    this.#end = rows === 0 ? 0 : last + 1;
  }

  /** The first time step, 0 where there are no rows. */
  get start(): number {
    return this.#blockSteps[0] ?? 0;
  }

  /** One past the last time step, 0 where there are no rows. */
  get stop(): number {
    return this.#end;
  }

  /** Rows before the first one whose time step is `timestep` or later. */
  rowAt(timestep: number): number {
    const number = lowerBound(this.#blockSteps, timestep) - 1;
    if (number < 0) return 0;
    const { runs, starts } = this.#blockOf(number);
    let lo = 0;
    let hi = runs.length / 3;
    while (lo < hi) {
      const middle = (lo + hi) >>> 1;
      if (runs[3 * middle]! < timestep) lo = middle + 1;
      else hi = middle;
    }
    const run = lo - 1;
    const [first, step, count] = [runs[3 * run]!, runs[3 * run + 1]!, runs[3 * run + 2]!];
    const before = step === 0 ? count : Math.min(count, Math.ceil((timestep - first) / step));
    return starts[run]! + before;
  }

  /** The time steps of rows [start, stop). @throws CapacityError */
  timesteps(start: number, stop: number): Float64Array {
    const bytes = 8 * (stop - start);
    if (bytes > this.#limitBytes)
      throw new CapacityError("SNN_READ_LIMIT", `time steps of ${this.#runs.path}`, bytes, this.#limitBytes);
    const timesteps = new Float64Array(stop - start);
    let number = Math.max(0, upperBound(this.#blockRows, start) - 1);
    for (let row = start; row < stop; number++) {
      const { runs, starts } = this.#blockOf(number);
      for (let run = Math.max(0, upperBound(starts, row) - 1); row < stop && 3 * run < runs.length; run++) {
        const end = Math.min(stop, starts[run + 1]!);
        const step = runs[3 * run + 1]!;
        const zero = runs[3 * run]! - step * starts[run]!;
        for (; row < end; row++) timesteps[row - start] = zero + step * row;
      }
    }
    return timesteps;
  }

  #blockOf(number: number): RunBlock {
    if (this.#block?.number !== number) this.#block = this.#read(number, this.#blockRows[number]!);
    return this.#block;
  }

  #read(number: number, firstRow: number): RunBlock {
    const start = number * RUNS_PER_BLOCK;
    const runs = readNumbers(this.#runs, start, Math.min(start + RUNS_PER_BLOCK, this.#runs.rows));
    const starts = new Float64Array(runs.length / 3 + 1);
    starts[0] = firstRow;
    for (let i = 0; 3 * i < runs.length; i++) starts[i + 1] = starts[i]! + runs[3 * i + 2]!;
    return { number, runs, starts };
  }
}

/** @returns the last time step @throws CorruptDataError */
function checkRuns(column: TreeColumn, runs: Float64Array, before: number): number {
  let last = before;
  for (let i = 0; i < runs.length; i += 3) {
    const [first, step, count] = [runs[i]!, runs[i + 1]!, runs[i + 2]!];
    const end = first + step * (count - 1);
    if (first >= last && step >= 0 && count >= 1 && end <= Number.MAX_SAFE_INTEGER) last = end;
    else
      throw damaged(column, `run (${first}, ${step}, ${count}) does not ascend, or comes after step ${last}`);
  }
  return last;
}

/** How many of ascending values are below `value`. */
function lowerBound(values: ArrayLike<number>, value: number): number {
  let lo = 0;
  let hi = values.length;
  while (lo < hi) {
    const middle = (lo + hi) >>> 1;
    if (values[middle]! < value) lo = middle + 1;
    else hi = middle;
  }
  return lo;
}

/** How many of ascending values are at most `value`. */
function upperBound(values: ArrayLike<number>, value: number): number {
  let lo = 0;
  let hi = values.length;
  while (lo < hi) {
    const middle = (lo + hi) >>> 1;
    if (values[middle]! <= value) lo = middle + 1;
    else hi = middle;
  }
  return lo;
}
