import type { ColumnTable, EventColumns } from "../row-source.ts";
import { type NpyField, type NpyHeader, readNpyField } from "./npy-array.ts";

/** One column of events: numbers at equal distances. */
export interface NumpyColumn {
  readonly header: NpyHeader;
  readonly field: NpyField;
  readonly rowCount: number;
}

/** The four columns, and how they were found. */
export interface NumpyColumns {
  readonly x: NumpyColumn;
  readonly y: NumpyColumn;
  readonly t: NumpyColumn;
  readonly p: NumpyColumn;
  readonly layout: string;
}

const NAMES = {
  x: ["x", "xs"],
  y: ["y", "ys"],
  t: ["t", "ts", "timestamp", "timestamps"],
  p: ["p", "ps", "pol", "polarity", "on"],
} as const;

/** Whole numbers in a column of doubles beyond this are microseconds: no recording of events lasts so many seconds. */
const LEAST_FLOAT_MICROSECONDS = 1e5;

/** Columns out of the named fields of one array, or undefined. */
export function structuredColumns(header: NpyHeader): NumpyColumns | undefined {
  const byName = new Map(
    header.fields.map((field) => [
      field.name.toLowerCase(),
      { header, field, rowCount: header.shape[0] ?? 0 },
    ]),
  );
  return header.shape.length === 1 ? namedColumns(byName, "structured array") : undefined;
}

/** Columns by their names, in any of the spellings that are in use, or undefined. */
export function namedColumns(
  byName: ReadonlyMap<string, NumpyColumn>,
  layout: string,
): NumpyColumns | undefined {
  const find = (names: readonly string[]): NumpyColumn | undefined => {
    const name = names.find((one) => byName.has(one));
    return name === undefined ? undefined : byName.get(name);
  };
  const [x, y, t, p] = [find(NAMES.x), find(NAMES.y), find(NAMES.t), find(NAMES.p)];
  if (x === undefined || y === undefined || t === undefined || p === undefined) return undefined;
  return { x, y, t, p, layout };
}

/**
 * Columns of a matrix of n rows and four columns. Its values tell whether they are t, x, y, p (ESIM's and E2VID's
 * order) or x, y, t, p: the polarity is last, and times do not fall.
 * @param bytes - the file from its beginning; some of its rows are enough
 */
export function matrixColumns(header: NpyHeader, bytes: Uint8Array): NumpyColumns | undefined {
  const { shape, isFortranOrder, fields } = header;
  const [rowCount = 0, width] = shape;
  const type = fields[0]?.type;
  if (shape.length !== 2 || width !== 4 || fields.length !== 1 || type === undefined) return undefined;
  const column = (k: number): NumpyColumn => ({
    header: { ...header, elementBytes: isFortranOrder ? type.bytes : 4 * type.bytes },
    field: { name: "", byteOffset: k * type.bytes * (isFortranOrder ? rowCount : 1), type },
    rowCount,
  });
  const [a, b, c, d] = [column(0), column(1), column(2), column(3)];
  const sample = (one: NumpyColumn): Float64Array => {
    const room = (bytes.length - header.dataStart - one.field.byteOffset) / one.header.elementBytes;
    return readNpyField(
      bytes,
      one.header,
      one.field,
      0,
      Math.max(0, Math.min(rowCount, 1000, Math.floor(room))),
    );
  };
  if (!sample(d).every((value) => value === 0 || value === 1 || value === -1)) return undefined;
  const rises = (values: Float64Array): boolean =>
    values.every((value, i) => i === 0 || value >= values[i - 1]!);
  if (rises(sample(a))) return { t: a, x: b, y: c, p: d, layout: "matrix t, x, y, p" };
  return rises(sample(c)) ? { x: a, y: b, t: c, p: d, layout: "matrix x, y, t, p" } : undefined;
}

/** How the times of a column become microseconds. */
export function timeUnitOf(
  t: NumpyColumn,
  firstTimes: Float64Array,
): { readonly name: string; readonly factor: number } {
  if (t.field.type.kind !== "float") return { name: "us", factor: 1 };
  const isWhole = firstTimes.every(Number.isInteger);
  const last = firstTimes.at(-1) ?? 0;
  return isWhole && last >= LEAST_FLOAT_MICROSECONDS ? { name: "us", factor: 1 } : { name: "s", factor: 1e6 };
}

/** Brings rows [start, stop) into memory, once for all columns; what comes back gives a column's part of them. */
export type OpenRows = (start: number, stop: number) => Promise<(column: NumpyColumn) => Float64Array>;

/** A table over columns whose rows a function brings. */
export function numpyTable(columns: NumpyColumns, timeFactor: number, open: OpenRows): ColumnTable {
  const { x, y, t, p } = columns;
  return {
    rowCount: Math.min(x.rowCount, y.rowCount, t.rowCount, p.rowCount),
    timeFactor,
    timeOffsetUs: 0,
    async read(start, stop): Promise<EventColumns> {
      const part = await open(start, stop);
      return { x: part(x), y: part(y), t: part(t), p: part(p) };
    },
  };
}
