import type { EventChunk } from "../event-rows.ts";

/**
 * Changes chunks of events in place, in the order of the recording: drops rows, or moves them. A filter with a memory
 * (of each pixel's last time, say) is made anew for every recording.
 */
export interface EventFilter {
  /** Changes a chunk; its row count too. */
  apply(chunk: EventChunk): void;
  /**
   * For a filter that has to see more than a chunk before it decides: rows that go before those of the last chunk, in
   * a chunk of their own, or none. Asked for after each `apply`.
   */
  takeHeld?(): EventChunk | undefined;
  /** The last rows of such a filter, when there are no more chunks. */
  finish?(): EventChunk | undefined;
  /** The sensor's size behind this filter; where it is not there the size stays. */
  sizeAfter?(size: FilterSize): FilterSize;
}

/** Columns and rows of a sensor. */
export interface FilterSize {
  readonly width: number;
  readonly height: number;
}

/** Chooses rows by a loop of its own: it lists those to keep, ascending, and returns how many there are. */
export type RowChoice = (chunk: EventChunk, kept: Uint32Array) => number;

/** A filter that drops all rows but those that are chosen. */
export function rowFilter(choose: RowChoice): EventFilter {
  let kept = new Uint32Array(0);
  return {
    apply(chunk) {
      if (kept.length < chunk.rowCount) kept = new Uint32Array(chunk.rowCount);
      keepRows(chunk, kept, runLoop(choose, chunk, kept, 0));
    },
  };
}

/** Moves the first `count` listed rows, which ascend, to the front, and forgets the others. */
export function keepRows(chunk: EventChunk, kept: Uint32Array, count: number): void {
  if (count !== chunk.rowCount && count > 0) {
    const { t, x, y, p } = chunk.columns;
    const first = kept[0]!;
    const end = first + count;
    if (kept[count - 1]! + 1 === end) {
      for (const column of [t, x, y, p]) column.copyWithin(0, first, end);
    } else runLoop(gatherRows, chunk, kept, count);
  }
  chunk.rowCount = count;
}

/**
 * Calls a loop over rows. One place calls all of them, with the loop in what it calls: V8 then leaves each to be compiled
 * by itself. Where its middle compiler inlines a loop into a short caller it stays there, at half the speed
 * (`bench events/filter`).
 */
export function runLoop(
  loop: (chunk: EventChunk, kept: Uint32Array, count: number) => number,
  chunk: EventChunk,
  kept: Uint32Array,
  count: number,
): number {
  return loop(chunk, kept, count);
}

/** Times move as two words: V8's middle compiler makes a BigInt of each element of a BigInt64Array that moves. */
function gatherRows(chunk: EventChunk, kept: Uint32Array, count: number): number {
  const times = chunk.words("t");
  const { x, y, p } = chunk.columns;
  for (let to = 0; to < count; to++) {
    const row = kept[to]! | 0;
    times[2 * to] = times[2 * row]!;
    times[2 * to + 1] = times[2 * row + 1]!;
    x[to] = x[row]!;
    y[to] = y[row]!;
    p[to] = p[row]!;
  }
  return count;
}

/** Rows that are moved faster by a call for each column than one by one. */
const LONG_RUN = 48;

/** Drops the first `count` listed rows, which ascend and are few: the others move as runs. */
export function closeGaps(chunk: EventChunk, dropped: Uint32Array, count: number): void {
  const { rowCount } = chunk;
  const { t, x, y, p } = chunk.columns;
  const times = chunk.words("t");
  let to = count === 0 ? rowCount : dropped[0]!;
  for (let i = 0; i < count; i++) {
    const from = dropped[i]! + 1;
    const end = i + 1 < count ? dropped[i + 1]! : rowCount;
    if (end - from < LONG_RUN) moveRows(times, x, y, p, from, end, to);
    else for (const column of [t, x, y, p]) column.copyWithin(to, from, end);
    to += end - from;
  }
  chunk.rowCount = to;
}

function moveRows(
  times: Int32Array,
  x: Uint16Array,
  y: Uint16Array,
  p: Uint8Array,
  from: number,
  end: number,
  to: number,
): void {
  const shift = to - from;
  for (let row = from; row < end; row++) {
    times[2 * (row + shift)] = times[2 * row]!;
    times[2 * (row + shift) + 1] = times[2 * row + 1]!;
    x[row + shift] = x[row]!;
    y[row + shift] = y[row]!;
    p[row + shift] = p[row]!;
  }
}

/**
 * Runs chunks through filters; chunks that have no rows left are released and not passed on.
 * @example
 * for await (const chunk of filterChunks(recording.events(), [polarity(1), refractory(1000, size)])) { … }
 */
export async function* filterChunks(
  chunks: AsyncIterable<EventChunk>,
  filters: readonly EventFilter[],
): AsyncGenerator<EventChunk, void, undefined> {
  for await (const chunk of chunks) yield* passOn(chunk, filters, 0);
  for (const [i, filter] of filters.entries()) {
    const last = filter.finish?.();
    if (last !== undefined) yield* passOn(last, filters, i + 1);
  }
}

/** One chunk through the filters from `start` on, with what they held back before it. */
function* passOn(
  chunk: EventChunk,
  filters: readonly EventFilter[],
  start: number,
): Generator<EventChunk, void, undefined> {
  for (let i = start; i < filters.length; i++) {
    const filter = filters[i]!;
    filter.apply(chunk);
    const held = filter.takeHeld?.();
    if (held !== undefined) yield* passOn(held, filters, i + 1);
  }
  if (chunk.rowCount > 0) yield chunk;
  else chunk.release();
}
