import { GrowableFloat32 } from "@millrace/buffers";
import { type EventChunk, timeOfRow } from "../event-rows.ts";
import { checkSize, checkWindow, type Representation, type RepresentationSize } from "./representation.ts";

/** What a point set is of. */
export interface PointSetOptions extends RepresentationSize {
  /** First time of the window, µs. */
  readonly startUs: number;
  /** Its end, µs. */
  readonly stopUs: number;
  /** Most points; more is a CapacityError. @default 16,777,216 */
  readonly limit?: number;
}

/**
 * Events as points of a cloud, a row of four each: `x / (width - 1)`, `y / (height - 1)`, `(t - start) / (stop - start)`,
 * all from 0 to 1, and the polarity, -1 or 1 (Wang et al., "Space-Time Event Clouds for Gesture Recognition", 2019,
 * section 3.1). The shape's height grows with the events.
 * @throws InvalidArgumentError for a size or a window out of its range
 */
export function pointSet(options: PointSetOptions): Representation<Float32Array> {
  const { width, height, startUs, stopUs, limit = 2 ** 24 } = options;
  checkSize({ width, height }, 1);
  checkWindow({ startUs, stopUs, bins: 1 });
  const points = new GrowableFloat32({ maxCapacity: 4 * limit });
  let row = new Float32Array(0);
  return {
    get shape(): readonly [number, number, number] {
      return [1, points.length / 4, 4];
    },
    add(chunk) {
      if (row.length < 4 * chunk.rowCount) row = new Float32Array(4 * chunk.rowCount);
      points.pushMany(row, 0, 4 * writePoints(chunk, row, options));
    },
    values: () => points.view(),
  };
}

/** @returns how many points were written */
function writePoints(
  chunk: EventChunk,
  out: Float32Array,
  { width, height, startUs, stopUs }: PointSetOptions,
): number {
  const { x, y, p } = chunk.columns;
  const { rowCount } = chunk;
  const times = chunk.words("t");
  const perColumn = 1 / Math.max(1, width - 1);
  const perLine = 1 / Math.max(1, height - 1);
  const perUs = 1 / (stopUs - startUs);
  let count = 0;
  for (let row = 0; row < rowCount; row++) {
    const time = timeOfRow(times, row);
    if (x[row]! >= width || y[row]! >= height || time < startUs || time > stopUs) continue;
    out[4 * count] = x[row]! * perColumn;
    out[4 * count + 1] = y[row]! * perLine;
    out[4 * count + 2] = (time - startUs) * perUs;
    out[4 * count + 3] = 2 * p[row]! - 1;
    count++;
  }
  return count;
}
