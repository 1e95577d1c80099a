import { ClosedError, InvalidArgumentError } from "@millrace/base";
import { AtomicFile, type Vfs } from "@millrace/files";
import type { ColumnChunk, ColumnSchema } from "@millrace/stream";
import type { SinkResult } from "./column-sink.ts";

/**
 * What every sink does the same way: its file, what it has counted, and whether it may still be used. For those who
 * write a {@link ColumnSink} of their own.
 */
export class SinkFile {
  readonly path: string;
  readonly schema: ColumnSchema;
  readonly #file: AtomicFile;
  #rows = 0;
  #bytes = 0;
  #isDone = false;

  private constructor(schema: ColumnSchema, file: AtomicFile) {
    this.path = file.path;
    this.schema = schema;
    this.#file = file;
  }

  /** @throws IoError when the directory is missing or cannot be written to */
  static async create(vfs: Vfs, path: string, schema: ColumnSchema): Promise<SinkFile> {
    return new SinkFile(schema, await AtomicFile.create(vfs, path));
  }

  /**
   * Counts the rows of a chunk that is about to be written.
   * @throws InvalidArgumentError `COLUMNAR_SCHEMA_MISMATCH` for other columns
   * @throws ClosedError after `commit` or `abort`
   */
  admit(chunk: ColumnChunk): void {
    this.checkOpen();
    checkSameSchema(this.schema, chunk.schema);
    this.#rows += chunk.rowCount;
  }

  /** @throws ClosedError after `commit` or `abort` */
  checkOpen(): void {
    if (this.#isDone) throw new ClosedError("COLUMNAR_SINK_CLOSED", `the sink for ${this.path}`);
  }

  /** Appends bytes to the file. @throws IoError when the disk refuses */
  async write(bytes: Uint8Array): Promise<void> {
    this.#bytes += bytes.length;
    await this.#file.write(bytes);
  }

  /** Writes over the beginning of the file: what is known only at its end. @throws IoError */
  async rewriteHeader(bytes: Uint8Array): Promise<void> {
    await this.#file.file.write(bytes, 0);
  }

  /** Puts the file in its place, durably. */
  async commit(): Promise<SinkResult> {
    this.#isDone = true;
    await this.#file.commit();
    return { rows: this.#rows, bytes: this.#bytes };
  }

  /** Removes what there is; nothing happens after `commit` or a second time. */
  async abort(): Promise<void> {
    this.#isDone = true;
    await this.#file.abort();
  }
}

function checkSameSchema(expected: ColumnSchema, found: ColumnSchema): void {
  if (expected === found || describe(expected) === describe(found)) return;
  throw new InvalidArgumentError("COLUMNAR_SCHEMA_MISMATCH", "chunk", describe(found), describe(expected));
}

function describe(schema: ColumnSchema): string {
  return schema.map(({ name, kind }) => `${name} ${kind}`).join(", ");
}
