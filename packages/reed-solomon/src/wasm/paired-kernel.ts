import { SIMD } from "@millrace/base";
import { FIRST_SUM, type KernelBody, splitHalves, TABLE_BYTES } from "./kernel.ts";
import { addTo } from "./row-kernel.ts";

/** Locals of an input's halves, and of a pair's: those of the first, of the second and of their sum. */
const FIRST = 0;
const SECOND = 2;
const BOTH = 4;
const HALVES = 6;

/**
 * The kernel for matrices of blocks (a b / b a), such as all codes here with even numbers of data and parity shards
 * have: with s = b · (x + y) the two outputs are (a + b) · x + s and (a + b) · y + s, three products instead of four
 * (Karatsuba and Ofman's way, in characteristic 2). What belongs to s is summed up once for both outputs.
 *
 * One vector at a time: two would need more than 16 registers.
 *
 * @param swizzle - as that of `rowKernel`
 */
export function pairedKernel(rows: number, swizzle: number): KernelBody {
  const pairs = rows / 2;
  const halves = FIRST_SUM + 3 * pairs;
  const tables = halves + HALVES;
  /** The sums of a pair: of its first output, of its second one, and what both have. */
  const sumOf = (pair: number, which: number): number => FIRST_SUM + 3 * pair + which;
  return {
    sums: 3 * pairs,
    others: HALVES + 2,
    inputsAtOnce: 2,
    tableBytes: 2 * TABLE_BYTES * pairs,
    turnBytes: 16,
    addInputs: (code, isFirst, table, tableOffset, loadInput) => {
      for (const [i, low] of [FIRST, SECOND].entries()) {
        loadInput(i, 0);
        splitHalves(code, halves + low);
      }
      for (const half of [0, 1]) {
        code
          .get(halves + FIRST + half, halves + SECOND + half)
          .simd(SIMD.xor)
          .set(halves + BOTH + half);
      }
      for (let pair = 0; pair < pairs; pair++) {
        const offset = tableOffset + TABLE_BYTES * 2 * pair;
        const loadTable = (at: number): void => {
          code
            .get(table)
            .load(offset + at)
            .set(tables);
          code
            .get(table)
            .load(offset + at + 16)
            .set(tables + 1);
        };
        loadTable(0);
        for (const [which, low] of [FIRST, SECOND, BOTH].entries()) {
          if (low === BOTH) loadTable(TABLE_BYTES);
          for (const half of [0, 1]) code.get(tables + half, halves + low + half).simd(swizzle);
          addTo(code, sumOf(pair, which), isFirst);
        }
      }
    },
    finish: (code, row) => {
      const pair = row >> 1;
      code.get(sumOf(pair, row & 1), sumOf(pair, 2)).simd(SIMD.xor);
    },
  };
}
