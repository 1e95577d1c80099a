import type { BufferPool } from "@millrace/buffers";
import { allocateChunk, type ColumnChunk } from "@millrace/stream";

/** The columns of events: time in µs, column, row, and polarity (1 brighter, 0 darker). */
export type EventSchema = readonly [
  { readonly name: "t"; readonly kind: "int64" },
  { readonly name: "x"; readonly kind: "uint16" },
  { readonly name: "y"; readonly kind: "uint16" },
  { readonly name: "p"; readonly kind: "uint8" },
];

/** The schema of every chunk of events. */
export const EVENT_SCHEMA: EventSchema = Object.freeze([
  { name: "t", kind: "int64" },
  { name: "x", kind: "uint16" },
  { name: "y", kind: "uint16" },
  { name: "p", kind: "uint8" },
] as const);

/** Events as columns, in the order of the recording. */
export type EventChunk = ColumnChunk<EventSchema>;

/** A chunk while a decoder fills it: its arrays taken out once, so that hot loops find them as plain fields. */
export class EventRows {
  readonly chunk: EventChunk;
  /** Times as pairs of 32-bit words, low word first. */
  readonly timeWords: Int32Array;
  readonly x: Uint16Array;
  readonly y: Uint16Array;
  readonly p: Uint8Array;
  readonly capacity: number;
  /** Rows filled so far; the chunk's own count is set by {@link seal}. */
  rowCount = 0;

  constructor(capacity: number, pool?: BufferPool) {
    this.chunk = allocateChunk(EVENT_SCHEMA, capacity, pool);
    this.timeWords = this.chunk.words("t");
    const { x, y, p } = this.chunk.columns;
    this.x = x;
    this.y = y;
    this.p = p;
    this.capacity = capacity;
  }

  /** The chunk, with its row count set. */
  seal(): EventChunk {
    this.chunk.rowCount = this.rowCount;
    return this.chunk;
  }
}

/** The time of a row in µs; below 2^53 it is exact. @param times - a chunk's `words("t")` */
export function timeOfRow(times: Int32Array, row: number): number {
  return times[2 * row + 1]! * 2 ** 32 + (times[2 * row]! >>> 0);
}
