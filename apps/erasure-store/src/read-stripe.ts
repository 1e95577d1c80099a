import { MillraceError } from "@millrace/base";
import type { ErasureEngine } from "@millrace/reed-solomon";
import type { Manifest } from "./manifest.ts";
import { type OpenShards, type ShardProblem, shardName } from "./open-shards.ts";
import type { ShardInput } from "./shard-input.ts";
import type { StripeMemory } from "./store-context.ts";
import { unitBytesOf } from "./stripe-layout.ts";

/**
 * Reads the data units of one stripe: those that are there and right, and the others out of parity.
 *
 * A unit that is damaged costs this stripe one more shard, not the object.
 *
 * @param onDamage - told of each unit that could not be read
 * @throws MillraceError `STORE_OBJECT_LOST` when too few units are left
 */
export async function readStripe(
  open: OpenShards,
  manifest: Manifest,
  engine: ErasureEngine,
  stripe: number,
  memory: StripeMemory,
  onDamage: (problem: ShardProblem) => void,
): Promise<void> {
  const { dataShards, parityShards } = engine;
  const length = unitBytesOf(manifest, stripe);
  const untried = open.shards.filter((shard): shard is ShardInput => shard !== undefined);
  const present: number[] = [];
  const damage: ShardProblem[] = [];
  while (present.length < dataShards) {
    const batch = untried.splice(0, dataShards - present.length);
    if (batch.length < dataShards - present.length) {
      const problems = [...open.problems, ...damage];
      throw lostObject(manifest, stripe, dataShards + parityShards - problems.length, problems);
    }
    await Promise.all(
      batch.map(async (input) => {
        try {
          await input.read(memory.slot(input.index, length), stripe);
          present.push(input.index);
        } catch (error) {
          const problem = error instanceof Error ? error.message : String(error);
          const { backend } = manifest.shards[input.index]!;
          damage.push({ shard: input.index, backend, isMissing: false, problem });
        }
      }),
    );
  }
  for (const problem of damage) onDamage(problem);
  const units = Array.from({ length: dataShards + parityShards }, (_, shard) => memory.unit(shard, length));
  const wanted = units.flatMap((_, shard) => (shard < dataShards && !present.includes(shard) ? [shard] : []));
  if (wanted.length > 0) await engine.reconstruct(units, present, wanted);
}

/** The error for an object of which too little is left, naming each shard that would help. */
export function lostObject(
  { object, dataShards, shards }: Manifest,
  stripe: number,
  left: number,
  problems: readonly ShardProblem[],
): MillraceError {
  const reasons = problems.map((problem) => `${shardName(problem)}: ${problem.problem}`);
  return new MillraceError(
    "STORE_OBJECT_LOST",
    `object "${object}": ${left} of ${shards.length} shards can be read in stripe ${stripe}, ${dataShards} are needed; bring back ${reasons.join("; ")}`,
  );
}
