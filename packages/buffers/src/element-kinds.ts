import { InvalidArgumentError } from "@millrace/base";

/** The array type of each element kind. */
interface ArrayTypes<B extends ArrayBufferLike> {
  readonly uint8: Uint8Array<B>;
  readonly int8: Int8Array<B>;
  readonly uint16: Uint16Array<B>;
  readonly int16: Int16Array<B>;
  readonly uint32: Uint32Array<B>;
  readonly int32: Int32Array<B>;
  readonly float32: Float32Array<B>;
  readonly float64: Float64Array<B>;
  readonly int64: BigInt64Array<B>;
  readonly uint64: BigUint64Array<B>;
}

/** What one element of a column or buffer is; little-endian in memory on every supported machine. */
export type ElementKind =
  | "uint8"
  | "int8"
  | "uint16"
  | "int16"
  | "uint32"
  | "int32"
  | "float32"
  | "float64"
  | "int64"
  | "uint64";

/** The typed array that holds elements of kind `K`: `TypedArrayOf<"int64">` is BigInt64Array. */
export type TypedArrayOf<
  K extends ElementKind,
  B extends ArrayBufferLike = ArrayBufferLike,
> = ArrayTypes<B>[K];

/** A typed array of any element kind. */
export type TypedArray<B extends ArrayBufferLike = ArrayBufferLike> = TypedArrayOf<ElementKind, B>;

/** The kinds of 64-bit integers, whose arrays hold bigint and whose hot loops use two 32-bit words. */
export type WideKind = "int64" | "uint64";

/** One constructor with the two call forms that are used here, typed loosely enough for a table of them. */
interface ArrayConstructor {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): TypedArray<ArrayBuffer>;
  new <B extends ArrayBufferLike>(buffer: B, byteOffset: number, length: number): TypedArray<B>;
}

const CONSTRUCTORS: Readonly<Record<ElementKind, ArrayConstructor>> = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
};

/** Every element kind, in the order of the table in the README. */
export const ELEMENT_KINDS: readonly ElementKind[] = Object.freeze(
  Object.keys(CONSTRUCTORS),
) as readonly ElementKind[];

const KIND_BY_TAG: ReadonlyMap<string, ElementKind> = new Map(
  ELEMENT_KINDS.map((kind) => [(CONSTRUCTORS[kind] as unknown as { name: string }).name, kind]),
);

/**
 * How many bytes one element of `kind` takes: 1, 2, 4 or 8.
 * @throws InvalidArgumentError when `kind` is no element kind
 */
export function bytesPerElement(kind: ElementKind): number {
  return constructorOf(kind).BYTES_PER_ELEMENT;
}

/**
 * A new array of `length` zero elements on an ArrayBuffer of its own.
 * @throws InvalidArgumentError when `kind` is no element kind
 * @throws RangeError from the engine when there is no such amount of memory
 * @example
 * newTypedArray("uint16", 3); // Uint16Array [0, 0, 0]
 */
export function newTypedArray<K extends ElementKind>(kind: K, length: number): TypedArrayOf<K, ArrayBuffer> {
  return new (constructorOf(kind))(length) as TypedArrayOf<K, ArrayBuffer>;
}

/**
 * A view of `length` elements of `buffer` from `byteOffset` on; nothing is copied.
 * @param byteOffset - a multiple of the element size
 * @throws InvalidArgumentError when the view does not fit or is not aligned
 */
export function viewAs<K extends ElementKind, B extends ArrayBufferLike>(
  kind: K,
  buffer: B,
  byteOffset: number,
  length: number,
): TypedArrayOf<K, B> {
  const arrayClass = constructorOf(kind);
  const size = arrayClass.BYTES_PER_ELEMENT;
  const isWhole = Number.isInteger(byteOffset) && Number.isInteger(length);
  if (isWhole && byteOffset >= 0 && length >= 0 && byteOffset + length * size <= buffer.byteLength) {
    if (byteOffset % size === 0) return new arrayClass(buffer, byteOffset, length) as TypedArrayOf<K, B>;
    throw new InvalidArgumentError(
      "BUFFERS_VIEW_UNALIGNED",
      "byteOffset",
      byteOffset,
      `a multiple of ${size} for ${kind}`,
    );
  }
  throw new InvalidArgumentError(
    "BUFFERS_VIEW_RANGE",
    `view of ${length} ${kind} from byte ${byteOffset}`,
    byteOffset,
    `a range inside the buffer's ${buffer.byteLength} bytes`,
  );
}

/**
 * The element kind of a typed array. A Node Buffer is "uint8".
 * @throws InvalidArgumentError for anything else: Uint8ClampedArray, Float16Array, DataView, plain arrays
 */
export function kindOf(array: TypedArray): ElementKind {
  const kind = KIND_BY_TAG.get(array[Symbol.toStringTag]);
  if (kind !== undefined) return kind;
  throw new InvalidArgumentError(
    "BUFFERS_KIND_UNKNOWN",
    "array",
    array,
    `a typed array of ${ELEMENT_KINDS.join(", ")}`,
  );
}

/**
 * The same memory as 32-bit words, low word first: element i is words 2i (low) and 2i + 1 (high).
 * Loops over 64-bit columns use it, because each bigint would be an object.
 */
export function wordsOf<B extends ArrayBufferLike>(
  array: BigInt64Array<B> | BigUint64Array<B>,
): Uint32Array<B> {
  return new Uint32Array(array.buffer, array.byteOffset, array.length * 2);
}

function constructorOf(kind: ElementKind): ArrayConstructor {
  if (Object.hasOwn(CONSTRUCTORS, kind)) return CONSTRUCTORS[kind];
  throw new InvalidArgumentError("BUFFERS_KIND_UNKNOWN", "kind", kind, `one of ${ELEMENT_KINDS.join(", ")}`);
}
