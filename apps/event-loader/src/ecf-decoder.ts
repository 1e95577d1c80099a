import { CorruptDataError, readU32 } from "@millrace/base";

/** HDF5's registered number of the filter. */
export const ECF_FILTER_ID = 36_559;

/** Bytes of an event in the compound type of Metavision's files: x u16, y u16, p i16, two unused, t i64. */
export const ECF_RECORD_BYTES = 16;

/** Most events of a buffer. */
export const ECF_MAX_EVENTS = 65_535;

/** Two words a number, since times pass 2^32; the sums stay below 2^53, where doubles are exact. */
const WORD = 2 ** 32;

/** The records, by their words: place and polarity in four of 16 bits, the time in two of 32. */
interface Records {
  readonly halves: Uint16Array;
  readonly words: Uint32Array;
}

/**
 * Decodes one chunk of Prophesee's event compression format (ECF, filter 36559 of HDF5) into the records of
 * Metavision's compound type, as HDF5 holds them.
 *
 * The layout is that of Prophesee's `hdf5_ecf` plugin: a header of 12 bytes, runs of times, then either all
 * coordinates packed, or runs of y, groups of x and runs of polarity.
 *
 * @param chunkBytes - bytes of a whole chunk, a multiple of 16; records behind the last event are zeros
 * @throws CorruptDataError `EVENTS_ECF_CORRUPT`
 */
export function decodeEcf(bytes: Uint8Array, chunkBytes: number): Uint8Array<ArrayBuffer> {
  if (bytes.length < 4) throw corrupt(bytes.length, ENDS_EARLY);
  const header = readU32(bytes, 0);
  const count = header >>> 2;
  if (count > ECF_MAX_EVENTS || count * ECF_RECORD_BYTES > chunkBytes) {
    const fit = Math.floor(chunkBytes / ECF_RECORD_BYTES);
    throw corrupt(4, `it says it has ${count} events; ${fit} fit`);
  }
  const { buffer } = new Uint8Array(chunkBytes);
  if (count === 0) return new Uint8Array(buffer);
  const records = {
    halves: new Uint16Array(buffer, 0, 8 * count),
    words: new Uint32Array(buffer, 0, 4 * count),
  };
  let at = readTimes(bytes, 4, records, count);
  if ((header & 2) !== 0) at = readPackedEvents(bytes, at, records, count);
  else {
    at = readRows(bytes, at, records, count);
    if ((header & 1) !== 0) at = readPackedColumns(bytes, at, records, count);
    else at = readPolarities(bytes, readColumns(bytes, at, records, count), records, count);
  }
  // What lies behind the end reads as nothing, so that one look at the end finds it.
  if (at > bytes.length) throw corrupt(bytes.length, ENDS_EARLY);
  return new Uint8Array(buffer);
}

const ENDS_EARLY = "the chunk ends before its events do";

function corrupt(at: number, problem: string): CorruptDataError {
  return new CorruptDataError("EVENTS_ECF_CORRUPT", "ECF chunk", at, problem);
}

/** Each reader below takes the position to begin at, and returns the one behind what it read. */
function readTimes(bytes: Uint8Array, start: number, { words }: Records, count: number): number {
  let at = start + 8;
  if (at > bytes.length) throw corrupt(bytes.length, ENDS_EARLY);
  let time = readU32(bytes, start) + readU32(bytes, start + 4) * WORD;
  for (let i = 0; i < count; ) {
    const byte = bytes[at++];
    if (byte === undefined) throw corrupt(bytes.length, ENDS_EARLY);
    const delta = byte >>> 4;
    let repeats = byte & 15;
    if (delta === 15) {
      // A long delta: nibbles, the lowest first, in this byte and in those after it whose upper half is 15 too.
      let sum = repeats;
      let scale = 16;
      for (; bytes[at]! >>> 4 === 15; at++, scale *= 16) sum += (bytes[at]! & 15) * scale;
      time += sum;
      continue;
    }
    time += delta;
    if (time > Number.MAX_SAFE_INTEGER) throw corrupt(at, "a time is above 2^53");
    if (repeats === 15) {
      repeats = bytes[at]! | (bytes[at + 1]! << 8);
      at += 2;
    }
    if (i + repeats > count) throw corrupt(at, `more than ${count} times`);
    const timeHi = Math.floor(time / WORD);
    const timeLo = time - timeHi * WORD;
    for (const end = i + repeats; i < end; i++) {
      words[4 * i + 2] = timeLo;
      words[4 * i + 3] = timeHi;
    }
  }
  return at;
}

