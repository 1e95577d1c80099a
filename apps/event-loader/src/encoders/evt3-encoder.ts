import { checkInteger, resolveOptions } from "@millrace/base";
import type { EventChunk } from "../event-rows.ts";
import { checkEvents, type EventEncoder, type EventLimits } from "./event-encoder.ts";
import { type RawMetadata, rawHeader } from "./raw-file-header.ts";

/** What an EVT3 recording is told beside its events. */
export interface Evt3EncoderOptions {
  /** Columns of the sensor, 1 to 2048. @default 1280 */
  readonly width?: number;
  /** Rows of the sensor, 1 to 2048. @default 720 */
  readonly height?: number;
  /** Write neighbours of the same time, row and polarity as a vector. @default true */
  readonly hasVectors?: boolean;
  /** Further keys and values of the header. @default none */
  readonly metadata?: RawMetadata;
}

/** What {@link Evt3EncoderOptions} are when they are not given. */
export const DEFAULT_EVT3_ENCODER_OPTIONS: Required<Evt3EncoderOptions> = Object.freeze({
  width: 1280,
  height: 720,
  hasVectors: true,
  metadata: Object.freeze({}),
});

/** Times per wrap of the 24-bit clock. */
const LOOP_US = 2 ** 24;
/** Longest time from 0 or from the last event: 48.9 h; each wrap in between takes two words. */
const MAX_LEAP_US = 10_484 * LOOP_US;
const TWO_32 = 2 ** 32;
/** Most words one event takes without wraps: time high, time low, row, column (or base and vector). */
const WORDS_PER_EVENT = 5;

/**
 * Turns events, sorted by time, into an EVT 3.0 recording, chunk by chunk.
 * @example
 * const encoder = new Evt3Encoder({ width: 640, height: 480 });
 * const bytes = [encoder.header(), encoder.encode(chunk)];
 */
export class Evt3Encoder implements EventEncoder {
  readonly #options: Required<Evt3EncoderOptions>;
  readonly #state: EncoderState = { loops: 0, high: -1, low: -1, y: -1, time: 0 };
  #words = new Uint16Array(0);

  /** @throws InvalidArgumentError for an unknown option or one out of its range */
  constructor(options: Evt3EncoderOptions = {}) {
    this.#options = resolveOptions<Required<Evt3EncoderOptions>>(
      "events",
      DEFAULT_EVT3_ENCODER_OPTIONS,
      options,
    );
    checkInteger("events", "width", this.#options.width, 1, 2048);
    checkInteger("events", "height", this.#options.height, 1, 2048);
  }

  /** What the file begins with. */
  header(): Uint8Array<ArrayBuffer> {
    const { width, height, metadata } = this.#options;
    return rawHeader("EVT3", "3.0", width, height, metadata);
  }

  /**
   * The words of a chunk's events, which follow those of the chunks before; the chunk stays the caller's.
   * @returns a view that is valid until the next call
   * @throws InvalidArgumentError `EVENTS_TIME_ORDER` when the time goes back, is negative or leaps by over 48 h;
   *   `EVENTS_PIXEL_RANGE` for an event outside the geometry. The encoder cannot go on then.
   */
  encode(chunk: EventChunk): Uint8Array<ArrayBuffer> {
    const { rowCount } = chunk;
    const { x, y, p } = chunk.columns;
    const { width, height, hasVectors } = this.#options;
    const limits: EventLimits = { width, height, maxLeapUs: MAX_LEAP_US, maxTimeUs: Number.MAX_SAFE_INTEGER };
    const last = checkEvents(chunk, this.#state.time, limits);
    const room = rowCount * WORDS_PER_EVENT + 2 * (Math.floor(last / LOOP_US) - this.#state.loops);
    if (this.#words.length < room) this.#words = new Uint16Array(room);
    const count = encodeEvents(this.#state, chunk.words("t"), x, y, p, rowCount, hasVectors, this.#words);
    return new Uint8Array(this.#words.buffer, 0, 2 * count);
  }
}

/** What the decoder knows after the words so far. */
interface EncoderState {
  loops: number;
  high: number;
  low: number;
  y: number;
  time: number;
}

function encodeEvents(
  state: EncoderState,
  times: Int32Array,
  xs: Uint16Array,
  ys: Uint16Array,
  ps: Uint8Array,
  rowCount: number,
  hasVectors: boolean,
  words: Uint16Array,
): number {
  let at = 0;
  for (let row = 0; row < rowCount; ) {
    const timeLo = times[2 * row]!;
    const timeHi = times[2 * row + 1]!;
    const time = timeHi * TWO_32 + (timeLo >>> 0);
    if (time !== state.time || state.high < 0) at = writeTime(state, time, words, at);
    const x = xs[row]!;
    const y = ys[row]!;
    const polarity = ps[row]! === 0 ? 0 : 0x800;
    if (y !== state.y) {
      words[at++] = y;
      state.y = y;
    }
    let valid = 1;
    let next = row + 1;
    // A vector takes two words: it pays from the third event on.
    while (hasVectors && next < rowCount && xs[next]! > xs[next - 1]! && xs[next]! - x < 12) {
      const isSame =
        times[2 * next]! === timeLo &&
        times[2 * next + 1]! === timeHi &&
        ys[next]! === y &&
        ps[next]! === ps[row]!;
      if (!isSame) break;
      valid |= 1 << (xs[next]! - x);
      next++;
    }
    if (next - row > 2) {
      words[at++] = 0x3000 | polarity | x;
      words[at++] = 0x4000 | valid;
      row = next;
    } else {
      words[at++] = 0x2000 | polarity | x;
      row++;
    }
  }
  return at;
}

function writeTime(state: EncoderState, time: number, words: Uint16Array, start: number): number {
  let at = start;
  const loops = Math.floor(time / LOOP_US);
  const high = Math.floor(time / 4096) & 0xfff;
  const low = time % 4096;
  for (; state.loops < loops; state.loops++) {
    // A reader takes a drop from the highest value to the lowest for a wrap.
    words[at++] = 0x8fff;
    words[at++] = 0x8000;
    state.high = 0;
    state.low = -1;
  }
  if (high !== state.high) {
    words[at++] = 0x8000 | high;
    state.high = high;
    // Some readers set the low bits to 0 here, others (evlib) keep them: they are written again for both.
    state.low = -1;
  }
  if (low !== state.low) {
    words[at++] = 0x6000 | low;
    state.low = low;
  }
  state.time = time;
  return at;
}
