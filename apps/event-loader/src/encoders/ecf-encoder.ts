import { InvalidArgumentError, writeU16, writeU32 } from "@millrace/base";
import { ECF_MAX_EVENTS, ECF_RECORD_BYTES } from "../ecf-decoder.ts";

const WORD = 2 ** 32;
/** Long deltas of times take up to 15 bytes, packed places 3; and the header. */
const MOST_BYTES_PER_EVENT = 24;

/**
 * Encodes records of Metavision's compound type as one ECF chunk; the inverse of `decodeEcf`.
 *
 * The three forms are chosen by the first quarter of the events, as Prophesee's encoder does: everything packed where
 * y seldom repeats, x and polarity packed where x seldom goes on to the right.
 *
 * @param records - whole records, at most 65,535; times from 0 on that do not fall, x and y below 2,048, p 0 or 1
 * @throws InvalidArgumentError `EVENTS_ECF_RANGE` for an event that the format cannot hold; nothing is written then
 */
export function encodeEcf(records: Uint8Array): Uint8Array<ArrayBuffer> {
  const view = new DataView(records.buffer, records.byteOffset, records.length);
  const count = records.length / ECF_RECORD_BYTES;
  if (!Number.isInteger(count) || count > ECF_MAX_EVENTS) {
    throw unfit("number of records", count, `whole records, at most ${ECF_MAX_EVENTS}`);
  }
  const times = checkedTimes(view, count);
  const writer = new EcfWriter(32 + MOST_BYTES_PER_EVENT * count);
  const isPacked = seldomSameRow(view, count);
  const areColumnsPacked = !isPacked && seldomNextColumn(view, count);
  writer.u32(((count << 2) | (isPacked ? 2 : 0) | (areColumnsPacked ? 1 : 0)) >>> 0);
  const first = times[0] ?? 0;
  writer.u32(first % WORD);
  writer.u32(Math.floor(first / WORD));
  writeTimes(writer, times);
  if (isPacked) writePackedEvents(writer, view, count);
  else {
    writeRows(writer, view, count);
    if (areColumnsPacked) writePackedColumns(writer, view, count);
    else {
      writeColumns(writer, view, count);
      writePolarities(writer, view, count);
    }
  }
  return writer.bytes;
}

/** Appends words at any offset. */
class EcfWriter {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  u8(value: number): void {
    this.#bytes[this.#length++] = value;
  }

