import { checkInteger, InvalidArgumentError } from "@millrace/base";
import { type EventChunk, timeOfRow } from "../event-rows.ts";
import { checkSize, type Representation, type RepresentationSize } from "./representation.ts";

/** What a TORE volume is of. */
export interface ToreOptions extends RepresentationSize {
  /** Latest events of each pixel and polarity that count, 1 to 64. */
  readonly depth: number;
  /** The time at which the volume is taken, µs; later events are left out. @default the time of the latest event */
  readonly atUs?: number;
  /** Events younger than this are all alike, µs. @default 150 */
  readonly minUs?: number;
  /** Events older than this are all alike, µs, and so are those that never were. @default 5,000,000 */
  readonly maxUs?: number;
}

/**
 * A volume of time-ordered recent events: channel `p * depth + k` holds, of each pixel's k-th latest event of a
 * polarity, `max(0, log(1 + min(dt, max)) - log(1 + min))`, where dt is its age (Baldwin et al., "Time-Ordered Recent
 * Event (TORE) Volumes for Event Cameras", 2021, section 3, with the lower bound subtracted as in the authors' code).
 * A young event is near 0; one that never was has the age `maxUs`.
 * @throws InvalidArgumentError for a size, a depth or times out of their range
 */
export function toreVolume({
  width,
  height,
  depth,
  atUs,
  minUs = 150,
  maxUs = 5_000_000,
}: ToreOptions): Representation<Float32Array> {
  checkInteger("events", "depth", depth, 1, 64);
  const volume = new Float32Array(checkSize({ width, height }, 2 * depth));
  if (!(minUs >= 0 && maxUs > minUs)) {
    const expected = "0 or more, the larger one behind the smaller one";
    throw new InvalidArgumentError(
      "EVENTS_FILTER_RANGE",
      "ages of TORE",
      `${minUs} to ${maxUs} µs`,
      expected,
    );
  }
  const pixels = width * height;
  /** The latest times of each pixel and polarity side by side, the latest first. */
  const recent = new Float64Array(2 * pixels * depth).fill(Number.NEGATIVE_INFINITY);
  const until = atUs ?? Number.POSITIVE_INFINITY;
  let latest = Number.NEGATIVE_INFINITY;
  return {
    shape: [2 * depth, height, width],
    add(chunk) {
      latest = Math.max(latest, pushTimes(chunk, recent, width, height, depth, until));
    },
    values() {
      const now = atUs ?? latest;
      const floor = Math.log1p(minUs);
      for (let side = 0; side < 2; side++) {
        for (let pixel = 0; pixel < pixels; pixel++) {
          for (let k = 0; k < depth; k++) {
            const time = recent[(side * pixels + pixel) * depth + k]!;
            const age = time === Number.NEGATIVE_INFINITY ? maxUs : Math.min(now - time, maxUs);
            volume[(side * depth + k) * pixels + pixel] = Math.max(0, Math.log1p(age) - floor);
          }
        }
      }
      return volume;
    },
  };
}

/** Puts each event's time in front of its pixel's. @returns the latest time */
function pushTimes(
  chunk: EventChunk,
  recent: Float64Array,
  width: number,
  height: number,
  depth: number,
  until: number,
): number {
  const { x, y, p } = chunk.columns;
  const { rowCount } = chunk;
  const times = chunk.words("t");
  const pixels = width * height;
  let latest = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < rowCount; row++) {
    const column = x[row]!;
    const line = y[row]!;
    const time = timeOfRow(times, row);
    if (column >= width || line >= height || time > until) continue;
    const at = ((-p[row]! & pixels) + line * width + column) * depth;
    for (let k = depth - 1; k > 0; k--) recent[at + k] = recent[at + k - 1]!;
    recent[at] = time;
    if (time > latest) latest = time;
  }
  return latest;
}
