import { assert } from "@millrace/base";
import { type Arithmetic, plainShards } from "./arithmetic.ts";
import { multiply } from "./galois.ts";
import type { Matrix } from "./matrix.ts";
import type { Stripes } from "./stripes.ts";

/**
 * Multiplication of shards by a matrix with packed tables: one look-up gives the contributions of one input byte to
 * four outputs, as the four bytes of a word. With two outputs that halves the look-ups, with four it quarters them.
 */

/** Outputs that one table serves: the bytes of a 32-bit word. */
const OUTPUTS_PER_GROUP = 4;
/** Bytes of a shard worked on at a time: the accumulators and the tables of a dozen inputs stay in the L1 cache. */
const BLOCK_BYTES = 2048;

/** A matrix as tables, made once and used for any number of shards. */
interface PreparedMatrix {
  readonly inputs: number;
  readonly outputs: number;
  /** For each four outputs: 256 words an input, one input after the other. */
  readonly groups: readonly Int32Array[];
}

/** Makes the tables: 1 KiB for each input and each group of four outputs. */
function prepareMatrix(matrix: Matrix): PreparedMatrix {
  const { rows, columns, cells } = matrix;
  const groups: Int32Array[] = [];
  for (let first = 0; first < rows; first += OUTPUTS_PER_GROUP) {
    const tables = new Int32Array(columns * 256);
    for (let row = first; row < Math.min(rows, first + OUTPUTS_PER_GROUP); row++) {
      const shift = (row - first) * 8;
      for (let column = 0; column < columns; column++) {
        const coefficient = cells[row * columns + column]!;
        for (let byte = 0; byte < 256; byte++) {
          tables[column * 256 + byte]! |= multiply(coefficient, byte) << shift;
        }
      }
    }
    groups.push(tables);
  }
  return { inputs: columns, outputs: rows, groups };
}

/** Multiplies in plain TypeScript: any number of shards, everywhere. */
export const typeScriptArithmetic: Arithmetic = Object.freeze({
  name: "typescript",
  prepare: (matrix: Matrix) => {
    const prepared = prepareMatrix(matrix);
    return (inputs: readonly Uint8Array[], outputs: readonly Uint8Array[], stripes: Stripes) => {
      const { start, unitBytes, stride, count } = stripes;
      for (let i = 0, at = start; i < count; i++, at += stride) {
        multiplyShards(prepared, inputs, outputs, at, at + unitBytes);
      }
    };
  },
  allocate: plainShards,
});

/**
 * Sets each output to its row of the matrix times the inputs.
 * @param inputs - arrays of one length, as many as the matrix has columns
 * @param outputs - arrays of that length, as many as it has rows; none may share memory with an input
 * @param from - the first byte of each to work on
 * @param to - the one behind the last
 */
function multiplyShards(
  prepared: PreparedMatrix,
  inputs: readonly Uint8Array[],
  outputs: readonly Uint8Array[],
  from: number,
  to: number,
): void {
  assert(inputs.length === prepared.inputs, "as many inputs as the matrix has columns");
  assert(outputs.length === prepared.outputs, "as many outputs as the matrix has rows");
  const sums = new Int32Array(Math.min(to - from, BLOCK_BYTES));
  for (let start = from; start < to; start += BLOCK_BYTES) {
    const count = Math.min(BLOCK_BYTES, to - start);
    for (let group = 0; group < prepared.groups.length; group++) {
      const tables = prepared.groups[group]!;
      let input = inputs.length & 3;
      startSums(sums, count, tables, inputs, input, start);
      for (; input < inputs.length; input += 4) addFour(sums, count, tables, inputs, input, start);
      const firstOutput = group * OUTPUTS_PER_GROUP;
      const lastOutput = Math.min(outputs.length, firstOutput + OUTPUTS_PER_GROUP);
      for (let i = firstOutput; i < lastOutput; i++) {
        unpack(sums, count, (i - firstOutput) * 8, outputs[i]!, start);
      }
    }
  }
}

/** Begins the sums with the first `inputCount` inputs, 0 to 3: what remains is a multiple of four. */
function startSums(
  sums: Int32Array,
  count: number,
  tables: Int32Array,
  inputs: readonly Uint8Array[],
  inputCount: number,
  start: number,
): void {
  sums.fill(0, 0, count);
  for (let input = 0; input < inputCount; input++) {
    const bytes = inputs[input]!;
    const table = input << 8;
    for (let i = 0; i < count; i++) sums[i]! ^= tables[table | bytes[start + i]!]!;
  }
}

/** Adds four inputs at once: one load and one store of a sum for four look-ups. */
function addFour(
  sums: Int32Array,
  count: number,
  tables: Int32Array,
  inputs: readonly Uint8Array[],
  first: number,
  start: number,
): void {
  const a = inputs[first]!;
  const b = inputs[first + 1]!;
  const c = inputs[first + 2]!;
  const d = inputs[first + 3]!;
  const tableA = first << 8;
  const tableB = tableA + 256;
  const tableC = tableA + 512;
  const tableD = tableA + 768;
  for (let i = 0, at = start; i < count; i++, at++) {
    sums[i]! ^=
      tables[tableA + a[at]!]! ^
      tables[tableB + b[at]!]! ^
      tables[tableC + c[at]!]! ^
      tables[tableD + d[at]!]!;
  }
}

/** Writes one byte of each sum. */
function unpack(sums: Int32Array, count: number, shift: number, output: Uint8Array, start: number): void {
  for (let i = 0; i < count; i++) output[start + i] = sums[i]! >>> shift;
}
