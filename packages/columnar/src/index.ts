export { ArrowFileSink } from "./arrow-file-sink.ts";
export { type ArrowColumn, type ArrowRows, type ArrowTable, arrowTableOf } from "./arrow-table.ts";
export type { ColumnSink, SinkMetadata, SinkOptions, SinkResult } from "./column-sink.ts";
export { CsvSink } from "./csv-sink.ts";
export { FileSink } from "./file-sink.ts";
export type { ZarrNode } from "./internal/zarr-node.ts";
export type { ZarrAttribute } from "./internal/zarr-value.ts";
export { endingOf, openSink, SINK_ENDINGS } from "./open-sink.ts";
export { DEFAULT_SINK_OPTIONS } from "./options.ts";
export { ParquetFile, type ParquetFileOptions } from "./parquet-file.ts";
export { ParquetSink } from "./parquet-sink.ts";
export { SinkFile } from "./sink-file.ts";
export { ZarrArray, type ZarrValues } from "./zarr-array.ts";
export { ZarrGroup } from "./zarr-group.ts";
export {
  DEFAULT_ZARR_ARRAY_OPTIONS,
  DEFAULT_ZARR_WRITER_OPTIONS,
  type ZarrArrayOptions,
  type ZarrCompression,
  type ZarrKind,
  type ZarrWriterOptions,
} from "./zarr-options.ts";
export { ZarrWriter } from "./zarr-writer.ts";
