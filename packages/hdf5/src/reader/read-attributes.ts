import { readAttributes, type StoredAttribute } from "./attributes.ts";
import { elementCount } from "./dataspace.ts";
import type { ObjectHeader } from "./object-header.ts";
import type { ReaderContext } from "./reader-context.ts";
import type { Hdf5Type } from "./types.ts";
import { type Hdf5Scalar, type Hdf5Values, ValueDecoder } from "./values.ts";

/** What an attribute is, beside its value. */
export interface Hdf5AttributeInfo {
  readonly type: Hdf5Type;
  /** `[]` for one value. */
  readonly shape: readonly number[];
  /** True for a null dataspace: h5py's Empty. */
  readonly isNull: boolean;
}

/** The attributes of an object, by name; values are decoded when they are asked for. */
export class Hdf5ReadAttributes {
  readonly #context: ReaderContext;
  readonly #header: ObjectHeader;
  #stored: ReadonlyMap<string, StoredAttribute> | undefined;

  constructor(context: ReaderContext, header: ObjectHeader) {
    this.#context = context;
    this.#header = header;
  }

  /** In the order of creation where the file keeps it, else by name. */
  get names(): string[] {
    return [...this.#all().keys()];
  }

  has(name: string): boolean {
    return this.#all().has(name);
  }

  /**
   * The value: one for a scalar, all in row-major order for an array; null for a null dataspace; undefined when
   * there is no such attribute.
   * @throws CorruptDataError, CapacityError
   * @throws MillraceError `HDF5_UNSUPPORTED_TYPE`
   */
  get(name: string): Hdf5Scalar | Hdf5Values | null | undefined {
    const stored = this.#all().get(name);
    if (stored === undefined) return undefined;
    const { type, space, data } = stored;
    if (!space.hasValue) return null;
    const count = elementCount(space.shape);
    this.#context.file.checkLimit(`attribute "${name}"`, count * type.byteLength);
    data.at = 0;
    const bytes = data.take(count * type.byteLength);
    const decoder = new ValueDecoder(this.#context.file, this.#context.heap);
    if (space.shape.length === 0) return decoder.scalar(type, bytes);
    return decoder.decode(type, bytes, 0, type.byteLength, count);
  }

  /** Type and shape, or undefined when there is no such attribute. */
  info(name: string): Hdf5AttributeInfo | undefined {
    const stored = this.#all().get(name);
    if (stored === undefined) return undefined;
    return { type: stored.type, shape: stored.space.shape, isNull: !stored.space.hasValue };
  }

  #all(): ReadonlyMap<string, StoredAttribute> {
    this.#context.file.checkOpen();
    this.#stored ??= readAttributes(this.#context.file, this.#header);
    return this.#stored;
  }
}
