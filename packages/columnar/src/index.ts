export { ArrowFileSink } from "./arrow-file-sink.ts";
export type { ColumnSink, SinkMetadata, SinkOptions, SinkResult } from "./column-sink.ts";
export { CsvSink } from "./csv-sink.ts";
export { FileSink } from "./file-sink.ts";
export { endingOf, openSink, SINK_ENDINGS } from "./open-sink.ts";
export { DEFAULT_SINK_OPTIONS } from "./options.ts";
export { ParquetSink } from "./parquet-sink.ts";
export { SinkFile } from "./sink-file.ts";