  u16(value: number): void {
    writeU16(this.#bytes, this.#length, value);
    this.#length += 2;
  }

  u32(value: number): void {
    writeU32(this.#bytes, this.#length, value);
    this.#length += 4;
  }
}

function checkedTimes(view: DataView, count: number): Float64Array {
  const times = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const at = i * ECF_RECORD_BYTES;
    const [x, y, p] = [view.getUint16(at, true), view.getUint16(at + 2, true), view.getInt16(at + 4, true)];
    const time = view.getUint32(at + 8, true) + view.getInt32(at + 12, true) * WORD;
    if (x > 0x7ff || y > 0x7ff) throw unfit(`place of event ${i}`, `(${x}, ${y})`, "x and y below 2,048");
    if (p !== 0 && p !== 1) throw unfit(`polarity of event ${i}`, p, "0 or 1");
    if (!(time >= (i === 0 ? 0 : times[i - 1]!) && time <= Number.MAX_SAFE_INTEGER)) {
      throw unfit(
        `time of event ${i}`,
        time,
        i === 0 ? "0 or more" : `${times[i - 1]} or more, as before it`,
      );
    }
    times[i] = time;
  }
  return times;
}

/** Whether y stays the same in at most a fifth of the first quarter of the events. */
function seldomSameRow(view: DataView, count: number): boolean {
  const sample = Math.max(1, count >> 2);
  let repeats = 0;
  for (let i = 1; i < sample; i++) {
    const at = i * ECF_RECORD_BYTES + 2;
    if (view.getUint16(at, true) === view.getUint16(at - ECF_RECORD_BYTES, true)) repeats++;
  }
  return repeats <= 0.2 * sample;
}

/** Whether x goes on by 1 to 5 in at most 8 % of the first quarter of the events. */
function seldomNextColumn(view: DataView, count: number): boolean {
  const sample = Math.max(1, count >> 2);
  let near = 0;
  for (let i = 1; i < sample; i++) {
    const at = i * ECF_RECORD_BYTES;
    const step = view.getUint16(at, true) - view.getUint16(at - ECF_RECORD_BYTES, true);
    if (step > 0 && step <= 5) near++;
  }
  return near <= 0.08 * sample;
}

function writeTimes(writer: EcfWriter, times: Float64Array): void {
  let time = times[0] ?? 0;
  for (let i = 0; i < times.length; ) {
    let delta = times[i]! - time;
    if (delta >= 15) {
      for (; delta > 0; delta = Math.floor(delta / 16)) writer.u8(0xf0 | (delta % 16));
    }
    time = times[i]!;
    const from = i;
    while (i < times.length && times[i] === time) i++;
    const repeats = i - from;
    writer.u8((delta << 4) | Math.min(repeats, 15));
    if (repeats >= 15) writer.u16(repeats);
  }
}

function writePackedEvents(writer: EcfWriter, view: DataView, count: number): void {
  const value = (i: number): number => {
    if (i >= count) return 0;
    const at = i * ECF_RECORD_BYTES;
    return (
      (view.getUint16(at + 2, true) << 12) | (view.getUint16(at, true) << 1) | view.getInt16(at + 4, true)
    );
  };
  for (let i = 0; i < count; i += 4) {
    const [v0, v1, v2, v3] = [value(i), value(i + 1), value(i + 2), value(i + 3)];
    writer.u32(((v0 << 8) | (v1 & 0xff)) >>> 0);
    writer.u32((((v1 >>> 8) << 16) | (v2 & 0xffff)) >>> 0);
    writer.u32((((v2 >>> 16) << 24) | v3) >>> 0);
  }
}

function writeRows(writer: EcfWriter, view: DataView, count: number): void {
  for (let i = 0; i < count; ) {
    const y = view.getUint16(i * ECF_RECORD_BYTES + 2, true);
    const from = i;
    while (i < count && view.getUint16(i * ECF_RECORD_BYTES + 2, true) === y) i++;
    writer.u16((y << 5) | Math.min(i - from, 31));
    if (i - from >= 31) writer.u16(i - from);
  }
}

function writePackedColumns(writer: EcfWriter, view: DataView, count: number): void {
  const value = (i: number): number => {
    const at = i * ECF_RECORD_BYTES;
    return i >= count ? 0 : (view.getUint16(at, true) << 1) | view.getInt16(at + 4, true);
  };
  for (let i = 0; i < count; i += 4) {
    const [v0, v1, v2, v3] = [value(i), value(i + 1), value(i + 2), value(i + 3)];
    writer.u16((v0 << 4) | (v1 & 15));
    writer.u16(((v1 >>> 4) << 8) | (v2 & 0xff));
    writer.u16(((v2 >>> 8) << 12) | v3);
  }
}

function writeColumns(writer: EcfWriter, view: DataView, count: number): void {
  for (let i = 0; i < count; ) {
    const x = view.getUint16(i++ * ECF_RECORD_BYTES, true);
    let mask = 0;
    for (let last = x; i < count; i++) {
      const next = view.getUint16(i * ECF_RECORD_BYTES, true);
      if (next <= last || next > x + 5) break;
      mask |= 1 << (5 - (next - x));
      last = next;
    }
    writer.u16((x << 5) | mask);
  }
}

function writePolarities(writer: EcfWriter, view: DataView, count: number): void {
  for (let i = 0; i < count; ) {
    const p = view.getInt16(i * ECF_RECORD_BYTES + 4, true);
    const from = i;
    while (i < count && view.getInt16(i * ECF_RECORD_BYTES + 4, true) === p) i++;
    writer.u8((p << 7) | Math.min(i - from, 127));
    if (i - from >= 127) writer.u16(i - from);
  }
}

function unfit(argument: string, received: unknown, expected: string): InvalidArgumentError {
  return new InvalidArgumentError("EVENTS_ECF_RANGE", argument, received, expected);
}
