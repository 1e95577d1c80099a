import type { Cursor } from "./cursor.ts";

/** Shape of a dataset or an attribute. */
export interface Dataspace {
  /** False for a null dataspace, which holds no value at all. */
  readonly hasValue: boolean;
  /** `[]` for one value. */
  readonly shape: readonly number[];
  /** How far each dimension may grow; Infinity where there is no limit. */
  readonly maxShape: readonly number[];
}

const MAX_RANK = 32;

/** Reads a dataspace message, version 1 or 2 (specification, IV.A.2.b). @throws CorruptDataError */
export function readDataspace(cursor: Cursor): Dataspace {
  const version = cursor.version(2, 1);
  const rank = cursor.u8();
  const flags = cursor.u8();
  if (rank > MAX_RANK) throw cursor.corrupt(`a dataspace has ${rank} dimensions, the most are ${MAX_RANK}`);
  let hasValue = true;
  if (version === 1) cursor.skip(5);
  else {
    const kind = cursor.u8();
    if (kind > 2) throw cursor.corrupt(`a dataspace has the unknown type ${kind}`);
    hasValue = kind !== 2;
  }
  const shape = Array.from({ length: rank }, () => cursor.length());
  if (!shape.every(Number.isFinite)) throw cursor.corrupt("a dimension is infinite");
  const maxShape = (flags & 1) !== 0 ? Array.from({ length: rank }, () => cursor.length()) : shape;
  return { hasValue, shape: hasValue ? shape : [], maxShape: hasValue ? maxShape : [] };
}

/** How many elements a shape has; above 2^53 the nearest double. */
export function elementCount(shape: readonly number[]): number {
  // Not left to the product, which may be infinite before it meets the 0.
  if (shape.includes(0)) return 0;
  return shape.reduce((product, size) => product * size, 1);
}
