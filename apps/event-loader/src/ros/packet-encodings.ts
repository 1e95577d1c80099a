import { readU16, readU32 } from "@millrace/base";
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

/** Words of "libcaer_cmp" by bits [15:12] (event_camera_codecs' `libcaer_cmp_types.h`). */
const WORD = { timeHigh: 0, timeLow: 1, addressX: 2, addressY: 3, vectorBaseY: 4, vector8: 5 } as const;
const MOST_ROWS_PER_WORD = 8;
/** The time of a packet has 24 bits. */
const LOOP_US = 2 ** 24;

/**
 * Encoding "libcaer_cmp": words of 16 bits. Time is µs since the packet's base, 12 bits high and 12 low; a row address
 * with the polarity in bit 11 makes an event in the last column, and so does each bit of a vector of eight rows.
 */
export class LibcaerCmpPackets implements MessageEvents {
  readonly #context: DecoderContext;
  readonly #bytes: Uint8Array;
  readonly #baseUs: number;
  #at = 0;
  #high = 0;
  #low = 0;
  #loops = 0;
  #x = 0;
  #baseY = 0;
  #p = 0;

  constructor(context: DecoderContext, bytes: Uint8Array, timeBase: bigint) {
    this.#context = context;
    this.#bytes = bytes;
    this.#baseUs = splitTime(timeBase).us;
  }

  decode(rows: EventRows): boolean {
    const bytes = this.#bytes;
    for (; this.#at + 2 <= bytes.length; this.#at += 2) {
      if (rows.capacity - rows.rowCount < MOST_ROWS_PER_WORD) return false;
      this.#word(readU16(bytes, this.#at), rows);
    }
    if (this.#at < bytes.length) this.#context.violations.add("truncatedWord", 0);
    return true;
  }

  #word(word: number, rows: EventRows): void {
    const type = word >>> 12;
    if (type === WORD.timeLow) this.#low = word & 0xfff;
    else if (type === WORD.addressX) this.#x = word & 0x7ff;
    else if (type === WORD.addressY) this.#event(rows, word & 0x7ff, (word >>> 11) & 1);
    else if (type === WORD.timeHigh) {
      if ((word & 0xfff) < this.#high) this.#loops++;
      this.#high = word & 0xfff;
    } else if (type === WORD.vectorBaseY) {
      this.#baseY = word & 0x7ff;
      this.#p = (word >>> 11) & 1;
    } else if (type === WORD.vector8) {
      for (let i = 0; i < 8; i++) if (((word >>> i) & 1) === 1) this.#event(rows, this.#baseY + i, this.#p);
      this.#baseY += 8;
    } else this.#context.violations.add("unknownWord", 0);
  }

  #event(rows: EventRows, y: number, p: number): void {
    // What the base has below a microsecond never makes one: these times are whole.
    const timeUs = this.#baseUs + this.#loops * LOOP_US + this.#high * 4096 + this.#low;
    appendEvent(rows, this.#context, timeUs, this.#x, y, p);
  }
}
