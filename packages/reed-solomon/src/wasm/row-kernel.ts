import { SIMD, type WasmCode } from "@millrace/base";
import { FIRST_SUM, type KernelBody, splitHalves, TABLE_BYTES } from "./kernel.ts";

/** Two vectors at a time, so that a table is loaded once for both; measured against one, three, four and six. */
const VECTORS = 2;

/**
 * The kernel for any matrix: each input times each row's coefficient.
 *
 * A product is two look-ups in tables of 16 bytes, one for each half of a byte, which is what a swizzle does 16 times
 * at once (J. S. Plank, K. M. Greenan, E. L. Miller, "Screaming fast Galois field arithmetic using Intel SIMD
 * instructions", 2013). The tables are loaded from memory: engines make vector constants anew at each use.
 *
 * @param swizzle - `SIMD.swizzle`, or `SIMD.relaxedSwizzle`, a single instruction on every processor; indices stay
 *   below 16, where the two do the same
 */
export function rowKernel(rows: number, swizzle: number): KernelBody {
  const sums = rows * VECTORS;
  const halves = FIRST_SUM + sums;
  const lowTable = halves + 2 * VECTORS;
  const highTable = lowTable + 1;
  const sumOf = (row: number, vector: number): number => FIRST_SUM + row * VECTORS + vector;
  return {
    sums,
    others: 2 * VECTORS + 2,
    inputsAtOnce: 1,
    tableBytes: TABLE_BYTES * rows,
    turnBytes: 16 * VECTORS,
    addInputs: (code, isFirst, table, tableOffset, loadInput) => {
      for (let i = 0; i < VECTORS; i++) {
        loadInput(0, 16 * i);
        splitHalves(code, halves + 2 * i);
      }
      for (let row = 0; row < rows; row++) {
        const offset = tableOffset + TABLE_BYTES * row;
        code.get(table).load(offset).set(lowTable);
        code
          .get(table)
          .load(offset + 16)
          .set(highTable);
        for (let i = 0; i < VECTORS; i++) {
          const low = halves + 2 * i;
          code.get(lowTable, low).simd(swizzle);
          code.get(highTable, low + 1).simd(swizzle);
          addTo(code, sumOf(row, i), isFirst);
        }
      }
    },
    finish: (code, row, offset) => {
      code.get(sumOf(row, offset / 16));
    },
  };
}

/** Adds the two vectors on the stack to a sum, or begins it with them. */
export function addTo(code: WasmCode, sum: number, isFirst: boolean): void {
  code.simd(SIMD.xor);
  if (!isFirst) code.get(sum).simd(SIMD.xor);
  code.set(sum);
}
