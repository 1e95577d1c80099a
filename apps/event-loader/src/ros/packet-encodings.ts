import { readU32 } from "@millrace/base";
import type { DecoderContext } from "../event-decoder.ts";
import type { EventRows } from "../event-rows.ts";
import { appendEvent, type MessageEvents } from "./message-events.ts";

const RECORD_BYTES = 8;

/** A time base in ns as whole microseconds and what is left over, so that sums stay exact in doubles. */
function splitTime(timeBase: bigint): { readonly us: number; readonly restNs: number } {
  return { us: Number(timeBase / 1000n), restNs: Number(timeBase % 1000n) };
}

/** Encoding "mono" of event_camera_msgs: 64 bits an event, time since the base in ns [31:0], x [47:32], y [62:48], p [63]. */
export class MonoPackets implements MessageEvents {
  readonly #context: DecoderContext;
  readonly #bytes: Uint8Array;
  readonly #base: { readonly us: number; readonly restNs: number };
  #at = 0;

  constructor(context: DecoderContext, bytes: Uint8Array, timeBase: bigint) {
    this.#context = context;
    this.#bytes = bytes;
    this.#base = splitTime(timeBase);
  }

  decode(rows: EventRows): boolean {
    const bytes = this.#bytes;
    const { us, restNs } = this.#base;
    for (; this.#at + RECORD_BYTES <= bytes.length; this.#at += RECORD_BYTES) {
      if (rows.rowCount === rows.capacity) return false;
      const place = readU32(bytes, this.#at + 4);
      const timeUs = us + Math.floor((restNs + readU32(bytes, this.#at)) / 1000);
      appendEvent(rows, this.#context, timeUs, place & 0xffff, (place >>> 16) & 0x7fff, place >>> 31);
    }
    if (this.#at < bytes.length) this.#context.violations.add("truncatedWord", 0);
    return true;
  }
}

/**
 * Encoding "libcaer": cAER's polarity records, u32 with valid [0], p [1], y [16:2], x [31:17], then i32 of µs since
 * the base; a time that falls inside a packet has passed 2^31.
 */
export class LibcaerPackets implements MessageEvents {
  readonly #context: DecoderContext;
  readonly #bytes: Uint8Array;
  readonly #baseUs: number;
  #at = 0;
  #last = 0;
  #loops = 0;

  constructor(context: DecoderContext, bytes: Uint8Array, timeBase: bigint) {
    this.#context = context;
    this.#bytes = bytes;
    this.#baseUs = splitTime(timeBase).us;
  }

  decode(rows: EventRows): boolean {
    const bytes = this.#bytes;
    for (; this.#at + RECORD_BYTES <= bytes.length; this.#at += RECORD_BYTES) {
      if (rows.rowCount === rows.capacity) return false;
      const place = readU32(bytes, this.#at);
      const time = readU32(bytes, this.#at + 4);
      if (time < this.#last) this.#loops++;
      this.#last = time;
      const timeUs = this.#baseUs + time + this.#loops * 2 ** 31;
      appendEvent(rows, this.#context, timeUs, place >>> 17, (place >>> 2) & 0x7fff, (place >>> 1) & 1);
    }
    if (this.#at < bytes.length) this.#context.violations.add("truncatedWord", 0);
    return true;
  }
}
