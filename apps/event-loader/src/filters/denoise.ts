import { checkInteger, InvalidArgumentError } from "@millrace/base";
import { timeOfRow } from "../event-rows.ts";
import { type EventFilter, type FilterSize, rowFilter } from "./event-filter.ts";

/**
 * Drops an event when its pixel had one less than `us` before: a dead time that follows each event that is kept.
 *
 * Events outside the sensor are dropped.
 * @throws InvalidArgumentError for a time that is not above 0, or a size out of its range
 */
export function refractory(us: number, size: FilterSize): EventFilter {
  const last = lastTimes(size, us);
  const { width, height } = size;
  return rowFilter((chunk, kept) => {
    const { x, y } = chunk.columns;
    const times = chunk.words("t");
    let count = 0;
    for (let row = 0; row < chunk.rowCount; row++) {
      const [column, line] = [x[row]!, y[row]!];
      if (column >= width || line >= height) continue;
      const pixel = (line + 1) * (width + 2) + column + 1;
      const time = timeOfRow(times, row);
      if (time - last[pixel]! < us) continue;
      last[pixel] = time;
      kept[count++] = row;
    }
    return count;
  });
}

/**
 * Drops an event that stands alone: none of the eight pixels around its own had an event in the `us` before it
 * (the nearest-neighbour filter of Delbruck, "Frame-free dynamic digital vision", 2008).
 *
 * Events outside the sensor are dropped.
 * @throws InvalidArgumentError for a time that is not above 0, or a size out of its range
 */
export function backgroundActivity(us: number, size: FilterSize): EventFilter {
  const last = lastTimes(size, us);
  const { width, height } = size;
  const stride = width + 2;
  return rowFilter((chunk, kept) => {
    const { x, y } = chunk.columns;
    const times = chunk.words("t");
    let count = 0;
    for (let row = 0; row < chunk.rowCount; row++) {
      const [column, line] = [x[row]!, y[row]!];
      if (column >= width || line >= height) continue;
      const pixel = (line + 1) * stride + column + 1;
      const time = timeOfRow(times, row);
      const since = time - us;
      const hasNeighbour =
        last[pixel - stride - 1]! >= since ||
        last[pixel - stride]! >= since ||
        last[pixel - stride + 1]! >= since ||
        last[pixel - 1]! >= since ||
        last[pixel + 1]! >= since ||
        last[pixel + stride - 1]! >= since ||
        last[pixel + stride]! >= since ||
        last[pixel + stride + 1]! >= since;
      last[pixel] = time;
      if (hasNeighbour) kept[count++] = row;
    }
    return count;
  });
}

/**
 * Drops what is above so many events in each window of time, counted from the first event: what a link of that rate
 * would lose.
 * @param windowUs - length of a window
 * @throws InvalidArgumentError for values below 1
 */
export function rateLimit(eventsPerWindow: number, windowUs: number): EventFilter {
  checkInteger("events", "eventsPerWindow", eventsPerWindow, 1, 2 ** 31);
  checkInteger("events", "windowUs", windowUs, 1, Number.MAX_SAFE_INTEGER);
  let start = Number.NaN;
  let used = 0;
  return rowFilter((chunk, kept) => {
    const times = chunk.words("t");
    let count = 0;
    for (let row = 0; row < chunk.rowCount; row++) {
      const time = timeOfRow(times, row);
      if (!(time - start < windowUs)) {
        start = Number.isNaN(start) ? time : start + windowUs * Math.floor((time - start) / windowUs);
        used = 0;
      }
      if (used++ < eventsPerWindow) kept[count++] = row;
    }
    return count;
  });
}

/** The last time of each pixel, long ago at first, with a margin of one pixel around the sensor. */
function lastTimes({ width, height }: FilterSize, us: number): Float64Array {
  checkInteger("events", "width", width, 1, 65_536);
  checkInteger("events", "height", height, 1, 65_536);
  if (!(us > 0))
    throw new InvalidArgumentError("EVENTS_FILTER_RANGE", "time of the filter", us, "microseconds above 0");
  return new Float64Array((width + 2) * (height + 2)).fill(Number.NEGATIVE_INFINITY);
}
