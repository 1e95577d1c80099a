import type { DecoderState } from "./decoder-state.ts";
import type { DecoderContext, EventDecoder } from "./event-decoder.ts";
import type { EventRows } from "./event-rows.ts";
import { COLUMN_CODES, readPlainLines } from "./plain-lines.ts";
import { type ParsedNumber, parseDecimal, skipBlanks, skipField, skipSeparator } from "./text-fields.ts";
import type { TextColumn, TextLayout, TimeUnit } from "./text-layout.ts";

const LINE_FEED = 0x0a;
const HASH = 0x23;
const PERCENT = 0x25;
/** A line longer than this is no event; only its beginning is kept. */
const MAX_LINE_BYTES = 4096;
/** How far the decimal point of each unit moves to microseconds. */
const PLACES: Readonly<Record<TimeUnit, number>> = { s: 6, ms: 3, us: 0, ns: -3 };
const TWO_32 = 2 ** 32;

/** What a line was. */
type LineOutcome = "event" | "outside" | "nothing" | "malformed";

/**
 * Makes a decoder of text lines: numbers with blanks, commas or semicolons between them, one event a line.
 *
 * Numbers are read from the bytes, as digits: a time in seconds is not rounded by way of binary fractions. Empty
 * lines and lines that begin with `#` or `%` are skipped; any other line that is no event is a violation.
 */
export function newTextDecoder(context: DecoderContext, layout: TextLayout): EventDecoder {
  return new LineDecoder(context, layout);
}

class LineDecoder implements EventDecoder {
  readonly rowsPerStep = 1;
  readonly #context: DecoderContext;
  readonly #layout: TextLayout;
  readonly #places: number;
  /** The layout for {@link readPlainLines}. */
  readonly #plainColumns: Uint8Array;
  readonly #number: ParsedNumber = { value: 0 };
  /** A line that goes on in the next piece; with room for a line feed behind it. */
  readonly #carried = new Uint8Array(MAX_LINE_BYTES + 1);
  #carriedCount = 0;
  /** Position in the file of the line that is next, or of the one that is carried. */
  #position: number;

  constructor(context: DecoderContext, layout: TextLayout) {
    this.#context = context;
    this.#layout = layout;
    this.#places = PLACES[layout.timeUnit];
    this.#plainColumns = Uint8Array.from(layout.columns, (column) => COLUMN_CODES.indexOf(column));
    this.#position = context.dataStart;
  }

  decode(bytes: Uint8Array, start: number, rows: EventRows): number {
    let at = start;
    if (this.#carriedCount > 0) {
      const end = bytes.indexOf(LINE_FEED, at);
      this.#carry(bytes, at, end < 0 ? bytes.length : end);
      if (end < 0) return bytes.length;
      this.finish(rows);
      this.#position++;
      at = end + 1;
    }
    const lastEnd = bytes.lastIndexOf(LINE_FEED);
    while (at <= lastEnd) {
      const plainEnd = readPlainLines(
        bytes,
        at,
        lastEnd,
        this.#plainColumns,
        this.#places,
        this.#context,
        rows,
      );
      this.#position += plainEnd - at;
      at = plainEnd;
      if (at > lastEnd) break;
      if (rows.rowCount === rows.capacity) return at;
      const end = bytes.indexOf(LINE_FEED, at);
      this.#readLine(bytes, at, end, rows);
      this.#position += end + 1 - at;
      at = end + 1;
    }
    this.#carry(bytes, at, bytes.length);
    return bytes.length;
  }

  /** Reads the carried line, which has ended. */
  finish(rows: EventRows): void {
    const count = this.#carriedCount;
    if (count === 0) return;
    this.#carriedCount = 0;
    if (count <= MAX_LINE_BYTES) this.#readLine(this.#carried, 0, count, rows);
    else this.#context.violations.add("malformedRow", this.#position);
    this.#position += count;
  }

  saveState(): DecoderState {
    return { byteOffset: this.#position, values: [] };
  }

  restoreState({ byteOffset }: DecoderState): void {
    this.#carriedCount = 0;
    this.#position = byteOffset;
  }

  #carry(bytes: Uint8Array, start: number, end: number): void {
    const room = Math.max(0, MAX_LINE_BYTES - this.#carriedCount);
    this.#carried.set(bytes.subarray(start, Math.min(end, start + room)), MAX_LINE_BYTES - room);
    this.#carriedCount += end - start;
    // What follows the line in memory must not be taken for a part of its last number.
    if (this.#carriedCount <= MAX_LINE_BYTES) this.#carried[this.#carriedCount] = LINE_FEED;
  }

  #readLine(bytes: Uint8Array, start: number, end: number, rows: EventRows): void {
    const { width, height, violations } = this.#context;
    const { columns } = this.#layout;
    const outcome = readTextLine(bytes, start, end, columns, this.#places, width, height, rows, this.#number);
    if (outcome === "malformed") violations.add("malformedRow", this.#position);
    else if (outcome === "outside") violations.add("outsideGeometry", this.#position);
  }
}

/** Reads one line into the next row; `bytes[end]` is no digit. */
function readTextLine(
  bytes: Uint8Array,
  start: number,
  end: number,
  columns: readonly TextColumn[],
  places: number,
  width: number,
  height: number,
  rows: EventRows,
  number: ParsedNumber,
): LineOutcome {
  let at = skipBlanks(bytes, start);
  if (at >= end || bytes[at] === HASH || bytes[at] === PERCENT) return "nothing";
  let t = 0;
  let x = 0;
  let y = 0;
  let p = 0;
  for (let i = 0; i < columns.length; i++) {
    const column = columns[i]!;
    if (i > 0) at = skipSeparator(bytes, at);
    if (column === "-") {
      at = skipField(bytes, at);
      continue;
    }
    at = parseDecimal(bytes, at, column === "t" ? places : 0, column !== "t", number);
    if (at < 0) return "malformed";
    if (column === "t") t = number.value;
    else if (column === "x") x = number.value;
    else if (column === "y") y = number.value;
    else p = number.value;
  }
  const isInRange = x >= 0 && x < 65_536 && y >= 0 && y < 65_536 && p >= -1 && p <= 1;
  if (!isInRange || skipSeparator(bytes, at) < end) return "malformed";
  const row = rows.rowCount++;
  const timeHi = Math.floor(t / TWO_32);
  rows.timeWords[2 * row] = t - timeHi * TWO_32;
  rows.timeWords[2 * row + 1] = timeHi;
  rows.x[row] = x;
  rows.y[row] = y;
  rows.p[row] = p > 0 ? 1 : 0;
  return x < width && y < height ? "event" : "outside";
}
