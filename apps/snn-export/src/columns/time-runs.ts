import { type ColumnPlace, StagedColumn } from "./staged-column.ts";

/** The dataset of a column's time steps. */
export const TIME_RUNS_NAME = "timestep_runs";

/**
 * The time steps of a column's rows as arithmetic runs: rows `(first, step, count)` of int64, in order.
 *
 * A column that is logged at every n-th step takes one run however long it is, one without any pattern half a run a
 * row. A checkpoint ends the run that is open. Layout: docs/formats/snn-experiment.md.
 */
export class TimeRuns {
  readonly #column: StagedColumn<"int64">;
  #first = 0;
  #step = 0;
  #count = 0;
  /** The time step that would continue the open run; NaN, which equals nothing, while its step is open. */
  #next = Number.NaN;

  constructor(place: ColumnPlace) {
    this.#column = new StagedColumn(place, TIME_RUNS_NAME, {
      kind: "int64",
      unit: "steps",
      description: "time steps of the rows, as runs (first, step, count)",
      width: 3,
    });
  }

  /** Appends the time step of the next row; never below the one before. */
  append(timestep: number): void {
    if (timestep === this.#next) {
      this.#count++;
      this.#next = timestep + this.#step;
    } else if (this.#count === 1) {
      this.#step = timestep - this.#first;
      this.#count = 2;
      this.#next = timestep + this.#step;
    } else {
      this.#endRun();
      this.#first = timestep;
      this.#count = 1;
    }
  }

  /** Appends `count` rows at `first`, `first + step` and so on. */
  appendRange(first: number, step: number, count: number): void {
    if (count < 2) {
      if (count === 1) this.append(first);
      return;
    }
    if (this.#count === 1 && first - this.#first === step) {
      this.#step = step;
    } else if (first !== this.#next || step !== this.#step) {
      this.#endRun();
      this.#first = first;
      this.#step = step;
    }
    this.#count += count;
    this.#next = first + step * count;
  }

  flush(): void {
    this.#endRun();
    this.#column.flush();
  }

  finish(): void {
    this.#endRun();
    this.#column.finish();
  }

  #endRun(): void {
    if (this.#count === 0) return;
    const { pending } = this.#column;
    pending.push(this.#first);
    pending.push(this.#count === 1 ? 0 : this.#step);
    pending.push(this.#count);
    this.#column.flushIfFull();
    this.#count = 0;
    this.#next = Number.NaN;
  }
}
