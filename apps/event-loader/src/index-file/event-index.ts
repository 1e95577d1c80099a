import { GrowableFloat64 } from "@millrace/buffers";
import type { DecoderState } from "../decoder-state.ts";

/** What a file was when its index was made, and how it was read; another file or reading needs another index. */
export interface IndexedFile {
  readonly size: number;
  /** Milliseconds since 1970; 0 for what is no file. */
  readonly modifiedMs: number;
  /** CRC-32C of the first and of the last 64 KiB. */
  readonly headCrc: number;
  readonly tailCrc: number;
  /** CRC-32C of what was known of the format, and of the options that change what is decoded. */
  readonly readingCrc: number;
}

/** The columns of an index: an element for each segment, and a row of `states`. */
export interface IndexColumns {
  /** Where the segment begins: its first byte, or its first row in a table of columns. */
  readonly offsets: Float64Array;
  /** Events before the segment. */
  readonly eventsBefore: Float64Array;
  /** The least and the greatest time of the segment in µs; Infinity and -Infinity for one without events. */
  readonly leastTimes: Float64Array;
  readonly greatestTimes: Float64Array;
  /** The decoder's memory at the beginning of each segment, `valuesPerState` numbers. */
  readonly states: Float64Array;
}

/** A run of segments. */
export interface SegmentRange {
  readonly first: number;
  /** Behind the last. */
  readonly end: number;
}

/**
 * Where the events of a recording are in its file, segment by segment: made by `recording.buildIndex()`.
 *
 * It finds the segments of a span of time in O(log n), also in a recording whose times fall now and then.
 */
export class EventIndex {
  readonly file: IndexedFile;
  readonly columns: IndexColumns;
  /** Segments. */
  readonly length: number;
  /** Events in all. */
  readonly events: number;
  readonly valuesPerState: number;
  /** The greatest time before each segment, and the least from each on: both never fall. */
  readonly #greatestBefore: Float64Array;
  readonly #leastFrom: Float64Array;

  constructor(file: IndexedFile, columns: IndexColumns, events: number) {
    this.file = file;
    this.columns = columns;
    this.length = columns.offsets.length;
    this.events = events;
    this.valuesPerState = this.length === 0 ? 0 : columns.states.length / this.length;
    const { leastTimes, greatestTimes } = columns;
    this.#greatestBefore = new Float64Array(this.length);
    this.#leastFrom = new Float64Array(this.length);
    let greatest = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < this.length; i++) {
      this.#greatestBefore[i] = greatest;
      greatest = Math.max(greatest, greatestTimes[i]!);
    }
    let least = Number.POSITIVE_INFINITY;
    for (let i = this.length - 1; i >= 0; i--) {
      least = Math.min(least, leastTimes[i]!);
      this.#leastFrom[i] = least;
    }
  }

  /** The segments outside of which there are no events from `from` to before `until`, in µs. */
  segmentsBetween(from: number, until: number): SegmentRange {
    // The last segment before which all is too early, and the first from which on all is too late.
    const first = Math.max(0, firstNotBelow(this.#greatestBefore, from) - 1);
    const end = firstNotBelow(this.#leastFrom, until);
    return { first, end: Math.max(first, end) };
  }

  /** Where a decoder stands at the beginning of a segment. */
  stateAt(segment: number): DecoderState {
    const { offsets, states } = this.columns;
    const at = segment * this.valuesPerState;
    return { byteOffset: offsets[segment]!, values: [...states.subarray(at, at + this.valuesPerState)] };
  }

  /** Where a run of segments ends; undefined behind the last: at the end of the file. */
  offsetAt(segment: number): number | undefined {
    return this.columns.offsets[segment];
  }

  /** Events before a segment; in all behind the last. */
  eventsBefore(segment: number): number {
    return this.columns.eventsBefore[segment] ?? this.events;
  }
}

/** Collects the segments of an index one by one. */
export class EventIndexBuilder {
  readonly #offsets = new GrowableFloat64();
  readonly #eventsBefore = new GrowableFloat64();
  readonly #leastTimes = new GrowableFloat64();
  readonly #greatestTimes = new GrowableFloat64();
  readonly #states = new GrowableFloat64();
  #events = 0;

  /** Adds the segment that begins with `state`. */
  add(state: DecoderState, events: number, leastTime: number, greatestTime: number): void {
    this.#offsets.push(state.byteOffset);
    this.#eventsBefore.push(this.#events);
    this.#leastTimes.push(leastTime);
    this.#greatestTimes.push(greatestTime);
    for (const value of state.values) this.#states.push(value);
    this.#events += events;
  }

  finish(file: IndexedFile): EventIndex {
    const columns = {
      offsets: this.#offsets.take(),
      eventsBefore: this.#eventsBefore.take(),
      leastTimes: this.#leastTimes.take(),
      greatestTimes: this.#greatestTimes.take(),
      states: this.#states.take(),
    };
    return new EventIndex(file, columns, this.#events);
  }
}

/** The first index whose value is not below `limit`, in values that never fall. */
function firstNotBelow(values: Float64Array, limit: number): number {
  let lo = 0;
  let hi = values.length;
  while (lo < hi) {
    const middle = (lo + hi) >>> 1;
    if (values[middle]! < limit) lo = middle + 1;
    else hi = middle;
  }
  return lo;
}
