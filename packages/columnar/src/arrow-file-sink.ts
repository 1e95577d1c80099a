import type { ColumnChunk, ColumnSchema } from "@millrace/stream";
import { AsyncByteQueue, RecordBatchFileWriter, type Schema } from "apache-arrow";
import { arrowSchemaOf, recordBatchOf } from "./arrow-schema.ts";
import type { SinkMetadata, SinkOptions, SinkResult } from "./column-sink.ts";
import { FileSink } from "./file-sink.ts";
import { resolveSinkOptions } from "./options.ts";
import { SinkFile } from "./sink-file.ts";

/**
 * Writes the Arrow IPC file format (also known as Feather 2), one record batch a chunk, from the chunks' own memory.
 * @example
 * await using sink = await ArrowFileSink.create("events.arrow", schema);
 * await sink.write(chunk);
 * await sink.finish();
 */
export class ArrowFileSink extends FileSink {
  /** Every chunk is in the file when `write` returns. */
  override readonly bufferedBytes = 0;
  readonly #schema: Schema;
  readonly #pending = new PendingBytes();
  readonly #writer = new RecordBatchFileWriter();

  private constructor(file: SinkFile, schema: Schema) {
    super(file);
    this.#schema = schema;
    this.#writer.reset(this.#pending, schema);
  }

  /** @throws IoError when the directory is missing or cannot be written to @throws InvalidArgumentError */
  static async create(path: string, schema: ColumnSchema, options?: SinkOptions): Promise<ArrowFileSink> {
    const filled = resolveSinkOptions(options);
    const arrowSchema = arrowSchemaOf(schema, filled.metadata);
    return new ArrowFileSink(await SinkFile.create(filled.vfs, path, schema), arrowSchema);
  }

  override async write(chunk: ColumnChunk): Promise<void> {
    this.file.admit(chunk);
    if (chunk.rowCount === 0) return;
    this.#writer.write(recordBatchOf(this.#schema, chunk));
    await this.#drain();
  }

  override async finish(metadata: SinkMetadata = {}): Promise<SinkResult> {
    this.file.checkOpen();
    // Readers of files take the schema from the footer, which is written now.
    for (const [key, value] of Object.entries(metadata)) this.#schema.metadata.set(key, value);
    this.#writer.close();
    await this.#drain();
    return this.file.commit();
  }

  async #drain(): Promise<void> {
    for (const bytes of this.#pending.take()) await this.file.write(bytes);
  }
}

/** Takes what the writer writes at once: views of the chunk's memory, to be written before it is released. */
class PendingBytes extends AsyncByteQueue {
  #views: Uint8Array[] = [];

  override write(view: Uint8Array | ArrayBufferView): void {
    this.#views.push(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  }

  take(): Uint8Array[] {
    const views = this.#views;
    this.#views = [];
    return views;
  }
}
