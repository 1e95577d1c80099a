import { shuffleBytes, unshuffleBytes } from "@millrace/codecs";
import type { CodedValues, ColumnCodec } from "./codec.ts";

/**
 * Stores each row as its difference to the row before: what changes slowly takes few bytes, and nothing is lost.
 *
 * The first row of a block stays as it is. Floats are differences of their bits as integers, so that every value comes
 * back exactly, NaN too. The differences are zigzag coded and their bytes grouped by significance, which leaves runs of
 * zeros to the compressor. Adaptive sampling stores states by it.
 *
 * Layout: docs/formats/snn-experiment.md, "Differences".
 */
export const deltaCodec: ColumnCodec = Object.freeze({
  name: "millrace.delta/1",
  encode: (values: CodedValues, width: number) => {
    const size = values.BYTES_PER_ELEMENT;
    // A copy is the plainest array of the same kind; all of it is written to.
    const differences = values.slice();
    if (size === 8) subtract64(wordsIn(values), wordsIn(differences), 2 * width);
    else subtract(integersIn(values), integersIn(differences), width);
    const bytes = bytesIn(differences);
    const coded = new Uint8Array(bytes.length);
    shuffleBytes(bytes, 0, bytes.length, size, coded, 0);
    return coded;
  },
  decode: (coded: Uint8Array, values: CodedValues, width: number) => {
    const bytes = bytesIn(values);
    if (coded.length !== bytes.length) throw new Error(`${coded.length} bytes for ${bytes.length}`);
    const size = values.BYTES_PER_ELEMENT;
    unshuffleBytes(coded, 0, coded.length, size, bytes, 0);
    if (size === 8) add64(wordsIn(values), 2 * width);
    else add(integersIn(values), width);
  },
});

type Integers = Int8Array | Int16Array | Int32Array;

/** `to` gets the zigzag coded differences; each is taken in the size of its kind, where it may wrap. */
function subtract(from: Integers, to: Integers, width: number): void {
  const unused = 32 - 8 * from.BYTES_PER_ELEMENT;
  for (let i = 0; i < from.length; i++) {
    const before = i < width ? 0 : from[i - width]!;
    const difference = ((from[i]! - before) << unused) >> unused;
    to[i] = (difference << 1) ^ (difference >> 31);
  }
}

/** The inverse of {@link subtract}, in place. */
function add(values: Integers, width: number): void {
  const mask = values.BYTES_PER_ELEMENT === 4 ? -1 : (1 << (8 * values.BYTES_PER_ELEMENT)) - 1;
  for (let i = 0; i < values.length; i++) {
    const coded = values[i]! & mask;
    const before = i < width ? 0 : values[i - width]!;
    values[i] = before + ((coded >>> 1) ^ -(coded & 1));
  }
}

/** As {@link subtract}, for 64 bits as two words each, the low one first. @param width - words a row */
function subtract64(from: Uint32Array, to: Uint32Array, width: number): void {
  for (let i = 0; i < from.length; i += 2) {
    const lowBefore = i < width ? 0 : from[i - width]!;
    const highBefore = i < width ? 0 : from[i - width + 1]!;
    const low = from[i]! - lowBefore;
    const high = (from[i + 1]! - highBefore - (low < 0 ? 1 : 0)) | 0;
    const sign = high >> 31;
    to[i] = (low << 1) ^ sign;
    to[i + 1] = ((high << 1) | ((low | 0) >>> 31)) ^ sign;
  }
}

/** The inverse of {@link subtract64}, in place. */
function add64(values: Uint32Array, width: number): void {
  for (let i = 0; i < values.length; i += 2) {
    const codedLow = values[i]!;
    const codedHigh = values[i + 1]!;
    const sign = -(codedLow & 1);
    const low = (((codedLow >>> 1) | (codedHigh << 31)) ^ sign) >>> 0;
    const high = (codedHigh >>> 1) ^ sign;
    const sum = low + (i < width ? 0 : values[i - width]!);
    values[i] = sum;
    values[i + 1] = high + (i < width ? 0 : values[i - width + 1]!) + (sum >= 2 ** 32 ? 1 : 0);
  }
}

function bytesIn({ buffer, byteOffset, byteLength }: CodedValues): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function wordsIn({ buffer, byteOffset, byteLength }: CodedValues): Uint32Array {
  return new Uint32Array(buffer, byteOffset, byteLength >> 2);
}

function integersIn({ buffer, byteOffset, length, BYTES_PER_ELEMENT: size }: CodedValues): Integers {
  if (size === 4) return new Int32Array(buffer, byteOffset, length);
  return size === 2 ? new Int16Array(buffer, byteOffset, length) : new Int8Array(buffer, byteOffset, length);
}
