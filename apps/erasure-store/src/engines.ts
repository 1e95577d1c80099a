import {
  type CodeFamily,
  type ErasureEngine,
  newReedSolomon,
  newRonomonEngine,
} from "@millrace/reed-solomon";

/** The code families that a store can write; a shard's header has a family's place in this list. */
export const CODE_FAMILIES: readonly CodeFamily[] = Object.freeze([
  "vandermonde",
  "cauchy",
  "ronomon-cauchy",
] as const);

/**
 * The engine that makes and reads a family's shards.
 * @throws MillraceError `REED_SOLOMON_RONOMON_ABSENT` when that is the native addon and it is not installed
 */
export async function engineFor(
  codeFamily: CodeFamily,
  dataShards: number,
  parityShards: number,
): Promise<ErasureEngine> {
  if (codeFamily === "ronomon-cauchy") return newRonomonEngine({ dataShards, parityShards });
  return newReedSolomon({ dataShards, parityShards, matrix: codeFamily });
}
