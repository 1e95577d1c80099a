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
const HEADING_UNITS: Readonly<Record<string, TimeUnit>> = { s: "s", sec: "s", ms: "ms", us: "us", ns: "ns" };

/**
 * Reads a list of columns as a user writes it: "t,x,y,p", with "-" for a column to skip.
 * @throws InvalidArgumentError when one of t, x, y, p is missing, or is there twice, or there is another
 */
export function parseTextColumns(text: string): TextColumn[] {
  const columns = text.split(",").map((name) => name.trim());
  const isComplete = [..."txyp"].every((name) => columns.filter((column) => column === name).length === 1);
  if (isComplete && columns.every((name) => "txyp-".includes(name) && name.length === 1)) {
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
  if (!isPlainText(head)) return undefined;
  const text = new TextDecoder("latin1").decode(head);
  const lines = text.split("\n");
  // The last line of a part may be cut in the middle of a number.
  if (!isWholeFile && lines.length > 1) lines.pop();
  let dataStart = 0;
  let size: readonly [number, number] | undefined;
  let named: { readonly columns: readonly TextColumn[]; readonly timeUnit: TimeUnit | undefined } | undefined;
  let first = 0;
  for (; first < lines.length; first++) {
    const line = lines[first]!.replace(/^\u00ef\u00bb\u00bf/, "").trim();
    const fields = splitFields(line);
    const geometry = /^[%#]\s*geometry\s*:?\s*(\d+)\s*[,x]\s*(\d+)/i.exec(line);
    const isSizeLine =
      size === undefined && fields.length === 2 && fields.every((field) => /^\d+$/.test(field));
    if (geometry !== null) size = [Number(geometry[1]), Number(geometry[2])];
    else if (isSizeLine) size = [Number(fields[0]), Number(fields[1])];
    else if (line !== "" && !/^[#%]/.test(line)) {
      const heading = named === undefined ? readHeading(fields) : undefined;
      if (heading === undefined) break;
      named = heading;
    }
    dataStart += lines[first]!.length + 1;
  }
  const rows = lines
    .slice(first, first + SAMPLE_LINES)
    .map(splitFields)
    .filter((row) => row.length >= 4 && row.every(isNumber));
  const columns = hints.columns ?? named?.columns;
  const isReadable = rows.length > 0 && (rows.length > 1 || first + 2 >= lines.length);
  if (!isReadable && columns === undefined) return undefined;
  const found = columns ?? guessColumns(rows, source);
  const timeUnit = hints.timeUnit ?? named?.timeUnit ?? guessUnit(rows, found.indexOf("t"));
  return {
    columns: found,
    timeUnit,
    dataStart: Math.min(dataStart, head.length),
    width: size?.[0],
    height: size?.[1],
  };
}

function isPlainText(head: Uint8Array): boolean {
  const hasMark = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf;
  for (let i = hasMark ? 3 : 0; i < head.length; i++) {
    const byte = head[i]!;
    if ((byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) || byte === 0x7f) return false;
  }
  return true;
}

function splitFields(line: string): string[] {
  return line.trim().split(/\s*[,;]\s*|\s+/);
}

function isNumber(field: string): boolean {
  return /^[-+]?\d+(\.\d*)?$|^[-+]?\.\d+$/.test(field);
}

function readHeading(
  fields: readonly string[],
): { readonly columns: readonly TextColumn[]; readonly timeUnit: TimeUnit | undefined } | undefined {
  let timeUnit: TimeUnit | undefined;
  const columns = fields.map((field): TextColumn => {
    const [, name = "", unit = ""] = /^"?([a-z]+)[\s_[(]*([a-z]*)[\])]*"?$/i.exec(field) ?? [];
    const column = HEADINGS[name.toLowerCase()] ?? "-";
    if (column === "t") timeUnit = HEADING_UNITS[unit.toLowerCase()];
    return column;
  });
  const isComplete = [..."txyp"].every((name) => columns.filter((column) => column === name).length === 1);
  return isComplete ? { columns, timeUnit } : undefined;
}

function guessColumns(rows: readonly (readonly string[])[], source: string): readonly TextColumn[] {
  const width = Math.min(...rows.map((row) => row.length));
  if (width === 4) {
    const values = [0, 1, 2, 3].map((column) => rows.map((row) => Number(row[column])));
    const isTime = values.map((_, column) => couldBeTime(rows, values, column));
    const isPolarity = values.map((numbers) =>
      numbers.every((value) => Math.abs(value) <= 1 && value % 1 === 0),
    );
    // The two orders that are common come first; others are taken only when nothing else fits.
    for (const order of ["txyp", "xypt", "xytp", "tpxy"]) {
      if (isTime[order.indexOf("t")] && isPolarity[order.indexOf("p")]) return [...order] as TextColumn[];
    }
  }
  const problem = `lines such as ${JSON.stringify(rows[0]!.join(" "))} do not show which column is the time and which the polarity; say so with the columns, such as t,x,y,p`;
  throw new CorruptDataError("EVENTS_TEXT_AMBIGUOUS", source, 0, problem);
}

function couldBeTime(
  rows: readonly (readonly string[])[],
  values: readonly (readonly number[])[],
  column: number,
): boolean {
  if (rows.some((row) => row[column]!.includes("."))) return true;
  if (rows.some((row) => row.some((field) => field.includes(".")))) return false;
  const times = values[column]!;
  const last = times[times.length - 1]!;
  return (
    times.every((time, i) => i === 0 || time >= times[i - 1]!) &&
    values.every((others) => others[others.length - 1]! <= last)
  );
}

function guessUnit(rows: readonly (readonly string[])[], timeColumn: number): TimeUnit {
  const times = rows.map((row) => row[timeColumn] ?? "");
  if (times.some((time) => time.includes("."))) return "s";
  return times.some((time) => Number(time) >= LEAST_NANOSECONDS) ? "ns" : "us";
}
