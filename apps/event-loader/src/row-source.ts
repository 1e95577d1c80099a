import type { DecoderContext } from "./event-decoder.ts";
import type { EventRows } from "./event-rows.ts";

/** Makes the rows of a recording that is no stream of words: columns of a file, messages of a bag. */
export interface RowSource {
  /**
   * Appends rows, as many as are free or fewer.
   * @returns false when there are no more
   */
  fill(rows: EventRows): Promise<boolean>;
  /** Rows read of a source that has them in one order, and can begin anywhere. */
  rowsRead?(): number;
  /** Reads the rows from `start` to before `stop` only. */
  setRange?(start: number, stop: number): void;
}

/** A column of numbers of any kind. */
export type NumberColumn = ArrayLike<number> | BigInt64Array | BigUint64Array;

/** Columns of events, as files hold them. */
export interface EventColumns {
  readonly x: NumberColumn;
  readonly y: NumberColumn;
  /** Above 0 is brighter; booleans are 0 and 1. */
  readonly p: NumberColumn;
  readonly t: NumberColumn;
}

/** A recording whose events are columns, of which any range can be read. */
export interface ColumnTable {
  readonly rowCount: number;
  /** What a time is multiplied by to become microseconds: 1e6 for seconds. */
  readonly timeFactor: number;
  /** Microseconds added to each time. */
  readonly timeOffsetUs: number;
  read(start: number, stop: number): Promise<EventColumns>;
}

const WORD = 2 ** 32;

/** Reads a table from its first row to its last. */
export class TableRows implements RowSource {
  readonly #table: ColumnTable;
  readonly #context: DecoderContext;
  #next = 0;
  #stop: number;

  constructor(table: ColumnTable, context: DecoderContext) {
    this.#table = table;
    this.#stop = table.rowCount;
    this.#context = context;
  }

  async fill(rows: EventRows): Promise<boolean> {
    const stop = Math.min(this.#stop, this.#next + rows.capacity - rows.rowCount);
    if (stop > this.#next) this.#append(await this.#table.read(this.#next, stop), stop - this.#next, rows);
    this.#next = stop;
    return stop < this.#stop;
  }

  rowsRead(): number {
    return this.#next;
  }

  setRange(start: number, stop: number): void {
    this.#next = start;
    this.#stop = Math.min(stop, this.#table.rowCount);
  }

  #append(columns: EventColumns, count: number, rows: EventRows): void {
    const { timeFactor, timeOffsetUs } = this.#table;
    const { width, height, violations } = this.#context;
    const isPlain = timeFactor === 1 && timeOffsetUs === 0;
    if (isPlain && appendPlain(columns, count, rows, width, height)) return;
    const [x, y, p] = [numbersOf(columns.x), numbersOf(columns.y), numbersOf(columns.p)];
    const times = this.#times(columns.t, count);
    let row = rows.rowCount;
    for (let i = 0; i < count; i++) {
      const [column, line] = [x[i]!, y[i]!];
      const time = times[i]!;
      if (!(isPlace(column) && isPlace(line) && Number.isSafeInteger(time))) {
        violations.add("malformedRow", this.#next + i);
        continue;
      }
      if (column >= width || line >= height) violations.add("outsideGeometry", this.#next + i);
      const timeHi = Math.floor(time / WORD);
      rows.timeWords[2 * row] = time - timeHi * WORD;
      rows.timeWords[2 * row + 1] = timeHi;
      rows.x[row] = column;
      rows.y[row] = line;
      rows.p[row++] = p[i]! > 0 ? 1 : 0;
    }
    rows.rowCount = row;
  }

  /** Times in microseconds, rounded; NaN stays. */
  #times(t: NumberColumn, count: number): ArrayLike<number> {
    const { timeFactor, timeOffsetUs } = this.#table;
    const source = numbersOf(t);
    if (timeFactor === 1 && timeOffsetUs === 0) return source;
    const times = new Float64Array(count);
    for (let i = 0; i < count; i++) times[i] = Math.round(source[i]! * timeFactor) + timeOffsetUs;
    return times;
  }
}

/**
 * Appends columns of the kinds that recorders write, without a look at each number.
 * @returns false for other kinds, and where something is to be said of an event: nothing was appended then
 */
function appendPlain(
  { x, y, p, t }: EventColumns,
  count: number,
  rows: EventRows,
  width: number,
  height: number,
): boolean {
  const arePlaces = x instanceof Uint16Array && y instanceof Uint16Array;
  const isPolarity = p instanceof Uint8Array || p instanceof Int16Array || p instanceof Int8Array;
  if (!(arePlaces && isPolarity && t instanceof BigInt64Array)) return false;
  const words = new Int32Array(t.buffer, t.byteOffset, 2 * count);
  let outside = 0;
  for (let i = 0; i < count; i++) outside |= (width - 1 - x[i]!) | (height - 1 - y[i]!);
  // Above 2^53 or below 0 the high word has bits that no time of a camera has.
  for (let i = 1; i < words.length; i += 2) outside |= words[i]! & 0x7fe00000 ? -1 : words[i]!;
  if (outside < 0) return false;
  const { rowCount: first, p: ps } = rows;
  rows.timeWords.set(words, 2 * first);
  rows.x.set(x.length === count ? x : x.subarray(0, count), first);
  rows.y.set(y.length === count ? y : y.subarray(0, count), first);
  for (let i = 0; i < count; i++) ps[first + i] = p[i]! > 0 ? 1 : 0;
  rows.rowCount = first + count;
  return true;
}

/** Integers of 64 bits as doubles, out of their words: a bigint for every event would cost more than all the rest. */
function numbersOf(values: NumberColumn): ArrayLike<number> {
  if (!(values instanceof BigInt64Array || values instanceof BigUint64Array)) return values;
  const words = new Int32Array(values.buffer, values.byteOffset, 2 * values.length);
  const numbers = new Float64Array(values.length);
  const isSigned = values instanceof BigInt64Array;
  for (let i = 0; i < numbers.length; i++) {
    const high = isSigned ? words[2 * i + 1]! : words[2 * i + 1]! >>> 0;
    numbers[i] = (words[2 * i]! >>> 0) + high * WORD;
  }
  return numbers;
}

/** Whether it is a column or a row of a sensor. */
function isPlace(value: number): boolean {
  return value >= 0 && value < 65_536 && value % 1 === 0;
}
