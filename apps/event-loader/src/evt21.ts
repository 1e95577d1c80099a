import type { DecoderContext, EventDecoder } from "./event-decoder.ts";
import type { EventRows } from "./event-rows.ts";
import { wrapDropOf } from "./evt2.ts";
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

/** Which half of a 64-bit word comes first: the mask (little-endian), or the half with type and address (legacy). */
export type Evt21Order = "little" | "legacy";

/** Makes a decoder of EVT 2.1: 64-bit words, an address with a mask of 32 columns (Prophesee's documentation). */
export function newEvt21Decoder(context: DecoderContext, order: Evt21Order): EventDecoder {
  const clock = newTimeHighClock(context, wrapDropOf(context));
  const first = order === "little" ? 1 : 0;
  return new WordDecoder<Int32Array>({
    wordBytes: 8,
    rowsPerStep: VECTOR_EVENTS,
    dataStart: context.dataStart,
    violations: context.violations,
    state: clockState(clock),
    view: (buffer, byteOffset, length) => new Int32Array(buffer, byteOffset, 2 * length),
    loop: (halves, start, end, rows, byteOffset) => {
      const firstRow = rows.rowCount;
      const next = decodeEvt21Words(clock, first, halves, start, end, rows, byteOffset);
      shiftTimes(clock, rows, firstRow);
      return next;
    },
  });
}

/** @param first - index of the half with the type inside a word */
function decodeEvt21Words(
  clock: TimeHighClock,
  first: 0 | 1,
  halves: Int32Array,
  start: number,
  end: number,
  rows: EventRows,
  byteOffset: number,
): number {
  const { violations } = clock.context;
  const lastRow = rows.capacity - VECTOR_EVENTS;
  let i = start;
  for (; i < end && rows.rowCount <= lastRow; i++) {
    const word = halves[2 * i + first]!;
    const type = word >>> 28;
    const at = byteOffset + 8 * i;
    if (type <= 1) {
      if (clock.isStarted) addVector(clock, word, halves[2 * i + 1 - first]!, type, rows, at);
      else violations.add("beforeTimeHigh", at);
    } else if (type === 0x8) {
      setTimeHigh(clock, word & 0xfffffff, at);
    } else if (type === 0xa) {
      addTriggerWord(clock, word, at);
    } else if (type < 0xe) {
      violations.add("unknownWord", at);
    }
    // 0xE (counters) and 0xF (their values) carry no events.
  }
  return i;
}

/**
 * Finds out the order of the halves from data, where no header tells it.
 *
 * In the right order nearly every word has a type that exists, and some are time-high words.
 *
 * @param bytes - the first words of the data
 */
export function sniffEvt21Order(bytes: Uint8Array): Evt21Order {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const known = [0, 0];
  const timeHighs = [0, 0];
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    for (const first of [0, 1]) {
      const type = view.getUint32(at + 4 * first, true) >>> 28;
      if ([0x0, 0x1, 0x8, 0xa, 0xe, 0xf].includes(type)) known[first]!++;
      if (type === 0x8) timeHighs[first]!++;
    }
  }
  const [legacy, little] = [0, 1].map((first) => (timeHighs[first] === 0 ? -1 : known[first]!));
  if (legacy !== little) return legacy! > little! ? "legacy" : "little";
  return timeHighs[0]! > timeHighs[1]! ? "legacy" : "little";
}
