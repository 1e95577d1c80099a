import { checkInteger, InvalidArgumentError, MillraceError, resolveOptions } from "@millrace/base";
import { type BufferPool, RecordColumns } from "@millrace/buffers";
import { allocateChunk } from "@millrace/stream";
import { EVENT_SCHEMA, type EventChunk, timeOfRow } from "../event-rows.ts";

/** How events are cut into windows: one of `byTimeUs`, `byCount` and `at`. */
export interface WindowOptions {
  /** Length in µs; windows begin at the multiples of this length less the overlap. */
  readonly byTimeUs?: number | undefined;
  /** Events of each window; the last may have fewer. */
  readonly byCount?: number | undefined;
  /** Rising times in µs, of triggers or frames: a window goes from each to the next, the last to the end. */
  readonly at?: ArrayLike<number> | BigInt64Array | undefined;
  /** What a window shares with the one before: µs, or events with `byCount`. @default 0 */
  readonly overlap?: number;
  /** How far in µs a time may lie below one before it. @default 1000 */
  readonly slackUs?: number;
  /** Where the windows' memory comes from. @default none */
  readonly pool?: BufferPool | undefined;
}

/** What {@link WindowOptions} are when they are not given. */
export const DEFAULT_WINDOW_OPTIONS: Required<WindowOptions> = Object.freeze({
  byTimeUs: undefined,
  byCount: undefined,
  at: undefined,
  overlap: 0,
  slackUs: 1000,
  pool: undefined,
});

/** Events of one window, in the order of the recording; whoever gets it releases the chunk. */
export interface EventWindow {
  /** From 0 on. */
  readonly index: number;
  /** Where it begins and what it ends before, in µs; of a window by count its least time, and one more than its greatest. */
  readonly startUs: number;
  readonly endUs: number;
  /** Without rows where nothing happened. */
  readonly chunk: EventChunk;
}

/** Most rows of a chunk. */
const MAX_ROWS = 2 ** 24;

/**
 * Cuts events into windows, and releases the chunks.
 *
 * Windows by time are those from the first to the last that have events; empty ones between them are given, too.
 *
 * @throws InvalidArgumentError `EVENTS_WINDOW_OPTIONS` unless one way to cut is named, and for an overlap that is not
 *   shorter than the window
 * @throws MillraceError `EVENTS_WINDOW_ORDER` for a time further back than `slackUs`, `EVENTS_WINDOW_ROWS` for a window
 *   of more than 16,777,216 events
 * @example
 * for await (const { startUs, chunk } of windows(recording.events(), { byTimeUs: 10_000, overlap: 5_000 })) {
 *   chunk.release();
 * }
 */
export function windows(
  chunks: AsyncIterable<EventChunk> | Iterable<EventChunk>,
  options: WindowOptions,
): AsyncGenerator<EventWindow, void, undefined> {
  const filled = resolveOptions<Required<WindowOptions>>("events", DEFAULT_WINDOW_OPTIONS, options);
  const { byTimeUs, byCount, at, overlap, slackUs } = filled;
  checkInteger("events", "overlap", overlap, 0, Number.MAX_SAFE_INTEGER);
  checkInteger("events", "slackUs", slackUs, 0, Number.MAX_SAFE_INTEGER);
  if ([byTimeUs, byCount, at].filter((way) => way !== undefined).length !== 1) {
    throw refusal("ways to cut", options, "one of byTimeUs, byCount and at");
  }
  if (byCount !== undefined) {
    checkInteger("events", "byCount", byCount, 1, MAX_ROWS);
    if (overlap >= byCount) throw refusal("overlap", overlap, `fewer events than the ${byCount} of a window`);
    return countWindows(chunks, byCount, overlap, filled.pool);
  }
  if (byTimeUs === undefined) return timeWindows(chunks, spansAt(at!, overlap), filled);
  checkInteger("events", "byTimeUs", byTimeUs, 1, Number.MAX_SAFE_INTEGER);
  if (overlap >= byTimeUs) throw refusal("overlap", overlap, `less than the ${byTimeUs} µs of a window`);
  const step = byTimeUs - overlap;
  return timeWindows(
    chunks,
    {
      firstAt: (time) => Math.floor((time - byTimeUs) / step) + 1,
      startOf: (window) => window * step,
      endOf: (window) => window * step + byTimeUs,
      isOpenEnded: false,
    },
    filled,
  );
}

