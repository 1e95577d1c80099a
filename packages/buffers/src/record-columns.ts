import { InvalidArgumentError } from "@millrace/base";
import { checkRange } from "./check-range.ts";
import {
  bytesPerElement,
  type ElementKind,
  kindOf,
  type TypedArray,
  type TypedArrayOf,
} from "./element-kinds.ts";
import {
  checkCount,
  type GrowableOptions,
  grownCapacity,
  resolveGrowableOptions,
} from "./growable-options.ts";
import { allocate } from "./internal/allocate.ts";
import { copyElements } from "./internal/copy-elements.ts";

/** Column names and the kind of each: `{ t: "int64", x: "uint16" }`. */
export type RecordSchema = Readonly<Record<string, ElementKind>>;

/** One typed array a column, by name. */
export type ColumnArrays<S extends RecordSchema, B extends ArrayBufferLike = ArrayBufferLike> = {
  readonly [N in keyof S]: TypedArrayOf<S[N], B>;
};

/** The same, with the types of the single columns forgotten: what the methods work on inside. */
type AnyArrays<B extends ArrayBufferLike = ArrayBufferLike> = Readonly<Record<string, TypedArray<B>>>;

/**
 * Named columns of different kinds that grow together; a row is one element of each.
 *
 * The fast way to write: `reserve`, take `arrays` into locals, write rows from `rowCount` on, `setRowCount`.
 *
 * @example
 * const events = new RecordColumns({ t: "float64", x: "uint16" });
 * events.reserve(1);
 * const { t, x } = events.arrays;
 * const row = events.rowCount;
 * t[row] = 0.5;
 * x[row] = 17;
 * events.setRowCount(row + 1);
 */
export class RecordColumns<S extends RecordSchema> {
  readonly schema: S;
  readonly #options: Required<GrowableOptions>;
  readonly #names: readonly string[];
  readonly #rowBytes: number;
  #arrays: AnyArrays<ArrayBuffer>;
  #capacity: number;
  #rowCount = 0;

  /**
   * @param options - as for growable buffers, counted in rows
   * @throws InvalidArgumentError for an empty schema, an unknown kind or a bad option
   * @throws CapacityError when the engine has no memory for the initial capacity
   */
  constructor(schema: S, options?: GrowableOptions) {
    this.#options = resolveGrowableOptions(options);
    this.schema = Object.freeze({ ...schema });
    this.#names = Object.keys(schema);
    if (this.#names.length === 0) {
      throw new InvalidArgumentError("BUFFERS_SCHEMA_EMPTY", "schema", schema, "at least one column");
    }
    this.#rowBytes = this.#names.reduce((sum, name) => sum + bytesPerElement(schema[name]!), 0);
    this.#capacity = this.#options.initialCapacity;
    this.#arrays = this.#allocate(this.#capacity);
  }

  /** Rows written so far. */
  get rowCount(): number {
    return this.#rowCount;
  }

  /** Rows there is room for without growing. */
  get capacity(): number {
    return this.#capacity;
  }

  /**
   * Each column's whole array, `capacity` long, for writing rows from `rowCount` on in a hot loop.
   * Valid until the next growth, `take` or `clear`: read it again after each `reserve`.
   */
  get arrays(): ColumnArrays<S, ArrayBuffer> {
    return this.#arrays as ColumnArrays<S, ArrayBuffer>;
  }

  /**
   * Makes room for `count` more rows in every column.
   * @throws CapacityError above `maxCapacity`, or when the engine has no memory; no column is changed then
   */
  reserve(count: number): void {
    checkCount("RecordColumns.reserve", count);
    const required = this.#rowCount + count;
    if (required <= this.#capacity) return;
    const capacity = grownCapacity("RecordColumns", this.#capacity, required, this.#rowBytes, this.#options);
    const arrays = this.#allocate(capacity);
    for (const name of this.#names) copyElements(arrays[name]!, 0, this.#arrays[name]!, 0, this.#rowCount);
    this.#arrays = arrays;
    this.#capacity = capacity;
  }

  /**
   * Says how many rows hold data now: more after rows were written to `arrays`, fewer to cut some off.
   * @throws InvalidArgumentError when it is above `capacity`
   */
  setRowCount(rowCount: number): void {
    checkRange("buffers", "RecordColumns.setRowCount", 0, rowCount, this.#capacity);
    this.#rowCount = rowCount;
  }

  /**
   * Appends the rows [start, end) of `columns`, which has every column of the schema; others are ignored.
   * @throws InvalidArgumentError for a missing column, another kind, or a column shorter than `end`
   * @throws CapacityError above `maxCapacity`, or when the engine has no memory; no column is changed then
   */
  appendRows(columns: ColumnArrays<S>, start: number, end: number): void {
    const sources: AnyArrays = columns;
    for (const name of this.#names) {
      const source = sources[name];
      const kind = source === undefined ? "nothing" : kindOf(source);
      if (source === undefined || kind !== this.schema[name]) {
        throw new InvalidArgumentError("BUFFERS_COLUMN_KIND", `column ${name}`, kind, `${this.schema[name]}`);
      }
      checkRange("buffers", `RecordColumns.appendRows, column ${name}`, start, end, source.length);
    }
    this.reserve(end - start);
    for (const name of this.#names) {
      copyElements(this.#arrays[name]!, this.#rowCount, sources[name]!, start, end);
    }
    this.#rowCount += end - start;
  }

  /**
   * The rows [start, end) of each column without a copy; valid until the next growth, `take` or `clear`.
   * @throws InvalidArgumentError for a range outside the rows
   */
  view(start = 0, end: number = this.#rowCount): ColumnArrays<S, ArrayBuffer> {
    checkRange("buffers", "RecordColumns.view", start, end, this.#rowCount);
    const views = this.#names.map((name) => [name, this.#arrays[name]!.subarray(start, end)]);
    return Object.freeze(Object.fromEntries(views)) as ColumnArrays<S, ArrayBuffer>;
  }

  /**
   * Each column as an array of its own, without a copy when the rows fill the capacity exactly.
   * There are no rows then and the columns can be used again.
   * @throws CapacityError when the engine has no memory for the copies; nothing is changed then
   */
  take(): ColumnArrays<S, ArrayBuffer> {
    if (this.#rowCount < this.#capacity) {
      const taken = this.#allocate(this.#rowCount);
      for (const name of this.#names) copyElements(taken[name]!, 0, this.#arrays[name]!, 0, this.#rowCount);
      this.#rowCount = 0;
      return taken as ColumnArrays<S, ArrayBuffer>;
    }
    const taken = this.#arrays;
    this.#arrays = this.#allocate(0);
    this.#capacity = 0;
    this.#rowCount = 0;
    return taken as ColumnArrays<S, ArrayBuffer>;
  }

  /** Forgets the rows and keeps the capacity. */
  clear(): void {
    this.#rowCount = 0;
  }

  /** All columns or an error: nothing of the object changes before every array is there. */
  #allocate(rows: number): AnyArrays<ArrayBuffer> {
    const heldBytes = this.#rowCount * this.#rowBytes;
    return Object.freeze(
      Object.fromEntries(
        this.#names.map((name) => [
          name,
          allocate(`RecordColumns, column ${name}`, this.schema[name]!, rows, heldBytes),
        ]),
      ),
    );
  }
}
