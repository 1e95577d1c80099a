import { assert } from "@millrace/base";
import { MATRIX_NAMES, type MatrixName, parityMatrix } from "./code-matrix.ts";
import { decodeMatrix } from "./decode-matrix.ts";
import { multiplyShards, prepareMatrix } from "./multiply.ts";

/** Four data bytes with the two parity bytes of a 4+2 code, as klauspost/reedsolomon 1.14 makes them. */
const DATA = [0x01, 0x80, 0xff, 0x5a];
const PARITY: Readonly<Record<MatrixName, readonly number[]>> = {
  vandermonde: [0xa9, 0xf0],
  cauchy: [0x84, 0x6b],
};

let isTested = false;

/**
 * Encodes and decodes a few known bytes with both matrices: a broken build must not write parity that nobody can
 * use. Takes microseconds; runs once, later calls do nothing.
 * @throws AssertionError when a byte is wrong
 */
export function selfTest(): void {
  if (isTested) return;
  for (const name of MATRIX_NAMES) {
    const matrix = parityMatrix(name, 4, 2);
    const shards = [...DATA, ...PARITY[name]].map((byte) => Uint8Array.of(byte));
    const found = [new Uint8Array(1), new Uint8Array(1)];
    multiplyShards(prepareMatrix(matrix), shards.slice(0, 4), found);
    assert(found[0]![0] === PARITY[name][0] && found[1]![0] === PARITY[name][1], `${name} parity`);
    const lost = [1, 4];
    const sources = [0, 2, 3, 5];
    const decoder = prepareMatrix(decodeMatrix(matrix, sources, lost));
    multiplyShards(
      decoder,
      sources.map((i) => shards[i]!),
      found,
    );
    assert(
      lost.every((index, i) => found[i]![0] === shards[index]![0]),
      `${name} reconstruction`,
    );
  }
  isTested = true;
}
