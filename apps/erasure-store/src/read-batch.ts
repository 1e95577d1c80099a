import { MillraceError } from "@millrace/base";
import type { Coder } from "./engines.ts";
import { hedge } from "./hedge.ts";
import type { Manifest } from "./manifest.ts";
import { type OpenShards, type ShardProblem, shardName } from "./open-shards.ts";
import type { ShardInput } from "./shard-input.ts";
import type { StoreMetrics } from "./store-metrics.ts";
import type { StripeBatch } from "./stripe-batch.ts";
import { runBytes, unitBytesOf } from "./stripe-layout.ts";

/** Consecutive stripes. */
export interface StripeRange {
  readonly first: number;
  readonly count: number;
}

/**
 * Reads the units of a few stripes: those that are there and right, and the wanted others out of these.
 *
 * A unit that is damaged costs its stripe one more shard, not the object.
 *
 * @param batch - gets the units
 * @param wanted - numbers of the shards whose units are filled at the end
 * @param onDamage - told of each unit that could not be read
 * @throws MillraceError `STORE_OBJECT_LOST` when too few units of a stripe are left
 */
export async function readBatch(
  open: OpenShards,
  manifest: Manifest,
  coder: Coder,
  { first, count }: StripeRange,
  batch: StripeBatch,
  wanted: readonly number[],
  onDamage: (problem: ShardProblem) => void,
  metrics: StoreMetrics,
): Promise<void> {
  const { dataShards } = coder;
  const length = runBytes(manifest, first, count);
  const present = Array.from({ length: count }, (): number[] => []);
  const damage: ShardProblem[] = [];
  const read = async (input: ShardInput, signal?: AbortSignal): Promise<void> => {
    const { index } = input;
    const bad = new Set<number>();
    const report = (stripe: number, error: unknown): void => {
      bad.add(stripe - first);
      const problem = error instanceof Error ? error.message : String(error);
      damage.push({ shard: index, backend: manifest.shards[index]!.backend, isMissing: false, problem });
    };
    try {
      await input.read(batch.run(index, length), first, report, signal);
    } catch (error) {
      // Others were faster, and it was told to stop: no damage.
      if (signal?.aborted === true) return;
      report(first, error);
      for (let i = 0; i < count; i++) bad.add(i);
    }
    for (let i = 0; i < count; i++) if (!bad.has(i)) present[i]!.push(index);
  };
  const isOpen = (shard: ShardInput | undefined): shard is ShardInput => shard !== undefined;
  const untried = byPace(open.shards.filter(isOpen), length, dataShards);
  const tried = new Set(untried);
  const least = (): number =>
    present.reduce((fewest, units) => Math.min(fewest, units.length), Number.POSITIVE_INFINITY);
  while (least() < dataShards) {
    if (untried.length === 0) {
      // Those that were too slow to be waited for are needed now.
      await open.settled;
      untried.push(...open.shards.filter(isOpen).filter((shard) => !tried.has(shard)));
      for (const shard of untried) tried.add(shard);
    }
    const wanted = dataShards - least();
    const next = untried.splice(0, wanted);
    // A directory's read cannot be called back: one more of these is waited for, too.
    if (next.some(({ pace }) => pace !== undefined)) next.push(...untried.splice(0, open.extraReads));
    if (next.length === 0) {
      const stripe = present.findIndex((units) => units.length < dataShards);
      throw lostObject(manifest, first + stripe, least(), [...open.problems, ...damage]);
    }
    await metrics.measure("read", async () => {
      if (next.every(({ pace }) => pace === undefined)) await Promise.all(next.map((input) => read(input)));
      else {
        await hedge(next, untried, {
          ask: read,
          isEnough: () => least() >= dataShards,
          lateAfterMs: ({ pace }) => pace?.lateAfterMs(length) ?? MAX_WAIT_MS,
        });
      }
    });
  }
  for (const problem of damage) onDamage(problem);
  const startMs = performance.now();
  for (let i = 0; i < count; i++) {
    const missing = wanted.filter((shard) => !present[i]!.includes(shard));
    if (missing.length === 0) continue;
    await coder.reconstruct(batch.units(i, unitBytesOf(manifest, first + i)), present[i]!, missing);
  }
  metrics.addStage("code", performance.now() - startMs);
}

/** A shard in a directory is waited for. */
const MAX_WAIT_MS = 2 ** 31 - 1;
/** A backend is slow that takes so many times as long as the last that would be needed without it. */
const SLOW_FACTOR = 2;

/** In the order given, which has data first, but the slow ones at the end. */
function byPace(inputs: readonly ShardInput[], bytes: number, dataShards: number): ShardInput[] {
  if (inputs.every(({ pace }) => pace === undefined)) return [...inputs];
  const expected = inputs.map(({ pace }) => pace?.expectedMs(bytes) ?? 0);
  const limit = SLOW_FACTOR * (expected.toSorted((a, b) => a - b)[dataShards - 1] ?? 0);
  const isSlow = (i: number): boolean => expected[i]! > limit;
  return [...inputs.filter((_, i) => !isSlow(i)), ...inputs.filter((_, i) => isSlow(i))];
}

/** The error for an object of which too little is left, naming each shard that would help. */
export function lostObject(
  { object, dataShards, shards }: Manifest,
  stripe: number,
  left: number,
  problems: readonly ShardProblem[],
): MillraceError {
  const reasons = new Set(problems.map((problem) => `${shardName(problem)}: ${problem.problem}`));
  return new MillraceError(
    "STORE_OBJECT_LOST",
    `object "${object}": ${left} of ${shards.length} shards can be read in stripe ${stripe}, ${dataShards} are needed; bring back ${[...reasons].join("; ")}`,
  );
}
