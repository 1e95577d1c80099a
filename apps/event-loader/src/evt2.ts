import type { DecoderContext, EventDecoder } from "./event-decoder.ts";
import type { EventRows } from "./event-rows.ts";
import { WordDecoder } from "./word-decoder.ts";

/** A drop of the 28-bit time-high by at least this is a wrap: its maximum less 10 (OpenEB's decoder). */
const WRAP_DROP = 2 ** 28 - 1 - 10;

interface Evt2State {
  readonly context: DecoderContext;
  isStarted: boolean;
  /** The last time-high word's 28 bits. */
  high: number;
  loops: number;
  /** Words of the time without its six low bits. */
  timeLo: number;
  timeHi: number;
}

/**
 * Makes a decoder of EVT 2.0: 32-bit words, type in the top four bits (Prophesee's format documentation).
 * Times continue behind the 34-bit wrap, every 4 h 46 min.
 */
export function newEvt2Decoder(context: DecoderContext): EventDecoder {
  const state: Evt2State = { context, isStarted: false, high: 0, loops: 0, timeLo: 0, timeHi: 0 };
  return new WordDecoder<Int32Array>({
    wordBytes: 4,
    rowsPerStep: 1,
    dataStart: context.dataStart,
    violations: context.violations,
    view: (buffer, byteOffset, length) => new Int32Array(buffer, byteOffset, length),
    loop: (words, start, end, rows, byteOffset) =>
      decodeEvt2Words(state, words, start, end, rows, byteOffset),
  });
}

function decodeEvt2Words(
  state: Evt2State,
  words: Int32Array,
  start: number,
  end: number,
  rows: EventRows,
  byteOffset: number,
): number {
  const { timeWords, x: xs, y: ys, p: ps, capacity } = rows;
  const { width, height, violations } = state.context;
  let { isStarted, timeLo, timeHi } = state;
  let row = rows.rowCount;
  let i = start;
  for (; i < end && row < capacity; i++) {
    const word = words[i]!;
    const type = word >>> 28;
    if (type <= 1) {
      if (!isStarted) {
        violations.add("beforeTimeHigh", byteOffset + 4 * i);
        continue;
      }
      const x = (word >>> 11) & 0x7ff;
      const y = word & 0x7ff;
      timeWords[2 * row] = timeLo | ((word >>> 22) & 0x3f);
      timeWords[2 * row + 1] = timeHi;
      xs[row] = x;
      ys[row] = y;
      ps[row] = type;
      row++;
      if (x >= width || y >= height) violations.add("outsideGeometry", byteOffset + 4 * i);
    } else if (type === 8) {
      setTimeHigh(state, word & 0xfffffff, byteOffset + 4 * i);
      ({ isStarted, timeLo, timeHi } = state);
    } else {
      noteOtherWord(state, word, byteOffset + 4 * i);
    }
  }
  rows.rowCount = row;
  return i;
}

function setTimeHigh(state: Evt2State, high: number, byteOffset: number): void {
  if (state.isStarted && high < state.high) {
    if (state.high - high >= WRAP_DROP) state.loops++;
    else state.context.violations.add("nonMonotonicTimeHigh", byteOffset);
  }
  state.isStarted = true;
  state.high = high;
  state.timeLo = high << 6;
  state.timeHi = (high >>> 26) + state.loops * 4;
}

function noteOtherWord(state: Evt2State, word: number, byteOffset: number): void {
  const { violations, triggers } = state.context;
  const type = word >>> 28;
  if (type === 0xa) {
    const timeLo = state.timeLo | ((word >>> 22) & 0x3f);
    if (state.isStarted) triggers.add(timeLo, state.timeHi, (word >>> 8) & 0x1f, word & 1);
    else violations.add("beforeTimeHigh", byteOffset);
  } else if (type < 0xa) {
    violations.add("unknownWord", byteOffset);
  }
  // 0xB and 0xC (old grey levels), 0xD (IMU), 0xE (counters) and 0xF (their values) carry no events.
}
