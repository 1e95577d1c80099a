import { seededRandom } from "@millrace/base";
import { shuffleBytes, unshuffleBytes } from "@millrace/codecs";
import type { BenchmarkCase, BenchmarkCases, Contender } from "../../../case.ts";
import { checkEqual, checkedContender } from "../../../checked-work.ts";

const SHUFFLED_BYTES = 1 << 20;
const ELEMENT_BYTES = 8;
const PLANE_BYTES = SHUFFLED_BYTES / ELEMENT_BYTES;

function shuffleByByte(src: Uint8Array, dst: Uint8Array): void {
  for (let byte = 0; byte < ELEMENT_BYTES; byte++) {
    for (let i = 0; i < PLANE_BYTES; i++) dst[byte * PLANE_BYTES + i] = src[i * ELEMENT_BYTES + byte]!;
  }
}

function unshuffleByByte(src: Uint8Array, dst: Uint8Array): void {
  for (let i = 0; i < PLANE_BYTES; i++) {
    for (let byte = 0; byte < ELEMENT_BYTES; byte++) {
      dst[i * ELEMENT_BYTES + byte] = src[byte * PLANE_BYTES + i]!;
    }
  }
}

type Copy = (src: Uint8Array, dst: Uint8Array) => void;

/** 1 MiB of elements of 8 bytes, one way. */
function shuffleCase(direction: string, ours: Copy, byByte: Copy): BenchmarkCase {
  const one = (name: string, copy: Copy, other: Copy): Contender =>
    checkedContender(name, () => {
      const src = seededRandom(13).fill(new Uint8Array(SHUFFLED_BYTES));
      const dst = new Uint8Array(SHUFFLED_BYTES);
      const expected = new Uint8Array(SHUFFLED_BYTES);
      other(src, expected);
      return { work: () => copy(src, dst), verify: () => checkEqual(dst, expected) };
    });
  return {
    unit: "bytes",
    amount: SHUFFLED_BYTES,
    ours: one("millrace", ours, byByte),
    peers: [
      one("byte by byte", byByte, ours),
      {
        name: "numcodecs (Python)",
        script: "shuffle.py",
        args: [direction, String(SHUFFLED_BYTES), String(ELEMENT_BYTES)],
      },
    ],
  };
}

export const cases: BenchmarkCases = {
  shuffle: shuffleCase(
    "shuffle",
    (src, dst) => shuffleBytes(src, 0, SHUFFLED_BYTES, ELEMENT_BYTES, dst, 0),
    shuffleByByte,
  ),
  unshuffle: shuffleCase(
    "unshuffle",
    (src, dst) => unshuffleBytes(src, 0, SHUFFLED_BYTES, ELEMENT_BYTES, dst, 0),
    unshuffleByByte,
  ),
};
