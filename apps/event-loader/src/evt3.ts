import { stateFields } from "./decoder-state.ts";
import type { DecoderContext, EventDecoder } from "./event-decoder.ts";
import type { EventRows } from "./event-rows.ts";
import { WordDecoder } from "./word-decoder.ts";

/** A drop of the 12-bit time-high by at least this is a wrap: its maximum less 10 (OpenEB's decoder). */
const WRAP_DROP = 2 ** 12 - 1 - 10;

/** Padding that some cameras write between their packets. */
const PADDING_WORD = 0x9999;

interface Evt3State {
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
}

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
  const { timeWords, x: xs, y: ys, p: ps } = rows;
  const { width, height, violations } = state.context;
  let { timeLo, timeHi, y, baseX, vectorPolarity } = state;
  let row = rows.rowCount;
  // A vector word may give twelve events: the loop ends while there is still room for them.
  const lastRow = rows.capacity - 12;
  let i = start;
  for (; i < end && row <= lastRow; i++) {
    const word = words[i]!;
    switch (word >>> 12) {
      case 0x0:
        y = word & 0x7ff;
        break;
      case 0x2: {
        const x = word & 0x7ff;
        if (y < 0 || y >= height || x >= width) noteEvent(state, x, y, byteOffset + 2 * i);
        timeWords[2 * row] = timeLo;
        timeWords[2 * row + 1] = timeHi;
        xs[row] = x;
        ys[row] = Math.max(y, 0);
        ps[row] = (word >>> 11) & 1;
        row++;
        break;
      }
      case 0x3:
        baseX = word & 0x7ff;
        vectorPolarity = (word >>> 11) & 1;
        break;
      case 0x4:
      case 0x5: {
        const isLong = word >>> 12 === 4;
        let valid = isLong ? word & 0xfff : word & 0xff;
        if (baseX < 0) {
          violations.add("missingVectorBase", byteOffset + 2 * i);
          baseX = 0;
        }
        while (valid !== 0) {
          const x = baseX + 31 - Math.clz32(valid & -valid);
          valid &= valid - 1;
          if (y < 0 || y >= height || x >= width) noteEvent(state, x, y, byteOffset + 2 * i);
          timeWords[2 * row] = timeLo;
          timeWords[2 * row + 1] = timeHi;
          xs[row] = x;
          ys[row] = Math.max(y, 0);
          ps[row] = vectorPolarity;
          row++;
        }
        baseX += isLong ? 12 : 8;
        break;
      }
      case 0x6:
        timeLo = (timeLo & ~0xfff) | (word & 0xfff);
        break;
      case 0x8:
        setTimeHigh(state, word & 0xfff, byteOffset + 2 * i);
        ({ timeLo, timeHi } = state);
        break;
      case 0xa:
        state.context.triggers.add(timeLo, timeHi, (word >>> 8) & 0xf, word & 1);
        break;
      case 0x1:
      case 0x9:
      case 0xb:
      case 0xc:
        if (word !== PADDING_WORD) violations.add("unknownWord", byteOffset + 2 * i);
        break;
      default:
        // 0x7 and 0xF (continued payloads), 0xD (IMU) and 0xE (counters) carry no events.
        break;
    }
  }
  rows.rowCount = row;
  state.timeLo = timeLo;
  state.timeHi = timeHi;
  state.y = y;
  state.baseX = baseX;
  state.vectorPolarity = vectorPolarity;
  return i;
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

function noteEvent(state: Evt3State, x: number, y: number, byteOffset: number): void {
  const { width, height, violations } = state.context;
  if (y < 0) violations.add("missingRow", byteOffset);
  if (x >= width || y >= height) violations.add("outsideGeometry", byteOffset);
}
