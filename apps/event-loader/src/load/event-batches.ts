import { CapacityError } from "@millrace/base";
import type { EventChunk } from "../event-rows.ts";

/** Columns of a run of events. */
export interface EventBatch {
  readonly t: BigInt64Array<ArrayBuffer>;
  readonly x: Uint16Array<ArrayBuffer>;
  readonly y: Uint16Array<ArrayBuffer>;
  readonly p: Uint8Array<ArrayBuffer>;
}

/** Bytes of a row: time 8, column and row 2 each, polarity 1. */
export const ROW_BYTES = 13;
/** What a batch may take of memory for a row; above that it is copied to fit. */
const MOST_ROW_BYTES = 16;

/** Gathers chunks as batches that stay, within a limit of memory. */
export class EventBatches {
  readonly #name: string;
  readonly #limitBytes: number;
  #batches: EventBatch[] = [];
  #rows = 0;
  #bytes = 0;

  /** @param name - of the recording, for messages */
  constructor(name: string, limitBytes: number) {
    this.#name = name;
    this.#limitBytes = limitBytes;
  }

  /** Rows so far. */
  get rowCount(): number {
    return this.#rows;
  }

  /** Bytes of memory that the batches hold. */
  get byteLength(): number {
    return this.#bytes;
  }

  /** Fails while there is still memory, when so many rows cannot be held. @throws CapacityError `EVENTS_LOAD_MEMORY` */
  checkRoom(rows: number): void {
    const bytes = this.#bytes + rows * ROW_BYTES;
    if (bytes <= this.#limitBytes) return;
    const what = `loading ${this.#name} with the option memoryLimit, or --memory-limit (load less with a query, or read it in chunks)`;
    throw new CapacityError("EVENTS_LOAD_MEMORY", what, bytes, this.#limitBytes);
  }

  /** Takes a chunk over: its memory where it is nearly full, else a copy. */
  add(chunk: EventChunk): void {
    const { rowCount, byteLength } = chunk;
    const { t, x, y, p } = chunk.columns;
    this.checkRoom(rowCount);
    if (byteLength <= MOST_ROW_BYTES * rowCount) {
      chunk.takeBuffers();
      this.addBatch(cut({ t, x, y, p }, rowCount), byteLength);
    } else {
      const rows = cut({ t, x, y, p }, rowCount);
      this.addBatch({ t: rows.t.slice(), x: rows.x.slice(), y: rows.y.slice(), p: rows.p.slice() });
      chunk.release();
    }
  }

  /** Takes columns over. */
  addBatch(batch: EventBatch, byteLength: number = batch.t.length * ROW_BYTES): void {
    this.#batches.push(batch);
    this.#rows += batch.t.length;
    this.#bytes += byteLength;
  }

  /** The batches, in order. */
  take(): EventBatch[] {
    const batches = this.#batches;
    this.#batches = [];
    return batches;
  }

  /** One batch of all rows. @throws CapacityError as {@link checkRoom}: for a moment there are two of each */
  takeJoined(): EventBatch[] {
    if (this.#batches.length <= 1) return this.take();
    this.checkRoom(this.#rows);
    const all: EventBatch = {
      t: new BigInt64Array(this.#rows),
      x: new Uint16Array(this.#rows),
      y: new Uint16Array(this.#rows),
      p: new Uint8Array(this.#rows),
    };
    let at = 0;
    for (const { t, x, y, p } of this.take()) {
      all.t.set(t, at);
      all.x.set(x, at);
      all.y.set(y, at);
      all.p.set(p, at);
      at += t.length;
    }
    return [all];
  }
}

function cut({ t, x, y, p }: EventBatch, rows: number): EventBatch {
  return { t: t.subarray(0, rows), x: x.subarray(0, rows), y: y.subarray(0, rows), p: p.subarray(0, rows) };
}
