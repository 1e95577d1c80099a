import type { DecoderContext } from "./event-decoder.ts";

/** What a decoder of EVT 3.0 remembers from word to word. */
export interface Evt3State {
  readonly context: DecoderContext;
  isStarted: boolean;
  /** The last time-high word's 12 bits. */
  high: number;
  loops: number;
  /** Words of the time; the low 12 bits are 0 until the next time-low word. */
  timeLo: number;
  timeHi: number;
  /** The current row; -1 before the first row address. */
  y: number;
  /** Where the next vector begins; -1 before the first base address. */
  baseX: number;
  vectorPolarity: number;
  /** Whether an event of the words decoded last may have been outside of the geometry. */
  isOutside: boolean;
  /** Events on their way to the columns: y, polarity and x in 11, 1 and 11 bits; and the low words of their times. */
  readonly packed: Int32Array;
  readonly lowTimes: Int32Array;
}

/** Counts what is wrong with where an event is: no row before it, or outside of the geometry. */
export function noteEvent(state: Evt3State, x: number, y: number, byteOffset: number): void {
  const { width, height, violations } = state.context;
  if (y < 0) violations.add("missingRow", byteOffset);
  if (x >= width || y >= height) violations.add("outsideGeometry", byteOffset);
}
