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

/** A matrix as the kernels' tables; 32 bytes a coefficient. */
export interface NibbleTables {
  readonly inputs: number;
  readonly outputs: number;
  readonly groups: readonly RowGroup[];
  /** Group after group; in a group input after input, in that row after row. */
  readonly bytes: Uint8Array;
}

/** Makes the tables. The rows are shared out evenly: 5 are 3 and 2, which is faster than 4 and 1. */
export function nibbleTables({ rows, columns, cells }: Matrix): NibbleTables {
  const groupCount = Math.ceil(rows / MAX_KERNEL_ROWS);
  const groups: RowGroup[] = [];
  const bytes = new Uint8Array(TABLE_BYTES * rows * columns);
  for (let i = 0, firstRow = 0, at = 0; i < groupCount; i++) {
    const groupRows = Math.ceil((rows - firstRow) / (groupCount - i));
    groups.push({ firstRow, rows: groupRows, tablesAt: at });
    for (let column = 0; column < columns; column++) {
      for (let row = firstRow; row < firstRow + groupRows; row++, at += TABLE_BYTES) {
        const coefficient = cells[row * columns + column]!;
        for (let half = 0; half < 16; half++) {
          bytes[at + half] = multiply(coefficient, half);
          bytes[at + 16 + half] = multiply(coefficient, half << 4);
        }
      }
    }
    firstRow += groupRows;
  }
  return { inputs: columns, outputs: rows, groups, bytes };
}
