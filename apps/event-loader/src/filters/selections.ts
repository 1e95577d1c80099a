import { checkInteger, InvalidArgumentError } from "@millrace/base";
import { timeOfRow } from "../event-rows.ts";
import { closeGaps, type EventFilter, type RowChoice, rowFilter, runLoop } from "./event-filter.ts";

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
  return rowFilter(chooseTimes(startUs, stopUs));
}

/**
 * Keeps events inside any of the rectangles.
 *
 * Each column and each row of the sensor has one bit for each rectangle that it crosses: where both have the same
 * bit the pixel is inside.
 * @throws InvalidArgumentError for a rectangle without pixels
 */
export function regions(...wanted: readonly Region[]): EventFilter {
  const groups = Math.max(1, Math.ceil(wanted.length / 32));
  const columnBits = new Int32Array(groups * 65_536);
  const rowBits = new Int32Array(groups * 65_536);
  for (const [i, { x, y, width, height }] of wanted.entries()) {
    checkInteger("events", "region x", x, 0, 65_535);
    checkInteger("events", "region y", y, 0, 65_535);
    checkInteger("events", "region width", width, 1, 65_536);
    checkInteger("events", "region height", height, 1, 65_536);
    const base = (i >> 5) * 65_536;
    setBit(columnBits.subarray(base + x, base + Math.min(65_536, x + width)), i & 31);
    setBit(rowBits.subarray(base + y, base + Math.min(65_536, y + height)), i & 31);
  }
  if (groups === 1) return rowFilter(chooseBits(columnBits, rowBits));
  return rowFilter((chunk, kept) => {
    const { x, y } = chunk.columns;
    return chooseBitGroups(x, y, chunk.rowCount, columnBits, rowBits, groups, kept);
  });
}

/** Keeps events that got brighter (1) or darker (0). */
export function polarity(wanted: 0 | 1): EventFilter {
  return rowFilter(choosePolarity(wanted));
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
  checkInteger("events", "mask's width", width, 1, 65_536);
  checkInteger("events", "mask's height", height, 1, 65_536);
  if (mask.length !== width * height) {
    const expected = `${width * height}, a pixel each of ${width} x ${height}`;
    throw new InvalidArgumentError("EVENTS_FILTER_SHAPE", "pixels of the mask", mask.length, expected);
  }
  const shift = 32 - Math.clz32(width - 1);
  const find = findMasked(maskBits(mask, width, shift), shift, width, height);
  let dropped = new Uint32Array(0);
  return {
    apply(chunk) {
      if (dropped.length < chunk.rowCount) dropped = new Uint32Array(chunk.rowCount);
      closeGaps(chunk, dropped, runLoop(find, chunk, dropped, 0));
    },
  };
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

// The loops below have no branches that are hard to guess: where rows to keep and to drop alternate, a branch that is guessed wrong costs
// more than all the rest. `(a - b) >>> 31` is 1 where a < b, for numbers of 31 bits;
// `0 - a` stands for `-a`, which would be the float -0 where a is 0. They stand in the very functions that `rowFilter` calls,
// for the reason at its `runLoop`.

function chooseTimes(startUs: number, stopUs: number): RowChoice {
  return (chunk, kept) => {
    const { rowCount } = chunk;
    const times = chunk.words("t");
    const [start, stop] = [startUs, stopUs];
    let count = 0;
    // A window cuts a recording in few places: here the branch is guessed right.
    for (let row = 0; row < rowCount; row++) {
      const time = timeOfRow(times, row);
      if (time >= start && time < stop) kept[count++] = row;
    }
    return count;
  };
}

function choosePolarity(wanted: number): RowChoice {
  return (chunk, kept) => {
    const { rowCount } = chunk;
    const { p } = chunk.columns;
    const value = wanted;
    let count = 0;
    for (let row = 0; row < rowCount; row++) {
      kept[count] = row;
      count = (count + (((p[row]! ^ value) - 1) >>> 31)) | 0;
    }
    return count;
  };
}

function setBit(words: Int32Array, bit: number): void {
  for (let i = 0; i < words.length; i++) words[i]! |= 1 << bit;
}

function chooseBits(columnBits: Int32Array, rowBits: Int32Array): RowChoice {
  return (chunk, kept) => {
    const [columns, rows] = [columnBits, rowBits];
    const { rowCount } = chunk;
    const { x, y } = chunk.columns;
    let count = 0;
    for (let row = 0; row < rowCount; row++) {
      const common = columns[x[row]!]! & rows[y[row]!]!;
      kept[count] = row;
      count = (count + ((common | (0 - common)) >>> 31)) | 0;
    }
    return count;
  };
}

function chooseBitGroups(
  x: Uint16Array,
  y: Uint16Array,
  rowCount: number,
  columnBits: Int32Array,
  rowBits: Int32Array,
  groups: number,
  kept: Uint32Array,
): number {
  let count = 0;
  for (let row = 0; row < rowCount; row++) {
    let common = 0;
    for (let base = 0; base < groups * 65_536; base += 65_536) {
      common |= columnBits[base + x[row]!]! & rowBits[base + y[row]!]!;
    }
    kept[count] = row;
    count = (count + ((common | (0 - common)) >>> 31)) | 0;
  }
  return count;
}

/** A bit for each pixel, so that a mask fits into a near cache; each row begins at a multiple of `1 << shift`. */
function maskBits(mask: Uint8Array, width: number, shift: number): Uint8Array {
  const height = mask.length / width;
  const bits = new Uint8Array(Math.ceil((height * 2 ** shift) / 8));
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0) continue;
    const at = Math.floor(i / width) * 2 ** shift + (i % width);
    bits[at >>> 3]! |= 1 << (at & 7);
  }
  return bits;
}

/** Lists the rows to drop. Masked pixels are few: here the branch is guessed right. */
function findMasked(
  maskedBits: Uint8Array,
  rowShift: number,
  maskWidth: number,
  maskHeight: number,
): RowChoice {
  return (chunk, dropped) => {
    const { rowCount } = chunk;
    const { x, y } = chunk.columns;
    const [bits, shift, width, height] = [maskedBits, rowShift, maskWidth, maskHeight];
    let count = 0;
    for (let row = 0; row < rowCount; row++) {
      const column = x[row]!;
      const line = y[row]!;
      if (column < width && line < height) {
        const at = (line << shift) | column;
        if (((bits[at >>> 3]! >>> (at & 7)) & 1) === 0) continue;
      }
      dropped[count++] = row;
    }
    return count;
  };
}
