import { CapacityError } from "@millrace/base";
import { type ColumnArrays, RecordColumns, type TypedArray } from "@millrace/buffers";
import { FileSink, SinkFile, type SinkResult } from "@millrace/columnar";
import { writeZip } from "@millrace/compress";
import { defaultVfs, type Vfs } from "@millrace/files";
import { bytesPerRow, type ColumnChunk } from "@millrace/stream";
import { EVENT_SCHEMA, type EventChunk } from "../event-rows.ts";
import { MEMORY_LIMIT_BYTES } from "../read-whole.ts";
import { npyHeader } from "./npy-encoder.ts";

const COLUMNS = { t: "int64", x: "uint16", y: "uint16", p: "uint8" } as const;
const DTYPES = { t: "'<i8'", x: "'<u2'", y: "'<u2'", p: "'|u1'" } as const;
const ROW_BYTES = bytesPerRow(EVENT_SCHEMA);

/**
 * Writes an NPZ archive of four deflated arrays: `t` int64 in µs, `x` and `y` uint16, `p` uint8.
 *
 * An archive has its arrays one behind the other, and so the events are held until the end, up to 1 GiB of them, and
 * then a copy and the archive. An NPY file has no such limit.
 */
export class NpzSink extends FileSink {
  readonly #columns = new RecordColumns(COLUMNS);
  readonly #limitBytes: number;

  private constructor(file: SinkFile, limitBytes: number) {
    super(file);
    this.#limitBytes = limitBytes;
  }

  /** @throws IoError when the directory cannot be written to */
  static async create(
    path: string,
    vfs: Vfs = defaultVfs,
    limitBytes: number = MEMORY_LIMIT_BYTES,
  ): Promise<NpzSink> {
    return new NpzSink(await SinkFile.create(vfs, path, EVENT_SCHEMA), limitBytes);
  }

  override get bufferedBytes(): number {
    return this.#columns.rowCount * ROW_BYTES;
  }

  /** @throws CapacityError `EVENTS_NUMPY_MEMORY` for more than 1 GiB of events */
  override async write(chunk: ColumnChunk): Promise<void> {
    this.file.admit(chunk);
    const { rowCount } = chunk;
    const columns = this.#columns;
    const count = columns.rowCount + rowCount;
    if (count * ROW_BYTES > this.#limitBytes) {
      const what = `events for ${this.path} (an NPY file has no limit)`;
      throw new CapacityError("EVENTS_NUMPY_MEMORY", what, count * ROW_BYTES, this.#limitBytes);
    }
    columns.reserve(rowCount);
    const { t, x, y, p } = (chunk as EventChunk).columns;
    columns.arrays.t.set(t.subarray(0, rowCount), columns.rowCount);
    columns.arrays.x.set(x.subarray(0, rowCount), columns.rowCount);
    columns.arrays.y.set(y.subarray(0, rowCount), columns.rowCount);
    columns.arrays.p.set(p.subarray(0, rowCount), columns.rowCount);
    columns.setRowCount(count);
  }

  override async finish(): Promise<SinkResult> {
    this.file.checkOpen();
    await this.file.write(writeZip(arraysOf(this.#columns.view(), this.#columns.rowCount)));
    return this.file.commit();
  }
}

function arraysOf(columns: ColumnArrays<typeof COLUMNS>, rowCount: number): Map<string, Uint8Array> {
  const names = ["t", "x", "y", "p"] as const;
  return new Map(names.map((name) => [`${name}.npy`, npyFile(DTYPES[name], columns[name], rowCount)]));
}

function npyFile(descr: string, values: TypedArray, rowCount: number): Uint8Array {
  const header = npyHeader(descr, rowCount);
  const bytes = new Uint8Array(header.length + values.byteLength);
  bytes.set(header);
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), header.length);
  return bytes;
}
