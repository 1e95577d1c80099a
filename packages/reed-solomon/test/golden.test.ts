import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parityMatrix } from "../src/code-matrix.ts";
import { type MatrixName, newReedSolomon } from "../src/index.ts";

interface Vector {
  readonly matrix: MatrixName;
  readonly dataShards: number;
  readonly parityShards: number;
  readonly seed: number;
  readonly shardBytes: number;
  readonly parity: readonly string[];
}

/** Written by scripts/golden: a Go program over klauspost/reedsolomon, and one in Python over ISA-L. */
const vectors = ["klauspost", "isal"].flatMap((name) => {
  const text = readFileSync(new URL(`golden/${name}.json`, import.meta.url), "utf8");
  return (JSON.parse(text) as Vector[]).map((vector) => ({ name, ...vector }));
});

/** The generator of scripts/golden/main.go: xorshift32, its top byte. */
function xorshiftBytes(seed: number): () => number {
  let x = seed;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 24) & 255;
  };
}

const runs = vectors.flatMap((vector) => [
  { ...vector, engine: "typescript" as const },
  { ...vector, engine: "wasm" as const },
]);

it.each(runs)("makes the bytes of $name: $engine, $matrix, $dataShards+$parityShards", async (vector) => {
  const next = xorshiftBytes(vector.seed);
  const { dataShards, parityShards, matrix } = vector;
  const engine = newReedSolomon({ dataShards, parityShards, matrix, engine: vector.engine });
  const shards = Array.from({ length: dataShards + parityShards }, (_, i) => {
    const shard = new Uint8Array(vector.shardBytes);
    return i < dataShards ? shard.map(next) : shard;
  });
  await engine.encode(shards);
  const parity = shards.slice(dataShards).map((shard) => Buffer.from(shard).toString("hex"));
  expect(parity).toEqual(vector.parity);
  expect(await engine.verify(shards)).toBe(true);
});

it("has the published parity rows of 4+2", () => {
  expect([...parityMatrix("vandermonde", 4, 2).cells]).toEqual([27, 28, 18, 20, 28, 27, 20, 18]);
  expect([...parityMatrix("cauchy", 4, 2).cells]).toEqual([71, 167, 122, 186, 167, 71, 186, 122]);
});