/** Four events in three words of 32 bits: y 11, x 11, p 1. */
function readPackedEvents(bytes: Uint8Array, start: number, { halves }: Records, count: number): number {
  let at = start;
  if (at + 12 * Math.ceil(count / 4) > bytes.length) throw corrupt(bytes.length, ENDS_EARLY);
  for (let i = 0; i < count; i += 4, at += 12) {
    const a = readU32(bytes, at);
    const b = readU32(bytes, at + 4);
    const c = readU32(bytes, at + 8);
    // Records behind the last one are behind the end of the array, where writing does nothing.
    putEvent(halves, i, a >>> 8);
    putEvent(halves, i + 1, (a & 0xff) | ((b >>> 16) << 8));
    putEvent(halves, i + 2, (b & 0xffff) | ((c >>> 24) << 16));
    putEvent(halves, i + 3, c & 0xff_ffff);
  }
  return at;
}

function putEvent(halves: Uint16Array, i: number, event: number): void {
  halves[8 * i] = (event >>> 1) & 0x7ff;
  halves[8 * i + 1] = (event >>> 12) & 0x7ff;
  halves[8 * i + 2] = event & 1;
}

/** Runs of y: y 11, count 5; a count of 31 stands in the next 16 bits. */
function readRows(bytes: Uint8Array, start: number, { halves }: Records, count: number): number {
  let at = start;
  for (let i = 0; i < count; ) {
    if (at + 2 > bytes.length) throw corrupt(bytes.length, ENDS_EARLY);
    const word = bytes[at]! | (bytes[at + 1]! << 8);
    at += 2;
    let repeats = word & 31;
    if (repeats === 31) {
      repeats = bytes[at]! | (bytes[at + 1]! << 8);
      at += 2;
    }
    if (i + repeats > count) throw corrupt(at, `more than ${count} rows`);
    const y = word >>> 5;
    for (const end = i + repeats; i < end; i++) halves[8 * i + 1] = y;
  }
  return at;
}

/** Four pairs of x 11 and p 1 in three words of 16 bits. */
function readPackedColumns(bytes: Uint8Array, start: number, { halves }: Records, count: number): number {
  let at = start;
  if (at + 6 * Math.ceil(count / 4) > bytes.length) throw corrupt(bytes.length, ENDS_EARLY);
  for (let i = 0; i < count; i += 4, at += 6) {
    const a = bytes[at]! | (bytes[at + 1]! << 8);
    const b = bytes[at + 2]! | (bytes[at + 3]! << 8);
    const c = bytes[at + 4]! | (bytes[at + 5]! << 8);
    putColumn(halves, i, a >>> 4);
    putColumn(halves, i + 1, (a & 15) | ((b >>> 8) << 4));
    putColumn(halves, i + 2, (b & 0xff) | ((c >>> 12) << 8));
    putColumn(halves, i + 3, c & 0xfff);
  }
  return at;
}

function putColumn(halves: Uint16Array, i: number, pair: number): void {
  halves[8 * i] = pair >>> 1;
  halves[8 * i + 2] = pair & 1;
}

/** Groups of x: x 11, and 5 bits for the columns x + 1 to x + 5. */
function readColumns(bytes: Uint8Array, start: number, { halves }: Records, count: number): number {
  let at = start;
  let i = 0;
  for (; i < count; at += 2) {
    if (at + 2 > bytes.length) throw corrupt(bytes.length, ENDS_EARLY);
    const word = bytes[at]! | (bytes[at + 1]! << 8);
    const x = word >>> 5;
    halves[8 * i++] = x;
    // The bits from the top one down; a clear one's column is written too, and the next one over it.
    halves[8 * i] = x + 1;
    i += (word >>> 4) & 1;
    halves[8 * i] = x + 2;
    i += (word >>> 3) & 1;
    halves[8 * i] = x + 3;
    i += (word >>> 2) & 1;
    halves[8 * i] = x + 4;
    i += (word >>> 1) & 1;
    halves[8 * i] = x + 5;
    i += word & 1;
  }
  if (i > count) throw corrupt(at, `more than ${count} columns`);
  return at;
}

/** Runs of polarity: p 1, count 7; a count of 127 stands in the next 16 bits. */
function readPolarities(bytes: Uint8Array, start: number, { halves }: Records, count: number): number {
  let at = start;
  for (let i = 0; i < count; ) {
    const byte = bytes[at++];
    if (byte === undefined) throw corrupt(bytes.length, ENDS_EARLY);
    let repeats = byte & 127;
    if (repeats === 127) {
      repeats = bytes[at]! | (bytes[at + 1]! << 8);
      at += 2;
    }
    if (i + repeats > count) throw corrupt(at, `more than ${count} polarities`);
    const polarity = byte >>> 7;
    for (const end = i + repeats; i < end; i++) halves[8 * i + 2] = polarity;
  }
  return at;
}
