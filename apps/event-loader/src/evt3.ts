import { stateFields } from "./decoder-state.ts";
import type { DecoderContext, EventDecoder } from "./event-decoder.ts";
import type { EventRows } from "./event-rows.ts";
import { EVT3_ROWS_AHEAD, EVT3_STATE } from "./wasm/evt3-kernel.ts";
import { INPUT_AT, INPUT_BYTES, KERNEL_ROWS, takeRows } from "./wasm/kernel-memory.ts";
import { type DecodeKernels, decodeKernels } from "./wasm/kernels.ts";
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
  /** Whether an event of the words decoded last may have been outside of the geometry. */
  isOutside: boolean;
  /** Events on their way to the columns: y, polarity and x in 11, 1 and 11 bits; and the low words of their times. */
  readonly packed: Int32Array;
  readonly lowTimes: Int32Array;
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

/** Decodes by the kernel where the engine has vectors, which is several times as fast, else in TypeScript. */
function decodeKnownWords(
  state: Evt3State,
  words: Uint16Array,
  start: number,
  end: number,
  rows: EventRows,
  byteOffset: number,
): number {
  const kernels = decodeKernels();
  const { y, baseX } = state;
  const stop =
    kernels === undefined
      ? decodeEvents(state, words, start, end, rows)
      : decodeByKernel(kernels, state, words, start, end, rows);
  if (state.isOutside) noteOutside(state, words, start, stop, y, baseX, byteOffset);
  state.isOutside = false;
  return stop;
}

/** Decodes a piece as long as the kernel's memory. */
function decodeByKernel(
  { evt3: run, memory }: DecodeKernels,
  decoder: Evt3State,
  words: Uint16Array,
  start: number,
  end: number,
  rows: EventRows,
): number {
  const count = Math.min(end - start, INPUT_BYTES / 2);
  memory.inputHalves.set(words.subarray(start, start + count));
  const { state } = memory;
  state[EVT3_STATE.timeLo] = decoder.timeLo;
  state[EVT3_STATE.timeHi] = decoder.timeHi;
  state[EVT3_STATE.y] = decoder.y;
  state[EVT3_STATE.baseX] = decoder.baseX;
  state[EVT3_STATE.vectorPolarity] = decoder.vectorPolarity;
  state[EVT3_STATE.lastX] = decoder.context.width - 1;
  state[EVT3_STATE.lastY] = decoder.context.height - 1;
  const room = Math.min(KERNEL_ROWS - EVT3_ROWS_AHEAD, rows.capacity - rows.rowCount - 12);
  const stop = start + (run(INPUT_AT, INPUT_AT + 2 * count, room) - INPUT_AT) / 2;
  takeRows(memory, state[EVT3_STATE.rows]!, rows);
  decoder.timeLo = state[EVT3_STATE.timeLo]!;
  decoder.y = state[EVT3_STATE.y]!;
  decoder.baseX = state[EVT3_STATE.baseX]!;
  decoder.vectorPolarity = state[EVT3_STATE.vectorPolarity]!;
  decoder.isOutside = state[EVT3_STATE.outside]! < 0;
  return stop;
}

/** Words that are decoded in two passes at a time: their events stay in the first cache between them. */
const EVENTS_AT_ONCE = 4096;

/** Row addresses, column addresses and low times: most of all words. */
const PLAIN_WORDS = (1 << 0) | (1 << 2) | (1 << 6);

/** A vector from here on could reach beyond the 11 bits of an address. */
const LAST_PLAIN_BASE = 2047 - 11;

/**
 * Decodes events, and all that stands between them, up to the first word that is rare; returns its index.
 *
 * First the words become packed events, then these become columns: either loop has few enough values for registers.
 * Plain words follow each other in no order that a processor could guess, so each goes through the same steps, and masks
 * of all ones or zeros choose what it changes: an event is always written, and counts for a column address only.
 */
