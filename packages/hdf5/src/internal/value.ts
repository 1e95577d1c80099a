import { checkInteger, checkOneOf, InvalidArgumentError, resolveOptions } from "@millrace/base";
import { ELEMENT_KINDS, type ElementKind, kindOf, newTypedArray, type TypedArray } from "@millrace/buffers";
import { ByteBuilder } from "./byte-builder.ts";
import type { StoredType } from "./datatype.ts";
import type { GlobalHeap } from "./global-heap.ts";

/** What an attribute or a small dataset may hold. */
export type Hdf5Value =
  | string
  | number
  | bigint
  | boolean
  | readonly string[]
  | readonly boolean[]
  | TypedArray;

/** How a value is stored. */
export interface Hdf5ValueOptions {
  /** Kind of a single number or bigint. @default "float64" for numbers, "int64" for bigints */
  readonly kind?: ElementKind;
  /** Shape of an array, row-major; its product is the number of values. @default one dimension */
  readonly shape?: readonly number[];
  /**
   * `"variable"`: each string in the global heap, as h5py and NWB do it. `"fixed"`: as many UTF-8 bytes as the longest
   * one needs, in place, which is smaller for a few short strings. @default "variable"
   */
  readonly strings?: "variable" | "fixed";
}

const NO_OPTIONS: {
  readonly kind: ElementKind | undefined;
  readonly shape: readonly number[] | undefined;
  readonly strings: "variable" | "fixed";
} = Object.freeze({ kind: undefined, shape: undefined, strings: "variable" });

/** A value as the file has it. */
export interface StoredValue {
  readonly type: StoredType;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

const encoder = new TextEncoder();

/**
 * Brings a value into the form of the file.
 * @throws InvalidArgumentError for values and options that do not fit
 */
export function encodeValue(
  value: Hdf5Value,
  options: Hdf5ValueOptions | undefined,
  heap: GlobalHeap,
): StoredValue {
  const { kind, shape, strings } = resolveOptions("hdf5", NO_OPTIONS, options);
  checkOneOf("hdf5", "strings", strings, ["variable", "fixed"]);
  if (typeof value === "number" || typeof value === "bigint") {
    return encodeNumber(value, kind ?? (typeof value === "number" ? "float64" : "int64"));
  }
  if (kind !== undefined) throw unfit("kind", kind, "only with a single number or bigint");
  if (typeof value === "string") return { ...encodeStrings([value], strings, heap), shape: [] };
  if (typeof value === "boolean") {
    return { type: { kind: "boolean" }, shape: [], data: Uint8Array.of(value ? 1 : 0) };
  }
  if (ArrayBuffer.isView(value)) {
    const filledShape = checkShape(shape, value.length);
    const data = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    return { type: { kind: kindOf(value) }, shape: filledShape, data };
  }
  if (!Array.isArray(value)) {
    throw unfit(
      "value",
      value,
      "text, a number, a bigint, a boolean, a typed array, or an array of texts or booleans",
    );
  }
  const filledShape = checkShape(shape, value.length);
  if (value.length > 0 && value.every((one) => typeof one === "boolean")) {
    const data = Uint8Array.from(value as boolean[], (one) => (one ? 1 : 0));
    return { type: { kind: "boolean" }, shape: filledShape, data };
  }
  if (!value.every((one) => typeof one === "string")) {
    throw unfit("value", value, "an array of texts only or of booleans only; numbers go into a typed array");
  }
  return { ...encodeStrings(value, strings, heap), shape: filledShape };
}

function encodeNumber(value: number | bigint, kind: ElementKind): StoredValue {
  checkOneOf("hdf5", "kind", kind, ELEMENT_KINDS);
  const array = newTypedArray(kind, 1);
  if (array instanceof BigInt64Array || array instanceof BigUint64Array) {
    const wide = typeof value === "bigint" || Number.isInteger(value) ? BigInt(value) : undefined;
    if (wide !== undefined) array[0] = wide;
    if (array[0] !== wide) throw inexact(value, kind);
  } else {
    const number = Number(value);
    array[0] = number;
    // float32 rounds, which is what it is for; all other kinds must hold the value itself.
    const isExact = typeof value === "number" || Number.isSafeInteger(number);
    const isHeld = kind.startsWith("float") ? kind === "float32" || isExact : isExact && array[0] === number;
    if (!isHeld) throw inexact(value, kind);
  }
  return { type: { kind }, shape: [], data: new Uint8Array(array.buffer) };
}

function inexact(value: number | bigint, kind: ElementKind): InvalidArgumentError {
  return unfit("value", value, `one that ${kind} holds exactly`);
}

function encodeStrings(
  values: readonly string[],
  mode: "variable" | "fixed",
  heap: GlobalHeap,
): { readonly type: StoredType; readonly data: Uint8Array } {
  for (const value of values) {
    if (value.isWellFormed() && !value.includes("\0")) continue;
    throw unfit("text", value, "well-formed text without NUL, which ends a string in HDF5");
  }
  const encoded = values.map((value) => encoder.encode(value));
  const body = new ByteBuilder();
  if (mode === "fixed") {
    const byteLength = Math.max(1, ...encoded.map((bytes) => bytes.length));
    for (const bytes of encoded) body.add(bytes).zeros(byteLength - bytes.length);
    return { type: { kind: "fixed-string", byteLength }, data: body.bytes };
  }
  for (const bytes of encoded) {
    const { collectionAddress, index } = heap.add(bytes);
    body.u32(bytes.length).u64(collectionAddress).u32(index);
  }
  return { type: { kind: "variable-string" }, data: body.bytes };
}

function checkShape(shape: readonly number[] | undefined, count: number): readonly number[] {
  if (shape === undefined) return [count];
  for (const size of shape) checkInteger("hdf5", "shape", size, 0, Number.MAX_SAFE_INTEGER);
  if (shape.length <= MAX_RANK && shape.reduce((product, size) => product * size, 1) === count)
    return [...shape];
  throw unfit(
    "shape",
    shape.join(" x "),
    `at most ${MAX_RANK} sizes whose product is ${count}, the number of values`,
  );
}

/** The most dimensions that HDF5 has. */
export const MAX_RANK = 32;

function unfit(argument: string, received: unknown, expected: string): InvalidArgumentError {
  return new InvalidArgumentError("HDF5_VALUE_UNFIT", argument, received, expected);
}
