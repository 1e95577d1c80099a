import { assert, seededRandom } from "@millrace/base";
import type { Arithmetic } from "./arithmetic.ts";
import { MATRIX_NAMES, type MatrixName, parityMatrix } from "./code-matrix.ts";
import { decodeMatrix } from "./decode-matrix.ts";
import { multiply } from "./galois.ts";
import { typeScriptArithmetic } from "./multiply.ts";
import { wholeShards } from "./stripes.ts";

/** Four data bytes with the two parity bytes of a 4+2 code, as klauspost/reedsolomon 1.14 makes them. */
const DATA = [0x01, 0x80, 0xff, 0x5a];
const PARITY: Readonly<Record<MatrixName, readonly number[]>> = {
  vandermonde: [0xa9, 0xf0],
  cauchy: [0x84, 0x6b],
};
/** Codes that take each kind of kernel: few and many inputs, one to four outputs at once, even and odd numbers. */
const SHAPES = [
  [3, 1],
  [3, 5],
  [6, 4],
  [11, 4],
  [18, 2],
] as const;
/** All the values of a byte, and a few more so that it is a multiple of nothing. */
const SUM_BYTES = 263;

let isTested = false;

/**
 * Encodes and decodes known bytes with both matrices: a broken build must not write parity that nobody can use. Runs
 * once, later calls do nothing; what `newReedSolomon` makes has been tested.
 * @throws AssertionError when a byte is wrong
 */
export function selfTest(): void {
  if (isTested) return;
  testKnownBytes(typeScriptArithmetic);
  isTested = true;
}

/**
 * Tests an arithmetic that has a way of its own for each shape of a code; takes some milliseconds.
 * @throws AssertionError when a byte is wrong
 */
export function testShapes(arithmetic: Arithmetic): void {
  testKnownBytes(arithmetic);
  for (const [dataShards, parityShards] of SHAPES) testSums(arithmetic, dataShards, parityShards);
}

function testKnownBytes(arithmetic: Arithmetic): void {
  for (const name of MATRIX_NAMES) {
    const matrix = parityMatrix(name, 4, 2);
    const shards = [...DATA, ...PARITY[name]].map((byte) => Uint8Array.of(byte));
    const found = [new Uint8Array(1), new Uint8Array(1)];
    arithmetic.prepare(matrix)(shards.slice(0, 4), found, wholeShards(1));
    assert(found[0]![0] === PARITY[name][0] && found[1]![0] === PARITY[name][1], `${name} parity`);
    const lost = [1, 4];
    const sources = [0, 2, 3, 5];
    const decode = arithmetic.prepare(decodeMatrix(matrix, sources, lost));
    decode(
      sources.map((i) => shards[i]!),
      found,
      wholeShards(1),
    );
    assert(
      lost.every((index, i) => found[i]![0] === shards[index]![0]),
      `${name} reconstruction`,
    );
  }
}

/** Compares with sums of products of single bytes, in the arithmetic's own memory. */
function testSums(arithmetic: Arithmetic, dataShards: number, parityShards: number): void {
  const matrix = parityMatrix("cauchy", dataShards, parityShards);
  const shards = arithmetic.allocate(dataShards + parityShards, SUM_BYTES);
  const data = shards.slice(0, dataShards);
  const random = seededRandom(dataShards);
  for (const shard of data) random.fill(shard);
  // Each value of a byte goes through each table of the first input.
  for (let i = 0; i < SUM_BYTES; i++) data[0]![i] = i;
  arithmetic.prepare(matrix)(data, shards.slice(dataShards), wholeShards(SUM_BYTES));
  for (let row = 0; row < parityShards; row++) {
    for (let at = 0; at < SUM_BYTES; at++) {
      let sum = 0;
      for (let i = 0; i < dataShards; i++)
        sum ^= multiply(matrix.cells[row * dataShards + i]!, data[i]![at]!);
      assert(sum === shards[dataShards + row]![at], `${arithmetic.name} ${dataShards}+${parityShards} sums`);
    }
  }
}