/** Spans of time by their number; starts and ends rise. */
interface Spans {
  /** The first span that ends behind a time. */
  firstAt(time: number): number;
  startOf(span: number): number;
  endOf(span: number): number;
  /** Whether there are so many and no more, all of which are given. */
  readonly isOpenEnded: boolean;
}

function spansAt(at: NonNullable<WindowOptions["at"]>, overlap: number): Spans {
  const times = Float64Array.from(at as ArrayLike<number | bigint>, Number);
  for (let i = 1; i < times.length; i++) {
    if (!(times[i]! >= times[i - 1]!)) throw refusal(`time ${i} of at`, times[i], "times that rise");
  }
  return {
    firstAt: () => 0,
    startOf: (span) => (span < times.length ? times[span]! - overlap : Number.POSITIVE_INFINITY),
    endOf: (span) => times[span + 1] ?? Number.POSITIVE_INFINITY,
    isOpenEnded: true,
  };
}

/** Rows that wait for their window, oldest first. */
class HeldRows {
  readonly #columns = new RecordColumns({ t: "int64", x: "uint16", y: "uint16", p: "uint8" });
  #first = 0;

  get rowCount(): number {
    return this.#columns.rowCount - this.#first;
  }

  add({ columns, rowCount }: EventChunk): void {
    this.#columns.appendRows(columns, 0, rowCount);
  }

