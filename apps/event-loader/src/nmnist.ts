import type { ByteSource } from "@millrace/files";
import { stateFields } from "./decoder-state.ts";
import type { DecoderContext, EventDecoder } from "./event-decoder.ts";
import type { EventRows } from "./event-rows.ts";
import { RecordDecoder } from "./record-decoder.ts";
import type { ByteFormat } from "./recording-format.ts";

const RECORD_BYTES = 5;
/** A record with this row is no event: the time passed another 2^13 µs. */
const OVERFLOW_ROW = 240;
const OVERFLOW_US = 2 ** 13;
/** Fewer records than this could be anything. */
const LEAST_RECORDS = 16;

/**
 * The format of N-MNIST and N-Caltech101: records of five bytes and nothing else.
 *
 * It has no magic. Unless it is asked for by name, the file has to be named `.bin`, be made of whole records, at least
 * 16 of them, and its times must not fall in the part that was read.
 *
 * @returns undefined when this does not look like it
 */
export function nmnistFormat(
  source: ByteSource,
  head: Uint8Array,
  isForced: boolean,
): ByteFormat | undefined {
  if (!isForced && !looksLikeNmnist(source, head)) return undefined;
  return {
    name: "N-MNIST",
    width: undefined,
    height: undefined,
    metadata: {},
    dataStart: 0,
    newDecoder: newNmnistDecoder,
  };
}

function looksLikeNmnist({ name, size }: ByteSource, head: Uint8Array): boolean {
  if (!name.toLowerCase().endsWith(".bin") || size % RECORD_BYTES !== 0) return false;
  let last = 0;
  for (let at = 0; at + RECORD_BYTES <= head.length; at += RECORD_BYTES) {
    if (head[at + 1]! > OVERFLOW_ROW) return false;
    if (head[at + 1] === OVERFLOW_ROW) continue;
    const time = timeAt(head, at);
    if (time < last) return false;
    last = time;
  }
  return size >= LEAST_RECORDS * RECORD_BYTES && last > 0;
}

/** The 23 bits of time of a record. */
function timeAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at + 2]! & 0x7f) << 16) | (bytes[at + 3]! << 8) | bytes[at + 4]!;
}

/** Makes a decoder of N-MNIST records: x, y, then polarity and 23 bits of time, big-endian. */
export function newNmnistDecoder(context: DecoderContext): EventDecoder {
  const state: NmnistState = { context, overflowUs: 0 };
  return new RecordDecoder({
    maxRecordBytes: RECORD_BYTES,
    dataStart: context.dataStart,
    violations: context.violations,
    state: stateFields(state, ["overflowUs"]),
    loop: (bytes, start, end, rows, origin) => decodeRecords(state, bytes, start, end, rows, origin),
  });
}

interface NmnistState {
  readonly context: DecoderContext;
  overflowUs: number;
}

function decodeRecords(
  state: NmnistState,
  bytes: Uint8Array,
  start: number,
  end: number,
  rows: EventRows,
  origin: number,
): number {
  const { timeWords, x: xs, y: ys, p: ps, capacity } = rows;
  const { width, height, violations } = state.context;
  const last = end - RECORD_BYTES;
  let row = rows.rowCount;
  let i = start;
  for (; i <= last && row < capacity; i += RECORD_BYTES) {
    const x = bytes[i]!;
    const y = bytes[i + 1]!;
    if (y === OVERFLOW_ROW) {
      state.overflowUs += OVERFLOW_US;
      continue;
    }
    const time = timeAt(bytes, i) + state.overflowUs;
    timeWords[2 * row] = time;
    timeWords[2 * row + 1] = Math.floor(time / 2 ** 32);
    xs[row] = x;
    ys[row] = y;
    ps[row] = bytes[i + 2]! >>> 7;
    row++;
    if (x >= width || y >= height) violations.add("outsideGeometry", origin + i);
  }
  rows.rowCount = row;
  return i;
}
