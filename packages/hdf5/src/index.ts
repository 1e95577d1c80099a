export * from "./browser.ts";
export {
  DEFAULT_HDF5_DATASET_OPTIONS,
  type Hdf5Dataset,
  type Hdf5DatasetOptions,
  type StorageKind,
} from "./dataset.ts";
export type { Hdf5Group, Hdf5Object } from "./group.ts";
export type { FilterThreads } from "./internal/chunk-pipeline.ts";
export { DATASET_KINDS, type DatasetKind } from "./internal/datatype.ts";
export type { Hdf5ChunkFilter, Hdf5Compression } from "./internal/filters.ts";
export type { Hdf5TableValue, Hdf5Value, Hdf5ValueOptions } from "./internal/value.ts";
export { type Hdf5ObjectReference, objectReference } from "./reference.ts";
export {
  DEFAULT_HDF5_TABLE_OPTIONS,
  type Hdf5Table,
  type Hdf5TableOptions,
  type TableColumns,
  type TableRows,
} from "./table.ts";
export { Hdf5Writer, type Hdf5WriterStats } from "./writer.ts";
export { DEFAULT_HDF5_WRITER_OPTIONS, type Hdf5WriterOptions } from "./writer-options.ts";
