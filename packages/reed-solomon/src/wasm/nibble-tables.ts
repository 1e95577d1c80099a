import { multiply } from "../galois.ts";
import type { Matrix } from "../matrix.ts";
import { MAX_KERNEL_ROWS, TABLE_BYTES } from "./kernel.ts";

/** Rows of a matrix that one kernel makes. */
export interface RowGroup {
  readonly firstRow: number;
  readonly rows: number;
  /** Where their tables begin, in bytes. */
  readonly tablesAt: number;
}

/** A matrix as the kernels' tables: 32 bytes a coefficient, or half as much when it is paired. */
export interface NibbleTables {
  readonly inputs: number;
  readonly outputs: number;
  /** Whether the matrix consists of blocks (a b / b a). */
  readonly isPaired: boolean;
  readonly groups: readonly RowGroup[];
  /**
   * Group after group; in a group input after input, in that row after row. Of a paired matrix: in a group pair of
   * inputs after pair, in that pair of rows after pair, of each a + b and then b.
   */
  readonly bytes: Uint8Array;
}

/** Makes the tables. The rows are shared out evenly: 5 are 3 and 2, which is faster than 4 and 1. */
export function nibbleTables(matrix: Matrix): NibbleTables {
  const { rows, columns, cells } = matrix;
  const isPaired = hasPairs(matrix);
  const step = isPaired ? 2 : 1;
  const bytes = new Uint8Array((TABLE_BYTES * rows * columns) / step);
  const groups = shareOut(rows, step, (TABLE_BYTES * columns) / step);
  for (const { firstRow, rows: groupRows, tablesAt } of groups) {
    let at = tablesAt;
    for (let column = 0; column < columns; column += step) {
      for (let row = firstRow; row < firstRow + groupRows; row += step) {
        const a = cells[row * columns + column]!;
        const b = isPaired ? cells[row * columns + column + 1]! : 0;
        writeTable(bytes, at, a ^ b);
        if (isPaired) writeTable(bytes, at + TABLE_BYTES, b);
        at += TABLE_BYTES * step;
      }
    }
  }
  return { inputs: columns, outputs: rows, isPaired, groups, bytes };
}

function shareOut(rows: number, step: number, bytesPerRow: number): RowGroup[] {
  const groups: RowGroup[] = [];
  let firstRow = 0;
  for (let left = Math.ceil(rows / MAX_KERNEL_ROWS); left > 0; left--) {
    const groupRows = step * Math.ceil((rows - firstRow) / step / left);
    groups.push({ firstRow, rows: groupRows, tablesAt: firstRow * bytesPerRow });
    firstRow += groupRows;
  }
  return groups;
}

function hasPairs({ rows, columns, cells }: Matrix): boolean {
  if (rows % 2 !== 0 || columns % 2 !== 0) return false;
  for (let row = 0; row < rows; row += 2) {
    for (let column = 0; column < columns; column++) {
      if (cells[row * columns + column] !== cells[(row + 1) * columns + (column ^ 1)]) return false;
    }
  }
  return true;
}

function writeTable(bytes: Uint8Array, at: number, coefficient: number): void {
  for (let half = 0; half < 16; half++) {
    bytes[at + half] = multiply(coefficient, half);
    bytes[at + 16 + half] = multiply(coefficient, half << 4);
  }
}
