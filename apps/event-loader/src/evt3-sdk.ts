import { stateFields } from "./decoder-state.ts";
import type { DecoderContext, EventDecoder } from "./event-decoder.ts";
import type { EventRows } from "./event-rows.ts";
import { WordDecoder } from "./word-decoder.ts";

/** A drop of the 12-bit time-high by at least half of its range is a wrap (Metavision's HAL). */
const WRAP_DROP = 2048;
/** Columns of a whole vector: words of 12, 12 and 8. */
const VECTOR_EVENTS = 32;
const TIME_LOW_VALUES = 4096;
const TIME_HIGH_VALUES = 4096;
/** How far the time-high goes on with a wrap at most, where nothing is missing (Metavision's validator). */
const WRAP_STEP = 0xff;
const PADDING_WORD = 0x9999;

interface SdkState {
  readonly context: DecoderContext;
  isStarted: boolean;
  high: number;
  low: number;
  /** Microseconds of the wraps so far, less the time that counts as 0. */
  offsetUs: number;
  y: number;
  baseX: number;
  vectorPolarity: number;
  /** Words of a vector that were read, 0 to 2, and their bits. */
  vectorWords: number;
  vectorMask: number;
  /** Words of a counter's value that are still to come, 0 to 3. */
  counterWords: number;
}

const STATE_FIELDS = [
  "isStarted",
  "high",
  "low",
  "offsetUs",
  "y",
  "baseX",
  "vectorPolarity",
  "vectorWords",
  "vectorMask",
  "counterWords",
] as const;

/**
 * Makes a decoder of EVT 3.0 that reads as Metavision's HAL does by default, word by word:
 *
 * - times count from the time-high value before the first one of the recording;
 * - the events of rows outside the sensor are left out;
 * - a vector is three words of 12, 12 and 8 columns: one that is not whole, has no base, or reaches beyond the sensor
 *   is left out as a whole; a word of 8 alone is none.
 *
 * What is left out is counted as a violation of its kind.
 */
export function newEvt3SdkDecoder(context: DecoderContext): EventDecoder {
  const state: SdkState = {
    context,
    isStarted: false,
    high: 0,
    low: 0,
    offsetUs: 0,
    y: -1,
    baseX: -1,
    vectorPolarity: 0,
    vectorWords: 0,
    vectorMask: 0,
    counterWords: 0,
  };
  return new WordDecoder<Uint16Array>({
    wordBytes: 2,
    rowsPerStep: VECTOR_EVENTS,
    dataStart: context.dataStart,
    violations: context.violations,
    state: stateFields(state, STATE_FIELDS),
    view: (buffer, byteOffset, length) => new Uint16Array(buffer, byteOffset, length),
    loop: (words, start, end, rows, byteOffset) => {
      const lastRow = rows.capacity - VECTOR_EVENTS;
      let i = start;
      for (; i < end && rows.rowCount <= lastRow; i++) takeWord(state, words[i]!, rows, byteOffset + 2 * i);
      return i;
    },
    isInside: () => state.vectorWords > 0 || state.counterWords > 0,
  });
}

function takeWord(state: SdkState, word: number, rows: EventRows, at: number): void {
  const { violations, triggers, width, height } = state.context;
  const type = word >>> 12;
  if (!state.isStarted && type !== 8) {
    const isEvent = type === 2 || type === 4 || type === 5 || type === 0xa;
    if (isEvent) violations.add("beforeTimeHigh", at);
    return;
  }
  if (takeVectorWord(state, type, word, rows, at) || takeCounterWord(state, type, at)) return;
  switch (type) {
    case 0x0:
      state.y = word & 0x7ff;
      if (state.y >= height) violations.add("rowOutside", at);
      break;
    case 0x2: {
      const x = word & 0x7ff;
      // A row outside was counted with its address.
      if (state.y < 0) violations.add("missingRow", at);
      if (state.y >= height) return;
      if (x >= width) violations.add("outsideGeometry", at);
      addEvent(state, rows, x, (word >>> 11) & 1);
      break;
    }
    case 0x3:
      state.baseX = word & 0x7ff;
      state.vectorPolarity = (word >>> 11) & 1;
      break;
    case 0x6:
      state.low = word & 0xfff;
      break;
    case 0x8:
      takeTimeHigh(state, word & 0xfff, at);
      break;
    case 0xa: {
      const time = timeOf(state);
      triggers.add(time | 0, Math.floor(time / 2 ** 32), (word >>> 8) & 0xf, word & 1);
      break;
    }
    case 0xe:
      state.counterWords = 3;
      break;
    case 0x1:
    case 0x9:
    case 0xb:
    case 0xc:
      if (word !== PADDING_WORD) violations.add("unknownWord", at);
      break;
    default:
      // 0x7 and 0xF (continued payloads) and 0xD (IMU) carry no events.
      break;
  }
}

