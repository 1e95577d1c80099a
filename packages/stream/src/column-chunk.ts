import { checkInteger, InvalidArgumentError, MillraceError } from "@millrace/base";
import {
  type BufferPool,
  bytesPerElement,
  type ElementKind,
  type TypedArrayOf,
  viewAs,
} from "@millrace/buffers";

/** Rows of a chunk where nothing else is asked for: 64 Ki. */
export const ROWS_PER_CHUNK = 65_536;

/** Most rows one chunk may have; a larger amount is a {@link ChunkBatch}. */
const MAX_CHUNK_ROWS = 2 ** 24;

/** One column: its name and what its elements are. */
export interface ColumnSpec {
  readonly name: string;
  readonly kind: ElementKind;
}

/** The columns of a chunk, in order; names differ. */
export type ColumnSchema = readonly ColumnSpec[];

/** The typed array of each column, by name: `{ t: BigInt64Array, x: Uint16Array }`. */
export type ColumnsOf<S extends ColumnSchema> = {
  readonly [C in S[number] as C["name"]]: TypedArrayOf<C["kind"], ArrayBuffer>;
};

/** A chunk's memory on its way to another thread; see {@link detachChunk}. */
export interface DetachedChunk<S extends ColumnSchema = ColumnSchema> {
  readonly schema: S;
  readonly rowCount: number;
  readonly rowCapacity: number;
  /** One buffer a column, in the schema's order: also the transfer list. */
  readonly buffers: ArrayBuffer[];
}

/**
 * Rows as columns: one typed array a column, of `rowCapacity` elements, of which the first `rowCount` count.
 *
 * Whoever holds a chunk gives it back once, with `release()` or `using`; its arrays are then another's memory.
 * Fresh chunks hold whatever was in the buffer before.
 */
export class ColumnChunk<S extends ColumnSchema = ColumnSchema> {
  readonly schema: S;
  readonly rowCapacity: number;
  /** Bytes of memory it holds, whatever its row count; what it counts against a budget. */
  readonly byteLength: number;
  readonly #pool: BufferPool | undefined;
  readonly #columns: ColumnsOf<S>;
  #buffers: ArrayBuffer[] | undefined;
  #rowCount = 0;

  /** Use {@link allocateChunk} or {@link attachChunk}: they see to it that the buffers fit. */
  constructor(schema: S, rowCapacity: number, buffers: ArrayBuffer[], pool: BufferPool | undefined) {
    this.schema = schema;
    this.rowCapacity = rowCapacity;
    this.byteLength = buffers.reduce((sum, buffer) => sum + buffer.byteLength, 0);
    const arrays = schema.map(({ name, kind }, i) => [name, viewAs(kind, buffers[i]!, 0, rowCapacity)]);
    this.#columns = Object.fromEntries(arrays) as ColumnsOf<S>;
    this.#buffers = buffers;
    this.#pool = pool;
  }

  /** Rows that count; 0 in a fresh chunk. Whoever fills the columns sets it. */
  get rowCount(): number {
    return this.#rowCount;
  }

  /** @throws InvalidArgumentError `STREAM_OPTION_RANGE` unless it is an integer from 0 to `rowCapacity` */
  set rowCount(rows: number) {
    this.#rowCount = checkInteger("stream", "rowCount", rows, 0, this.rowCapacity);
  }

  /**
   * The arrays by name, `rowCapacity` elements each; take them into locals before a loop.
   * @throws MillraceError `STREAM_CHUNK_RELEASED`
   */
  get columns(): ColumnsOf<S> {
    this.#checkHeld();
    return this.#columns;
  }

