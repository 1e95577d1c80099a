import type { EventRows } from "./event-rows.ts";
import type { TimeHighClock } from "./time-high.ts";

/** Most events that one vector holds. */
export const VECTOR_EVENTS = 32;

/**
 * Adds the events of a vector: column `x + i` for each bit `i` of the mask; there must be room for 32.
 * @param word - low time bits [27:22], x [21:11], y [10:0], as EVT 2.1 and EVT 4 have them
 */
export function addVector(
  clock: TimeHighClock,
  word: number,
  mask: number,
  polarity: number,
  rows: EventRows,
  byteOffset: number,
): void {
  const { timeWords, x: xs, y: ys, p: ps } = rows;
  const { width, height, violations } = clock.context;
  const timeLo = clock.timeLo | ((word >>> 22) & 0x3f);
  const { timeHi } = clock;
  const y = word & 0x7ff;
  let x = (word >>> 11) & 0x7ff;
  let row = rows.rowCount;
  for (let bits = mask; bits !== 0; bits >>>= 1, x++) {
    if ((bits & 1) === 0) continue;
    timeWords[2 * row] = timeLo;
    timeWords[2 * row + 1] = timeHi;
    xs[row] = x;
    ys[row] = y;
    ps[row] = polarity;
    row++;
    if (x >= width || y >= height) violations.add("outsideGeometry", byteOffset);
  }
  rows.rowCount = row;
}
