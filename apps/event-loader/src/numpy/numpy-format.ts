import { CorruptDataError } from "@millrace/base";
import { type ByteSource, readSourceFull } from "@millrace/files";
import { readBeginning, readWhole } from "../read-whole.ts";
import type { RowFormat } from "../recording-format.ts";
import { TableRows } from "../row-source.ts";
import { type NpyHeader, readNpyField, readNpyHeader } from "./npy-array.ts";
import {
  matrixColumns,
  type NumpyColumn,
  type NumpyColumns,
  namedColumns,
  numpyTable,
  type OpenRows,
  structuredColumns,
  timeUnitOf,
} from "./numpy-columns.ts";

/** More than any header has, and some rows to look at. */
const SAMPLE_BYTES = 256 * 1024;
const SAMPLE_ROWS = 1000;
const MEMORY_CODE = "EVENTS_NUMPY_MEMORY";

/**
 * The format of an NPY file: a structured array with fields x, y, t and p, or a matrix of n × 4.
 * @throws CorruptDataError `EVENTS_NPY_HEADER`, `EVENTS_NUMPY_LAYOUT`, `EVENTS_NPY_TRUNCATED`
 */
export async function npyFormat(source: ByteSource): Promise<RowFormat> {
  const head = await readBeginning(source, SAMPLE_BYTES);
  const header = readNpyHeader(head, source.name);
  // An array that lies column by column has no rows in one place: it is kept in memory.
  const isByColumn = header.isFortranOrder && header.shape.length > 1;
  const bytes = isByColumn ? await readWhole(source, MEMORY_CODE) : head;
  const found = structuredColumns(header) ?? matrixColumns(header, bytes);
  if (found === undefined) throw noEvents(source.name, `an array of shape ${header.shape.join(" × ")}`);
  checkLength(source.name, header, source.size);
  if (isByColumn) {
    return formatOf(
      found,
      memoryRows(() => bytes),
    );
  }
  // The columns lie beside each other, row by row.
  const { dataStart, elementBytes } = found.x.header;
  return formatOf(found, async (start, stop) => {
    const rows = new Uint8Array((stop - start) * elementBytes);
    await readSourceFull(source, rows, dataStart + start * elementBytes);
    return (column) => readNpyField(rows, { ...column.header, dataStart: 0 }, column.field, 0, stop - start);
  });
}

/**
 * The format of an NPZ archive: arrays x, y, t and p, or one array as {@link npyFormat} reads it.
 * @param archive - for messages
 * @throws as it does
 */
export async function npzFormat(archive: string, files: ReadonlyMap<string, Uint8Array>): Promise<RowFormat> {
  const columns = new Map<string, NumpyColumn>();
  const bytesOf = new Map<NpyHeader, Uint8Array>();
  let whole: NumpyColumns | undefined;
  for (const [file, bytes] of files) {
    if (!file.endsWith(".npy")) continue;
    const name = `${archive}/${file}`;
    const header = readNpyHeader(bytes, name);
    checkLength(name, header, bytes.length);
    bytesOf.set(header, bytes);
    whole ??= rebind(structuredColumns(header) ?? matrixColumns(header, bytes), header, bytes, bytesOf);
    const [field] = header.fields;
    if (header.shape.length !== 1 || field === undefined || header.fields.length > 1) continue;
    columns.set(file.slice(0, -4).toLowerCase(), { header, field, rowCount: header.shape[0]! });
  }
  const found = namedColumns(columns, "arrays x, y, t, p") ?? whole;
  if (found === undefined)
    throw noEvents(archive, `the arrays ${[...files.keys()].slice(0, 8).join(", ") || "none"}`);
  return formatOf(
    found,
    memoryRows(({ header }) => bytesOf.get(header)!),
  );
}

/** Matrices describe their columns by headers of their own: they have the same bytes. */
function rebind(
  columns: NumpyColumns | undefined,
  header: NpyHeader,
  bytes: Uint8Array,
  bytesOf: Map<NpyHeader, Uint8Array>,
): NumpyColumns | undefined {
  if (columns === undefined) return undefined;
  for (const column of [columns.x, columns.y, columns.t, columns.p]) {
    if (column.header !== header) bytesOf.set(column.header, bytes);
  }
  return columns;
}

function memoryRows(bytesOf: (column: NumpyColumn) => Uint8Array): OpenRows {
  return async (start, stop) => (column) =>
    readNpyField(bytesOf(column), column.header, column.field, start, stop - start);
}

async function formatOf(columns: NumpyColumns, open: OpenRows): Promise<RowFormat> {
  const { t, p } = columns;
  const sample = await open(
    0,
    Math.min(columns.x.rowCount, columns.y.rowCount, t.rowCount, p.rowCount, SAMPLE_ROWS),
  );
  const unit = timeUnitOf(t, sample(t));
  const isSigned = sample(p).some((value) => value < 0);
  const table = numpyTable(columns, unit.factor, open);
  // Times of 32 bits tell microseconds apart for 16 seconds only.
  const precision =
    t.field.type.kind === "float" && t.field.type.bytes === 4 ? { timePrecision: "float32" } : {};
  return {
    name: "NumPy",
    width: undefined,
    height: undefined,
    metadata: {
      layout: columns.layout,
      timeUnit: unit.name,
      polarity: isSigned ? "-1/1" : "0/1",
      ...precision,
    },
    dataStart: 0,
    openRows: (context) => new TableRows(table, context),
    close: async () => {},
  };
}

function checkLength(name: string, header: NpyHeader, size: number): void {
  const elements = header.shape.reduce((product, length) => product * length, 1);
  const due = header.dataStart + elements * header.elementBytes;
  if (due <= size) return;
  const problem = `the array has ${header.shape.join(" × ")} elements of ${header.elementBytes} bytes, which end at byte ${due}; the file has ${size} and is truncated`;
  throw new CorruptDataError("EVENTS_NPY_TRUNCATED", name, size, problem);
}

function noEvents(source: string, found: string): CorruptDataError {
  const problem = `this holds no events in a known layout: expected arrays or fields x, y, t and p, or n × 4 of t, x, y, p or x, y, t, p; found ${found}`;
  return new CorruptDataError("EVENTS_NUMPY_LAYOUT", source, 0, problem);
}
