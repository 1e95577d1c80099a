import type { EventRows } from "./event-rows.ts";
import { type Evt3State, noteEvent } from "./evt3-state.ts";
import { EVT3_ROWS_AHEAD, EVT3_STATE } from "./wasm/evt3-kernel.ts";
import { INPUT_AT, INPUT_BYTES, KERNEL_ROWS, takeRows } from "./wasm/kernel-memory.ts";
import { type DecodeKernels, decodeKernels } from "./wasm/kernels.ts";

/**
 * Decodes events, and all that stands between them, up to the first word that is rare; returns its index. By the kernel
 * where the engine has vectors, which is several times as fast, else in TypeScript. It needs a row.
 */
export function decodeKnownWords(
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
export const EVENTS_AT_ONCE = 4096;

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
