import { checkInteger } from "@millrace/base";
import { type EventChunk, timeOfRow } from "../event-rows.ts";
import { checkEvents, type EventEncoder, type EventLimits } from "./event-encoder.ts";
import { type RawMetadata, rawHeader } from "./raw-file-header.ts";

/** The formats whose time is a word of 28 high bits and six low bits in each event. */
export type TimeHighFormat = "EVT2" | "EVT2.1" | "EVT4";

/** What the encoder of a RAW format is told. */
export interface TimeHighEncoderOptions {
  /** Columns of the sensor, 1 to 2048. */
  readonly width: number;
  /** Rows of the sensor, 1 to 2048. */
  readonly height: number;
  /** Further keys and values of the header. @default none */
  readonly metadata?: RawMetadata;
}

/** Times per wrap of the 34-bit clock: 4 h 46 min. */
const LOOP_US = 2 ** 34;
const MAX_LEAP_US = 1000 * LOOP_US;
/** An event with its time-high word takes at most two words of 64 bits, or a vector's two and one of 32. */
const BYTES_PER_EVENT = 16;
/** Columns of a vector. */
const VECTOR_COLUMNS = 32;

interface State {
  loops: number;
  /** The 28 bits of the last time-high word; -1 before the first. */
  high: number;
  timeUs: number;
}

/**
 * Turns events, sorted by time, into an EVT 2.0, 2.1 (little-endian) or 4.0 recording. EVT 2.1 and 4.0 write events of
 * the same time, row and polarity within 32 columns as one vector where they stand together.
 * @example
 * const encoder = new TimeHighEncoder("EVT2", { width: 640, height: 480 });
 */
export class TimeHighEncoder implements EventEncoder {
  readonly #format: TimeHighFormat;
  readonly #options: Required<TimeHighEncoderOptions>;
  readonly #limits: EventLimits;
  readonly #state: State = { loops: 0, high: -1, timeUs: 0 };
  #bytes = new Uint8Array(0);

  /** @throws InvalidArgumentError for a size out of its range */
  constructor(format: TimeHighFormat, options: TimeHighEncoderOptions) {
    const { width, height, metadata = {} } = options;
    checkInteger("events", "width", width, 1, 2048);
    checkInteger("events", "height", height, 1, 2048);
    this.#format = format;
    this.#options = { width, height, metadata };
    this.#limits = { width, height, maxLeapUs: MAX_LEAP_US, maxTimeUs: Number.MAX_SAFE_INTEGER };
  }

  header(): Uint8Array<ArrayBuffer> {
    const { width, height, metadata } = this.#options;
    const names = {
      EVT2: ["EVT2", "2.0"],
      "EVT2.1": ["EVT21;endianness=little", "2.1"],
      EVT4: ["EVT4", "4.0"],
    } as const;
    const [name, version] = names[this.#format];
    return rawHeader(name, version, width, height, metadata);
  }

  encode(chunk: EventChunk): Uint8Array<ArrayBuffer> {
    const last = checkEvents(chunk, this.#state.timeUs, this.#limits);
    const wraps = Math.floor(last / LOOP_US) - this.#state.loops;
    const room = chunk.rowCount * BYTES_PER_EVENT + 16 * wraps;
    if (this.#bytes.length < room) this.#bytes = new Uint8Array(room);
    const view = new DataView(this.#bytes.buffer);
    const length =
      this.#format === "EVT2"
        ? writeSingles(chunk, this.#state, view)
        : writeVectors(chunk, this.#state, view, this.#format);
    this.#state.timeUs = last;
    return this.#bytes.subarray(0, length);
  }
}

function writeSingles(chunk: EventChunk, state: State, view: DataView): number {
  const { x, y, p } = chunk.columns;
  const times = chunk.words("t");
  let at = 0;
  for (let row = 0; row < chunk.rowCount; row++) {
    const time = timeOfRow(times, row);
    at = writeTimeHigh(state, time, 8, 4, view, at);
    const type = p[row]! === 0 ? 0 : 1;
    view.setUint32(at, wordOf(type, time, x[row]!, y[row]!), true);
    at += 4;
  }
  return at;
}

function writeVectors(chunk: EventChunk, state: State, view: DataView, format: "EVT2.1" | "EVT4"): number {
  const { x, y, p } = chunk.columns;
  const times = chunk.words("t");
  const isEvt4 = format === "EVT4";
  let at = 0;
  for (let row = 0; row < chunk.rowCount; ) {
    const time = timeOfRow(times, row);
    at = writeTimeHigh(state, time, isEvt4 ? 0xe : 8, isEvt4 ? 4 : 8, view, at);
    const first = x[row]!;
    let mask = 1;
    let next = row + 1;
    for (; next < chunk.rowCount && x[next]! > x[next - 1]! && x[next]! - first < VECTOR_COLUMNS; next++) {
      if (y[next] !== y[row] || p[next] !== p[row] || timeOfRow(times, next) !== time) break;
      mask |= 1 << (x[next]! - first);
    }
    const polarity = p[row]! === 0 ? 0 : 1;
    if (!isEvt4) {
      view.setUint32(at, mask >>> 0, true);
      view.setUint32(at + 4, wordOf(polarity, time, first, y[row]!), true);
      at += 8;
      row = next;
    } else if (next - row > 2) {
      // A vector takes two words: it pays from the third event on.
      view.setUint32(at, wordOf(0xc | polarity, time, first, y[row]!), true);
      view.setUint32(at + 4, mask >>> 0, true);
      at += 8;
      row = next;
    } else {
      view.setUint32(at, wordOf(0xa | polarity, time, first, y[row]!), true);
      at += 4;
      row++;
    }
  }
  return at;
}

/** Type, the six low bits of the time, column and row. */
function wordOf(type: number, time: number, x: number, y: number): number {
  return ((type << 28) | ((time % 64) << 22) | (x << 11) | y) >>> 0;
}

/** Writes the high bits of the time where they have changed, with words of 4 or 8 bytes. */
function writeTimeHigh(
  state: State,
  time: number,
  type: number,
  wordBytes: 4 | 8,
  view: DataView,
  start: number,
): number {
  let at = start;
  const put = (high: number): void => {
    if (wordBytes === 8) view.setUint32(at, 0, true);
    view.setUint32(at + wordBytes - 4, ((type << 28) | high) >>> 0, true);
    at += wordBytes;
    state.high = high;
  };
  const loops = Math.floor(time / LOOP_US);
  for (; state.loops < loops; state.loops++) {
    // A reader takes a drop from the highest value to the lowest for a wrap.
    if (state.high !== 0xfff_ffff) put(0xfff_ffff);
    put(0);
  }
  const high = Math.floor(time / 64) % 2 ** 28;
  if (high !== state.high) put(high);
  return at;
}
