import { InvalidArgumentError } from "@millrace/base";
import { type EventChunk, EventRows } from "../event-rows.ts";
import { type EventFilter, type FilterSize, keepRows } from "./event-filter.ts";

/** What {@link arbiterLines} takes for an artefact. */
export interface ArbiterLineOptions {
  /** Above this share of a line's pixels its events of one time are dropped; above 0, up to 1. @default 0.5 */
  readonly share?: number;
  /** What a line is: a row of the sensor, or a column. @default "row" */
  readonly axis?: "row" | "column";
}

/**
 * Drops whole lines that the readout fired at once: the events of one line and one time, when they are more than a
 * share of the line's pixels.
 *
 * The arbiter of an event camera hands out a line at a time, and its faults show as lines in which nearly every pixel
 * has an event with the same time, which no moving edge gives; the rule is one of our own. The events of the latest
 * time are held back until the next time is seen, so that the result does not depend on where chunks end.
 *
 * Events outside the sensor are dropped.
 * @throws InvalidArgumentError for a share out of its range
 */
export function arbiterLines(
  { width, height }: FilterSize,
  { share = 0.5, axis = "row" }: ArbiterLineOptions = {},
): EventFilter {
  if (!(share > 0 && share <= 1)) {
    throw new InvalidArgumentError("EVENTS_FILTER_RANGE", "share of a line", share, "above 0, up to 1");
  }
  const perLine = new Uint32Array(axis === "row" ? height : width);
  const most = share * (axis === "row" ? width : height);
  let kept = new Uint32Array(0);
  /** The group of the latest time, before it was judged; whatever its length, one chunk. */
  let held = new EventRows(1024);
  let earlier: EventRows | undefined;

  /** Lists the rows of one group, all of the same time, that stay. */
  const judge = (
    { x, y }: Pick<EventRows, "x" | "y">,
    start: number,
    end: number,
    into: Uint32Array,
    from: number,
  ): number => {
    const lines = axis === "row" ? y : x;
    for (let row = start; row < end; row++) if (x[row]! < width && y[row]! < height) perLine[lines[row]!]!++;
    let count = from;
    for (let row = start; row < end; row++) {
      if (x[row]! < width && y[row]! < height && perLine[lines[row]!]! <= most) into[count++] = row;
    }
    for (let row = start; row < end; row++) if (lines[row]! < perLine.length) perLine[lines[row]!] = 0;
    return count;
  };

  /** Judges what is held and takes it as it was left. */
  const release = (): EventRows | undefined => {
    const rows = held;
    if (rows.rowCount === 0) return undefined;
    held = new EventRows(1024);
    if (kept.length < rows.rowCount) kept = new Uint32Array(rows.rowCount);
    const count = judge(rows, 0, rows.rowCount, kept, 0);
    keepRows(rows.seal(), kept, count);
    return count === 0 ? undefined : rows;
  };

  return {
    apply(chunk) {
      const { rowCount } = chunk;
      if (rowCount === 0) return;
      if (kept.length < rowCount) kept = new Uint32Array(rowCount);
      const times = chunk.words("t");
      const isSameTime = (words: Int32Array, a: number, b: number): boolean =>
        words[2 * a] === times[2 * b] && words[2 * a + 1] === times[2 * b + 1];
      let start = 0;
      if (held.rowCount > 0) {
        while (start < rowCount && isSameTime(held.timeWords, 0, start)) start++;
        held = joined(held, chunk, 0, start);
        if (start < rowCount) earlier = release();
      }
      let last = rowCount - 1;
      while (last > start && isSameTime(times, last - 1, last)) last--;
      let count = 0;
      for (let group = start; group < last; ) {
        let end = group + 1;
        while (end < last && isSameTime(times, group, end)) end++;
        count = judge(chunk.columns, group, end, kept, count);
        group = end;
      }
      if (start < rowCount) held = joined(held, chunk, last, rowCount);
      keepRows(chunk, kept, count);
    },
    takeHeld() {
      const rows = earlier;
      earlier = undefined;
      return rows?.chunk;
    },
    finish: () => release()?.chunk,
  };
}

/** The rows with some of a chunk behind them; in memory of twice the size where there is no room. */
function joined(rows: EventRows, chunk: EventChunk, start: number, end: number): EventRows {
  const count = rows.rowCount + end - start;
  let into = rows;
  if (count > rows.capacity) {
    into = new EventRows(Math.max(count, 2 * rows.capacity));
    append(into, rows.seal(), 0, rows.rowCount);
  }
  append(into, chunk, start, end);
  return into;
}

function append(rows: EventRows, chunk: EventChunk, start: number, end: number): void {
  const { x, y, p } = chunk.columns;
  const at = rows.rowCount;
  rows.timeWords.set(chunk.words("t").subarray(2 * start, 2 * end), 2 * at);
  rows.x.set(x.subarray(start, end), at);
  rows.y.set(y.subarray(start, end), at);
  rows.p.set(p.subarray(start, end), at);
  rows.rowCount = at + end - start;
}
