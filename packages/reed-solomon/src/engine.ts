import { checkInteger, InvalidArgumentError, MillraceError } from "@millrace/base";
import type { MatrixName } from "./code-matrix.ts";
import type { Stripes } from "./stripes.ts";

/** Which parity bytes a code makes. Shards of different families never fit together. */
export type CodeFamily = MatrixName | "ronomon-cauchy";

/**
 * An erasure code of `dataShards` + `parityShards` shards: any `dataShards` of them give the others.
 *
 * Shards are numbered, the data shards first. All have one length, a multiple of `alignmentBytes`; they are the
 * caller's memory, parts of larger buffers are fine, but no two may overlap. Memory must not change during a call.
 */
export interface ErasureEngine {
  /** Names the implementation: "wasm", "typescript", "ronomon". */
  readonly name: string;
  readonly codeFamily: CodeFamily;
  readonly dataShards: number;
  readonly parityShards: number;
  readonly alignmentBytes: number;

  /**
   * Zeroed memory for all shards, which an engine in WebAssembly codes where it is; shards from elsewhere it copies in
   * and out. Make few and use them again: each set is a memory of its own.
   * @param shardBytes - the length of each
   */
  allocateShards(shardBytes: number): Uint8Array[];

  /**
   * Fills the parity shards.
   * @param shards - all of them, in order
   * @param stripes - which bytes of each, all of them when it is left out; so in the other calls
   */
  encode(shards: readonly Uint8Array[], stripes?: Stripes): Promise<void>;

  /**
   * Fills shards that are missing, data or parity.
   * @param shards - by number; undefined where a shard is neither present nor wanted
   * @param present - numbers of the shards that hold their bytes, in any order; `dataShards` of them are used
   * @param wanted - numbers of the shards to fill
   * @throws MillraceError `REED_SOLOMON_SHARDS_TOO_FEW` when fewer than `dataShards` are present
   */
  reconstruct(
    shards: readonly (Uint8Array | undefined)[],
    present: readonly number[],
    wanted: readonly number[],
    stripes?: Stripes,
  ): Promise<void>;

  /** True when the parity shards are those of the data shards. @param shards - all of them, in order */
  verify(shards: readonly Uint8Array[], stripes?: Stripes): Promise<boolean>;
}

/** Longest shard in bytes that `allocateShards` makes. */
export const MAX_SHARD_BYTES: number = 2 ** 32 - 1;

/** Checks how many shards an engine is to have: 1 or more of each kind, `limit` in all. */
export function checkShardCounts(dataShards: number, parityShards: number, limit = 256): void {
  checkInteger("reed-solomon", "dataShards", dataShards, 1, limit - 1);
  checkInteger("reed-solomon", "parityShards", parityShards, 1, limit - dataShards);
}

/** Checks that all shards are there, of one length that the engine takes. */
export function checkAllShards(engine: ErasureEngine, shards: readonly Uint8Array[]): void {
  const expected = engine.dataShards + engine.parityShards;
  if (shards.length !== expected) {
    throw new InvalidArgumentError(
      "REED_SOLOMON_SHARDS_COUNT",
      "number of shards",
      shards.length,
      `${expected}: ${engine.dataShards} data and ${engine.parityShards} parity`,
    );
  }
  for (let i = 0; i < shards.length; i++) checkShardLength(engine, i, shards[i]!, shards[0]!.length);
}

/**
 * Checks the arguments of a reconstruction.
 * @returns the `dataShards` present shards to use, ascending: data shards first, for they need no arithmetic
 */
export function chooseSources(
  engine: ErasureEngine,
  shards: readonly (Uint8Array | undefined)[],
  present: readonly number[],
  wanted: readonly number[],
): number[] {
  const sources = [...new Set(present)].sort((a, b) => a - b);
  if (sources.length < engine.dataShards) {
    throw new MillraceError(
      "REED_SOLOMON_SHARDS_TOO_FEW",
      `reed-solomon: ${sources.length} of ${engine.dataShards + engine.parityShards} shards are there, ${engine.dataShards} are needed; find more of them`,
    );
  }
  const length = shards[sources[0]!]?.length ?? 0;
  for (const index of [...sources, ...wanted]) {
    checkInteger("reed-solomon", "shard number", index, 0, engine.dataShards + engine.parityShards - 1);
    const shard = shards[index];
    if (shard === undefined) {
      throw new InvalidArgumentError(
        "REED_SOLOMON_SHARD_ABSENT",
        `shard ${index}`,
        shard,
        "its bytes, or memory to fill",
      );
    }
    checkShardLength(engine, index, shard, length);
  }
  const both = wanted.find((index) => sources.includes(index));
  if (both !== undefined) {
    throw new InvalidArgumentError(
      "REED_SOLOMON_SHARD_TWICE",
      `shard ${both}`,
      "present and wanted",
      "one of the two",
    );
  }
  return sources.slice(0, engine.dataShards);
}

function checkShardLength(engine: ErasureEngine, index: number, shard: Uint8Array, length: number): void {
  if (shard.length === length && length % engine.alignmentBytes === 0) return;
  const multiple = engine.alignmentBytes === 1 ? "" : `, a multiple of ${engine.alignmentBytes}`;
  throw new InvalidArgumentError(
    "REED_SOLOMON_SHARD_LENGTH",
    `length of shard ${index}`,
    shard.length,
    `the ${length} bytes of the others${multiple}`,
  );
}
