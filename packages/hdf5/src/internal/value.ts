import { checkInteger, checkOneOf, InvalidArgumentError, resolveOptions } from "@millrace/base";
import { ELEMENT_KINDS, type ElementKind, kindOf, newTypedArray, type TypedArray } from "@millrace/buffers";
import { Hdf5ObjectReference } from "../reference.ts";
import { ByteBuilder } from "./byte-builder.ts";
import { type EnumMembers, REFERENCE_BYTES, type StoredType } from "./datatype.ts";
import type { GlobalHeap } from "./global-heap.ts";
import type { ReferenceTarget } from "./state-block.ts";
import { orderColumns } from "./table-columns.ts";
import { interleave, layOutTable } from "./table-layout.ts";

/** What an attribute or a small dataset may hold. */
export type Hdf5Value =
  | string
  | number
  | bigint
  | boolean
  | readonly string[]
  | readonly boolean[]
  | TypedArray
  | Hdf5ObjectReference
  | readonly Hdf5ObjectReference[]
  | Hdf5TableValue;

/** A fixed table: an array for each column, as long as the others; rows are HDF5's compounds. */
export type Hdf5TableValue = Readonly<Record<string, TypedArray>>;

/** How a value is stored. */
export interface Hdf5ValueOptions {
  /** Kind of a single number or bigint. @default "float64" for numbers, "int64" for bigints */
  readonly kind?: ElementKind;
  /** Shape of an array, row-major; its product is the number of values. @default one dimension */
  readonly shape?: readonly number[];
  /** Makes a single number of an integer kind one of an enumeration: its values by name, up to 1000. @default none */
  readonly members?: Readonly<Record<string, number>>;
  /**
   * `"variable"`: each string in the global heap, as h5py and NWB do it. `"fixed"`: as many UTF-8 bytes as the longest
   * one needs, in place, which is smaller for a few short strings. @default "variable"
   */
  readonly strings?: "variable" | "fixed";
}

const NO_OPTIONS: {
  readonly kind: ElementKind | undefined;
  readonly shape: readonly number[] | undefined;
  readonly members: EnumMembers | undefined;
  readonly strings: "variable" | "fixed";
} = Object.freeze({ kind: undefined, shape: undefined, members: undefined, strings: "variable" });

/** A value as the file has it. */
export interface StoredValue {
  readonly type: StoredType;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
  /** What the data refer to, where they are references; they are zeros then. */
  readonly references?: readonly ReferenceTarget[];
}

/** What values need of their file. */
interface ValueContext {
  readonly heap: GlobalHeap;
  /** @throws InvalidArgumentError `HDF5_VALUE_UNFIT` for what cannot be referred to */
  referTo(reference: Hdf5ObjectReference): ReferenceTarget;
}

const encoder = new TextEncoder();

/**
 * Brings a value into the form of the file.
 * @throws InvalidArgumentError for values and options that do not fit
 */
export function encodeValue(
  value: Hdf5Value,
  options: Hdf5ValueOptions | undefined,
  context: ValueContext,
): StoredValue {
  const { heap } = context;
  const { kind, shape, members, strings } = resolveOptions("hdf5", NO_OPTIONS, options);
  checkOneOf("hdf5", "strings", strings, ["variable", "fixed"]);
  if (members !== undefined) return encodeMember(value, kind ?? "int32", members);
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
  if (value instanceof Hdf5ObjectReference) return { ...encodeReferences([value], context), shape: [] };
  if (!Array.isArray(value)) {
    if (typeof value === "object" && value !== null) return encodeColumns(value as Hdf5TableValue, shape);
    throw unfit(
      "value",
      value,
      "text, a number, a bigint, a boolean, a reference, a typed array, columns of these, or an array of texts, booleans or references",
    );
  }
  const filledShape = checkShape(shape, value.length);
  if (value.length > 0 && value.every((one) => typeof one === "boolean")) {
    const data = Uint8Array.from(value as boolean[], (one) => (one ? 1 : 0));
    return { type: { kind: "boolean" }, shape: filledShape, data };
  }
  if (value.length > 0 && value.every((one) => one instanceof Hdf5ObjectReference)) {
    return { ...encodeReferences(value, context), shape: filledShape };
  }
  if (!value.every((one) => typeof one === "string")) {
    throw unfit(
      "value",
      value,
      "an array of texts, booleans or references only; numbers go into a typed array",
    );
  }
  return { ...encodeStrings(value, strings, heap), shape: filledShape };
}

function encodeReferences(
  values: readonly Hdf5ObjectReference[],
  context: ValueContext,
): Pick<Required<StoredValue>, "type" | "data" | "references"> {
  const references = values.map((value) => context.referTo(value));
  return { type: { kind: "reference" }, data: new Uint8Array(REFERENCE_BYTES * values.length), references };
}

function encodeColumns(value: Hdf5TableValue, shape: readonly number[] | undefined): StoredValue {
  const kinds = Object.entries(value).map(([name, column]) => {
    if (ArrayBuffer.isView(column)) return [name, kindOf(column)] as const;
    throw unfit(`column ${name}`, column, "a typed array");
  });
  const layout = layOutTable(Object.fromEntries(kinds));
  const { values, rows } = orderColumns(layout, value, "a fixed table");
  const data = new Uint8Array(rows * layout.rowBytes);
  interleave(layout, values, 0, rows, data.buffer);
  return { type: { kind: "compound", layout }, shape: checkShape(shape, rows), data };
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

const MOST_MEMBERS = 1000;

function encodeMember(value: Hdf5Value, base: ElementKind, members: EnumMembers): StoredValue {
  const list = Object.entries(members);
  const isNamed = list.every(([name]) => name !== "" && name.isWellFormed() && !name.includes("\0"));
  if (!isNamed || list.length === 0 || list.length > MOST_MEMBERS || base.startsWith("float")) {
    throw unfit("members", Object.keys(members).join(), "1 to 1000 names of values of an integer kind");
  }
  for (const [, member] of list) encodeNumber(member, base);
  if (typeof value !== "number" || !list.some(([, member]) => member === value)) {
    throw unfit("value", value, `one of ${list.map(([name, member]) => `${name} (${member})`).join(", ")}`);
  }
  return { ...encodeNumber(value, base), type: { kind: "enumeration", base, members } };
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
