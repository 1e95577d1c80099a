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
import { addVector, VECTOR_EVENTS } from "./vector-rows.ts";
import { WordDecoder } from "./word-decoder.ts";

/** A drop of the 28-bit time-high by at least half of its range is a wrap (OpenEB's decoder). */
const WRAP_DROP = 2 ** 27;
/** No vector word has this value: its type is another. */
const NO_VECTOR = 0;

interface Evt4State {
  readonly clock: TimeHighClock;
  /** The vector word whose mask is the next word. */
  vector: number;
}

/** Makes a decoder of EVT 4.0: 32-bit words; the mask of a vector is the word behind it (Prophesee's documentation). */
export function newEvt4Decoder(context: DecoderContext): EventDecoder {
  const state: Evt4State = { clock: newTimeHighClock(context, WRAP_DROP), vector: NO_VECTOR };
  const clock = clockState(state.clock);
  return new WordDecoder<Int32Array>({
    wordBytes: 4,
    rowsPerStep: VECTOR_EVENTS,
    dataStart: context.dataStart,
    violations: context.violations,
    view: (buffer, byteOffset, length) => new Int32Array(buffer, byteOffset, length),
    loop: (words, start, end, rows, byteOffset) => {
      const firstRow = rows.rowCount;
      const next = decodeEvt4Words(state, words, start, end, rows, byteOffset);
      shiftTimes(state.clock, rows, firstRow);
      return next;
    },
    state: {
      save: () => [...clock.save(), state.vector],
      restore(values) {
        clock.restore(values);
        state.vector = values.at(-1)!;
      },
    },
    isInside: () => state.vector !== NO_VECTOR,
  });
}

function decodeEvt4Words(
  state: Evt4State,
  words: Int32Array,
  start: number,
  end: number,
  rows: EventRows,
  byteOffset: number,
): number {
  const { clock } = state;
  const { violations } = clock.context;
  const lastRow = rows.capacity - VECTOR_EVENTS;
  let { vector } = state;
  let i = start;
  for (; i < end && rows.rowCount <= lastRow; i++) {
    const word = words[i]!;
    const type = word >>> 28;
    const at = byteOffset + 4 * i;
    if (vector !== NO_VECTOR) {
      if (clock.isStarted) addVector(clock, vector, word, (vector >>> 28) & 1, rows, at);
      else violations.add("beforeTimeHigh", at - 4);
      vector = NO_VECTOR;
    } else if (type === 0xa || type === 0xb) {
      if (clock.isStarted) addVector(clock, word, 1, type & 1, rows, at);
      else violations.add("beforeTimeHigh", at);
    } else if (type === 0xc || type === 0xd) {
      vector = word;
    } else if (type === 0xe) {
      setTimeHigh(clock, word & 0xfffffff, at);
    } else if (type === 0x9) {
      addTriggerWord(clock, word, at);
    } else if (type < 0x6 || type === 0x8) {
      violations.add("unknownWord", at);
    }
    // 0x6 (counters), 0x7 (their values) and 0xF (padding) carry no events.
  }
  state.vector = vector;
  return i;
}
