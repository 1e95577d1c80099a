import { checkInteger } from "@millrace/base";
import type { EventChunk } from "../event-rows.ts";
import { checkEvents, type EventEncoder, type EventLimits } from "./event-encoder.ts";

/** An event of DAT version 2: 32 bits of time, then x [13:0], y [27:14] and polarity [31:28]. */
const RECORD_BYTES = 8;
const CD_TYPE = 12;
const MAX_PLACE = 2 ** 14;

/** Turns events, sorted by time, into a DAT file of version 2; times go up to 2^32 µs, 71.6 min. */
export class DatEncoder implements EventEncoder {
  readonly #limits: EventLimits;
  #timeUs = 0;
  #bytes = new Uint8Array(0);

  /** @throws InvalidArgumentError for a size out of its range */
  constructor({ width, height }: { readonly width: number; readonly height: number }) {
    checkInteger("events", "width", width, 1, MAX_PLACE);
    checkInteger("events", "height", height, 1, MAX_PLACE);
    const maxTimeUs = 2 ** 32 - 1;
    this.#limits = { width, height, maxLeapUs: maxTimeUs, maxTimeUs };
  }

  header(): Uint8Array<ArrayBuffer> {
    const { width, height } = this.#limits;
    const text = `% Data file containing Event2D events.\n% Version 2\n% Height ${height}\n% Width ${width}\n`;
    const bytes = new TextEncoder().encode(text);
    return Uint8Array.of(...bytes, CD_TYPE, RECORD_BYTES);
  }

  encode(chunk: EventChunk): Uint8Array<ArrayBuffer> {
    this.#timeUs = checkEvents(chunk, this.#timeUs, this.#limits);
    const { rowCount } = chunk;
    const room = rowCount * RECORD_BYTES;
    if (this.#bytes.length < room) this.#bytes = new Uint8Array(room);
    const view = new DataView(this.#bytes.buffer);
    const { x, y, p } = chunk.columns;
    const times = chunk.words("t");
    for (let row = 0, at = 0; row < rowCount; row++, at += RECORD_BYTES) {
      view.setInt32(at, times[2 * row]!, true);
      view.setUint32(at + 4, (((p[row]! === 0 ? 0 : 1) << 28) | (y[row]! << 14) | x[row]!) >>> 0, true);
    }
    return this.#bytes.subarray(0, room);
  }
}