  /** Times as words, from the first row that is held on. */
  get timeWords(): Int32Array {
    const { t } = this.#columns.arrays;
    return new Int32Array(t.buffer, t.byteOffset + 8 * this.#first, 2 * this.rowCount);
  }

  /** Forgets the first rows; their place is used again when it is half of all. */
  drop(count: number): void {
    this.#first += count;
    const rows = this.#columns.rowCount;
    if (2 * this.#first < rows) return;
    for (const column of Object.values(this.#columns.arrays)) column.copyWithin(0, this.#first, rows);
    this.#columns.setRowCount(rows - this.#first);
    this.#first = 0;
  }

  /** A chunk of the listed rows. */
  copy(kept: Uint32Array, count: number, pool: BufferPool | undefined): EventChunk {
    if (count > MAX_ROWS) {
      const problem = `a window has ${count} events, the most is ${MAX_ROWS}; cut shorter ones`;
      throw new MillraceError("EVENTS_WINDOW_ROWS", problem);
    }
    const chunk = allocateChunk(EVENT_SCHEMA, Math.max(1, count), pool);
    const from = this.#columns.arrays;
    const { x, y, p } = chunk.columns;
    const times = chunk.words("t");
    const words = this.timeWords;
    for (let to = 0; to < count; to++) {
      const row = kept[to]!;
      times[2 * to] = words[2 * row]!;
      times[2 * to + 1] = words[2 * row + 1]!;
      x[to] = from.x[this.#first + row]!;
      y[to] = from.y[this.#first + row]!;
      p[to] = from.p[this.#first + row]!;
    }
    chunk.rowCount = count;
    return chunk;
  }
}

async function* timeWindows(
  chunks: AsyncIterable<EventChunk> | Iterable<EventChunk>,
  spans: Spans,
  { slackUs, pool }: Required<WindowOptions>,
): AsyncGenerator<EventWindow, void, undefined> {
  const held = new HeldRows();
  let kept = new Uint32Array(0);
  let newest = Number.NEGATIVE_INFINITY;
  let span = Number.NaN;
  let index = 0;
  const open = (): EventWindow | undefined => {
    const [startUs, endUs, nextUs] = [spans.startOf(span), spans.endOf(span), spans.startOf(span + 1)];
    span++;
    if (kept.length < held.rowCount) kept = new Uint32Array(2 * held.rowCount);
    const words = held.timeWords;
    const { count, passed } = chooseRows(words, held.rowCount, startUs, endUs, nextUs, endUs + slackUs, kept);
    const chunk = count > 0 || index > 0 || spans.isOpenEnded ? held.copy(kept, count, pool) : undefined;
    held.drop(passed);
    return chunk === undefined ? undefined : { index: index++, startUs, endUs, chunk };
  };
  for await (const chunk of chunks) {
    using rows = chunk;
    const oldest = oldestOf(rows);
    newest = newestWithin(rows, newest, slackUs);
    if (Number.isNaN(span) && rows.rowCount > 0) span = spans.firstAt(oldest - slackUs);
    held.add(rows);
    // What comes later is not below the newest time less the slack.
    while (spans.endOf(span) + slackUs <= newest) {
      const window = open();
      if (window !== undefined) yield window;
    }
  }
  if (Number.isNaN(span)) span = 0;
  for (; spans.isOpenEnded ? Number.isFinite(spans.startOf(span)) : spans.startOf(span) <= newest; ) {
    const window = open();
    if (window !== undefined) yield window;
  }
}

/**
 * Lists the rows from `start` to before `end`, and counts those at the beginning that lie before `next`. Rows behind
 * the first at `stop` are not looked at: none of them is in the window.
 */
function chooseRows(
  words: Int32Array,
  rowCount: number,
  start: number,
  end: number,
  next: number,
  stop: number,
  kept: Uint32Array,
): { readonly count: number; readonly passed: number } {
  let count = 0;
  let passed = 0;
  for (let row = 0; row < rowCount; row++) {
    const time = timeOfRow(words, row);
    if (time < next && passed === row) passed++;
    if (time >= stop) break;
    if (time >= start && time < end) kept[count++] = row;
  }
  return { count, passed };
}

async function* countWindows(
  chunks: AsyncIterable<EventChunk> | Iterable<EventChunk>,
  length: number,
  overlap: number,
  pool: BufferPool | undefined,
): AsyncGenerator<EventWindow, void, undefined> {
  const held = new HeldRows();
  const all = Uint32Array.from({ length }, (_, row) => row);
  let index = 0;
  const open = (count: number): EventWindow => {
    const chunk = held.copy(all, count, pool);
    const words = chunk.words("t");
    let startUs = Number.POSITIVE_INFINITY;
    let endUs = Number.NEGATIVE_INFINITY;
    for (let row = 0; row < count; row++) {
      const time = timeOfRow(words, row);
      if (time < startUs) startUs = time;
      if (time >= endUs) endUs = time + 1;
    }
    held.drop(Math.min(count, length - overlap));
    return { index: index++, startUs, endUs, chunk };
  };
  for await (const chunk of chunks) {
    using rows = chunk;
    held.add(rows);
    while (held.rowCount >= length) yield open(length);
  }
  // What is left was in the last window when it is no more than the overlap.
  if (held.rowCount > (index === 0 ? 0 : overlap)) yield open(held.rowCount);
}

function oldestOf(chunk: EventChunk): number {
  const words = chunk.words("t");
  let oldest = Number.POSITIVE_INFINITY;
  for (let row = 0; row < chunk.rowCount; row++) oldest = Math.min(oldest, timeOfRow(words, row));
  return oldest;
}

/** @throws MillraceError `EVENTS_WINDOW_ORDER` */
function newestWithin(chunk: EventChunk, before: number, slackUs: number): number {
  const words = chunk.words("t");
  let newest = before;
  for (let row = 0; row < chunk.rowCount; row++) {
    const time = timeOfRow(words, row);
    if (time > newest) newest = time;
    else if (newest - time > slackUs) {
      const problem = `an event at ${time} µs comes behind one at ${newest} µs: further back than the ${slackUs} µs of slackUs; raise it, or sort the recording`;
      throw new MillraceError("EVENTS_WINDOW_ORDER", problem);
    }
  }
  return newest;
}

function refusal(what: string, received: unknown, expected: string): InvalidArgumentError {
  return new InvalidArgumentError("EVENTS_WINDOW_OPTIONS", `windows: ${what}`, received, expected);
}
