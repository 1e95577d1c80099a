import { InvalidArgumentError } from "@millrace/base";
import { type EventChunk, timeOfRow } from "../event-rows.ts";
import type { Representation, RepresentationSize } from "./representation.ts";
import { checkSize } from "./representation.ts";

/** How a time surface fades. */
export interface TimeSurfaceOptions extends RepresentationSize {
  /** Time constant of the exponential, or the time after which a linear one is 0; µs, above 0. */
  readonly tauUs: number;
  /** `"exponential"`: exp(-dt / tau); `"linear"`: max(0, 1 - dt / tau). @default "exponential" */
  readonly decay?: "exponential" | "linear";
}

/**
 * A surface of active events for each polarity (0 darker, 1 brighter): how long ago each pixel's last event was, at the
 * time of the latest event of all, from 1 for now down to 0 for long ago or never (Lagorce et al., "HOTS: A Hierarchy of
 * Event-Based Time-Surfaces", 2017, equations 2 and 3).
 * @throws InvalidArgumentError for a size or a time out of its range
 */
export function timeSurface({
  width,
  height,
  tauUs,
  decay = "exponential",
}: TimeSurfaceOptions): Representation<Float32Array> {
  const last = new Float64Array(checkSize({ width, height }, 2)).fill(Number.NEGATIVE_INFINITY);
  checkTau(tauUs);
  let now = Number.NEGATIVE_INFINITY;
  return {
    shape: [2, height, width],
    add(chunk) {
      now = Math.max(now, keepLastTimes(chunk, last, width, height));
    },
    values() {
      // Before the first event everything is long ago: infinity minus infinity is NaN.
      const ages = Float32Array.from(last, (time) => (now - time) / tauUs);
      return decay === "linear"
        ? ages.map((age) => (age < 1 ? 1 - age : 0))
        : ages.map((age) => (Number.isNaN(age) ? 0 : Math.exp(-age)));
    },
  };
}

/** Checks a time constant. @throws InvalidArgumentError */
export function checkTau(tauUs: number): void {
  if (tauUs > 0) return;
  throw new InvalidArgumentError("EVENTS_FILTER_RANGE", "tau", tauUs, "microseconds above 0");
}

/** Writes each event's time to its pixel. @returns the latest of these times */
function keepLastTimes(chunk: EventChunk, last: Float64Array, width: number, height: number): number {
  const { x, y, p } = chunk.columns;
  const { rowCount } = chunk;
  const times = chunk.words("t");
  const pixels = width * height;
  let latest = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < rowCount; row++) {
    const column = x[row]!;
    const line = y[row]!;
    if (column >= width || line >= height) continue;
    const time = timeOfRow(times, row);
    last[(-p[row]! & pixels) + line * width + column] = time;
    if (time > latest) latest = time;
  }
  return latest;
}
