import { checkInteger, InvalidArgumentError } from "@millrace/base";
import type { EventChunk } from "../event-rows.ts";

/** Events gathered into an array of numbers: add chunks, then take the values. */
export interface Representation<A extends ArrayLike<number> = Float32Array | Uint32Array> {
  /** Channels, rows and columns of the values, which are row-major; of a point set those so far. */
  readonly shape: readonly [channels: number, height: number, width: number];
  /** Adds a chunk's events; those outside the sensor or the window of time are left out. The chunk stays the caller's. */
  add(chunk: EventChunk): void;
  /** The values of all events so far. */
  values(): A;
}

/** What a representation is of. */
export interface RepresentationSize {
  /** Columns of the sensor, 1 to 65,536. */
  readonly width: number;
  /** Rows of the sensor, 1 to 65,536. */
  readonly height: number;
}

/** A window of time that is divided into bins. */
export interface BinnedWindow {
  /** First time of the window, µs. */
  readonly startUs: number;
  /** Its end, µs. */
  readonly stopUs: number;
  /** How many bins. */
  readonly bins: number;
}

/** Most values of a representation: 2 GiB of floats. */
const MAX_VALUES = 2 ** 29;

/** Checks a size with so many channels. @throws InvalidArgumentError @returns how many values it has */
export function checkSize({ width, height }: RepresentationSize, channels: number): number {
  checkInteger("events", "width", width, 1, 65_536);
  checkInteger("events", "height", height, 1, 65_536);
  return checkInteger("events", "values of the representation", width * height * channels, 1, MAX_VALUES);
}

/** Checks a window and its bins. @throws InvalidArgumentError */
export function checkWindow({ startUs, stopUs, bins }: BinnedWindow): void {
  checkInteger("events", "bins", bins, 1, 65_536);
  if (startUs < stopUs) return;
  const expected = "an end behind its start";
  throw new InvalidArgumentError(
    "EVENTS_FILTER_RANGE",
    "window of time",
    `${startUs} to ${stopUs} µs`,
    expected,
  );
}
