import { writeU32 } from "@millrace/base";
import { stateFields } from "../decoder-state.ts";
import type { DecoderContext, EventDecoder } from "../event-decoder.ts";
import { type EventChunk, type EventRows, timeOfRow } from "../event-rows.ts";
import { WordDecoder } from "../word-decoder.ts";

/** A drop of the 32-bit time by more than this is a wrap. */
const WRAP_DROP = 2 ** 31;
const MAX_COORDINATE = 0x7fff;
/** Bytes of an event with its time. */
const EVENT_BYTES = 8;

interface SpifState {
  readonly context: DecoderContext;
  /** The time of an event that has none, in µs. */
  readonly nowUs: () => number;
  /** The address whose time is the next word. */
  address: number;
  hasAddress: boolean;
  last: number;
  loops: number;
}

/**
 * Makes a decoder of the words that SPIF and AEStream send over UDP: u32 with y [14:0], polarity [15], x [30:16]; where
 * bit 31 is 0 the time in µs follows as another u32, else the event has the time of its arrival.
 */
export function newSpifDecoder(context: DecoderContext, nowUs: () => number): EventDecoder {
  const state: SpifState = { context, nowUs, address: 0, hasAddress: false, last: 0, loops: 0 };
  return new WordDecoder<Int32Array>({
    wordBytes: 4,
    rowsPerStep: 1,
    dataStart: context.dataStart,
    violations: context.violations,
    state: stateFields(state, ["address", "hasAddress", "last", "loops"]),
    view: (buffer, byteOffset, length) => new Int32Array(buffer, byteOffset, length),
    loop: (words, start, end, rows, byteOffset) => decodeWords(state, words, start, end, rows, byteOffset),
    isInside: () => state.hasAddress,
  });
}

function decodeWords(
  state: SpifState,
  words: Int32Array,
  start: number,
  end: number,
  rows: EventRows,
  byteOffset: number,
): number {
  const { timeWords, x: xs, y: ys, p: ps, capacity } = rows;
  const { width, height, violations } = state.context;
  const arrivedUs = state.nowUs();
  let row = rows.rowCount;
  let i = start;
  for (; i < end && row < capacity; i++) {
    const word = words[i]!;
    let time = arrivedUs;
    if (state.hasAddress) {
      const low = word >>> 0;
      if (state.last - low > WRAP_DROP) state.loops++;
      state.last = low;
      time = state.loops * 2 ** 32 + low;
    } else {
      state.address = word;
    }
    // An address with bit 31 clear waits for its time.
    state.hasAddress = !state.hasAddress && word >= 0;
    if (state.hasAddress) continue;
    const x = (state.address >>> 16) & MAX_COORDINATE;
    const y = state.address & MAX_COORDINATE;
    timeWords[2 * row] = time | 0;
    timeWords[2 * row + 1] = Math.floor(time / 2 ** 32);
    xs[row] = x;
    ys[row] = y;
    ps[row] = (state.address >>> 15) & 1;
    row++;
    if (x >= width || y >= height) violations.add("outsideGeometry", byteOffset + 4 * i);
  }
  rows.rowCount = row;
  return i;
}

/** The words of a chunk's events, each with the low 32 bits of its time. */
export function encodeSpifWords(chunk: EventChunk): Uint8Array {
  const { rowCount } = chunk;
  const { x, y, p } = chunk.columns;
  const words = chunk.words("t");
  const bytes = new Uint8Array(EVENT_BYTES * rowCount);
  for (let row = 0; row < rowCount; row++) {
    const address = ((x[row]! & MAX_COORDINATE) << 16) | (p[row]! << 15) | (y[row]! & MAX_COORDINATE);
    writeU32(bytes, EVENT_BYTES * row, address);
    writeU32(bytes, EVENT_BYTES * row + 4, timeOfRow(words, row) % 2 ** 32);
  }
  return bytes;
}
