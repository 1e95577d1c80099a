import { type EventChunk, timeOfRow } from "../event-rows.ts";
import type { EventEncoder } from "./event-encoder.ts";
import type { SensorSize } from "./open-encoder.ts";

/** Ways to write events as lines of text. */
export type TextStyle = "rpg-text" | "v2e-text" | "metavision-csv";

/** A sign, 17 digits of a time, a point, three numbers of up to five digits, separators and a line feed. */
const MOST_BYTES_PER_LINE = 40;
const [LINE_FEED, BLANK, COMMA, MINUS, POINT, ZERO] = [0x0a, 0x20, 0x2c, 0x2d, 0x2e, 0x30];

/**
 * Turns events, in any order, into lines of text.
 *
 * `rpg-text` and `v2e-text` are `t x y p` with seconds of six digits behind the point, `metavision-csv` is `x,y,p,t`
 * with microseconds. The first lines name the sensor's size, where it is known, and v2e's columns.
 */
export class TextEventEncoder implements EventEncoder {
  readonly #style: TextStyle;
  readonly #size: SensorSize | undefined;
  #bytes = new Uint8Array(0);

  constructor(style: TextStyle, size: SensorSize | undefined) {
    this.#style = style;
    this.#size = size;
  }

  header(): Uint8Array<ArrayBuffer> {
    const { width, height } = this.#size ?? {};
    const isCsv = this.#style === "metavision-csv";
    const size = isCsv ? `%geometry:${width},${height}\n` : `# geometry ${width}x${height}\n`;
    const names = this.#style === "v2e-text" ? "# t (s) x y p (0 off, 1 on)\n" : "";
    return new TextEncoder().encode((this.#size === undefined ? "" : size) + names);
  }

  encode(chunk: EventChunk): Uint8Array<ArrayBuffer> {
    const room = chunk.rowCount * MOST_BYTES_PER_LINE;
    if (this.#bytes.length < room) this.#bytes = new Uint8Array(room);
    const isCsv = this.#style === "metavision-csv";
    const end = isCsv ? writeMicroseconds(this.#bytes, chunk) : writeSeconds(this.#bytes, chunk);
    return this.#bytes.subarray(0, end);
  }
}

function writeSeconds(bytes: Uint8Array, chunk: EventChunk): number {
  const { x, y, p } = chunk.columns;
  const times = chunk.words("t");
  let at = 0;
  for (let row = 0; row < chunk.rowCount; row++) {
    const time = timeOfRow(times, row);
    const size = Math.abs(time);
    if (time < 0) bytes[at++] = MINUS;
    at = writeWhole(bytes, at, Math.floor(size / 1e6));
    bytes[at++] = POINT;
    // Leading zeros are cut off by a digit before them, which the point then replaces.
    at = writeWhole(bytes, at - 1, 1e6 + (size % 1e6));
    bytes[at - 7] = POINT;
    bytes[at++] = BLANK;
    at = writeWhole(bytes, at, x[row]!);
    bytes[at++] = BLANK;
    at = writeWhole(bytes, at, y[row]!);
    bytes[at++] = BLANK;
    bytes[at++] = ZERO + (p[row]! === 0 ? 0 : 1);
    bytes[at++] = LINE_FEED;
  }
  return at;
}

function writeMicroseconds(bytes: Uint8Array, chunk: EventChunk): number {
  const { x, y, p } = chunk.columns;
  const times = chunk.words("t");
  let at = 0;
  for (let row = 0; row < chunk.rowCount; row++) {
    at = writeWhole(bytes, at, x[row]!);
    bytes[at++] = COMMA;
    at = writeWhole(bytes, at, y[row]!);
    bytes[at++] = COMMA;
    bytes[at++] = ZERO + (p[row]! === 0 ? 0 : 1);
    bytes[at++] = COMMA;
    const time = timeOfRow(times, row);
    if (time < 0) bytes[at++] = MINUS;
    at = writeWhole(bytes, at, Math.abs(time));
    bytes[at++] = LINE_FEED;
  }
  return at;
}

/** Writes the digits of a whole number from 0 to 2^53. @returns the position behind them */
function writeWhole(bytes: Uint8Array, start: number, value: number): number {
  let digits = 1;
  for (let power = 10; power <= value; power *= 10) digits++;
  const end = start + digits;
  let rest = value;
  for (let at = end - 1; at >= start; at--) {
    const tenth = Math.floor(rest / 10);
    bytes[at] = ZERO + (rest - 10 * tenth);
    rest = tenth;
  }
  return end;
}
