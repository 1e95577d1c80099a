import { MillraceError } from "@millrace/base";
import { checkRange } from "@millrace/buffers";
import { asWanted, type Hdf5As, type Hdf5ValuesAs } from "./as-wanted.ts";
import type { Box } from "./box.ts";
import type { DecodeMode } from "./built-in-filters.ts";
import { type Dataspace, elementCount, readDataspace } from "./dataspace.ts";
import { readDatatype } from "./datatype.ts";
import { type Hdf5FilterUse, readFilters } from "./filters.ts";
import { messageOf, type ObjectHeader } from "./object-header.ts";
import { Hdf5ReadAttributes } from "./read-attributes.ts";
import type { ReaderContext } from "./reader-context.ts";
import { boxOf, type Hdf5Selection } from "./selection.ts";
import { openStorage, type Storage } from "./storage.ts";
import type { Hdf5Type } from "./types.ts";
import { type Hdf5Scalar, type Hdf5Values, ValueDecoder } from "./values.ts";

/** Some rows of a dataset: from row `start` to before `stop`. */
export interface Hdf5Rows<V = Hdf5Values> {
  readonly start: number;
  readonly stop: number;
  /** Row-major. */
  readonly values: V;
}

/** Bytes that come at a time where chunks do not say. */
const PIECE_BYTES = 1024 * 1024;

/**
 * A dataset of a file that is read. A row is what one index of the first axis selects; a scalar has one.
 *
 * What is returned may be a view of cached pages or chunks: it stays right for as long as it is held, and must not
 * be written to. With `as` values are of that kind or the read is refused; "float64" takes every kind of number,
 * int64 and uint64 up to ±2^53.
 */
export class Hdf5ReadDataset {
  readonly kind = "dataset";
  readonly path: string;
  /** Where its header is, counted from the superblock. */
  readonly address: number;
  readonly type: Hdf5Type;
  /** `[]` for one value. */
  readonly shape: readonly number[];
  /** How far each axis may grow; Infinity without a limit. */
  readonly maxShape: readonly number[];
  /** True for a null dataspace, h5py's Empty: there is nothing to read. */
  readonly isNull: boolean;
  /** In the order in which they were applied. */
  readonly filters: readonly Hdf5FilterUse[];
  readonly attributes: Hdf5ReadAttributes;
  readonly #context: ReaderContext;
  readonly #header: ObjectHeader;
  readonly #space: Dataspace;
  #opened: Storage | undefined;

  constructor(context: ReaderContext, header: ObjectHeader, path: string) {
    const { file } = context;
    const space = messageOf(file, header, "dataspace");
    const type = messageOf(file, header, "datatype");
    if (space === undefined || type === undefined) {
      throw file.corrupt(header.address, `dataset ${path} has no shape or no type`);
    }
    this.path = path;
    this.address = header.address;
    this.#context = context;
    this.#header = header;
    this.#space = readDataspace(space);
    this.type = readDatatype(type);
    this.shape = this.#space.shape;
    this.maxShape = this.#space.maxShape;
    this.isNull = !this.#space.hasValue;
    this.filters = readFilters(file, header);
    this.attributes = new Hdf5ReadAttributes(context, header);
  }

  /** Length of the first axis; 1 for a scalar, 0 without a value. */
  get rows(): number {
    return this.isNull ? 0 : (this.shape[0] ?? 1);
  }

  /** How the data is stored. @throws MillraceError `HDF5_UNSUPPORTED_LAYOUT` */
  get layout(): "compact" | "contiguous" | "chunked" {
    return this.#storage.layout;
  }

  /** Shape of a chunk, or undefined where there are none. @throws MillraceError `HDF5_UNSUPPORTED_LAYOUT` */
  get chunkShape(): readonly number[] | undefined {
    return this.#storage.chunkShape;
  }

