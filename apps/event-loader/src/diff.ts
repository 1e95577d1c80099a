import { type EventChunk, timeOfRow } from "./event-rows.ts";
import type { Recording } from "./recording.ts";

/** One event as its four numbers. */
export interface EventValues {
  /** In µs. */
  readonly t: number;
  readonly x: number;
  readonly y: number;
  readonly p: number;
}

/** The first place where two recordings differ. */
export interface EventDifference {
  /** Number of the event, from 0. */
  readonly event: number;
  /** Null where a recording has ended. */
  readonly a: EventValues | null;
  readonly b: EventValues | null;
}

/** What {@link diffRecordings} found. */
export interface DiffReport {
  readonly eventsA: number;
  readonly eventsB: number;
  /** Null when all events are the same, in the same order. */
  readonly firstDifference: EventDifference | null;
}

/** Compares the events of two recordings, of any formats, one by one; both are read to their ends. */
export async function diffRecordings(a: Recording, b: Recording): Promise<DiffReport> {
  await using left = new EventCursor(a);
  await using right = new EventCursor(b);
  let firstDifference: EventDifference | null = null;
  for (;;) {
    const [isLeft, isRight] = [await left.hasRows(), await right.hasRows()];
    if (!isLeft && !isRight) break;
    if (firstDifference === null) {
      const count = Math.min(left.rowsLeft, right.rowsLeft);
      const same = isLeft && isRight ? sameRows(left.chunk!, left.at, right.chunk!, right.at, count) : 0;
      left.skip(same);
      right.skip(same);
      if (same === count && count > 0) continue;
      firstDifference = { event: left.position, a: left.values(), b: right.values() };
    }
    left.skip(left.rowsLeft);
    right.skip(right.rowsLeft);
  }
  return { eventsA: left.position, eventsB: right.position, firstDifference };
}

/** Goes through the events of a recording, whatever its chunks are. */
class EventCursor {
  readonly #chunks: AsyncGenerator<EventChunk, void, undefined>;
  chunk: EventChunk | undefined;
  at = 0;
  /** Events before the next one. */
  position = 0;

  constructor(recording: Recording) {
    this.#chunks = recording.events();
  }

  get rowsLeft(): number {
    return this.chunk === undefined ? 0 : this.chunk.rowCount - this.at;
  }

  /** Gets the next chunk when this one is used up. @returns false at the end */
  async hasRows(): Promise<boolean> {
    while (this.rowsLeft === 0) {
      this.chunk?.release();
      this.chunk = undefined;
      const next = await this.#chunks.next();
      if (next.done === true) return false;
      this.chunk = next.value;
      this.at = 0;
    }
    return true;
  }

  skip(count: number): void {
    this.at += count;
    this.position += count;
  }

  values(): EventValues | null {
    if (this.chunk === undefined) return null;
    const { x, y, p } = this.chunk.columns;
    const { at } = this;
    return { t: timeOfRow(this.chunk.words("t"), at), x: x[at]!, y: y[at]!, p: p[at]! };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.chunk?.release();
    this.chunk = undefined;
    await this.#chunks.return();
  }
}

/** How many rows from these places on are the same, `count` at the most. */
function sameRows(a: EventChunk, atA: number, b: EventChunk, atB: number, count: number): number {
  const [timesA, timesB] = [a.words("t"), b.words("t")];
  const { x: xA, y: yA, p: pA } = a.columns;
  const { x: xB, y: yB, p: pB } = b.columns;
  for (let i = 0; i < count; i++) {
    const rowA = atA + i;
    const rowB = atB + i;
    const isSame =
      timesA[2 * rowA] === timesB[2 * rowB] &&
      timesA[2 * rowA + 1] === timesB[2 * rowB + 1] &&
      xA[rowA] === xB[rowB] &&
      yA[rowA] === yB[rowB] &&
      pA[rowA] === pB[rowB];
    if (!isSame) return i;
  }
  return count;
}
