import type { EventChunk } from "../event-rows.ts";
import type { EventEncoder } from "./event-encoder.ts";

/** The header's text is filled up with blanks, so that the count of rows fits in behind. */
const HEADER_BYTES = 192;
const RECORD_BYTES = 13;
const DTYPE = "[('t', '<i8'), ('x', '<u2'), ('y', '<u2'), ('p', '|u1')]";

/**
 * The header of an NPY file, version 1.0, for one dimension (NumPy's `numpy.lib.format`).
 * @param descr - the elements as NumPy writes them: "'<i8'"
 */
export function npyHeader(descr: string, rowCount: number): Uint8Array<ArrayBuffer> {
  const text = `{'descr': ${descr}, 'fortran_order': False, 'shape': (${rowCount},), }`;
  const header = new Uint8Array(HEADER_BYTES).fill(0x20);
  header.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, HEADER_BYTES - 10, 0]);
  header.set(new TextEncoder().encode(text), 10);
  header[HEADER_BYTES - 1] = 0x0a;
  return header;
}

/** Turns events, in any order, into one structured array of NumPy: t int64 in µs, x and y uint16, p uint8, packed. */
export class NpyEncoder implements EventEncoder {
  #rowCount = 0;
  #bytes = new Uint8Array(0);

  header(): Uint8Array<ArrayBuffer> {
    return npyHeader(DTYPE, this.#rowCount);
  }

  encode(chunk: EventChunk): Uint8Array<ArrayBuffer> {
    const { rowCount } = chunk;
    const room = rowCount * RECORD_BYTES;
    if (this.#bytes.length < room) this.#bytes = new Uint8Array(room);
    writeRecords(this.#bytes, chunk.words("t"), chunk.columns.x, chunk.columns.y, chunk.columns.p, rowCount);
    this.#rowCount += rowCount;
    return this.#bytes.subarray(0, room);
  }

  finish(): { end: Uint8Array; header: Uint8Array } {
    return { end: new Uint8Array(0), header: this.header() };
  }
}

function writeRecords(
  bytes: Uint8Array,
  times: Int32Array,
  x: Uint16Array,
  y: Uint16Array,
  p: Uint8Array,
  rowCount: number,
): void {
  const view = new DataView(bytes.buffer);
  for (let row = 0, at = 0; row < rowCount; row++, at += RECORD_BYTES) {
    view.setInt32(at, times[2 * row]!, true);
    view.setInt32(at + 4, times[2 * row + 1]!, true);
    view.setUint16(at + 8, x[row]!, true);
    view.setUint16(at + 10, y[row]!, true);
    bytes[at + 12] = p[row]!;
  }
}
