import type { TypedArray } from "@millrace/buffers";
import type { Hdf5ReadDataset, Hdf5ReadGroup } from "@millrace/hdf5";
import type { ColumnTable, EventColumns } from "../row-source.ts";

/** Events in an HDF5 file, and what its producer's layout is called. */
export interface Hdf5Events {
  readonly layout: string;
  /** Where they are: "/CD/events". */
  readonly path: string;
  readonly table: ColumnTable;
  readonly size: { readonly width: number; readonly height: number } | undefined;
  /** How the file writes polarity, time and the like. */
  readonly provenance: Readonly<Record<string, string>>;
}

/** Groups with a column each, in the order in which they are looked for, by the names of their layouts. */
const COLUMN_GROUPS: readonly (readonly [path: string, layout: string])[] = [
  ["events", "columns"],
  ["raw_events", "event-vision-library"],
  ["prophesee/left", "M3ED"],
  ["prophesee/right", "M3ED"],
  ["", "columns"],
];

/** Matrices of n rows: x, y, t in seconds, polarity. */
const MATRICES = ["davis/left/events", "davis/right/events", "events"] as const;

const NAMES = { x: ["x", "xs"], y: ["y", "ys"], t: ["t", "ts"], p: ["p", "ps", "pol", "polarity"] } as const;
const SECONDS = 1e6;

/** Finds the events of a file by the names that its producers use, or undefined. */
export function findHdf5Events(root: Hdf5ReadGroup): Hdf5Events | undefined {
  return findMetavision(root) ?? findMatrix(root) ?? findColumns(root);
}

/** Prophesee's Metavision, from version 4 on: records in `/CD/events`, the RAW header as attributes. */
function findMetavision(root: Hdf5ReadGroup): Hdf5Events | undefined {
  const dataset = datasetAt(root, "CD/events");
  if (dataset?.type.kind !== "compound") return undefined;
  const geometry = /^(\d+)x(\d+)$/.exec(String(root.attributes.get("geometry") ?? ""));
  return {
    layout: "Metavision",
    path: dataset.path,
    size: geometry === null ? undefined : { width: Number(geometry[1]), height: Number(geometry[2]) },
    provenance: { polarity: "0/1", timeUnit: "us" },
    table: {
      rowCount: dataset.rows,
      timeFactor: 1,
      timeOffsetUs: 0,
      read: async (start, stop) => (await dataset.readRows(start, stop)) as unknown as EventColumns,
    },
  };
}

/** MVSEC: a matrix of float64, a row an event. */
function findMatrix(root: Hdf5ReadGroup): Hdf5Events | undefined {
  for (const path of MATRICES) {
    const dataset = datasetAt(root, path);
    if (dataset?.shape[1] !== 4 || dataset.shape.length !== 2) continue;
    return {
      layout: "MVSEC",
      path: dataset.path,
      size: undefined,
      provenance: { polarity: "-1/1", timeUnit: "s" },
      table: {
        rowCount: dataset.rows,
        timeFactor: SECONDS,
        timeOffsetUs: 0,
        async read(start, stop) {
          const rows = await dataset.readRows(start, stop, "float64");
          const column = (k: number): Float64Array =>
            Float64Array.from({ length: stop - start }, (_, i) => rows[4 * i + k]!);
          return { x: column(0), y: column(1), t: column(2), p: column(3) };
        },
      },
    };
  }
  return undefined;
}

/** DSEC, eTraM and RVT, Monash's event_utils, M3ED and others: a dataset for each of x, y, t and p. */
function findColumns(root: Hdf5ReadGroup): Hdf5Events | undefined {
  for (const [path, layout] of COLUMN_GROUPS) {
    const group = path === "" ? root : root.get(path);
    if (group?.kind !== "group") continue;
    const [x, y, t, p] = [NAMES.x, NAMES.y, NAMES.t, NAMES.p].map((names) => columnNamed(group, names));
    if (x === undefined || y === undefined || t === undefined || p === undefined) continue;
    const rowCount = Math.min(x.rows, y.rows, t.rows, p.rows);
    const unit = unitOf(t);
    const offset = numberAt(root, "t_offset") ?? 0;
    return {
      layout: root.get("ms_to_idx") === undefined ? layout : "DSEC",
      path: group.path,
      size: sizeOf(root, group),
      provenance: {
        polarity: p.type.kind === "boolean" || p.type.kind === "uint8" ? "0/1" : "above 0 is 1",
        timeUnit: unit.name,
        ...(offset === 0 ? {} : { timeOffsetUs: String(offset) }),
      },
      table: {
        rowCount,
        timeFactor: unit.factor,
        timeOffsetUs: offset,
        async read(start, stop) {
          const columns = [x, y, t, p].map((dataset) => dataset.readRows(start, stop));
          const [xs, ys, ts, ps] = (await Promise.all(columns)) as TypedArray[];
          return { x: xs, y: ys, t: ts, p: ps } as EventColumns;
        },
      },
    };
  }
  return undefined;
}

function datasetAt(root: Hdf5ReadGroup, path: string): Hdf5ReadDataset | undefined {
  const found = root.get(path);
  return found?.kind === "dataset" ? found : undefined;
}

function columnNamed(group: Hdf5ReadGroup, names: readonly string[]): Hdf5ReadDataset | undefined {
  for (const name of names) {
    const found = group.get(name);
    if (found?.kind === "dataset" && found.shape.length === 1) return found;
  }
  return undefined;
}

/** An attribute says it, or the type does: whole numbers are microseconds, others seconds. */
function unitOf(t: Hdf5ReadDataset): { readonly name: string; readonly factor: number } {
  const said = String(t.attributes.get("unit") ?? t.attributes.get("units") ?? "");
  const factors: Readonly<Record<string, number>> = { s: 1e6, ms: 1e3, us: 1, µs: 1, ns: 1e-3 };
  const factor = Object.hasOwn(factors, said) ? factors[said] : undefined;
  if (factor !== undefined) return { name: said, factor };
  const isWhole = !t.type.kind.startsWith("float");
  return isWhole ? { name: "us", factor: 1 } : { name: "s", factor: SECONDS };
}

/** eTraM and RVT keep height and width beside the events; event_utils as an attribute, height first. */
function sizeOf(root: Hdf5ReadGroup, group: Hdf5ReadGroup): Hdf5Events["size"] {
  const [width, height] = [numberAt(group, "width"), numberAt(group, "height")];
  if (width !== undefined && height !== undefined) return { width, height };
  const resolution = root.attributes.get("sensor_resolution");
  if (!isNumbers(resolution) || resolution.length !== 2) return undefined;
  return { width: Number(resolution[1]), height: Number(resolution[0]) };
}

function numberAt(group: Hdf5ReadGroup, name: string): number | undefined {
  const dataset = datasetAt(group, name);
  if (dataset === undefined || dataset.rows !== 1) return undefined;
  const value = dataset.valueSync();
  const one = isNumbers(value) ? value[0] : value;
  return typeof one === "number" || typeof one === "bigint" ? Number(one) : undefined;
}

function isNumbers(value: unknown): value is TypedArray {
  return ArrayBuffer.isView(value);
}