function decodeEvents(
  state: Evt3State,
  words: Uint16Array,
  start: number,
  end: number,
  rows: EventRows,
): number {
  const { packed, lowTimes } = state;
  const room = Math.min(EVENTS_AT_ONCE, rows.capacity - 12 - rows.rowCount + 1);
  let { timeLo, baseX } = state;
  let vectorPolarity = state.vectorPolarity << 11;
  let packedY = state.y << 12;
  let count = 0;
  let i = start;
  for (; i < end && count < room; i++) {
    const word = words[i]!;
    const type = word >>> 12;
    if (((PLAIN_WORDS >>> type) & 1) !== 0) {
      const isRow = (type - 1) >> 31;
      const isLow = ((type ^ 6) - 1) >> 31;
      const isEvent = ((type ^ 2) - 1) >> 31;
      packedY ^= (packedY ^ (word << 12)) & 0x7ff000 & isRow;
      timeLo ^= (timeLo ^ word) & 0xfff & isLow;
      packed[count] = (word & 0xfff) | packedY;
      lowTimes[count] = timeLo;
      count -= isEvent;
    } else if (type === 4 || type === 5) {
      if (baseX < 0 || baseX > LAST_PLAIN_BASE) break;
      let valid = type === 4 ? word & 0xfff : word & 0xff;
      while (valid !== 0) {
        packed[count] = (baseX + 31 - Math.clz32(valid & -valid)) | vectorPolarity | packedY;
        lowTimes[count] = timeLo;
        valid &= valid - 1;
        count++;
      }
      baseX += type === 4 ? 12 : 8;
    } else if (type === 3) {
      baseX = word & 0x7ff;
      vectorPolarity = word & 0x800;
    } else break;
  }
  state.timeLo = timeLo;
  state.y = packedY >>> 12;
  state.baseX = baseX;
  state.vectorPolarity = vectorPolarity >>> 11;
  state.isOutside = !spreadEvents(state, rows, count);
  return i;
}

/** Appends packed events to the columns. @returns whether all were inside of the geometry */
function spreadEvents(
  { context, packed, lowTimes, timeHi }: Evt3State,
  rows: EventRows,
  count: number,
): boolean {
  const { timeWords, x: xs, y: ys, p: ps, rowCount: first } = rows;
  const lastX = context.width - 1;
  const lastY = context.height - 1;
  let outside = 0;
  for (let i = 0; i < count; i++) {
    const event = packed[i]!;
    const row = first + i;
    const x = event & 0x7ff;
    const y = event >>> 12;
    // Negative once a coordinate is outside.
    outside |= (lastX - x) | (lastY - y);
    timeWords[2 * row] = lowTimes[i]!;
    timeWords[2 * row + 1] = timeHi;
    xs[row] = x;
    ys[row] = y;
    ps[row] = (event >>> 11) & 1;
  }
  rows.rowCount = first + count;
  return outside >= 0;
}

/** Looks again at words some of whose events are outside of the geometry, from the row and the base before them. */
function noteOutside(
  state: Evt3State,
  words: Uint16Array,
  start: number,
  end: number,
  firstY: number,
  firstBase: number,
  byteOffset: number,
): void {
  let y = firstY;
  let baseX = firstBase;
  for (let i = start; i < end; i++) {
    const word = words[i]!;
    const type = word >>> 12;
    if (type === 0) y = word & 0x7ff;
    else if (type === 2) noteEvent(state, word & 0x7ff, y, byteOffset + 2 * i);
    else if (type === 3) baseX = word & 0x7ff;
    else if (type === 4 || type === 5) {
      const count = type === 4 ? 12 : 8;
      for (let bit = 0; bit < count; bit++) {
        if (((word >>> bit) & 1) === 1) noteEvent(state, baseX + bit, y, byteOffset + 2 * i);
      }
      baseX += count;
    }
  }
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

function noteEvent(state: Evt3State, x: number, y: number, byteOffset: number): void {
  const { width, height, violations } = state.context;
  if (y < 0) violations.add("missingRow", byteOffset);
  if (x >= width || y >= height) violations.add("outsideGeometry", byteOffset);
}
