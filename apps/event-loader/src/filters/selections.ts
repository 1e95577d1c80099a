import { checkInteger, InvalidArgumentError } from "@millrace/base";
import { timeOfRow } from "../event-rows.ts";
import { type EventFilter, rowFilter } from "./event-filter.ts";

/** A rectangle of pixels: columns from `x` on, rows from `y` on. */
export interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Keeps events from `startUs` to before `stopUs`. @throws InvalidArgumentError for a window that ends before it begins */
export function timeWindow(startUs: number, stopUs: number): EventFilter {
  if (!(startUs <= stopUs)) {
    throw new InvalidArgumentError(
      "EVENTS_FILTER_RANGE",
      "time window",
      `${startUs} to ${stopUs} µs`,
      "an end behind its start",
    );
  }
  return rowFilter((chunk, kept) => {
    const times = chunk.words("t");
    let count = 0;
    for (let row = 0; row < chunk.rowCount; row++) {
      const time = timeOfRow(times, row);
      kept[count] = row;
      count += time >= startUs && time < stopUs ? 1 : 0;
    }
    return count;
  });
}

/** Keeps events inside any of the rectangles. @throws InvalidArgumentError for one without pixels */
export function regions(...wanted: readonly Region[]): EventFilter {
  for (const { x, y, width, height } of wanted) {
    checkInteger("events", "region x", x, 0, 65_535);
    checkInteger("events", "region y", y, 0, 65_535);
    checkInteger("events", "region width", width, 1, 65_536);
    checkInteger("events", "region height", height, 1, 65_536);
  }
  return rowFilter((chunk, kept) => {
    const { x, y } = chunk.columns;
    let count = 0;
    for (let row = 0; row < chunk.rowCount; row++) {
      const [column, line] = [x[row]!, y[row]!];
      let isInside = 0;
      for (const region of wanted) {
        const dx = column - region.x;
        const dy = line - region.y;
        isInside |= dx >= 0 && dx < region.width && dy >= 0 && dy < region.height ? 1 : 0;
      }
      kept[count] = row;
      count += isInside;
    }
    return count;
  });
}

/** Keeps events that got brighter (1) or darker (0). */
export function polarity(wanted: 0 | 1): EventFilter {
  return rowFilter((chunk, kept) => {
    const { p } = chunk.columns;
    let count = 0;
    for (let row = 0; row < chunk.rowCount; row++) {
      kept[count] = row;
      count += p[row] === wanted ? 1 : 0;
    }
    return count;
  });
}

/** Keeps the first event and every n-th behind it. @throws InvalidArgumentError for n below 1 */
export function everyNth(n: number): EventFilter {
  checkInteger("events", "every", n, 1, 2 ** 31);
  /** Rows to pass over before the next that is kept. */
  let skip = 0;
  return rowFilter((chunk, kept) => {
    let count = 0;
    let row = skip;
    for (; row < chunk.rowCount; row += n) kept[count++] = row;
    skip = row - chunk.rowCount;
    return count;
  });
}

/**
 * Drops events of masked pixels, and those outside of the mask.
 * @param mask - width × height, row by row; other than 0 masks the pixel
 * @throws InvalidArgumentError when the mask has another size
 */
export function maskPixels(mask: Uint8Array, width: number, height: number): EventFilter {
  if (mask.length !== width * height) {
    const expected = `${width * height}, a pixel each of ${width} x ${height}`;
    throw new InvalidArgumentError("EVENTS_FILTER_SHAPE", "pixels of the mask", mask.length, expected);
  }
  return rowFilter((chunk, kept) => {
    const { x, y } = chunk.columns;
    let count = 0;
    for (let row = 0; row < chunk.rowCount; row++) {
      const [column, line] = [x[row]!, y[row]!];
      kept[count] = row;
      count += column < width && line < height && mask[line * width + column] === 0 ? 1 : 0;
    }
    return count;
  });
}

/**
 * The mask of pixels that fire far more often than others: above the mean of all by so many standard deviations.
 * @param counts - events of each pixel, row by row, of `countEventsPerPixel` for example
 * @param deviations - how many; 0 and more
 */
export function hotPixelMask(counts: ArrayLike<number>, deviations: number): Uint8Array {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) sum += counts[i]!;
  const mean = sum / counts.length;
  let squares = 0;
  for (let i = 0; i < counts.length; i++) squares += (counts[i]! - mean) ** 2;
  const limit = mean + deviations * Math.sqrt(squares / counts.length);
  return Uint8Array.from(counts, (count) => (count > limit ? 1 : 0));
}
