import { Progress, throwIfAborted } from "@millrace/stream";
import { placesOf } from "./config.ts";
import { findObjects } from "./list.ts";
import type { Manifest } from "./manifest.ts";
import { badCopies, presentCopies } from "./manifest-copies.ts";
import { absentAdvice, absentBackends, problemOf } from "./manifests.ts";
import { placeShards } from "./placement.ts";
import { commitRestored, restoreShards } from "./restore-shards.ts";
import type { ShardOutput } from "./shard-output.ts";
import type { StoreContext, WorkOptions } from "./store-context.ts";

/** What moving shards did. */
export interface RebalanceResult {
  readonly objects: number;
  readonly movedShards: number;
  /** Backends that are not there, which nothing was moved to or from. */
  readonly absent: readonly string[];
  /** Objects of which shards or manifests did not go where they belong, and why. */
  readonly failed: readonly { readonly object: string; readonly problem: string }[];
}

/** Moves the shards that lie elsewhere than they would be put today; each object is whole at every moment. */
export async function rebalanceObjects(
  context: StoreContext,
  { signal, onProgress }: WorkOptions,
): Promise<RebalanceResult> {
  const objects = await findObjects(context.backends, "");
  const totalBytes = objects.reduce((sum, { manifest }) => sum + (manifest?.storedBytes ?? 0), 0);
  const progress = new Progress({ totalBytes, ...(onProgress && { onReport: onProgress }) });
  const failed: { object: string; problem: string }[] = [];
  const absent = await absentBackends(context.backends);
  const away = new Set(absent);
  let movedShards = 0;
  for (const { key, manifest, copies } of objects) {
    throwIfAborted(signal, "rebalancing");
    if (manifest === undefined) continue;
    const lacksCopies = badCopies(manifest, presentCopies(copies, away)).length > 0;
    try {
      const { moved, left } = await rebalanceObject(context, key, manifest, lacksCopies, signal);
      movedShards += moved;
      if (left > 0) {
        const problem = `${left} shards found no room where they belong${absentAdvice(absent)}`;
        failed.push({ object: manifest.object, problem });
      }
    } catch (error) {
      throwIfAborted(signal, "rebalancing");
      failed.push({ object: manifest.object, problem: problemOf(error) });
    }
    progress.add(1, manifest.storedBytes);
  }
  progress.finish();
  return { objects: objects.length, movedShards, absent, failed };
}

/** @returns how many shards were moved, and how many should have been and were not */
async function rebalanceObject(
  context: StoreContext,
  key: string,
  manifest: Manifest,
  lacksCopies: boolean,
  signal: AbortSignal | undefined,
): Promise<{ readonly moved: number; readonly left: number }> {
  const moves = movesOf(context, key, manifest);
  if (moves.size === 0 && !lacksCopies) return { moved: 0, left: 0 };
  const targets = new Map(
    [...moves].map(([shard, name]) => [shard, context.backends.filter((backend) => backend.name === name)]),
  );
  const outputs =
    targets.size === 0
      ? new Map<number, ShardOutput>()
      : await restoreShards(context, key, manifest, { signal, limiter: undefined, targets });
  const moved = [...outputs].filter(([, { failure }]) => failure === undefined);
  const shards = manifest.shards.map((record, shard) => {
    const output = outputs.get(shard);
    if (output === undefined || output.failure !== undefined) return record;
    return { backend: output.backend.name, digest: output.digest };
  });
  const isInForce = await commitRestored(context, key, manifest, shards, outputs, signal);
  // What came between is put where it belongs by itself.
  return isInForce ? { moved: moved.length, left: moves.size - moved.length } : { moved: 0, left: 0 };
}

/** New backends by number of shard: what a place has too many of goes to where one is missing. */
function movesOf({ config }: StoreContext, key: string, manifest: Manifest): Map<number, string> {
  if (manifest.inline !== null) return new Map();
  const wanted = placeShards(key, placesOf(config), manifest.dataShards, manifest.parityShards);
  const free = [...wanted];
  const misplaced: number[] = [];
  for (const [shard, { backend }] of manifest.shards.entries()) {
    const at = backend === null ? -1 : free.indexOf(backend);
    if (at < 0) misplaced.push(shard);
    else free.splice(at, 1);
  }
  return new Map(misplaced.flatMap((shard, i) => (free[i] === undefined ? [] : [[shard, free[i]]])));
}
