import type { DecoderContext } from "../event-decoder.ts";
import type { EventRows } from "../event-rows.ts";

/** Events of one message that are still to come. */
export interface MessageEvents {
  /** Appends rows while there is room for `rowsPerStep`. @returns true when the message is used up */
  decode(rows: EventRows): boolean;
}

/** Appends a row. @param timeUs - a whole number below 2^53 */
export function appendEvent(
  rows: EventRows,
  { width, height, violations }: DecoderContext,
  timeUs: number,
  x: number,
  y: number,
  p: number,
): void {
  const row = rows.rowCount++;
  const timeHi = Math.floor(timeUs / 2 ** 32);
  rows.timeWords[2 * row] = timeUs - timeHi * 2 ** 32;
  rows.timeWords[2 * row + 1] = timeHi;
  rows.x[row] = x;
  rows.y[row] = y;
  rows.p[row] = p === 0 ? 0 : 1;
  if (x >= width || y >= height) violations.add("outsideGeometry", 0);
}
