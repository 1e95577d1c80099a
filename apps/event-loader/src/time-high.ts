import { type StateFields, stateFields } from "./decoder-state.ts";
import type { DecoderContext } from "./event-decoder.ts";

/** The clock of the formats whose time is a 28-bit time-high word and six low bits in each event. */
export interface TimeHighClock {
  readonly context: DecoderContext;
  /** A drop of the time-high by at least this is a wrap. */
  readonly wrapDrop: number;
  isStarted: boolean;
  /** The last time-high word's 28 bits. */
  high: number;
  loops: number;
  /** Words of the time without its six low bits. */
  timeLo: number;
  timeHi: number;
}

/** A clock that has not seen a time-high word yet. */
export function newTimeHighClock(context: DecoderContext, wrapDrop: number): TimeHighClock {
  return { context, wrapDrop, isStarted: false, high: 0, loops: 0, timeLo: 0, timeHi: 0 };
}

/** What a clock remembers from word to word. */
export function clockState(clock: TimeHighClock): StateFields {
  return stateFields(clock, ["isStarted", "high", "loops", "timeLo", "timeHi"]);
}

/** Takes a time-high word's 28 bits; times continue behind the 34-bit wrap, every 4 h 46 min. */
export function setTimeHigh(clock: TimeHighClock, high: number, byteOffset: number): void {
  if (clock.isStarted && high < clock.high) {
    if (clock.high - high >= clock.wrapDrop) clock.loops++;
    else clock.context.violations.add("nonMonotonicTimeHigh", byteOffset);
  }
  clock.isStarted = true;
  clock.high = high;
  clock.timeLo = high << 6;
  clock.timeHi = (high >>> 26) + clock.loops * 4;
}

/** Logs a trigger word: low time bits [27:22], channel [12:8], level [0]. */
export function addTriggerWord(clock: TimeHighClock, word: number, byteOffset: number): void {
  const { triggers, violations } = clock.context;
  const timeLo = clock.timeLo | ((word >>> 22) & 0x3f);
  if (clock.isStarted) triggers.add(timeLo, clock.timeHi, (word >>> 8) & 0x1f, word & 1);
  else violations.add("beforeTimeHigh", byteOffset);
}
