import type { DecoderContext, EventDecoder } from "./event-decoder.ts";
import type { EventRows } from "./event-rows.ts";
import {
  addTriggerWord,
  clockState,
  newTimeHighClock,
  setTimeHigh,
  shiftTimes,
  type TimeHighClock,
} from "./time-high.ts";
import { EVT2_STATE } from "./wasm/evt2-kernel.ts";
import { INPUT_AT, INPUT_BYTES, KERNEL_ROWS, takeRows } from "./wasm/kernel-memory.ts";
import { type DecodeKernels, decodeKernels } from "./wasm/kernels.ts";
import { WordDecoder } from "./word-decoder.ts";

/**
 * A drop of the 28-bit time-high by at least this is a wrap: its maximum less 10 (OpenEB's stand-alone decoder), or less
 * 10 ms in the mode "sdk" (Metavision's HAL).
 */
export function wrapDropOf({ mode }: DecoderContext): number {
  return 2 ** 28 - 1 - (mode === "sdk" ? Math.floor(10_000 / 64) : 10);
}

/**
 * Makes a decoder of EVT 2.0: 32-bit words, type in the top four bits (Prophesee's format documentation).
 * Times continue behind the 34-bit wrap, every 4 h 46 min.
 */
export function newEvt2Decoder(context: DecoderContext): EventDecoder {
  const clock = newTimeHighClock(context, wrapDropOf(context));
  return new WordDecoder<Int32Array>({
    wordBytes: 4,
    rowsPerStep: 1,
    dataStart: context.dataStart,
    violations: context.violations,
    state: clockState(clock),
    view: (buffer, byteOffset, length) => new Int32Array(buffer, byteOffset, length),
    loop: (words, start, end, rows, byteOffset) => {
      const firstRow = rows.rowCount;
      const next = decodeEvt2Words(clock, words, start, end, rows, byteOffset);
      shiftTimes(clock, rows, firstRow);
      return next;
    },
  });
}

function decodeEvt2Words(
  clock: TimeHighClock,
  words: Int32Array,
  start: number,
  end: number,
  rows: EventRows,
  byteOffset: number,
): number {
  let i = start;
  while (i < end && rows.rowCount < rows.capacity) {
    if (clock.isStarted) i = decodeKnownWords(clock, words, i, end, rows, byteOffset);
    if (i === end || rows.rowCount === rows.capacity) break;
    // It stopped at a word that is not its own, or at the end of a piece.
    if (clock.isStarted && isEvent(words[i]!)) continue;
    noteWord(clock, words[i]!, byteOffset + 4 * i);
    i++;
  }
  return i;
}

/** Decodes by the kernel where the engine has vectors, which is several times as fast, else in TypeScript. */
function decodeKnownWords(
  clock: TimeHighClock,
  words: Int32Array,
  start: number,
  end: number,
  rows: EventRows,
  byteOffset: number,
): number {
  const kernels = decodeKernels();
  return kernels === undefined
    ? decodeEvents(clock, words, start, end, rows, byteOffset)
    : decodeByKernel(kernels, clock, words, start, end, rows, byteOffset);
}

/** Decodes a piece as long as the kernel's memory; what the kernel stops at is the caller's. */
function decodeByKernel(
  { evt2: run, memory }: DecodeKernels,
  clock: TimeHighClock,
  words: Int32Array,
  start: number,
  end: number,
  rows: EventRows,
  byteOffset: number,
): number {
  const count = Math.min(end - start, INPUT_BYTES / 4);
  memory.inputWords.set(words.subarray(start, start + count));
  const { state } = memory;
  state[EVT2_STATE.high] = clock.high;
  state[EVT2_STATE.timeLo] = clock.timeLo;
  state[EVT2_STATE.timeHi] = clock.timeHi;
  state[EVT2_STATE.wraps] = clock.loops * 4;
  state[EVT2_STATE.lastX] = clock.context.width - 1;
  state[EVT2_STATE.lastY] = clock.context.height - 1;
  const room = Math.min(KERNEL_ROWS, rows.capacity - rows.rowCount);
  const stop = start + (run(INPUT_AT, INPUT_AT + 4 * count, room) - INPUT_AT) / 4;
  takeRows(memory, state[EVT2_STATE.rows]!, rows);
  clock.high = state[EVT2_STATE.high]!;
  clock.timeLo = state[EVT2_STATE.timeLo]!;
  clock.timeHi = state[EVT2_STATE.timeHi]!;
  if (state[EVT2_STATE.outside]! < 0) noteOutside(clock, words, start, stop, byteOffset);
  return stop;
}

/**
 * Decodes events and rising time-high words up to the first word that is neither; returns its index. Events between two
 * time-high words are one short loop without a call, so that all it needs stays in registers.
 */
function decodeEvents(
  clock: TimeHighClock,
  words: Int32Array,
  start: number,
  end: number,
  rows: EventRows,
  byteOffset: number,
): number {
  const { timeWords, x: xs, y: ys, p: ps, capacity } = rows;
  const lastX = clock.context.width - 1;
  const lastY = clock.context.height - 1;
  let { high, timeLo, timeHi } = clock;
  let outside = 0;
  let shift = rows.rowCount - start;
  let i = start;
  for (;;) {
    const stop = Math.min(end, capacity - shift);
    for (; i < stop; i++) {
      const word = words[i]!;
      if (word >>> 29 !== 0) break;
      const row = i + shift;
      const x = (word >>> 11) & 0x7ff;
      const y = word & 0x7ff;
      // Negative once a coordinate is outside.
      outside |= (lastX - x) | (lastY - y);
      timeWords[2 * row] = timeLo | ((word >>> 22) & 0x3f);
      timeWords[2 * row + 1] = timeHi;
      xs[row] = x;
      ys[row] = y;
      ps[row] = word >>> 28;
    }
    if (i === stop) break;
    const nextHigh = words[i]! & 0xfffffff;
    if (words[i]! >>> 28 !== 8 || nextHigh < high) break;
    high = nextHigh;
    timeLo = high << 6;
    timeHi = (high >>> 26) + clock.loops * 4;
    shift--;
    i++;
  }
  rows.rowCount = i + shift;
  clock.high = high;
  clock.timeLo = timeLo;
  clock.timeHi = timeHi;
  if (outside < 0) noteOutside(clock, words, start, i, byteOffset);
  return i;
}

function isEvent(word: number): boolean {
  return word >>> 29 === 0;
}

/** Looks again at words some of whose events are outside of the geometry. */
function noteOutside(
  { context }: TimeHighClock,
  words: Int32Array,
  start: number,
  end: number,
  byteOffset: number,
): void {
  const { width, height, violations } = context;
  for (let i = start; i < end; i++) {
    const word = words[i]!;
    const isOutside = ((word >>> 11) & 0x7ff) >= width || (word & 0x7ff) >= height;
    if (word >>> 28 <= 1 && isOutside) violations.add("outsideGeometry", byteOffset + 4 * i);
  }
}

/** Takes a word that the loop over events leaves: the first time-high, one that falls, and whatever is no event. */
function noteWord(clock: TimeHighClock, word: number, byteOffset: number): void {
  const type = word >>> 28;
  const { violations } = clock.context;
  if (type <= 1) violations.add("beforeTimeHigh", byteOffset);
  else if (type === 8) setTimeHigh(clock, word & 0xfffffff, byteOffset);
  else if (type === 0xa) addTriggerWord(clock, word, byteOffset);
  else if (type < 0xa) violations.add("unknownWord", byteOffset);
  // 0xB and 0xC (old grey levels), 0xD (IMU), 0xE (counters) and 0xF (their values) carry no events.
}
