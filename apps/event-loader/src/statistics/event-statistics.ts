import type { EventChunk } from "../event-rows.ts";
import type { Geometry } from "../options.ts";
import { countFrame } from "../representations/frames.ts";
import { TimeHistogram } from "./time-histogram.ts";

/** What {@link describeEvents} finds. Histograms by powers of two: entry 0 counts zeros, entry k from 2^(k-1) to below 2^k. */
export interface EventStatistics {
  readonly events: number;
  readonly on: number;
  readonly firstTimeUs: number | null;
  readonly lastTimeUs: number | null;
  /** Events a second between the first and the last time; 0 where there is no time between. */
  readonly eventsPerSecond: number;
  /** Events by time, in bins of `binUs`. */
  readonly rate: { readonly startUs: number; readonly binUs: number; readonly counts: readonly number[] };
  /** Times from an event to the next, as they are read. */
  readonly gaps: {
    readonly meanUs: number | null;
    readonly maxUs: number | null;
    /** How often the next event is earlier; these are in no other number here. */
    readonly backwards: number;
    readonly histogram: readonly number[];
  };
  readonly pixels: {
    readonly total: number;
    /** Pixels with an event. */
    readonly active: number;
    readonly mean: number;
    readonly median: number;
    readonly max: number;
    /** Pixels by their events. */
    readonly histogram: readonly number[];
    /** The pixels with the most events, the hottest first. */
    readonly hottest: readonly { readonly x: number; readonly y: number; readonly events: number }[];
  };
  /** Events of each pixel, row by row. */
  readonly counts: Uint32Array;
}

/** How many of the hottest pixels are listed. */
const HOTTEST = 10;

/** Gathers statistics of events, in one pass; the chunks are released. */
export async function describeEvents(
  chunks: AsyncIterable<EventChunk>,
  size: Geometry,
): Promise<EventStatistics> {
  const frame = countFrame(size);
  const rate = new TimeHistogram();
  const gaps = new Float64Array(64);
  const state = {
    previous: Number.NaN,
    first: Infinity,
    last: -Infinity,
    sum: 0,
    max: 0,
    backwards: 0,
    on: 0,
  };
  let events = 0;
  for await (const chunk of chunks) {
    using held = chunk;
    frame.add(held);
    rate.add(held.words("t"), held.rowCount);
    addGaps(held, gaps, state);
    events += held.rowCount;
  }
  const duration = state.last - state.first;
  const forwards = gaps.reduce((sum, count) => sum + count, 0);
  const { startUs, binUs, counts } = rate.values();
  return {
    events,
    on: state.on,
    firstTimeUs: events === 0 ? null : state.first,
    lastTimeUs: events === 0 ? null : state.last,
    eventsPerSecond: duration > 0 ? (events / duration) * 1e6 : 0,
    rate: { startUs, binUs, counts: [...counts] },
    gaps: {
      meanUs: forwards === 0 ? null : state.sum / forwards,
      maxUs: forwards === 0 ? null : state.max,
      backwards: state.backwards,
      histogram: trimmed(gaps),
    },
    pixels: describePixels(frame.values(), size.width),
    counts: frame.values(),
  };
}

interface GapState {
  previous: number;
  first: number;
  last: number;
  sum: number;
  max: number;
  backwards: number;
  on: number;
}

function addGaps(chunk: EventChunk, histogram: Float64Array, state: GapState): void {
  const words = chunk.words("t");
  const { p } = chunk.columns;
  let { previous, first, last, sum, max, backwards, on } = state;
  for (let row = 0; row < chunk.rowCount; row++) {
    const time = words[2 * row + 1]! * 2 ** 32 + (words[2 * row]! >>> 0);
    const gap = time - previous;
    previous = time;
    on += p[row]!;
    if (time < first) first = time;
    if (time > last) last = time;
    if (gap >= 0) {
      sum += gap;
      if (gap > max) max = gap;
      histogram[powerOf(gap)]!++;
    } else if (gap < 0) backwards++;
  }
  Object.assign(state, { previous, first, last, sum, max, backwards, on });
}

/** 0 for 0, else one more than the exponent of the largest power of two that is no larger. */
function powerOf(value: number): number {
  return value < 2 ** 32 ? 32 - Math.clz32(value) : 1 + Math.floor(Math.log2(value));
}

function describePixels(counts: Uint32Array, width: number): EventStatistics["pixels"] {
  const histogram = new Float64Array(33);
  let [active, sum] = [0, 0];
  for (const count of counts) {
    histogram[powerOf(count)]!++;
    active += count > 0 ? 1 : 0;
    sum += count;
  }
  const order = Uint32Array.from(counts).sort();
  const least = Math.max(1, order[Math.max(0, order.length - HOTTEST)]!);
  const hottest: { x: number; y: number; events: number }[] = [];
  for (let i = 0; i < counts.length; i++) {
    if (counts[i]! >= least) hottest.push({ x: i % width, y: Math.floor(i / width), events: counts[i]! });
  }
  hottest.sort((a, b) => b.events - a.events);
  return {
    total: counts.length,
    active,
    mean: sum / counts.length,
    median: order[(order.length - 1) >> 1]!,
    max: order.at(-1)!,
    histogram: trimmed(histogram),
    hottest: hottest.slice(0, HOTTEST),
  };
}

function trimmed(histogram: Float64Array): number[] {
  return [...histogram.subarray(0, histogram.findLastIndex((count) => count > 0) + 1)];
}
