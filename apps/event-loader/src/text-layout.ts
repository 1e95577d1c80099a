import { CorruptDataError, InvalidArgumentError } from "@millrace/base";

/** What a column of a text file holds; `-` is one that is skipped. */
export type TextColumn = "t" | "x" | "y" | "p" | "-";

/** Units that times in a text file may have. */
export type TimeUnit = "s" | "ms" | "us" | "ns";

/** Every time unit. */
export const TIME_UNITS: readonly TimeUnit[] = Object.freeze(["s", "ms", "us", "ns"]);

/** How the lines of a text file are read. */
export interface TextLayout {
  readonly columns: readonly TextColumn[];
  readonly timeUnit: TimeUnit;
  /** Bytes of the byte-order mark and of heading lines, before the first event. */
  readonly dataStart: number;
  readonly width: number | undefined;
  readonly height: number | undefined;
}

/** What the caller knows better than a look at the text. */
export interface TextLayoutHints {
  readonly columns?: readonly TextColumn[] | undefined;
  readonly timeUnit?: TimeUnit | undefined;
}

/** Lines that are looked at. */
const SAMPLE_LINES = 200;
/** Whole times from this on are nanoseconds since 1970 rather than microseconds (the year 5138). */
const LEAST_NANOSECONDS = 1e17;

/** Orders of columns that are recognised without a heading; the rare others would be mistaken for each other. */
const ORDERS: readonly string[] = ["txyp", "xypt"];
/** How lines are laid out behind a line with the sensor's size: Metavision's `%geometry:`, or the one that we write. */
const BEHIND_GEOMETRY = {
  "%": { order: "xypt", timeUnit: "us" },
  "#": { order: "txyp", timeUnit: "s" },
} as const;

const HEADINGS: Readonly<Record<string, TextColumn>> = {
  t: "t",
  ts: "t",
  time: "t",
  timestamp: "t",
  timestamps: "t",
  x: "x",
  xs: "x",
  y: "y",
  ys: "y",
  p: "p",
  ps: "p",
  pol: "p",
  polarity: "p",
  on: "p",
};
/** The micro sign in Latin-1, and it and the Greek letter in UTF-8, as Latin-1 shows their bytes. */
const MICRO = /\u00c2?\u00b5|\u00ce\u00bc/;
const HEADING_UNITS: Readonly<Record<string, TimeUnit>> = { s: "s", sec: "s", ms: "ms", us: "us", ns: "ns" };

/**
 * Reads a list of columns as a user writes it: "t,x,y,p", with "-" for a column to skip.
 * @throws InvalidArgumentError when one of t, x, y, p is missing, or is there twice, or there is another
 */
export function parseTextColumns(text: string): TextColumn[] {
  const columns = text.split(",").map((name) => name.trim());
  if (isComplete(columns) && columns.every((name) => "txyp-".includes(name) && name.length === 1)) {
    return columns as TextColumn[];
  }
  throw new InvalidArgumentError(
    "EVENTS_COLUMNS_INVALID",
    "columns",
    text,
    't, x, y and p once each, with "-" for others, such as "t,x,y,p"',
  );
}

/**
 * Finds out how a text file is laid out: from a heading line, else from its numbers.
 *
 * A polarity is 0, 1 or -1 throughout; the time has a decimal point, or else never falls and is largest at the end;
 * what is left is x and y. Times with a decimal point are seconds.
 *
 * @param head - the file's first bytes
 * @returns undefined when these are no lines of numbers
 * @throws CorruptDataError `EVENTS_TEXT_AMBIGUOUS` when the columns cannot be told apart
 */
