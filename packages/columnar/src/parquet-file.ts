import { assert, ClosedError, InvalidArgumentError } from "@millrace/base";
import { kindOf, type TypedArray } from "@millrace/buffers";
import { type Durability, parentPath, type Vfs, type VfsFile } from "@millrace/files";
import type { ColumnSchema } from "@millrace/stream";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import type { SinkMetadata, SinkResult } from "./column-sink.ts";
import { parquetData } from "./internal/parquet-data.ts";
import { parquetEncodingOf, parquetSchemaOf } from "./parquet-schema.ts";

/** What a {@link ParquetFile} is made of. */
export interface ParquetFileOptions {
  readonly schema: ColumnSchema;
  /** Keys and values of the whole file. */
  readonly metadata: SinkMetadata;
  /** What `finishSync` guarantees; "none" is as "os". */
  readonly durability: Durability;
}

/**
 * A Parquet file for loops that never wait: every call is done when it returns, and each append is a row group.
 *
 * It is at `<path>.part` until it is finished: Parquet has its table of contents at the end, so that before it there
 * is nothing to read.
 * @example
 * const file = ParquetFile.createSync(diskVfs, "a.parquet", { schema, metadata: {}, durability: "disk" });
 * file.appendSync({ x: Float64Array.of(1, 2) });
 * file.finishSync();
 */
export class ParquetFile {
  readonly path: string;
  readonly #vfs: Vfs;
  readonly #file: VfsFile;
  readonly #options: ParquetFileOptions;
  readonly #encoded = new ByteWriter(4096);
  readonly #writer: ParquetWriter;
  #rows = 0;
  #position = 0;
  #isDone = false;

  private constructor(vfs: Vfs, path: string, file: VfsFile, options: ParquetFileOptions) {
    this.path = path;
    this.#vfs = vfs;
    this.#file = file;
    this.#options = options;
    this.#writer = new ParquetWriter({
      writer: this.#encoded,
      schema: parquetSchemaOf(options.schema),
      codec: "UNCOMPRESSED",
      kvMetadata: Object.entries(options.metadata).map(([key, value]) => ({ key, value })),
      createdBy: "millrace",
    });
  }

  /** @throws IoError `FILES_EXISTS` when another one writes it */
  static createSync(vfs: Vfs, path: string, options: ParquetFileOptions): ParquetFile {
    return new ParquetFile(vfs, path, vfs.openSync(`${path}.part`, "create"), options);
  }

  /**
   * Writes rows: all columns of the schema, of one length.
   * @throws InvalidArgumentError `COLUMNAR_SCHEMA_MISMATCH`, IoError, ClosedError
   */
  appendSync(columns: Readonly<Record<string, TypedArray<ArrayBuffer>>>): void {
    this.#checkOpen();
    const { schema } = this.#options;
    const rows = columns[schema[0]!.name]?.length ?? 0;
    const columnData = schema.map(({ name, kind }) => {
      const values = columns[name];
      if (values === undefined || kindOf(values) !== kind || values.length !== rows) {
        const expected = `${rows} values of ${kind}`;
        throw new InvalidArgumentError("COLUMNAR_SCHEMA_MISMATCH", `column ${name}`, values, expected);
      }
      return { name, data: parquetData(values), encoding: parquetEncodingOf(kind) };
    });
    if (rows === 0) return;
    const waits = this.#writer.write({ columnData, rowGroupSize: rows });
    assert(waits === undefined, "a writer into memory does not wait");
    this.#rows += rows;
    this.#flush();
  }

  /** Writes the table of contents and gives the file its name. @throws IoError, ClosedError */
  finishSync(): SinkResult {
    this.#checkOpen();
    this.#isDone = true;
    const isDurable = this.#options.durability === "disk";
    try {
      this.#writer.finish();
      this.#flush();
      if (isDurable) this.#file.syncSync();
    } finally {
      this.#file.closeSync();
    }
    this.#vfs.renameSync(`${this.path}.part`, this.path);
    if (isDurable) this.#vfs.syncDirectorySync(parentPath(this.path));
    return { rows: this.#rows, bytes: this.#position };
  }

  /** Gives the file up and removes what there is; nothing happens after `finishSync` or a second time. */
  abortSync(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#file.closeSync();
    this.#vfs.removeSync(`${this.path}.part`);
  }

  [Symbol.dispose](): void {
    this.abortSync();
  }

  /** Writes what was encoded, and uses its memory again; offsets in the file go on counting. */
  #flush(): void {
    const bytes = this.#encoded.getBytes();
    this.#file.writeSync(bytes, this.#position);
    this.#position += bytes.length;
    this.#encoded.index = 0;
  }

  #checkOpen(): void {
    if (this.#isDone) throw new ClosedError("COLUMNAR_SINK_CLOSED", `the Parquet file ${this.path}`);
  }
}
