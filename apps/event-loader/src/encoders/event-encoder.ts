import { InvalidArgumentError } from "@millrace/base";
import { type EventChunk, timeOfRow } from "../event-rows.ts";

/** Turns chunks of events into the bytes of a format, in order. */
export interface EventEncoder {
  /** What the file begins with. */
  header(): Uint8Array<ArrayBuffer>;
  /**
   * The bytes of a chunk's events, which follow those of the chunks before; the chunk stays the caller's.
   * @returns a view that is valid until the next call
   * @throws InvalidArgumentError for an event that the format cannot hold; the encoder cannot go on then
   */
  encode(chunk: EventChunk): Uint8Array<ArrayBuffer>;
  /** What the file ends with, and what is written over its beginning, where the format has that. */
  finish?(): { readonly end: Uint8Array; readonly header?: Uint8Array };
}

/** What a format can hold. */
export interface EventLimits {
  /** Columns and rows: every event lies inside. */
  readonly width: number;
  readonly height: number;
  /** Longest time from 0, or from an event to the next, in µs. */
  readonly maxLeapUs: number;
  /** Latest time in µs. */
  readonly maxTimeUs: number;
}

/**
 * Checks a whole chunk before anything of it is written: times from `previousUs` on that do not fall, and places.
 * @returns the last time in µs
 * @throws InvalidArgumentError `EVENTS_TIME_ORDER`, `EVENTS_PIXEL_RANGE`
 */
export function checkEvents(chunk: EventChunk, previousUs: number, limits: EventLimits): number {
  const { rowCount } = chunk;
  const { x, y } = chunk.columns;
  const times = chunk.words("t");
  const { width, height, maxLeapUs, maxTimeUs } = limits;
  let time = previousUs;
  for (let row = 0; row < rowCount; row++) {
    const next = timeOfRow(times, row);
    if (!(next >= time && next - time <= maxLeapUs && next <= maxTimeUs))
      throw badTime(row, next, time, limits);
    if (x[row]! >= width || y[row]! >= height) throw badPixel(row, x[row]!, y[row]!, limits);
    time = next;
  }
  return time;
}

function badTime(row: number, time: number, previous: number, limits: EventLimits): InvalidArgumentError {
  const latest = Math.min(previous + limits.maxLeapUs, limits.maxTimeUs);
  const expected = `a time from ${previous} to ${latest}: sort the events by time, or subtract the first time`;
  return new InvalidArgumentError("EVENTS_TIME_ORDER", `time of row ${row} in µs`, time, expected);
}

function badPixel(row: number, x: number, y: number, { width, height }: EventLimits): InvalidArgumentError {
  const expected = `a pixel inside ${width}x${height}`;
  return new InvalidArgumentError("EVENTS_PIXEL_RANGE", `pixel of row ${row}`, `${x},${y}`, expected);
}