export function detectTextLayout(
  head: Uint8Array,
  isWholeFile: boolean,
  source: string,
  hints: TextLayoutHints = {},
): TextLayout | undefined {
  const markBytes = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0;
  const bytes = head.subarray(markBytes);
  if (!isPlainText(bytes)) return undefined;
  const lines = new TextDecoder("latin1").decode(bytes).split("\n");
  // The last line of a part may be cut in the middle of a number.
  if (!isWholeFile && lines.length > 1) lines.pop();
  let dataStart = markBytes;
  let size: readonly [number, number] | undefined;
  let mark: keyof typeof BEHIND_GEOMETRY | undefined;
  let heading: Heading | undefined;
  let first = 0;
  for (; first < lines.length; first++) {
    const line = lines[first]!.trim();
    const found = readSize(line);
    if (found !== undefined) {
      size ??= found;
      if (line[0] === "%" || line[0] === "#") mark ??= line[0];
    } else if (line !== "" && !/^[#%]/.test(line)) {
      const named = heading === undefined ? readHeading(line) : undefined;
      if (named === undefined) break;
      heading = named;
    }
    dataStart += lines[first]!.length + 1;
  }
  const rows = lines
    .slice(first, first + SAMPLE_LINES)
    .map(splitFields)
    .filter((row) => row.length >= 4 && row.every(isNumber));
  const isEmpty = isWholeFile && rows.length === 0 && first >= lines.length;
  const expected = mark && BEHIND_GEOMETRY[mark];
  if (isEmpty && expected !== undefined)
    heading ??= { columns: columnsOf(expected.order), timeUnit: expected.timeUnit };
  const columns = hints.columns ?? heading?.columns;
  const isReadable = rows.length > 0 && (rows.length > 1 || first + 2 >= lines.length);
  if (!isReadable && columns === undefined) return undefined;
  const found = columns ?? guessColumns(rows, source, expected?.order);
  const timeUnit = hints.timeUnit ?? heading?.timeUnit ?? guessUnit(rows, found.indexOf("t"));
  return {
    columns: found,
    timeUnit,
    dataStart: Math.min(dataStart, head.length),
    width: size?.[0],
    height: size?.[1],
  };
}

interface Heading {
  readonly columns: readonly TextColumn[];
  readonly timeUnit: TimeUnit | undefined;
}

function isPlainText(bytes: Uint8Array): boolean {
  return bytes.every((byte) =>
    byte >= 0x20 ? byte !== 0x7f : byte === 0x09 || byte === 0x0a || byte === 0x0d,
  );
}

/** A line that gives the sensor's size: `%geometry:640,480`, or only the two numbers. */
function readSize(line: string): readonly [number, number] | undefined {
  const match = /^[%#]\s*geometry\s*:?\s*(\d+)\s*[,x]\s*(\d+)/i.exec(line) ?? /^(\d+)\s+(\d+)$/.exec(line);
  return match === null ? undefined : [Number(match[1]), Number(match[2])];
}

function splitFields(line: string): string[] {
  return line.trim().split(/\s*[,;]\s*|\s+/);
}

function isNumber(field: string): boolean {
  return /^[-+]?\d+(\.\d*)?$|^[-+]?\.\d+$/.test(field);
}

function readHeading(line: string): Heading | undefined {
  // With commas a name may have a blank in it: "t [us]".
  const fields = /[,;]/.test(line) ? line.split(/[,;]/) : line.split(/\s+/);
  let timeUnit: TimeUnit | undefined;
  const columns = fields.map((field): TextColumn => {
    const [, name = "", unit = ""] =
      /^"?([a-z]+)[\s_[(]*([a-z]*)[\])]*"?$/i.exec(field.trim().replace(MICRO, "u")) ?? [];
    const column = HEADINGS[name.toLowerCase()] ?? "-";
    if (column === "t") timeUnit = HEADING_UNITS[unit.toLowerCase()];
    return column;
  });
  return isComplete(columns) ? { columns, timeUnit } : undefined;
}

function isComplete(columns: readonly string[]): boolean {
  return [..."txyp"].every((name) => columns.filter((column) => column === name).length === 1);
}

function columnsOf(order: string): TextColumn[] {
  return [...order] as TextColumn[];
}

/** @param expected - the order that goes before the others */
function guessColumns(
  rows: readonly (readonly string[])[],
  source: string,
  expected: string | undefined,
): readonly TextColumn[] {
  const events = rows.filter((row) => row.length === 4);
  if (2 * events.length > rows.length) {
    const columns = [0, 1, 2, 3].map((column) => events.map((row) => Number(row[column])));
    const isFractional = [0, 1, 2, 3].map((column) => events.some((row) => row[column]!.includes(".")));
    const isPolarity = columns.map((values) => areNearlyAll(values, (value) => [-1, 0, 1].includes(value)));
    const ends = columns.map((values) => values[values.length - 1]!);
    const neverFalls = columns.map((values) =>
      areNearlyAll(values, (value, i) => i === 0 || value >= values[i - 1]!),
    );
    const isRising = columns.map(
      (values, column) => neverFalls[column]! && (values.length === 1 || ends[column]! > values[0]!),
    );
    const isLargest = ends.map((end) => end === Math.max(...ends));
    const couldBe = (order: string, isTime: readonly boolean[]): boolean =>
      isTime[order.indexOf("t")]! && isPolarity[order.indexOf("p")]!;
    // A point tells the time from the rest; without one the time rises, and is the largest unless it has just begun.
    const times = isFractional.includes(true)
      ? [isFractional]
      : [isRising.map((rises, i) => rises && isLargest[i]!), isRising];
    if (expected !== undefined && couldBe(expected, neverFalls)) return columnsOf(expected);
    for (const isTime of times) {
      const found = ORDERS.find((order) => couldBe(order, isTime));
      if (found !== undefined) return columnsOf(found);
    }
  }
  const problem = `lines such as ${JSON.stringify(rows[0]!.join(" "))} do not show which column is the time and which the polarity; say so with the columns, such as t,x,y,p`;
  throw new CorruptDataError("EVENTS_TEXT_AMBIGUOUS", source, 0, problem);
}

/** A broken line here or there must not hide what the others show. */
function areNearlyAll(values: readonly number[], test: (value: number, i: number) => boolean): boolean {
  return values.filter(test).length >= 0.9 * values.length;
}

function guessUnit(rows: readonly (readonly string[])[], timeColumn: number): TimeUnit {
  const times = rows.map((row) => row[timeColumn] ?? "");
  if (times.some((time) => time.includes("."))) return "s";
  return times.some((time) => Number(time) >= LEAST_NANOSECONDS) ? "ns" : "us";
}
