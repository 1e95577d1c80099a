import { checkInteger, checkOneOf, resolveOptions } from "@millrace/base";
import { bytesPerElement } from "@millrace/buffers";
import { DEFAULT_HDF5_DATASET_OPTIONS, type Hdf5DatasetOptions } from "../dataset.ts";
import { DATASET_KINDS, type DatasetKind } from "./datatype.ts";
import { type FilledFilters, resolveFilters } from "./filters.ts";
import { MAX_RANK } from "./value.ts";

/** What a chunk should have when its rows are not given: enough to compress well, little to lose. */
const TARGET_CHUNK_BYTES = 256 * 1024;
const MAX_CHUNK_BYTES = 256 * 1024 * 1024;

/** A streamed dataset's options, filled up and checked. */
export interface DatasetPlan {
  readonly kind: DatasetKind;
  readonly rowShape: readonly number[];
  readonly chunkRows: number;
  readonly filters: FilledFilters;
}

/** Fills up and checks. @throws InvalidArgumentError */
export function resolveDatasetOptions(options: Hdf5DatasetOptions<DatasetKind>): DatasetPlan {
  const { kind, rowShape, chunkRows, compression, shuffle, fletcher32 } = resolveOptions<
    Required<Hdf5DatasetOptions<DatasetKind>>
  >("hdf5", { kind: "float64", ...DEFAULT_HDF5_DATASET_OPTIONS }, options);
  checkOneOf("hdf5", "kind", options.kind, DATASET_KINDS);
  checkInteger("hdf5", "dimensions of a row", rowShape.length, 0, MAX_RANK - 1);
  for (const size of rowShape) checkInteger("hdf5", "rowShape", size, 1, 2 ** 32 - 1);
  const rowBytes = rowShape.reduce((product, size) => product * size, 1) * sizeOf(kind);
  checkInteger("hdf5", "bytes of a row", rowBytes, 1, MAX_CHUNK_BYTES);
  const mostRows = Math.floor(MAX_CHUNK_BYTES / rowBytes);
  const filledRows = chunkRows === 0 ? Math.max(1, Math.floor(TARGET_CHUNK_BYTES / rowBytes)) : chunkRows;
  checkInteger("hdf5", "chunkRows", filledRows, 1, mostRows);
  const filters = resolveFilters(compression, shuffle, fletcher32);
  return { kind, rowShape: [...rowShape], chunkRows: filledRows, filters };
}

/** Bytes of an element of a streamed dataset. */
export function sizeOf(kind: DatasetKind): number {
  return kind === "boolean" ? 1 : bytesPerElement(kind);
}
