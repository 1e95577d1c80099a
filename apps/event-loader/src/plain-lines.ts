import type { DecoderContext } from "./event-decoder.ts";
import type { EventRows } from "./event-rows.ts";
import type { TextColumn } from "./text-layout.ts";

/** Columns by the numbers that {@link readPlainLines} takes. */
export const COLUMN_CODES: readonly TextColumn[] = Object.freeze(["t", "x", "y", "p"]);

const LINE_FEED = 0x0a;
const RETURN = 0x0d;
const POINT = 0x2e;
const ZERO = 0x30;
const TWO_32 = 2 ** 32;
const FIVE = 0x35;

/** Values of the line that is read, by the numbers of {@link COLUMN_CODES}. */
const values = new Float64Array(COLUMN_CODES.length);

/**
 * Reads lines as programs write them: digits, with one blank, tab, comma or semicolon between numbers, a time with a
 * decimal point or without, events inside of the sensor.
 *
 * It stops at the first line that is anything else, which the general reader looks at, and when the rows are full.
 *
 * @param lastEnd - the position of a line feed: nothing behind it is looked at
 * @param columns - what stands in a line, by the numbers of {@link COLUMN_CODES}; another number is never plain
 * @param places - how far the decimal point of times moves to microseconds; below 0 is never plain
 * @returns the position of the first line that was not read
 */
export function readPlainLines(
  bytes: Uint8Array,
  start: number,
  lastEnd: number,
  columns: Uint8Array,
  places: number,
  { width, height }: DecoderContext,
  rows: EventRows,
): number {
  const { timeWords, x: xs, y: ys, p: ps, capacity } = rows;
  const columnCount = columns.length;
  let row = rows.rowCount;
  let lineStart = start;
  while (lineStart <= lastEnd && row < capacity) {
    let at = lineStart;
    let byte = bytes[at]!;
    let column = 0;
    for (; column < columnCount; column++) {
      const code = columns[column]!;
      const first = at;
      let value = 0;
      for (; (byte - ZERO) >>> 0 < 10; byte = bytes[++at]!) value = value * 10 + (byte - ZERO);
      if (at === first || code > 3) break;
      if (code === 0) {
        let missing = places;
        if (byte === POINT) {
          byte = bytes[++at]!;
          for (; (byte - ZERO) >>> 0 < 10 && missing > 0; byte = bytes[++at]!, missing--) {
            value = value * 10 + (byte - ZERO);
          }
        }
        for (; missing > 0; missing--) value *= 10;
        if ((byte - ZERO) >>> 0 < 10) {
          // The first digit that is left out decides how to round.
          if (byte >= FIVE) value++;
          while ((byte - ZERO) >>> 0 < 10) byte = bytes[++at]!;
        }
        // Nanoseconds are the general reader's.
        if (missing < 0 || value > Number.MAX_SAFE_INTEGER) break;
      }
      values[code] = value;
      if (column === columnCount - 1) continue;
      if (byte !== 0x20 && byte !== 0x2c && byte !== 0x09 && byte !== 0x3b) break;
      byte = bytes[++at]!;
    }
    if (byte === RETURN) byte = bytes[++at]!;
    if (column < columnCount || byte !== LINE_FEED) break;
    const t = values[0]!;
    const x = values[1]!;
    const y = values[2]!;
    const p = values[3]!;
    if (x >= width || y >= height || p > 1) break;
    const timeHi = Math.floor(t / TWO_32);
    timeWords[2 * row] = t - timeHi * TWO_32;
    timeWords[2 * row + 1] = timeHi;
    xs[row] = x;
    ys[row] = y;
    ps[row] = p;
    row++;
    lineStart = at + 1;
  }
  rows.rowCount = row;
  return lineStart;
}
