import { type ElementKind, newTypedArray, type TypedArray, type TypedArrayOf } from "../src/index.ts";

/** An array of `kind` with these small numbers; `never`, so that a test over all kinds can hand it to any. */
export function sourceOf<K extends ElementKind>(kind: K, values: readonly number[]): TypedArrayOf<K> & never {
  const array: TypedArray = newTypedArray<ElementKind>(kind, values.length);
  for (let i = 0; i < values.length; i++) {
    if (array instanceof BigInt64Array || array instanceof BigUint64Array) array[i] = BigInt(values[i]!);
    else array[i] = values[i]!;
  }
  return array as TypedArrayOf<K> & never;
}

/** The elements as plain numbers, whatever the kind. */
export function toNumbers(array: TypedArray): number[] {
  return Array.from(array as Iterable<number | bigint>, Number);
}

/** 0, 1, 2 … 119, 0, 1 …: numbers that every kind holds. */
export function filled(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i % 120);
}
