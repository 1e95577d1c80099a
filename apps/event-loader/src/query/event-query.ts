import { InvalidArgumentError, resolveOptions } from "@millrace/base";
import { type EventChunk, timeOfRow } from "../event-rows.ts";
import type { EventFilter } from "../filters/event-filter.ts";
import { everyNth, maskPixels, polarity, type Region, regions, timeWindow } from "../filters/selections.ts";

/** Pixels whose events are left out. */
export interface PixelMask {
  /** width × height, row by row; other than 0 masks the pixel. */
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Which events of a recording are wanted; all conditions hold for each of them. */
export interface EventQuery {
  /** The first time, in µs. @default the beginning */
  readonly from?: number | undefined;
  /** The time in µs before which it ends. @default the end */
  readonly until?: number | undefined;
  /** Inside any of these rectangles. @default everywhere */
  readonly regions?: readonly Region[] | undefined;
  /** Brighter (1) or darker (0). @default both */
  readonly polarity?: 0 | 1 | undefined;
  /** Of the events that all else lets through, the first and every n-th behind it. @default all */
  readonly everyNth?: number | undefined;
  /** Leaves out the events of these pixels, and those outside the mask. @default none */
  readonly mask?: PixelMask | undefined;
  /**
   * The caller's word that times never fall, so that reading ends at the first event from `until` on.
   * @default known for Event Streams, which cannot fall; else only an index tells where to end
   */
  readonly isSorted?: boolean | undefined;
}

/** What {@link EventQuery} is when nothing is given: everything. */
export const DEFAULT_EVENT_QUERY: Required<EventQuery> = Object.freeze({
  from: undefined,
  until: undefined,
  regions: undefined,
  polarity: undefined,
  everyNth: undefined,
  mask: undefined,
  isSorted: undefined,
});

/** A query that was checked. */
export interface QueryPlan {
  readonly from: number;
  readonly until: number;
  readonly isTimed: boolean;
  readonly isSorted: boolean;
  /** One loop each over a chunk, right behind the decoder. */
  readonly filters: readonly EventFilter[];
}

/**
 * Checks a query and makes its filters, which serve one pass.
 * @throws InvalidArgumentError for an unknown key, a window that ends before it begins, a region without pixels
 */
export function planQuery(query: EventQuery): QueryPlan {
  const filled = resolveOptions<Required<EventQuery>>("events", DEFAULT_EVENT_QUERY, query);
  const from = checkTime("from", filled.from ?? Number.NEGATIVE_INFINITY);
  const until = checkTime("until", filled.until ?? Number.POSITIVE_INFINITY);
  const isTimed = filled.from !== undefined || filled.until !== undefined;
  const filters: EventFilter[] = [];
  if (isTimed) filters.push(timeWindow(from, until));
  if (filled.regions !== undefined) filters.push(regions(...filled.regions));
  if (filled.polarity !== undefined) filters.push(polarity(filled.polarity));
  if (filled.mask !== undefined) {
    filters.push(maskPixels(filled.mask.pixels, filled.mask.width, filled.mask.height));
  }
  if (filled.everyNth !== undefined) filters.push(everyNth(filled.everyNth));
  return { from, until, isTimed, isSorted: filled.isSorted === true, filters };
}

/** Whether the last event of a chunk has this time or a later one. */
export function endsBehind(chunk: EventChunk, until: number): boolean {
  return chunk.rowCount > 0 && timeOfRow(chunk.words("t"), chunk.rowCount - 1) >= until;
}

function checkTime(name: string, time: number): number {
  if (!Number.isNaN(time)) return time;
  throw new InvalidArgumentError("EVENTS_FILTER_RANGE", `query ${name}`, time, "a time in µs");
}
