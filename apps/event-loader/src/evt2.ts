import type { DecoderContext, EventDecoder } from "./event-decoder.ts";
import type { EventRows } from "./event-rows.ts";
import {
  addTriggerWord,
  clockState,
  newTimeHighClock,
  setTimeHigh,
  type TimeHighClock,
} from "./time-high.ts";
import { WordDecoder } from "./word-decoder.ts";

/** A drop of the 28-bit time-high by at least this is a wrap: its maximum less 10 (OpenEB's decoder). */
export const WRAP_DROP: number = 2 ** 28 - 1 - 10;

/**
 * Makes a decoder of EVT 2.0: 32-bit words, type in the top four bits (Prophesee's format documentation).
 * Times continue behind the 34-bit wrap, every 4 h 46 min.
 */
export function newEvt2Decoder(context: DecoderContext): EventDecoder {
  const clock = newTimeHighClock(context, WRAP_DROP);
  return new WordDecoder<Int32Array>({
    wordBytes: 4,
    rowsPerStep: 1,
    dataStart: context.dataStart,
    violations: context.violations,
    state: clockState(clock),
    view: (buffer, byteOffset, length) => new Int32Array(buffer, byteOffset, length),
    loop: (words, start, end, rows, byteOffset) =>
      decodeEvt2Words(clock, words, start, end, rows, byteOffset),
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
  const { timeWords, x: xs, y: ys, p: ps, capacity } = rows;
  const { width, height, violations } = clock.context;
  let { isStarted, timeLo, timeHi } = clock;
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
      setTimeHigh(clock, word & 0xfffffff, byteOffset + 4 * i);
      ({ isStarted, timeLo, timeHi } = clock);
    } else {
      noteOtherWord(clock, word, byteOffset + 4 * i);
    }
  }
  rows.rowCount = row;
  return i;
}

function noteOtherWord(clock: TimeHighClock, word: number, byteOffset: number): void {
  const type = word >>> 28;
  if (type === 0xa) addTriggerWord(clock, word, byteOffset);
  else if (type < 0xa) clock.context.violations.add("unknownWord", byteOffset);
  // 0xB and 0xC (old grey levels), 0xD (IMU), 0xE (counters) and 0xF (their values) carry no events.
}
