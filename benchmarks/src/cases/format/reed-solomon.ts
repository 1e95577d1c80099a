import type { BenchmarkCase, BenchmarkCases } from "../../case.ts";
import {
  otherLanguages,
  ours,
  RONOMON,
  ronomon,
  rotating,
  type Shape,
  STRIPES,
  subspace,
  THREAD_STRIPES,
  threads,
  UNIT_BYTES,
  WASM_PEER,
} from "../../reed-solomon-contenders.ts";

/** The codes that are measured: name, data shards, parity shards, and what is to be reached of the native addon. */
const CODES: readonly (readonly [string, number, number, number])[] = [
  ["4+2", 4, 2, 0.9],
  ["8+4", 8, 4, 1.8],
  ["10+4", 10, 4, 2.3],
  ["17+3", 17, 3, 5],
];

/** The bytes are those of the data: parity comes on top. */
function bytesOf({ dataShards }: Shape, stripes = STRIPES): { unit: string; amount: number } {
  return { unit: "bytes", amount: stripes * dataShards * UNIT_BYTES };
}

/** Encoding, or repairing of shards of data, beside the best package in WebAssembly and the others. */
function codingCase(shape: Shape, isAllocated: boolean, ratio: number | undefined): BenchmarkCase {
  return {
    ...bytesOf(shape),
    ours: ours("millrace (wasm)", "wasm", shape, isAllocated),
    peers: [
      ours("millrace (TypeScript)", "typescript", shape, isAllocated),
      subspace(shape),
      ronomon(shape),
      ...(shape.lost.length === 0 ? otherLanguages(shape) : []),
    ],
    ...(ratio === undefined ? {} : { reach: { ratio, peers: [WASM_PEER] } }),
  };
}

/** The cases of one code, by their names. */
function casesOf(
  name: string,
  dataShards: number,
  parityShards: number,
  nativeRatio: number,
): [string, BenchmarkCase][] {
  const shape: Shape = { dataShards, parityShards, lost: [] };
  // As many as may be lost: the same work as making as many parity shards.
  const lost = Array.from({ length: parityShards }, (_, i) => i);
  const encoding = ours("millrace (wasm)", "wasm", shape, true);
  return [
    [name, codingCase(shape, true, 15)],
    [
      `${name}-native`,
      {
        ...bytesOf(shape),
        ours: encoding,
        peers: [ronomon(shape)],
        reach: { ratio: nativeRatio, peers: [RONOMON] },
      },
    ],
    [
      `${name}-reconstruct`,
      {
        ...bytesOf(shape),
        ours: ours("millrace (reconstruct)", "wasm", { ...shape, lost }, true),
        peers: [encoding],
        reach: { ratio: 0.9 },
      },
    ],
    [
      `${name}-threads`,
      {
        ...bytesOf(shape, THREAD_STRIPES),
        ours: threads(shape, 2),
        peers: [threads(shape, 1)],
        reach: { ratio: 1.8 },
      },
    ],
    [
      `${name}-512-mb`,
      { ...bytesOf(shape), ours: rotating(shape), peers: [encoding], reach: { ratio: 0.35 }, isHeavy: true },
    ],
  ];
}

export const cases: BenchmarkCases = {
  ...Object.fromEntries(CODES.flatMap((code) => casesOf(...code))),
  // Data shards are lost: parity is not what the wasm package gives back.
  "reconstruct-4+2": codingCase({ dataShards: 4, parityShards: 2, lost: [0, 1] }, true, 15),
  "4+2-ordinary-memory": codingCase({ dataShards: 4, parityShards: 2, lost: [] }, false, undefined),
  "10+4-ordinary-memory": codingCase({ dataShards: 10, parityShards: 4, lost: [] }, false, undefined),
};
