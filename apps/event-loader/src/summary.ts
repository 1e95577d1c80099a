import type { EventChunk } from "./event-rows.ts";

/** Counts over the events of a recording. */
export interface EventSummary {
  readonly events: number;
  /** Events of polarity 1. */
  readonly on: number;
  /** Events of polarity 0. */
  readonly off: number;
  /** The least and the greatest time in µs; null when there are no events. */
  readonly firstTimeUs: number | null;
  readonly lastTimeUs: number | null;
  readonly durationUs: number | null;
}

/** Sums up events, and releases the chunks. */
export async function summarizeEvents(
  chunks: AsyncIterable<EventChunk> | Iterable<EventChunk>,
): Promise<EventSummary> {
  let events = 0;
  let on = 0;
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for await (const chunk of chunks) {
    using held = chunk;
    const { rowCount } = held;
    const words = held.words("t");
    const { p } = held.columns;
    for (let row = 0; row < rowCount; row++) {
      on += p[row]!;
      const time = words[2 * row + 1]! * 2 ** 32 + (words[2 * row]! >>> 0);
      if (time < first) first = time;
      if (time > last) last = time;
    }
    events += rowCount;
  }
  const off = events - on;
  if (events === 0) return { events, on, off, firstTimeUs: null, lastTimeUs: null, durationUs: null };
  return { events, on, off, firstTimeUs: first, lastTimeUs: last, durationUs: last - first };
}
