import { invert, power } from "./galois.ts";
import { invertMatrix, type Matrix, makeMatrix, multiplyMatrices } from "./matrix.ts";

/**
 * The generator matrices: `"vandermonde"` gives the bytes of Backblaze's JavaReedSolomon, klauspost/reedsolomon and
 * the Rust crate reed-solomon-erasure; `"cauchy"` those of klauspost's WithCauchyMatrix and ISA-L's
 * gf_gen_cauchy1_matrix.
 */
export type MatrixName = "vandermonde" | "cauchy";

/** All of {@link MatrixName}, the default first. */
export const MATRIX_NAMES: readonly MatrixName[] = Object.freeze(["vandermonde", "cauchy"] as const);

/**
 * The coefficients of the parity shards: `parityShards` rows of `dataShards` columns. Any `dataShards` rows of the
 * unit matrix above them are linearly independent, which is what lets any that many shards give the rest.
 *
 * Source of the Vandermonde form: J. S. Plank, "A tutorial on Reed-Solomon coding for fault-tolerance in RAID-like
 * systems" (1997) with the correction of 2003: the top square is made the unit matrix.
 */
export function parityMatrix(name: MatrixName, dataShards: number, parityShards: number): Matrix {
  if (name === "cauchy") {
    return makeMatrix(parityShards, dataShards, (row, column) => invert((dataShards + row) ^ column));
  }
  const top = makeMatrix(dataShards, dataShards, power);
  const bottom = makeMatrix(parityShards, dataShards, (row, column) => power(dataShards + row, column));
  return multiplyMatrices(bottom, invertMatrix(top));
}
