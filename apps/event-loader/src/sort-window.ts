import { type BufferPool, RecordColumns } from "@millrace/buffers";
import { type EventChunk, EventRows, timeOfRow } from "./event-rows.ts";

const COLUMNS = { t: "float64", x: "uint16", y: "uint16", p: "uint8" } as const;
const WORD = 2 ** 32;

/**
 * Sorts events that are out of order by no more than a span of time: holds those that an earlier one may still follow.
 * Events of one time keep their order. One that comes later than that is left out and counted, whatever the chunks are.
 */
export class SortWindow {
  readonly #windowUs: number;
  readonly #pool: BufferPool | undefined;
  #held = new RecordColumns(COLUMNS);
  #latestUs = Number.NEGATIVE_INFINITY;
  #late = 0;
  #moved = 0;

  /** @param windowUs - in µs, 0 for events that must be in order */
  constructor(windowUs: number, pool?: BufferPool) {
    this.#windowUs = windowUs;
    this.#pool = pool;
  }

  /** Events that came too late and were left out. */
  get late(): number {
    return this.#late;
  }

  /** Events that were earlier than one before them and have found their place. */
  get moved(): number {
    return this.#moved;
  }

  /** Takes the events of a chunk, which stays the caller's. @returns those that are in their place now, or undefined */
  add(chunk: EventChunk): EventChunk | undefined {
    this.#take(chunk);
    return this.#give(this.#latestUs - this.#windowUs);
  }

  /** What was held; there are no more chunks. */
  finish(): EventChunk | undefined {
    return this.#give(Number.POSITIVE_INFINITY);
  }

  #take(chunk: EventChunk): void {
    const times = chunk.words("t");
    const { x, y, p } = chunk.columns;
    const held = this.#held;
    held.reserve(chunk.rowCount);
    const { arrays } = held;
    let row = held.rowCount;
    for (let i = 0; i < chunk.rowCount; i++) {
      const time = timeOfRow(times, i);
      if (time < this.#latestUs - this.#windowUs) {
        this.#late++;
        continue;
      }
      if (time < this.#latestUs) this.#moved++;
      else this.#latestUs = time;
      arrays.t[row] = time;
      arrays.x[row] = x[i]!;
      arrays.y[row] = y[i]!;
      arrays.p[row++] = p[i]!;
    }
    held.setRowCount(row);
  }

  /** Gives the held events up to a time, that one too, in order. */
  #give(untilUs: number): EventChunk | undefined {
    const { arrays, rowCount } = this.#held;
    const order = sortedRows(arrays.t, rowCount);
    let count = 0;
    while (count < rowCount && arrays.t[order[count]!]! <= untilUs) count++;
    if (count === 0) return undefined;
    const rows = new EventRows(count, this.#pool);
    for (let i = 0; i < count; i++) {
      const row = order[i]!;
      const time = arrays.t[row]!;
      const timeHi = Math.floor(time / WORD);
      rows.timeWords[2 * i] = time - timeHi * WORD;
      rows.timeWords[2 * i + 1] = timeHi;
      rows.x[i] = arrays.x[row]!;
      rows.y[i] = arrays.y[row]!;
      rows.p[i] = arrays.p[row]!;
    }
    rows.rowCount = count;
    const rest = new RecordColumns(COLUMNS, { initialCapacity: Math.max(16, 2 * (rowCount - count)) });
    rest.reserve(rowCount - count);
    for (let i = count; i < rowCount; i++) {
      const row = order[i]!;
      rest.arrays.t[i - count] = arrays.t[row]!;
      rest.arrays.x[i - count] = arrays.x[row]!;
      rest.arrays.y[i - count] = arrays.y[row]!;
      rest.arrays.p[i - count] = arrays.p[row]!;
    }
    rest.setRowCount(rowCount - count);
    this.#held = rest;
    return rows.seal();
  }
}

/** Numbers of rows by time; rows that are in order already, as most are, are not compared again. */
function sortedRows(times: Float64Array, count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  let isSorted = true;
  for (let i = 1; i < count && isSorted; i++) isSorted = times[i - 1]! <= times[i]!;
  return isSorted ? order : order.sort((a, b) => times[a]! - times[b]! || a - b);
}
