import { InvalidArgumentError } from "@millrace/base";
import type { ElementKind, TypedArrayOf } from "./element-kinds.ts";

/** Elements in one chunk of a chunk list. */
export const ELEMENTS_PER_CHUNK = 65_536;

/** A list of one element kind in chunks of 64 Ki elements; appending never copies what is there already. */
export interface ChunkList<K extends ElementKind> extends Disposable {
  readonly kind: K;
  /** Elements appended so far. */
  readonly length: number;
  /** Appends one number; for 64-bit kinds an integer within ±(2^53 - 1). */
  push(value: number): void;
  /** Appends `source[start, end)`. */
  pushMany(source: TypedArrayOf<K>, start?: number, end?: number): void;
  /** The chunks in order, without a copy; valid until `clear`. */
  chunks(): TypedArrayOf<K, ArrayBuffer>[];
  /** Copies all elements to `dst` from `at` on. */
  copyTo(dst: TypedArrayOf<K>, at?: number): void;
  /** A copy of all elements in one array. */
  toArray(): TypedArrayOf<K, ArrayBuffer>;
  /** Empties the list and gives its chunks back to the pool; the list can be used again. */
  clear(): void;
}

/**
 * Checks that `count` elements fit in a destination from `at` on.
 * @throws InvalidArgumentError when they do not
 */
export function checkDestination(what: string, count: number, dstLength: number, at: number): void {
  if (Number.isInteger(at) && at >= 0 && at + count <= dstLength) return;
  throw new InvalidArgumentError(
    "BUFFERS_DESTINATION_SHORT",
    `${what} at ${at}, destination length`,
    dstLength,
    `room for ${count} elements from there on`,
  );
}