/** Words 12, 12, 8 of one vector. @returns whether the word was one of them */
function takeVectorWord(state: SdkState, type: number, word: number, rows: EventRows, at: number): boolean {
  const { violations } = state.context;
  if (state.vectorWords === 0) {
    // A word of 8 alone moves the base and is no vector.
    if (type === 5) {
      violations.add("partialVector", at);
      state.baseX += state.baseX < 0 ? 0 : 8;
      return true;
    }
    if (type !== 4) return false;
    state.vectorMask = word & 0xfff;
    state.vectorWords = 1;
    return true;
  }
  if (type !== (state.vectorWords === 1 ? 4 : 5)) {
    violations.add("partialVector", at);
    state.baseX += state.baseX < 0 ? 0 : 12 * state.vectorWords;
    state.vectorWords = 0;
    // The word that should not be here may begin another one.
    return takeVectorWord(state, type, word, rows, at);
  }
  if (state.vectorWords === 1) {
    state.vectorMask |= (word & 0xfff) << 12;
    state.vectorWords = 2;
    return true;
  }
  state.vectorMask |= (word & 0xff) << 24;
  state.vectorWords = 0;
  addVector(state, rows, at);
  return true;
}

function addVector(state: SdkState, rows: EventRows, at: number): void {
  const { violations, width, height } = state.context;
  const { baseX, vectorPolarity } = state;
  if (baseX < 0 || baseX + VECTOR_EVENTS > width) {
    violations.add("invalidVectorBase", at);
    return;
  }
  state.baseX += VECTOR_EVENTS;
  if (state.y < 0) violations.add("missingRow", at);
  if (state.y >= height) return;
  for (let valid = state.vectorMask; valid !== 0; valid &= valid - 1) {
    addEvent(state, rows, baseX + 31 - Math.clz32(valid & -valid), vectorPolarity);
  }
}

/** The value of a counter: words of 12, 12 and 4 bits. @returns whether the word was one of them */
function takeCounterWord(state: SdkState, type: number, at: number): boolean {
  if (state.counterWords === 0) return false;
  if (type === (state.counterWords === 1 ? 0x7 : 0xf)) {
    state.counterWords--;
    return true;
  }
  state.context.violations.add("partialCounter", at);
  state.counterWords = 0;
  return false;
}

function takeTimeHigh(state: SdkState, high: number, at: number): void {
  if (!state.isStarted) {
    state.isStarted = true;
    state.high = Math.max(0, high - 1);
    state.offsetUs = -state.high * TIME_LOW_VALUES;
  }
  const { violations } = state.context;
  if (state.high >= WRAP_DROP + high) {
    state.offsetUs += 2 ** 24;
    if (high + TIME_HIGH_VALUES - state.high > WRAP_STEP) violations.add("nonContinuousTimeHigh", at);
  } else if (high < state.high) violations.add("nonMonotonicTimeHigh", at);
  else if (high > state.high + 1) violations.add("nonContinuousTimeHigh", at);
  if (high !== state.high) state.low = 0;
  state.high = high;
}

function timeOf({ high, low, offsetUs }: SdkState): number {
  return offsetUs + high * TIME_LOW_VALUES + low;
}

function addEvent(state: SdkState, rows: EventRows, x: number, polarity: number): void {
  const time = timeOf(state);
  const row = rows.rowCount++;
  rows.timeWords[2 * row] = time | 0;
  rows.timeWords[2 * row + 1] = Math.floor(time / 2 ** 32);
  rows.x[row] = x;
  rows.y[row] = Math.max(state.y, 0);
  rows.p[row] = polarity;
}
