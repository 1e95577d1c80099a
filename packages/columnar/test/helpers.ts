import { fileError, MemoryVfs, type OpenFlags, readFull, type VfsFile } from "@millrace/files";
import { allocateChunk, type ColumnChunk, type ColumnSchema } from "@millrace/stream";
import { tableFromIPC } from "apache-arrow";
import { parquetReadObjects } from "hyparquet";
import { ArrowFileSink, type ColumnSink, CsvSink, ParquetSink, type SinkOptions } from "../src/index.ts";

export type Value = number | bigint;
export type Columns = Record<string, Value[]>;

/** A chunk of plain arrays, all as long as the first. */
export function chunkOf(schema: ColumnSchema, values: Columns): ColumnChunk {
  const rows = values[schema[0]!.name]!.length;
  const chunk = allocateChunk(schema, Math.max(1, rows));
  for (const { name } of schema) (chunk.columns[name] as { set(from: unknown): void }).set(values[name]);
  chunk.rowCount = rows;
  return chunk;
}

export async function bytesOf(vfs: MemoryVfs, path: string): Promise<Uint8Array<ArrayBuffer>> {
  await using file = await vfs.open(path, "r");
  const bytes = new Uint8Array(await file.size());
  await readFull(file, bytes, 0);
  return bytes;
}

/** One format: how its sink is made, and how a program that is not ours reads its file. */
export interface Format {
  readonly name: string;
  create(path: string, schema: ColumnSchema, options: SinkOptions): Promise<ColumnSink>;
  read(bytes: Uint8Array<ArrayBuffer>, schema: ColumnSchema): Promise<Columns>;
}

export const ARROW: Format = {
  name: "ArrowFileSink",
  create: ArrowFileSink.create,
  read: async (bytes, schema) => {
    const table = tableFromIPC(bytes);
    return Object.fromEntries(schema.map(({ name }) => [name, [...(table.getChild(name) ?? [])]]));
  },
};

export const PARQUET: Format = {
  name: "ParquetSink",
  create: ParquetSink.create,
  read: async (bytes, schema) => {
    const rows = await parquetReadObjects({ file: bytes.buffer });
    return Object.fromEntries(schema.map(({ name }) => [name, rows.map((row) => row[name] as Value)]));
  },
};

export const CSV: Format = {
  name: "CsvSink",
  create: CsvSink.create,
  read: async (bytes, schema) => {
    const [heading, ...lines] = new TextDecoder().decode(bytes).trimEnd().split("\n");
    const names = heading!.split(",");
    const cells = lines.map((line) => line.split(","));
    return Object.fromEntries(
      schema.map(({ name, kind }) => {
        const parse = kind === "int64" || kind === "uint64" ? BigInt : Number;
        return [name, cells.map((row) => parse(row[names.indexOf(name)]!))];
      }),
    );
  },
};

export const FORMATS: readonly Format[] = [ARROW, PARQUET, CSV];

/** A disk whose writes fail from the n-th one on. */
export class FullVfs extends MemoryVfs {
  #writesLeft: number;

  constructor(writesLeft: number) {
    super();
    this.#writesLeft = writesLeft;
  }

  override async open(path: string, flags: OpenFlags): Promise<VfsFile> {
    const file = await super.open(path, flags);
    const write = file.writeSync.bind(file);
    file.writeSync = (bytes, position) => {
      if (this.#writesLeft-- <= 0) throw fileError("FILES_NO_SPACE", path, "write");
      write(bytes, position);
    };
    file.write = async (bytes, position) => file.writeSync(bytes, position);
    return file;
  }
}
