import { SIMD, type WasmCode } from "@millrace/base";
import { FIRST_SUM, type KernelBody, splitHalves, TABLE_BYTES } from "./kernel.ts";
import { addTo } from "./row-kernel.ts";

/** Sums of a block, by what they become a part of. */
const P0 = 0;
const Q0 = 1;
const S0 = 2;
const P1 = 3;
const Q1 = 4;
const S1 = 5;
const PT = 6;
const QT = 7;
const ST = 8;
const SUMS = 9;
/** What each output is the sum of. */
const OUTPUTS: readonly (readonly number[])[] = [
  [P0, S0, PT, ST],
  [Q0, S0, QT, ST],
  [P1, S1, PT, ST],
  [Q1, S1, QT, ST],
];

/**
 * The kernel for four rows of a matrix of blocks of 4 × 4 in which a cell depends on row XOR column alone, such as all
 * codes here with multiples of four data and parity shards have: nine products instead of sixteen, the pairs' way
 * (see `pairedKernel`) taken twice. Of cells a, b, c, d the tables are those of a + b + c + d, b + d, c + d and d.
 *
 * One vector at a time: its sums and halves are more than 16 registers already.
 *
 * @param swizzle - as that of `rowKernel`
 */
export function quadKernel(swizzle: number): KernelBody {
  const halves = FIRST_SUM + SUMS;
  /** The lower halves of an input, or of a sum of inputs; the upper ones are the next local. */
  const of = (n: number): number => halves + 2 * n;
  const [X01, X23] = [4, 5];
  const tables = of(6);
  const add = (code: WasmCode, a: number, b: number, sum: number): void => {
    for (const half of [0, 1]) {
      code
        .get(of(a) + half, of(b) + half)
        .simd(SIMD.xor)
        .set(of(sum) + half);
    }
  };
  return {
    sums: SUMS,
    others: 2 * 6 + 2,
    inputsAtOnce: 4,
    tableBytes: 4 * TABLE_BYTES,
    turnBytes: 16,
    addInputs: (code, isFirst, table, tableOffset, loadInput) => {
      const multiply = (place: number, terms: readonly (readonly [number, number])[]): void => {
        const offset = tableOffset + TABLE_BYTES * place;
        code.get(table).load(offset).set(tables);
        code
          .get(table)
          .load(offset + 16)
          .set(tables + 1);
        for (const [input, sum] of terms) {
          for (const half of [0, 1]) code.get(tables + half, of(input) + half).simd(swizzle);
          addTo(code, FIRST_SUM + sum, isFirst);
        }
      };
      for (let n = 0; n < 4; n++) {
        loadInput(n, 0);
        splitHalves(code, of(n));
      }
      multiply(0, [
        [0, P0],
        [1, Q0],
        [2, P1],
        [3, Q1],
      ]);
      add(code, 0, 1, X01);
      add(code, 2, 3, X23);
      multiply(1, [
        [X01, S0],
        [X23, S1],
      ]);
      // From here on the inputs themselves are not needed: their locals take the sums across.
      add(code, 0, 2, 0);
      add(code, 1, 3, 1);
      multiply(2, [
        [0, PT],
        [1, QT],
      ]);
      add(code, 0, 1, 0);
      multiply(3, [[0, ST]]);
    },
    finish: (code, row) => {
      const [first, ...others] = OUTPUTS[row]!;
      code.get(FIRST_SUM + first!);
      for (const sum of others) code.get(FIRST_SUM + sum).simd(SIMD.xor);
    },
  };
}
