import { InvalidArgumentError } from "@millrace/base";
import { type ElementKind, kindOf, type TypedArray, type TypedArrayOf } from "@millrace/buffers";
import { toFloat64 } from "./numbers.ts";
import { type Hdf5Type, isNumberType } from "./types.ts";
import type { Hdf5Values } from "./values.ts";

/** What values are wanted as: an element kind, or text. */
export type Hdf5As = ElementKind | "string";

/** The values of a read that says what it wants. */
export type Hdf5ValuesAs<A extends Hdf5As | undefined> = A extends ElementKind
  ? TypedArrayOf<A, ArrayBuffer>
  : A extends "string"
    ? string[]
    : Hdf5Values;

/** Checks that values are what is wanted, and makes numbers float64 on demand. @throws InvalidArgumentError */
export function asWanted<A extends Hdf5As | undefined>(
  { path, type }: { readonly path: string; readonly type: Hdf5Type },
  values: Hdf5Values,
  as: A | undefined,
): Hdf5ValuesAs<A> {
  if (as === undefined) return values as Hdf5ValuesAs<A>;
  if (as === "string" && type.kind === "string") return values as Hdf5ValuesAs<A>;
  const isNumeric = isNumberType(type) || type.kind === "boolean" || type.kind === "enum";
  if (isNumeric && as !== "string") {
    const numbers = values as TypedArray<ArrayBuffer>;
    if (kindOf(numbers) === as) return numbers as Hdf5ValuesAs<A>;
    if (as === "float64") return toFloat64(numbers) as Hdf5ValuesAs<A>;
  }
  throw new InvalidArgumentError(
    "HDF5_VALUES_OTHER",
    `values of ${path} as`,
    as,
    `its own kind, ${type.kind}, or "float64" for numbers`,
  );
}
