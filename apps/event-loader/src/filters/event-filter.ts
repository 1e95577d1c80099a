import type { EventChunk } from "../event-rows.ts";

/**
 * Changes chunks of events in place, in the order of the recording: drops rows, or moves them. A filter with a memory
 * (of each pixel's last time, say) is made anew for every recording.
 */
export interface EventFilter {
  apply(chunk: EventChunk): void;
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
      keepRows(chunk, kept, choose(chunk, kept));
    },
  };
}

/** Moves the first `count` listed rows to the front, and forgets the others. */
export function keepRows(chunk: EventChunk, kept: Uint32Array, count: number): void {
  if (count !== chunk.rowCount) {
    const { x, y, p } = chunk.columns;
    const times = chunk.words("t");
    for (let to = 0; to < count; to++) {
      const row = kept[to]!;
      times[2 * to] = times[2 * row]!;
      times[2 * to + 1] = times[2 * row + 1]!;
      x[to] = x[row]!;
      y[to] = y[row]!;
      p[to] = p[row]!;
    }
  }
  chunk.rowCount = count;
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
  for await (const chunk of chunks) {
    for (const filter of filters) filter.apply(chunk);
    if (chunk.rowCount > 0) yield chunk;
    else chunk.release();
  }
}
