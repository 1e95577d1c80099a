import { stateFields } from "./decoder-state.ts";
import type { DecoderContext, EventDecoder } from "./event-decoder.ts";
import type { EventRows } from "./event-rows.ts";
import { decodeKnownWords, EVENTS_AT_ONCE } from "./evt3-known-words.ts";
import { type Evt3State, noteEvent } from "./evt3-state.ts";
import { WordDecoder } from "./word-decoder.ts";

/** A drop of the 12-bit time-high by at least this is a wrap: its maximum less 10 (OpenEB's decoder). */
const WRAP_DROP = 2 ** 12 - 1 - 10;

/** Padding that some cameras write between their packets. */
const PADDING_WORD = 0x9999;

const STATE_FIELDS = [
  "isStarted",
  "high",
  "loops",
  "timeLo",
  "timeHi",
  "y",
  "baseX",
  "vectorPolarity",
] as const;

/**
 * Makes a decoder of EVT 3.0: 16-bit words that change a state of time, row and vector base (Prophesee's format
 * documentation), read as OpenEB's stand-alone decoder does: all words before the first time-high are skipped, and
 * every vector word counts by itself. Times continue behind the 24-bit wrap, every 16.8 s.
 */
export function newEvt3Decoder(context: DecoderContext): EventDecoder {
  const state: Evt3State = {
    context,
    isStarted: false,
    high: 0,
    loops: 0,
    timeLo: 0,
    timeHi: 0,
    y: -1,
    baseX: -1,
    vectorPolarity: 0,
    isOutside: false,
    packed: new Int32Array(EVENTS_AT_ONCE + 12),
    lowTimes: new Int32Array(EVENTS_AT_ONCE + 12),
  };
  return new WordDecoder<Uint16Array>({
    wordBytes: 2,
    rowsPerStep: 12,
    dataStart: context.dataStart,
    violations: context.violations,
    state: stateFields(state, STATE_FIELDS),
    view: (buffer, byteOffset, length) => new Uint16Array(buffer, byteOffset, length),
    loop: (words, start, end, rows, byteOffset) =>
      decodeEvt3Words(
        state,
        words,
        skipToTimeHigh(state, words, start, end, byteOffset),
        end,
        rows,
        byteOffset,
      ),
  });
}

/** Most of the time there is nothing to skip: one comparison a call. */
function skipToTimeHigh(
  state: Evt3State,
  words: Uint16Array,
  start: number,
  end: number,
  byteOffset: number,
): number {
  if (state.isStarted) return start;
  let i = start;
  for (; i < end; i++) {
    const type = words[i]! >>> 12;
    if (type === 8) break;
    const isEvent = type === 2 || type === 4 || type === 5 || type === 0xa;
    if (isEvent) state.context.violations.add("beforeTimeHigh", byteOffset + 2 * i);
  }
  return i;
}

function decodeEvt3Words(
  state: Evt3State,
  words: Uint16Array,
  start: number,
  end: number,
  rows: EventRows,
  byteOffset: number,
): number {
  // A vector word may give twelve events: nothing is decoded without room for them.
  const lastRow = rows.capacity - 12;
  let i = start;
  while (i < end && rows.rowCount <= lastRow) {
    // Events without a row are rare, too.
    if (state.y >= 0) i = decodeKnownWords(state, words, i, end, rows, byteOffset);
    if (i === end || rows.rowCount > lastRow) break;
    // It stopped for a rare word, or at the end of a piece.
    decodeWord(state, words[i]!, rows, byteOffset + 2 * i);
    i++;
  }
  return i;
}

/** Decodes any word, with all that may be wrong about it; there is room for twelve rows. */
function decodeWord(state: Evt3State, word: number, rows: EventRows, byteOffset: number): void {
  const { violations, triggers } = state.context;
  switch (word >>> 12) {
    case 0x0:
      state.y = word & 0x7ff;
      break;
    case 0x2:
      addEvent(state, rows, word & 0x7ff, (word >>> 11) & 1, byteOffset);
      break;
    case 0x3:
      state.baseX = word & 0x7ff;
      state.vectorPolarity = (word >>> 11) & 1;
      break;
    case 0x4:
    case 0x5: {
      const count = word >>> 12 === 4 ? 12 : 8;
      if (state.baseX < 0) {
        violations.add("missingVectorBase", byteOffset);
        state.baseX = 0;
      }
      for (let bit = 0; bit < count; bit++) {
        if (((word >>> bit) & 1) === 0) continue;
        addEvent(state, rows, state.baseX + bit, state.vectorPolarity, byteOffset);
      }
      state.baseX += count;
      break;
    }
    case 0x6:
      state.timeLo = (state.timeLo & ~0xfff) | (word & 0xfff);
      break;
    case 0x8:
      setTimeHigh(state, word & 0xfff, byteOffset);
      break;
    case 0xa:
      triggers.add(state.timeLo, state.timeHi, (word >>> 8) & 0xf, word & 1);
      break;
    case 0x1:
    case 0x9:
    case 0xb:
    case 0xc:
      if (word !== PADDING_WORD) violations.add("unknownWord", byteOffset);
      break;
    default:
      // 0x7 and 0xF (continued payloads), 0xD (IMU) and 0xE (counters) carry no events.
      break;
  }
}

function addEvent(state: Evt3State, rows: EventRows, x: number, polarity: number, byteOffset: number): void {
  const row = rows.rowCount++;
  noteEvent(state, x, state.y, byteOffset);
  rows.timeWords[2 * row] = state.timeLo;
  rows.timeWords[2 * row + 1] = state.timeHi;
  rows.x[row] = x;
  rows.y[row] = Math.max(state.y, 0);
  rows.p[row] = polarity;
}

function setTimeHigh(state: Evt3State, high: number, byteOffset: number): void {
  if (state.isStarted && high < state.high) {
    if (state.high - high >= WRAP_DROP) state.loops++;
    else state.context.violations.add("nonMonotonicTimeHigh", byteOffset);
  }
  state.isStarted = true;
  state.high = high;
  state.timeLo = (state.loops << 24) | (high << 12);
  state.timeHi = state.loops >>> 8;
}
