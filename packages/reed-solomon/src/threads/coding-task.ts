import type { WasmMemory } from "@millrace/base";
import type { MatrixName } from "../code-matrix.ts";
import type { Stripes } from "../stripes.ts";

/** What a thread is to do: stripes of shards in a memory that it shares with the one that asks. */
export interface CodingTask {
  readonly matrix: MatrixName;
  readonly dataShards: number;
  readonly parityShards: number;
  /** Threads that the memory was made for. */
  readonly threads: number;
  /** Tells memories apart: each message brings another object for the same memory. */
  readonly memoryId: number;
  readonly memory: WasmMemory;
  /** Where each shard begins in the memory; -1 for one that is not there. */
  readonly shardsAt: readonly number[];
  readonly shardBytes: number;
  readonly stripes: Stripes;
  /** What is missing; undefined where parity is to be made. */
  readonly loss: { readonly present: readonly number[]; readonly wanted: readonly number[] } | undefined;
}
