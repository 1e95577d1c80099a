import { checkInteger } from "@millrace/base";
import { type EventChunk, timeOfRow } from "../event-rows.ts";
import { checkEvents, type EventEncoder, type EventLimits } from "./event-encoder.ts";

const MAX_PLACE = 65_535;
/** One byte says that so much time has passed; a longer pause than this many of them is refused. */
const OVERFLOW_US = 127;
const MAX_LEAP_US = 10_000_000 * OVERFLOW_US;

/** Turns events, sorted by time, into an Event Stream (.es) of version 2 with DVS records; rows stay as they are. */
export class EventStreamEncoder implements EventEncoder {
  readonly #limits: EventLimits;
  #timeUs = 0;
  #bytes = new Uint8Array(0);

  /** @throws InvalidArgumentError for a size out of its range */
  constructor({ width, height }: { readonly width: number; readonly height: number }) {
    checkInteger("events", "width", width, 1, MAX_PLACE);
    checkInteger("events", "height", height, 1, MAX_PLACE);
    this.#limits = { width, height, maxLeapUs: MAX_LEAP_US, maxTimeUs: Number.MAX_SAFE_INTEGER };
  }

  header(): Uint8Array<ArrayBuffer> {
    const { width, height } = this.#limits;
    const magic = new TextEncoder().encode("Event Stream");
    return Uint8Array.of(...magic, 2, 0, 0, 1, width & 255, width >> 8, height & 255, height >> 8);
  }

  encode(chunk: EventChunk): Uint8Array<ArrayBuffer> {
    const before = this.#timeUs;
    this.#timeUs = checkEvents(chunk, before, this.#limits);
    const room = 5 * chunk.rowCount + Math.ceil((this.#timeUs - before) / OVERFLOW_US);
    if (this.#bytes.length < room) this.#bytes = new Uint8Array(room);
    const bytes = this.#bytes;
    const { x, y, p } = chunk.columns;
    const times = chunk.words("t");
    let time = before;
    let at = 0;
    for (let row = 0; row < chunk.rowCount; row++) {
      const next = timeOfRow(times, row);
      for (; next - time >= OVERFLOW_US; time += OVERFLOW_US) bytes[at++] = 0xff;
      bytes[at++] = ((next - time) << 1) | (p[row]! === 0 ? 0 : 1);
      time = next;
      bytes[at++] = x[row]!;
      bytes[at++] = x[row]! >> 8;
      bytes[at++] = y[row]!;
      bytes[at++] = y[row]! >> 8;
    }
    return bytes.subarray(0, at);
  }
}
