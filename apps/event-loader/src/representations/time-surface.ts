import { InvalidArgumentError } from "@millrace/base";
import { timeOfRow } from "../event-rows.ts";
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
  const pixels = width * height;
  const last = new Float64Array(checkSize({ width, height }, 2)).fill(Number.NEGATIVE_INFINITY);
  if (!(tauUs > 0))
    throw new InvalidArgumentError("EVENTS_FILTER_RANGE", "tau", tauUs, "microseconds above 0");
  let now = Number.NEGATIVE_INFINITY;
  return {
    shape: [2, height, width],
    add(chunk) {
      const { x, y, p } = chunk.columns;
      const times = chunk.words("t");
      for (let row = 0; row < chunk.rowCount; row++) {
        const [column, line] = [x[row]!, y[row]!];
        if (column >= width || line >= height) continue;
        const time = timeOfRow(times, row);
        last[(p[row]! === 0 ? 0 : pixels) + line * width + column] = time;
        if (time > now) now = time;
      }
    },
    values() {
      const ages = Float32Array.from(last, (time) => (now - time) / tauUs);
      if (decay === "linear") return ages.map((age) => Math.max(0, 1 - (Number.isNaN(age) ? Infinity : age)));
      // Before the first event everything is long ago.
      return ages.map((age) => (Number.isNaN(age) ? 0 : Math.exp(-age)));
    },
  };
}
