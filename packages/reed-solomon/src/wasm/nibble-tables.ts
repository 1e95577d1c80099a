import { multiply } from "../galois.ts";
import type { Matrix } from "../matrix.ts";
import { type BlockSize, MAX_KERNEL_ROWS, TABLE_BYTES } from "./kernel.ts";

/** Rows of a matrix that one kernel makes. */
export interface RowGroup {
  readonly firstRow: number;
  readonly rows: number;
  /** Where their tables begin, in bytes. */
  readonly tablesAt: number;
}

/** A matrix as the kernels' tables: 32 bytes a coefficient, or a half or a quarter when it consists of blocks. */
export interface NibbleTables {
  readonly inputs: number;
  readonly outputs: number;
  /** The largest blocks that the matrix consists of: (a b / b a), or such blocks of such blocks. */
  readonly block: BlockSize;
  readonly groups: readonly RowGroup[];
  /**
   * Group after group; in a group input after input, in that row after row. Of a paired matrix: in a group pair of
   * inputs after pair, in that pair of rows after pair, of each a + b and then b; of
   * blocks of four the same, of each what `quadKernel` says.
   */
  readonly bytes: Uint8Array;
}

/** Makes the tables. The rows are shared out evenly: 5 are 3 and 2, which is faster than 4 and 1. */
export function nibbleTables(matrix: Matrix): NibbleTables {
  const { rows, columns, cells } = matrix;
  const step = blockSize(matrix);
  const bytes = new Uint8Array((TABLE_BYTES * rows * columns) / step);
  const groups = shareOut(rows, step, (TABLE_BYTES * columns) / step);
  for (const { firstRow, rows: groupRows, tablesAt } of groups) {
    let at = tablesAt;
    for (let column = 0; column < columns; column += step) {
      for (let row = firstRow; row < firstRow + groupRows; row += step) {
        const first = row * columns + column;
        for (const coefficient of coefficientsOf([...cells.subarray(first, first + step)])) {
          writeTable(bytes, at, coefficient);
          at += TABLE_BYTES;
        }
      }
    }
  }
  return { inputs: columns, outputs: rows, block: step, groups, bytes };
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

/** What the kernels multiply by, of the first row of a block. */
function coefficientsOf([a = 0, b, c, d]: readonly number[]): number[] {
  if (b === undefined) return [a];
  return c === undefined || d === undefined ? [a ^ b, b] : [a ^ b ^ c ^ d, b ^ d, c ^ d, d];
}

function blockSize({ rows, columns, cells }: Matrix): BlockSize {
  const hasBlocks = (size: number): boolean => {
    if (rows % size !== 0 || columns % size !== 0) return false;
    return cells.every((cell, at) => {
      const row = Math.floor(at / columns);
      const within = row % size;
      return cell === cells[(row - within) * columns + ((at % columns) ^ within)];
    });
  };
  return ([4, 2] as const).find(hasBlocks) ?? 1;
}

function writeTable(bytes: Uint8Array, at: number, coefficient: number): void {
  for (let half = 0; half < 16; half++) {
    bytes[at + half] = multiply(coefficient, half);
    bytes[at + 16 + half] = multiply(coefficient, half << 4);
  }
}
