import { GrowableFloat64 } from "@millrace/buffers";
import { type EventChunk, timeOfRow } from "../event-rows.ts";

/** Most entries of one chunk of events: pauses of more than some hours in one are refused. */
const MOST_ENTRIES = 2 ** 24;

/**
 * For each multiple of a period, counted from the first event, the first event at or behind it. That is DSEC's
 * `ms_to_idx` for a period of 1 ms, and Metavision's `indexes` for one of 2 ms.
 */
export class PeriodIndex {
  readonly #periodUs: number;
  readonly #rows = new GrowableFloat64({ maxCapacity: MOST_ENTRIES });
  readonly #times = new GrowableFloat64({ maxCapacity: MOST_ENTRIES });
  #count = 0;
  #next = 0;
  #firstUs = 0;

  /** @param periodUs - in µs */
  constructor(periodUs: number) {
    this.#periodUs = periodUs;
  }

  /** The time of the first event in µs. */
  get firstUs(): number {
    return this.#firstUs;
  }

  /** Adds events, sorted by time. @returns the new entries: numbers of events, and their times from the first on */
  add(chunk: EventChunk): { readonly rows: Float64Array; readonly timesUs: Float64Array } {
    const times = chunk.words("t");
    const periodUs = this.#periodUs;
    this.#rows.clear();
    this.#times.clear();
    if (this.#count === 0 && chunk.rowCount > 0) this.#firstUs = timeOfRow(times, 0);
    let nextUs = this.#next * periodUs;
    for (let row = 0; row < chunk.rowCount; row++) {
      const time = timeOfRow(times, row) - this.#firstUs;
      for (; nextUs <= time; nextUs += periodUs) {
        this.#rows.push(this.#count + row);
        this.#times.push(time);
      }
    }
    this.#next = nextUs / periodUs;
    this.#count += chunk.rowCount;
    return { rows: this.#rows.view(), timesUs: this.#times.view() };
  }
}
