import type { ColumnChunk, ColumnSchema } from "@millrace/stream";
import type { SinkMetadata, SinkOptions, SinkResult } from "./column-sink.ts";
import { FileSink } from "./file-sink.ts";
import type { ArrowEncoder } from "./internal/arrow-encoder.ts";
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
  readonly #encoder: ArrowEncoder;

  private constructor(file: SinkFile, encoder: ArrowEncoder) {
    super(file);
    this.#encoder = encoder;
  }

  /** @throws IoError when the directory is missing or cannot be written to @throws InvalidArgumentError */
  static async create(path: string, schema: ColumnSchema, options?: SinkOptions): Promise<ArrowFileSink> {
    const filled = resolveSinkOptions(options);
    // Arrow takes some hundred milliseconds to load; whoever writes other formats shall not wait for it.
    const { ArrowEncoder } = await import("./internal/arrow-encoder.ts");
    const encoder = new ArrowEncoder(schema, filled.metadata);
    return new ArrowFileSink(await SinkFile.create(filled.vfs, path, schema), encoder);
  }

  override async write(chunk: ColumnChunk): Promise<void> {
    this.file.admit(chunk);
    if (chunk.rowCount === 0) return;
    await this.#write(this.#encoder.write(chunk));
  }

  override async finish(metadata: SinkMetadata = {}): Promise<SinkResult> {
    this.file.checkOpen();
    await this.#write(this.#encoder.finish(metadata));
    return this.file.commit();
  }

  async #write(parts: readonly Uint8Array[]): Promise<void> {
    for (const bytes of parts) await this.file.write(bytes);
  }
}
