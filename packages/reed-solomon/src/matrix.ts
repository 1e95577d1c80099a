import { assert } from "@millrace/base";
import { invert, multiply } from "./galois.ts";

/** A matrix over GF(2^8), row after row. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly cells: Uint8Array;
}

/** Makes a matrix from what `cellAt` says of each cell. */
export function makeMatrix(
  rows: number,
  columns: number,
  cellAt: (row: number, column: number) => number,
): Matrix {
  const cells = new Uint8Array(rows * columns);
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) cells[at++] = cellAt(row, column);
  }
  return { rows, columns, cells };
}

/** The product of two matrices. */
export function multiplyMatrices(a: Matrix, b: Matrix): Matrix {
  assert(a.columns === b.rows, "matrices of shapes that can be multiplied");
  const cells = new Uint8Array(a.rows * b.columns);
  for (let row = 0; row < a.rows; row++) {
    for (let i = 0; i < a.columns; i++) {
      const factor = a.cells[row * a.columns + i]!;
      if (factor !== 0) addScaledRow(cells, row * b.columns, b.cells, i * b.columns, b.columns, factor);
    }
  }
  return { rows: a.rows, columns: b.columns, cells };
}

/** The inverse of a square matrix that has one, by Gauss-Jordan elimination. */
export function invertMatrix(matrix: Matrix): Matrix {
  const n = matrix.rows;
  assert(n === matrix.columns, "a square matrix");
  const left = matrix.cells.slice();
  const right = makeMatrix(n, n, (row, column) => (row === column ? 1 : 0)).cells;
  for (let pivot = 0; pivot < n; pivot++) {
    let found = pivot;
    while (found < n && left[found * n + pivot] === 0) found++;
    assert(found < n, "a matrix that can be inverted");
    // Adding the row that has the pivot does what a swap would do, and needs no second loop.
    if (found !== pivot) {
      addScaledRow(left, pivot * n, left, found * n, n, 1);
      addScaledRow(right, pivot * n, right, found * n, n, 1);
    }
    const scale = invert(left[pivot * n + pivot]!);
    for (let i = pivot * n; i < (pivot + 1) * n; i++) {
      left[i] = multiply(left[i]!, scale);
      right[i] = multiply(right[i]!, scale);
    }
    for (let row = 0; row < n; row++) {
      const factor = left[row * n + pivot]!;
      if (row === pivot || factor === 0) continue;
      addScaledRow(left, row * n, left, pivot * n, n, factor);
      addScaledRow(right, row * n, right, pivot * n, n, factor);
    }
  }
  return { rows: n, columns: n, cells: right };
}

/** `dst[dstAt + i] += factor * src[srcAt + i]` for i below `length`; addition is XOR. */
export function addScaledRow(
  dst: Uint8Array,
  dstAt: number,
  src: Uint8Array,
  srcAt: number,
  length: number,
  factor: number,
): void {
  for (let i = 0; i < length; i++) dst[dstAt + i]! ^= multiply(src[srcAt + i]!, factor);
}