  /**
   * A 64-bit column as pairs of 32-bit words, low word first: row i is words 2i and 2i + 1 of the same memory.
   * @throws InvalidArgumentError `STREAM_COLUMN_UNKNOWN` when there is no 64-bit integer column of that name
   */
  words(name: string): Int32Array<ArrayBuffer> {
    const index = this.schema.findIndex((column) => column.name === name);
    const kind = this.schema[index]?.kind;
    if (kind !== "int64" && kind !== "uint64") {
      throw new InvalidArgumentError(
        "STREAM_COLUMN_UNKNOWN",
        "column",
        name,
        "a column of kind int64 or uint64",
      );
    }
    return new Int32Array(this.#checkHeld()[index]!, 0, this.rowCapacity * 2);
  }

  /**
   * Gives the memory back to its pool. `byteLength` and `rowCount` stay readable.
   * @throws MillraceError `STREAM_CHUNK_RELEASED` the second time: two owners have the same chunk
   */
  release(): void {
    const buffers = this.#checkHeld();
    this.#buffers = undefined;
    if (this.#pool !== undefined) for (const buffer of buffers) this.#pool.give(buffer);
  }

  /** As `release()`, but nothing when it was released or detached before: a `using` scope may hand a chunk on. */
  [Symbol.dispose](): void {
    if (this.#buffers !== undefined) this.release();
  }

  /** Takes the memory away from this chunk, which is as if released; see {@link detachChunk}. */
  takeBuffers(): ArrayBuffer[] {
    const buffers = this.#checkHeld();
    this.#buffers = undefined;
    return buffers;
  }

  #checkHeld(): ArrayBuffer[] {
    if (this.#buffers !== undefined) return this.#buffers;
    throw new MillraceError(
      "STREAM_CHUNK_RELEASED",
      "column chunk was released or detached before; use it only until then, and release it once",
    );
  }
}

/**
 * Makes a chunk with room for `rowCapacity` rows.
 *
 * @param rowCapacity - 1 to 16,777,216 rows. @default 65,536
 * @param pool - where its buffers come from and go back to; without one they are left to the garbage collector
 * @throws InvalidArgumentError for an empty schema, a repeated name, an unknown kind, a row capacity out of range
 * @example
 * using chunk = allocateChunk([{ name: "t", kind: "int64" }, { name: "x", kind: "uint16" }], 1024, pool);
 * chunk.columns.x[0] = 7;
 * chunk.rowCount = 1;
 */
export function allocateChunk<const S extends ColumnSchema>(
  schema: S,
  rowCapacity: number = ROWS_PER_CHUNK,
  pool?: BufferPool,
): ColumnChunk<S> {
  const rowBytes = checkSchema(schema);
  checkInteger("stream", "rowCapacity", rowCapacity, 1, MAX_CHUNK_ROWS);
  const buffers: ArrayBuffer[] = [];
  for (const columnBytes of rowBytes) {
    const byteLength = columnBytes * rowCapacity;
    buffers.push(pool === undefined ? new ArrayBuffer(byteLength) : pool.take(byteLength));
  }
  return new ColumnChunk(schema, rowCapacity, buffers, pool);
}

/** Bytes of one row of a schema. @throws InvalidArgumentError as {@link allocateChunk} */
export function bytesPerRow(schema: ColumnSchema): number {
  return checkSchema(schema).reduce((sum, bytes) => sum + bytes, 0);
}

/** A new chunk of the rows from `start` to below `end`, of just that capacity. */
export function copyRows<S extends ColumnSchema>(
  chunk: ColumnChunk<S>,
  start: number,
  end: number,
  pool?: BufferPool,
): ColumnChunk<S> {
  checkInteger("stream", "end", end, 1, chunk.rowCount);
  checkInteger("stream", "start", start, 0, end - 1);
  const copy = allocateChunk(chunk.schema, end - start, pool);
  const from = chunk.columns as ColumnsOf<ColumnSchema>;
  const to = copy.columns as ColumnsOf<ColumnSchema>;
  for (const { name, kind } of chunk.schema) {
    const size = bytesPerElement(kind);
    const bytes = new Uint8Array(from[name]!.buffer, start * size, (end - start) * size);
    new Uint8Array(to[name]!.buffer).set(bytes);
  }
  copy.rowCount = end - start;
  return copy;
}

/**
 * Takes a chunk apart for `postMessage(detached, detached.buffers)`; the chunk itself is then as if released.
 *
 * Its pool still counts the buffers as taken, until they come back and are released there.
 */
export function detachChunk<S extends ColumnSchema>(chunk: ColumnChunk<S>): DetachedChunk<S> {
  const { schema, rowCount, rowCapacity } = chunk;
  return { schema, rowCount, rowCapacity, buffers: chunk.takeBuffers() };
}

/**
 * Puts a chunk together again where its buffers arrived.
 * @param pool - gets the buffers on release; not necessarily the pool they came from
 * @throws InvalidArgumentError when the buffers do not fit the schema
 */
export function attachChunk<S extends ColumnSchema>(
  detached: DetachedChunk<S>,
  pool?: BufferPool,
): ColumnChunk<S> {
  const { schema, rowCapacity, buffers } = detached;
  if (checkSchema(schema).length !== buffers.length) {
    throw new InvalidArgumentError(
      "STREAM_CHUNK_BUFFERS",
      "buffers",
      buffers,
      `${schema.length}, one a column`,
    );
  }
  const chunk = new ColumnChunk(schema, rowCapacity, buffers, pool);
  chunk.rowCount = detached.rowCount;
  return chunk;
}

/** @returns bytes of one element of each column */
function checkSchema(schema: ColumnSchema): number[] {
  const names = new Set(schema.map((column) => column.name));
  if (schema.length === 0 || names.size !== schema.length) {
    throw new InvalidArgumentError(
      "STREAM_SCHEMA_NAMES",
      "schema",
      schema.map((column) => column.name).join(", "),
      "at least one column, each name once",
    );
  }
  return schema.map((column) => bytesPerElement(column.kind));
}
