import type { Matrix } from "./matrix.ts";
import type { Stripes } from "./stripes.ts";

/**
 * Sets each output to its row of a matrix times the inputs.
 * @param inputs - arrays of one length, as many as the matrix has columns
 * @param outputs - arrays of that length, as many as it has rows; none may share memory with an input
 * @param stripes - which bytes of each
 */
export type MultiplyShards = (
  inputs: readonly Uint8Array[],
  outputs: readonly Uint8Array[],
  stripes: Stripes,
) => void;

/** How shards are multiplied by a matrix: what the engines of one code differ in. */
export interface Arithmetic {
  readonly name: "wasm" | "typescript";

  /** Does once for a matrix what can be done once. */
  prepare(matrix: Matrix): MultiplyShards;

  /** Zeroed memory for `count` shards, such as is multiplied without a copy where there is a difference. */
  allocate(count: number, shardBytes: number): Uint8Array[];
}

/** Zeroed shards in ordinary memory. */
export function plainShards(count: number, shardBytes: number): Uint8Array[] {
  return Array.from({ length: count }, () => new Uint8Array(shardBytes));
}
