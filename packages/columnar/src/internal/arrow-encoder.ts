import type { ColumnChunk, ColumnSchema } from "@millrace/stream";
import { AsyncByteQueue, RecordBatchFileWriter, type Schema } from "apache-arrow";
import { arrowSchemaOf, recordBatchOf } from "../arrow-schema.ts";
import type { SinkMetadata } from "../column-sink.ts";

/** Turns chunks into the bytes of an Arrow IPC file; alone in its file, so that Arrow is loaded where it is used. */
export class ArrowEncoder {
  readonly #schema: Schema;
  readonly #pending = new PendingBytes();
  readonly #writer = new RecordBatchFileWriter();

  constructor(schema: ColumnSchema, metadata: SinkMetadata) {
    this.#schema = arrowSchemaOf(schema, metadata);
    this.#writer.reset(this.#pending, this.#schema);
  }

  /** What a chunk adds to the file: views of its memory, to be written before it is released. */
  write(chunk: ColumnChunk): Uint8Array[] {
    this.#writer.write(recordBatchOf(this.#schema, chunk));
    return this.#pending.take();
  }

  /** The end of the file. */
  finish(metadata: SinkMetadata): Uint8Array[] {
    // Readers of files take the schema from the footer, which is written now.
    for (const [key, value] of Object.entries(metadata)) this.#schema.metadata.set(key, value);
    this.#writer.close();
    return this.#pending.take();
  }
}

/** Takes what the writer writes at once. */
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