  /**
   * Rows [start, stop), row-major; chunks are decompressed in the thread pool, or where the browser does that.
   * @throws InvalidArgumentError for rows outside the dataset, or values that are not `as` wanted
   * @throws CorruptDataError, and CapacityError beyond the reader's `limitBytes`
   * @throws MillraceError `HDF5_UNSUPPORTED_TYPE`, `HDF5_UNSUPPORTED_LAYOUT`, `HDF5_UNSUPPORTED_FILTER`
   */
  async readRows<A extends Hdf5As | undefined = undefined>(
    start = 0,
    stop: number = this.rows,
    as?: A,
  ): Promise<Hdf5ValuesAs<A>> {
    return asWanted(this, await this.#readBox(this.#rowBox(start, stop), "async"), as);
  }

  /**
   * {@link readRows} at once, on this thread.
   * @throws MillraceError `COMPRESS_CODEC_UNAVAILABLE` in a browser, for chunks that are compressed
   */
  readRowsSync<A extends Hdf5As | undefined = undefined>(
    start = 0,
    stop: number = this.rows,
    as?: A,
  ): Hdf5ValuesAs<A> {
    return asWanted(this, this.#now(this.#readBox(this.#rowBox(start, stop), "sync")), as);
  }

  /** All values of a box, row-major; of everything without a selection. @throws as {@link readRows} does */
  async read<A extends Hdf5As | undefined = undefined>(
    selection: Hdf5Selection = {},
    as?: A,
  ): Promise<Hdf5ValuesAs<A>> {
    return asWanted(this, await this.#readBox(boxOf(this, selection), "async"), as);
  }

  /** {@link read} at once, on this thread. @throws as {@link readRowsSync} does */
  readSync<A extends Hdf5As | undefined = undefined>(selection: Hdf5Selection = {}, as?: A): Hdf5ValuesAs<A> {
    return asWanted(this, this.#now(this.#readBox(boxOf(this, selection), "sync")), as);
  }

  /** The value as an attribute's would be: one for a scalar, null without a value, else as {@link read}. */
  async value(): Promise<Hdf5Scalar | Hdf5Values | null> {
    if (this.isNull) return null;
    if (this.shape.length > 0) return this.read();
    return this.#scalar(await this.#readBytes({ start: [], shape: [] }, "async"));
  }

  /** {@link value} at once, on this thread. */
  valueSync(): Hdf5Scalar | Hdf5Values | null {
    if (this.isNull) return null;
    if (this.shape.length > 0) return this.readSync();
    return this.#scalar(this.#now(this.#readBytes({ start: [], shape: [] }, "sync")));
  }

  /**
   * All rows from `start` to before `stop`, some whole chunks (or about 1 MiB) at a time.
   * @example
   * for await (const { start, values } of dataset.chunks({ as: "float32" })) console.log(start, values.length);
   */
  async *chunks<A extends Hdf5As | undefined = undefined>(
    options: { readonly start?: number; readonly stop?: number; readonly as?: A } = {},
  ): AsyncGenerator<Hdf5Rows<Hdf5ValuesAs<A>>, void, undefined> {
    for (const [start, stop] of this.#pieces(options.start, options.stop)) {
      yield { start, stop, values: await this.readRows(start, stop, options.as) };
    }
  }

  /** {@link chunks} at once, on this thread. */
  *chunksSync<A extends Hdf5As | undefined = undefined>(
    options: { readonly start?: number; readonly stop?: number; readonly as?: A } = {},
  ): Generator<Hdf5Rows<Hdf5ValuesAs<A>>, void, undefined> {
    for (const [start, stop] of this.#pieces(options.start, options.stop)) {
      yield { start, stop, values: this.readRowsSync(start, stop, options.as) };
    }
  }

  get #storage(): Storage {
    this.#opened ??= openStorage(
      this.#context,
      this.#header,
      this.#space,
      this.type.byteLength,
      this.filters,
    );
    return this.#opened;
  }

  *#pieces(start = 0, stop: number = this.rows): Generator<readonly [number, number]> {
    checkRange("hdf5", `rows of ${this.path}`, start, stop, this.rows);
    const rowBytes = elementCount(this.shape.slice(1)) * this.type.byteLength;
    const chunkRows = this.chunkShape?.[0] ?? 1;
    const pieceRows = chunkRows * Math.max(1, Math.floor(PIECE_BYTES / Math.max(1, chunkRows * rowBytes)));
    for (let row = start; row < stop; ) {
      // Pieces end where chunks end, so that each is decoded once.
      const next = Math.min(stop, (Math.floor(row / pieceRows) + 1) * pieceRows);
      yield [row, next];
      row = next;
    }
  }

  #rowBox(start: number, stop: number): Box {
    checkRange("hdf5", `rows of ${this.path}`, start, stop, this.rows);
    if (this.shape.length === 0) return { start: [], shape: start < stop ? [] : [0] };
    return {
      start: [start, ...this.shape.slice(1).map(() => 0)],
      shape: [stop - start, ...this.shape.slice(1)],
    };
  }

  #readBox(box: Box, mode: DecodeMode): Hdf5Values | Promise<Hdf5Values> {
    const count = elementCount(box.shape);
    const bytes = this.#readBytes(box, mode);
    const decode = (plain: Uint8Array<ArrayBuffer>): Hdf5Values =>
      this.#decoder().decode(this.type, plain, 0, this.type.byteLength, count);
    return bytes instanceof Promise ? bytes.then(decode) : decode(bytes);
  }

  #readBytes(box: Box, mode: DecodeMode): Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>> {
    const { file } = this.#context;
    file.checkOpen();
    const byteLength = elementCount(box.shape) * this.type.byteLength;
    file.checkLimit(`a read of ${this.path}`, byteLength);
    // Before any work on what could not be shown afterwards.
    if (this.type.kind === "unsupported") throw file.unsupported("TYPE", this.type.name);
    return byteLength === 0 ? new Uint8Array(0) : this.#storage.read(box, mode);
  }

  #decoder(): ValueDecoder {
    return new ValueDecoder(this.#context.file, this.#context.heap);
  }

  #scalar(bytes: Uint8Array<ArrayBuffer>): Hdf5Scalar {
    return this.#decoder().scalar(this.type, bytes);
  }

  /** Only a filter that was given as an option makes promises in mode "sync". */
  #now<T>(result: T | Promise<T>): T {
    if (!(result instanceof Promise)) return result;
    // Nobody waits for it any more; its own error would go unhandled.
    result.catch(() => {});
    throw new MillraceError(
      "HDF5_FILTER_ASYNC",
      `hdf5: ${this.path} has a filter that takes its time; read it without "Sync"`,
    );
  }
}
