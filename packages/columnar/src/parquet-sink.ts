import { allocateChunk, bytesPerRow, type ColumnChunk, type ColumnSchema } from "@millrace/stream";
import { ByteWriter, type KeyValue, ParquetWriter } from "hyparquet-writer";
import type { SinkMetadata, SinkOptions, SinkResult } from "./column-sink.ts";
import { FileSink } from "./file-sink.ts";
import { parquetData } from "./internal/parquet-data.ts";
import { resolveSinkOptions } from "./options.ts";
import { parquetEncodingOf, parquetSchemaOf } from "./parquet-schema.ts";
import { SinkFile } from "./sink-file.ts";

/**
 * Writes Parquet, row group by row group; integers are delta-encoded, pages are not compressed further.
 *
 * Holds the rows of one group, and while that is written its encoded bytes and a copy.
 * @example
 * await using sink = await ParquetSink.create("events.parquet", schema, { rowGroupRows: 100_000 });
 * await sink.write(chunk);
 * await sink.finish();
 */
export class ParquetSink extends FileSink {
  readonly #rowBytes: number;
  /** The rows of the next group. */
  readonly #group: ColumnChunk;
  readonly #encoded = new ByteWriter(64 * 1024);
  readonly #writer: ParquetWriter;
  /** The list that the writer puts into the footer: it may grow until then. */
  readonly #metadata: KeyValue[];

  private constructor(file: SinkFile, options: Required<SinkOptions>) {
    super(file);
    const { schema } = file;
    this.#rowBytes = bytesPerRow(schema);
    this.#group = allocateChunk(schema, options.rowGroupRows);
    this.#metadata = keyValues(options.metadata);
    this.#writer = new ParquetWriter({
      writer: this.#encoded,
      schema: parquetSchemaOf(schema),
      codec: "UNCOMPRESSED",
      kvMetadata: this.#metadata,
      createdBy: "millrace",
    });
  }

  /** @throws IoError when the directory is missing or cannot be written to @throws InvalidArgumentError */
  static async create(path: string, schema: ColumnSchema, options?: SinkOptions): Promise<ParquetSink> {
    const filled = resolveSinkOptions(options);
    return new ParquetSink(await SinkFile.create(filled.vfs, path, schema), filled);
  }

  /** At most the rows of one group. */
  override get bufferedBytes(): number {
    return this.#group.rowCount * this.#rowBytes + this.#encoded.index;
  }

  override async write(chunk: ColumnChunk): Promise<void> {
    this.file.admit(chunk);
    const group = this.#group;
    for (let start = 0; start < chunk.rowCount; ) {
      const end = Math.min(chunk.rowCount, start + group.rowCapacity - group.rowCount);
      appendRows(group, chunk, start, end);
      start = end;
      if (group.rowCount === group.rowCapacity) await this.#writeGroup();
    }
  }

  override async finish(metadata: SinkMetadata = {}): Promise<SinkResult> {
    this.file.checkOpen();
    if (this.#group.rowCount > 0) await this.#writeGroup();
    const added = new Set(Object.keys(metadata));
    const kept = this.#metadata.filter(({ key }) => !added.has(key));
    this.#metadata.splice(0, this.#metadata.length, ...kept, ...keyValues(metadata));
    await this.#writer.finish();
    await this.#flush();
    return this.file.commit();
  }

  async #writeGroup(): Promise<void> {
    const group = this.#group;
    const columnData = this.schema.map((column) => ({
      name: column.name,
      data: parquetData(group.columns[column.name]!.subarray(0, group.rowCount)),
      encoding: parquetEncodingOf(column.kind),
    }));
    await this.#writer.write({ columnData, rowGroupSize: group.rowCount });
    group.rowCount = 0;
    await this.#flush();
  }

  /** Writes what was encoded, and uses its memory again; offsets in the file go on counting. */
  async #flush(): Promise<void> {
    const bytes = this.#encoded.getBytes();
    await this.file.write(bytes);
    this.#encoded.index = 0;
  }
}

function keyValues(metadata: SinkMetadata): KeyValue[] {
  return Object.entries(metadata).map(([key, value]) => ({ key, value }));
}

/** Appends the rows [start, end) of `from`, which has the same columns, to those of `into`. */
function appendRows(into: ColumnChunk, from: ColumnChunk, start: number, end: number): void {
  for (const { name } of into.schema) {
    const source = from.columns[name]!;
    const target = into.columns[name]!;
    const size = source.BYTES_PER_ELEMENT;
    const bytes = new Uint8Array(source.buffer, source.byteOffset + start * size, (end - start) * size);
    new Uint8Array(target.buffer).set(bytes, into.rowCount * size);
  }
  into.rowCount += end - start;
}
