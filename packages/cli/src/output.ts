import Table from "cli-table3";

/** One cell of a table for people. */
export type Cell = string | number | undefined;

/** What a verb found: the same facts for programs and for people. */
export interface VerbResult {
  /** Printed as one JSON object with `--json`; its field names and types are a promise. */
  readonly json: object;
  /** Printed without `--json`, as it is; make it with {@link formatTable} or {@link formatFacts}. Absent: nothing. */
  readonly text?: string;
  /** True when a check found something: the command exits with 1 though the verb did its work. @default false */
  readonly isFailure?: boolean;
}

const PLAIN = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
};

/** Columns under headings, numbers to the right, without borders. */
export function formatTable(headings: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const numeric = headings.map(
    (_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === "number"),
  );
  const table = new Table({
    head: [...headings],
    chars: PLAIN,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
    colAligns: numeric.map((isNumeric) => (isNumeric ? "right" : "left")),
  });
  for (const row of rows) table.push(row.map(formatCell));
  return trimLines(table.toString());
}

/** One fact a line, names to the left; facts that are undefined are left out. */
export function formatFacts(facts: readonly (readonly [name: string, value: Cell])[]): string {
  const known = facts.filter(([, value]) => value !== undefined);
  const width = known.reduce((widest, [name]) => Math.max(widest, name.length), 0);
  return known.map(([name, value]) => `${name.padEnd(width)}  ${formatCell(value)}`).join("\n");
}

/** Numbers with thousands separators, the same on every machine: 1234567 → "1,234,567". */
export function formatCount(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: 3 });
}

/** How many of something there are: "1 object", "2,000 objects". */
export function formatAmount(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** A rate in the largest of k, M and G that leaves at least 1: "12.3 M events/s", "450 steps/s". */
export function formatRate(perSecond: number, unit: string): string {
  const [size, prefix] = RATE_PREFIXES.find(([least]) => perSecond >= least) ?? [1, ""];
  return `${Number((perSecond / size).toPrecision(3))} ${prefix}${prefix === "" ? "" : " "}${unit}/s`;
}

const RATE_PREFIXES = [
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
] as const;

function formatCell(value: Cell): string {
  if (value === undefined) return "";
  return typeof value === "number" ? formatCount(value) : value;
}

function trimLines(text: string): string {
  return text
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}
