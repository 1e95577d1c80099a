import type { ColumnChunk, ColumnSchema } from "@millrace/stream";
import type { ColumnSink, SinkMetadata, SinkResult } from "./column-sink.ts";
import type { SinkFile } from "./sink-file.ts";

/** What every sink that writes one file has in common; `write` and `finish` are its own. */
export abstract class FileSink implements ColumnSink {
  /** The file that appears on `finish`. */
  protected readonly file: SinkFile;

  constructor(file: SinkFile) {
    this.file = file;
  }

  get path(): string {
    return this.file.path;
  }

  get schema(): ColumnSchema {
    return this.file.schema;
  }

  abstract readonly bufferedBytes: number;

  abstract write(chunk: ColumnChunk): Promise<void>;

  abstract finish(metadata?: SinkMetadata): Promise<SinkResult>;

  abort(): Promise<void> {
    return this.file.abort();
  }

  close(): Promise<void> {
    return this.abort();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.abort();
  }
}
