import { checkInteger, checkOneOf, resolveOptions } from "@millrace/base";
import type { ElementKind } from "@millrace/buffers";
import { DEFAULT_HDF5_DATASET_OPTIONS, type Hdf5DatasetOptions } from "../dataset.ts";
import { DEFAULT_HDF5_TABLE_OPTIONS, type Hdf5TableOptions, type TableColumns } from "../table.ts";
import { DATASET_KINDS, type DatasetKind, type StoredType, storedBytes } from "./datatype.ts";
import { type FilledFilters, resolveFilters } from "./filters.ts";
import { layOutTable } from "./table-layout.ts";
import { MAX_RANK } from "./value.ts";

/** What a chunk should have when its rows are not given: enough to compress well, little to lose. */
const TARGET_CHUNK_BYTES = 256 * 1024;
const MAX_CHUNK_BYTES = 256 * 1024 * 1024;

/** A streamed dataset's options, filled up and checked. */
export interface DatasetPlan {
  /** What an element is in the file. */
  readonly type: StoredType;
  /** How rows are held in memory: tables as bytes. */
  readonly storageKind: ElementKind;
  readonly rowShape: readonly number[];
  readonly chunkRows: number;
  readonly filters: FilledFilters;
}

/** Fills up and checks. @throws InvalidArgumentError */
export function resolveDatasetOptions(options: Hdf5DatasetOptions<DatasetKind>): DatasetPlan {
  const { rowShape, ...rest } = resolveOptions<Required<Hdf5DatasetOptions<DatasetKind>>>(
    "hdf5",
    { kind: "float64", ...DEFAULT_HDF5_DATASET_OPTIONS },
    options,
  );
  const kind = checkOneOf("hdf5", "kind", options.kind, DATASET_KINDS);
  checkInteger("hdf5", "dimensions of a row", rowShape.length, 0, MAX_RANK - 1);
  for (const size of rowShape) checkInteger("hdf5", "rowShape", size, 1, 2 ** 32 - 1);
  const storageKind = kind === "boolean" ? "uint8" : kind;
  return { type: { kind }, storageKind, rowShape: [...rowShape], ...chunksOf({ kind }, rowShape, rest) };
}

/** Fills up and checks. @throws InvalidArgumentError */
export function resolveTableOptions(options: Hdf5TableOptions<TableColumns>): DatasetPlan {
  const { columns, ...rest } = resolveOptions<Required<Hdf5TableOptions<TableColumns>>>(
    "hdf5",
    { columns: {}, ...DEFAULT_HDF5_TABLE_OPTIONS },
    options,
  );
  return tablePlan(columns, rest);
}

/** A table of these columns. */
export function tablePlan(
  columns: TableColumns,
  chunks: Required<Omit<Hdf5TableOptions<TableColumns>, "columns">> = DEFAULT_HDF5_TABLE_OPTIONS,
): DatasetPlan & { readonly type: { readonly kind: "compound" } } {
  const type = { kind: "compound", layout: layOutTable(columns) } as const;
  return { type, storageKind: "uint8", rowShape: [], ...chunksOf(type, [], chunks) };
}

function chunksOf(
  type: StoredType,
  rowShape: readonly number[],
  options: Required<Omit<Hdf5TableOptions<TableColumns>, "columns">>,
): Pick<DatasetPlan, "chunkRows" | "filters"> {
  const rowBytes = rowShape.reduce((product, size) => product * size, 1) * storedBytes(type);
  checkInteger("hdf5", "bytes of a row", rowBytes, 1, MAX_CHUNK_BYTES);
  const mostRows = Math.floor(MAX_CHUNK_BYTES / rowBytes);
  const { chunkRows, compression, shuffle, fletcher32 } = options;
  const filledRows = chunkRows === 0 ? Math.max(1, Math.floor(TARGET_CHUNK_BYTES / rowBytes)) : chunkRows;
  checkInteger("hdf5", "chunkRows", filledRows, 1, mostRows);
  return { chunkRows: filledRows, filters: resolveFilters(compression, shuffle, fletcher32) };
}
