import type { Vfs } from "@millrace/files";
import type { ColumnChunk, ColumnSchema } from "@millrace/stream";

/** Keys and values that belong to a whole file. */
export type SinkMetadata = Readonly<Record<string, string>>;

/** What {@link ColumnSink.finish} has made. */
export interface SinkResult {
  readonly rows: number;
  /** Size of the file. */
  readonly bytes: number;
}

/**
 * Writes chunks of columns to a file that appears whole or not at all.
 *
 * Calls come one after another, each awaited. A sink that failed, or is closed before `finish`, leaves nothing.
 */
export interface ColumnSink {
  /** The name that the file gets. */
  readonly path: string;
  readonly schema: ColumnSchema;
  /** Bytes of rows that wait in memory for their place in the file. */
  readonly bufferedBytes: number;
  /**
   * Writes a chunk, or keeps a copy for the next group of rows. The chunk stays the caller's, to be released after.
   * @throws InvalidArgumentError `COLUMNAR_SCHEMA_MISMATCH` for a chunk of other columns
   * @throws IoError when the disk refuses
   */
  write(chunk: ColumnChunk): Promise<void>;
  /**
   * Writes what is left and puts the file in its place, durably.
   * @param metadata - added to that of the options
   */
  finish(metadata?: SinkMetadata): Promise<SinkResult>;
  /** Gives up: nothing of the file is left. Nothing happens after `finish` or a second time. */
  abort(): Promise<void>;
  /** As {@link abort}. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** How a sink writes. */
export interface SinkOptions {
  /** Where the path is. @default the disk; a browser has none, there it must be given */
  readonly vfs?: Vfs;
  /** Keys and values of the whole file. @default none */
  readonly metadata?: SinkMetadata;
  /** Rows of a Parquet row group, 1 to 16,777,216; other formats write chunk by chunk. @default 1,048,576 */
  readonly rowGroupRows?: number;
}
