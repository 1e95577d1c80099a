import { type StateFields, stateFields } from "./decoder-state.ts";
import type { DecoderContext } from "./event-decoder.ts";
import { type EventRows, timeOfRow } from "./event-rows.ts";

/** The clock of the formats whose time is a 28-bit time-high word and six low bits in each event. */
export interface TimeHighClock {
  readonly context: DecoderContext;
  /** A drop of the time-high by at least this is a wrap. */
  readonly wrapDrop: number;
  isStarted: boolean;
  /** The last time-high word's 28 bits. */
  high: number;
  loops: number;
  /** Units of 64 µs that are taken off: those of the first time-high word in the mode "sdk". */
  shift: number;
  /** Words of the time without its six low bits. */
  timeLo: number;
  timeHi: number;
}

/** A clock that has not seen a time-high word yet. */
export function newTimeHighClock(context: DecoderContext, wrapDrop: number): TimeHighClock {
  return { context, wrapDrop, isStarted: false, high: 0, loops: 0, shift: 0, timeLo: 0, timeHi: 0 };
}

/** What a clock remembers from word to word. */
export function clockState(clock: TimeHighClock): StateFields {
  return stateFields(clock, ["isStarted", "high", "loops", "shift", "timeLo", "timeHi"]);
}

/** Takes a time-high word's 28 bits; times continue behind the 34-bit wrap, every 4 h 46 min. */
export function setTimeHigh(clock: TimeHighClock, high: number, byteOffset: number): void {
  if (clock.isStarted && high < clock.high) {
    if (clock.high - high >= clock.wrapDrop) clock.loops++;
    else clock.context.violations.add("nonMonotonicTimeHigh", byteOffset);
  }
  if (!clock.isStarted && clock.context.mode === "sdk") clock.shift = high;
  clock.isStarted = true;
  clock.high = high;
  clock.timeLo = high << 6;
  clock.timeHi = (high >>> 26) + clock.loops * 4;
}

/** Takes the shift off the times of the rows from `first` on: in the mode "sdk" only, and apart from the hot loops. */
export function shiftTimes({ shift }: TimeHighClock, rows: EventRows, first: number): void {
  if (shift === 0) return;
  const { timeWords, rowCount } = rows;
  for (let row = first; row < rowCount; row++) {
    const time = timeOfRow(timeWords, row) - shift * 64;
    timeWords[2 * row] = time | 0;
    timeWords[2 * row + 1] = Math.floor(time / 2 ** 32);
  }
}

/** Logs a trigger word: low time bits [27:22], channel [12:8], level [0]. */
export function addTriggerWord(clock: TimeHighClock, word: number, byteOffset: number): void {
  const { triggers, violations } = clock.context;
  const low = (clock.timeLo >>> 0) + ((word >>> 22) & 0x3f);
  const time = clock.timeHi * 2 ** 32 + low - clock.shift * 64;
  if (clock.isStarted) triggers.add(time | 0, Math.floor(time / 2 ** 32), (word >>> 8) & 0x1f, word & 1);
  else violations.add("beforeTimeHigh", byteOffset);
}
