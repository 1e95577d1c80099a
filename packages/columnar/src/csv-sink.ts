import type { ColumnChunk, ColumnSchema } from "@millrace/stream";
import type { SinkMetadata, SinkOptions, SinkResult } from "./column-sink.ts";
import { FileSink } from "./file-sink.ts";
import { resolveSinkOptions } from "./options.ts";
import { SinkFile } from "./sink-file.ts";

/** Rows that are turned into text at a time. */
const ROWS_PER_WRITE = 8192;

/**
 * Writes comma-separated values: a line of names, then a line a row. There is no place for metadata in this format.
 * @example
 * await using sink = await CsvSink.create("events.csv", schema);
 * await sink.write(chunk);
 * await sink.finish();
 */
export class CsvSink extends FileSink {
  /** Every chunk is in the file when `write` returns. */
  override readonly bufferedBytes = 0;
  readonly #encoder = new TextEncoder();

  private constructor(file: SinkFile) {
    super(file);
  }

  /** @throws IoError when the directory is missing or cannot be written to @throws InvalidArgumentError */
  static async create(path: string, schema: ColumnSchema, options?: SinkOptions): Promise<CsvSink> {
    const file = await SinkFile.create(resolveSinkOptions(options).vfs, path, schema);
    try {
      await file.write(new TextEncoder().encode(`${schema.map(({ name }) => name).join(",")}\n`));
    } catch (error) {
      await file.abort();
      throw error;
    }
    return new CsvSink(file);
  }

  override async write(chunk: ColumnChunk): Promise<void> {
    this.file.admit(chunk);
    const columns = chunk.schema.map(({ name }) => chunk.columns[name]!);
    for (let start = 0; start < chunk.rowCount; start += ROWS_PER_WRITE) {
      const end = Math.min(chunk.rowCount, start + ROWS_PER_WRITE);
      let text = "";
      for (let row = start; row < end; row++) {
        for (let i = 0; i < columns.length; i++) text += `${i === 0 ? "" : ","}${columns[i]![row]!}`;
        text += "\n";
      }
      await this.file.write(this.#encoder.encode(text));
    }
  }

  override async finish(_metadata?: SinkMetadata): Promise<SinkResult> {
    this.file.checkOpen();
    return this.file.commit();
  }
}
