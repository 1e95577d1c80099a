import { CorruptDataError, readU16, readU32 } from "@millrace/base";

/** HDF5's registered number of the filter. */
export const ECF_FILTER_ID = 36_559;

/** Bytes of an event in the compound type of Metavision's files: x u16, y u16, p i16, two unused, t i64. */
export const ECF_RECORD_BYTES = 16;

/** Most events of a buffer. */
export const ECF_MAX_EVENTS = 65_535;

/** Two words a number, since times pass 2^32; the sums stay below 2^53, where doubles are exact. */
const WORD = 2 ** 32;

/** Where the decoder stands in a buffer; every read is checked against its end. */
class EcfReader {
  readonly #bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  u8(): number {
    this.#need(1);
    return this.#bytes[this.at++]!;
  }

  u16(): number {
    this.#need(2);
    this.at += 2;
    return readU16(this.#bytes, this.at - 2);
  }

  u32(): number {
    this.#need(4);
    this.at += 4;
    return readU32(this.#bytes, this.at - 4);
  }

  corrupt(problem: string): CorruptDataError {
    return new CorruptDataError("EVENTS_ECF_CORRUPT", "ECF chunk", this.at, problem);
  }

  #need(count: number): void {
    if (this.at + count > this.#bytes.length) throw this.corrupt("the chunk ends before its events do");
  }
}

/**
 * Decodes one chunk of Prophesee's event compression format (ECF, filter 36559 of HDF5) into the records of
 * Metavision's compound type, as HDF5 holds them.
 *
 * The layout is that of Prophesee's `hdf5_ecf` plugin: a header of 12 bytes, runs of times, then either all
 * coordinates packed, or runs of y, groups of x and runs of polarity.
 *
 * @param chunkBytes - bytes of a whole chunk; records behind the last event are zeros
 * @throws CorruptDataError `EVENTS_ECF_CORRUPT`
 */
export function decodeEcf(bytes: Uint8Array, chunkBytes: number): Uint8Array<ArrayBuffer> {
  const reader = new EcfReader(bytes);
  const header = reader.u32();
  const count = header >>> 2;
  if (count > ECF_MAX_EVENTS || count * ECF_RECORD_BYTES > chunkBytes) {
    throw reader.corrupt(`it says it has ${count} events; ${Math.floor(chunkBytes / ECF_RECORD_BYTES)} fit`);
  }
  const records = new Uint8Array(chunkBytes);
  const view = new DataView(records.buffer);
  if (count === 0) return records;
  readTimes(reader, view, count);
  if ((header & 2) !== 0) readPackedEvents(reader, view, count);
  else {
    readRows(reader, view, count);
    if ((header & 1) !== 0) readPackedColumns(reader, view, count);
    else {
      readColumns(reader, view, count);
      readPolarities(reader, view, count);
    }
  }
  return records;
}

function readTimes(reader: EcfReader, view: DataView, count: number): void {
  let time = reader.u32() + reader.u32() * WORD;
  for (let i = 0; i < count; ) {
    const byte = reader.u8();
    const delta = byte >>> 4;
    let repeats = byte & 15;
    if (delta === 15) {
      // A long delta: nibbles, the lowest first, in this byte and in those after it whose upper half is 15 too.
      let sum = repeats;
      let scale = 16;
      let next = reader.u8();
      for (; next >>> 4 === 15; next = reader.u8(), scale *= 16) sum += (next & 15) * scale;
      time += sum;
      reader.at--;
      continue;
    }
    time += delta;
    if (time > Number.MAX_SAFE_INTEGER) throw reader.corrupt("a time is above 2^53");
    if (repeats === 15) repeats = reader.u16();
    if (i + repeats > count) throw reader.corrupt(`more than ${count} times`);
    for (const end = i + repeats; i < end; i++) {
      view.setUint32(i * ECF_RECORD_BYTES + 8, time % WORD, true);
      view.setUint32(i * ECF_RECORD_BYTES + 12, Math.floor(time / WORD), true);
    }
  }
}

/** Four events in three words of 32 bits: y 11, x 11, p 1. */
function readPackedEvents(reader: EcfReader, view: DataView, count: number): void {
  for (let i = 0; i < count; i += 4) {
    const [a, b, c] = [reader.u32(), reader.u32(), reader.u32()];
    const four = [a >>> 8, (a & 0xff) | ((b >>> 16) << 8), (b & 0xffff) | ((c >>> 24) << 16), c & 0xff_ffff];
    for (let k = 0; k < 4 && i + k < count; k++) {
      const at = (i + k) * ECF_RECORD_BYTES;
      view.setUint16(at, (four[k]! >>> 1) & 0x7ff, true);
      view.setUint16(at + 2, (four[k]! >>> 12) & 0x7ff, true);
      view.setInt16(at + 4, four[k]! & 1, true);
    }
  }
}

/** Runs of y: y 11, count 5; a count of 31 stands in the next 16 bits. */
function readRows(reader: EcfReader, view: DataView, count: number): void {
  for (let i = 0; i < count; ) {
    const word = reader.u16();
    const repeats = (word & 31) === 31 ? reader.u16() : word & 31;
    if (i + repeats > count) throw reader.corrupt(`more than ${count} rows`);
    for (const end = i + repeats; i < end; i++) view.setUint16(i * ECF_RECORD_BYTES + 2, word >>> 5, true);
  }
}

/** Four pairs of x 11 and p 1 in three words of 16 bits. */
function readPackedColumns(reader: EcfReader, view: DataView, count: number): void {
  for (let i = 0; i < count; i += 4) {
    const [a, b, c] = [reader.u16(), reader.u16(), reader.u16()];
    const four = [a >>> 4, (a & 15) | ((b >>> 8) << 4), (b & 0xff) | ((c >>> 12) << 8), c & 0xfff];
    for (let k = 0; k < 4 && i + k < count; k++) {
      view.setUint16((i + k) * ECF_RECORD_BYTES, four[k]! >>> 1, true);
      view.setInt16((i + k) * ECF_RECORD_BYTES + 4, four[k]! & 1, true);
    }
  }
}

/** Groups of x: x 11, and 5 bits for the columns x + 1 to x + 5. */
function readColumns(reader: EcfReader, view: DataView, count: number): void {
  for (let i = 0; i < count; ) {
    const word = reader.u16();
    const x = word >>> 5;
    view.setUint16(i++ * ECF_RECORD_BYTES, x, true);
    for (let k = 0; k < 5; k++) {
      if ((word & (16 >> k)) === 0) continue;
      if (i === count) throw reader.corrupt(`more than ${count} columns`);
      view.setUint16(i++ * ECF_RECORD_BYTES, x + k + 1, true);
    }
  }
}

/** Runs of polarity: p 1, count 7; a count of 127 stands in the next 16 bits. */
function readPolarities(reader: EcfReader, view: DataView, count: number): void {
  for (let i = 0; i < count; ) {
    const byte = reader.u8();
    const repeats = (byte & 127) === 127 ? reader.u16() : byte & 127;
    if (i + repeats > count) throw reader.corrupt(`more than ${count} polarities`);
    for (const end = i + repeats; i < end; i++) view.setInt16(i * ECF_RECORD_BYTES + 4, byte >>> 7, true);
  }
}
