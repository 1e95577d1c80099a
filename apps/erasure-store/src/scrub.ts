import { checkInteger, isMillraceError, resolveOptions } from "@millrace/base";
import { throwIfAborted } from "@millrace/stream";
import type { ShardBackend } from "./backend.ts";
import { parseShardKey } from "./keys.ts";
import { findAll } from "./list.ts";
import { readManifests, withLock } from "./manifests.ts";
import { settleRemovals } from "./remove.ts";
import { describeShard } from "./shard-header-of.ts";
import type { StoreContext, WorkOptions } from "./store-context.ts";
import { type VerifyResult, verifyObjects } from "./verify.ts";

/** How a store is scrubbed. */
export interface ScrubOptions extends WorkOptions {
  /** Removes what no object owns, and half-written files. Only while no put is running. @default false */
  readonly removeOrphans?: boolean | undefined;
  /** Younger shards may belong to a put that is running, and are left alone; milliseconds. @default 24 hours */
  readonly orphanAgeMs?: number | undefined;
}

/** A shard that no manifest names. */
export interface Orphan {
  readonly backend: string;
  readonly shard: string;
  /** Of the object it was put for; null when it does not say. */
  readonly object: string | null;
}

/** What a scrub found. */
export interface ScrubResult extends VerifyResult {
  readonly orphans: readonly Orphan[];
  /** Files and uploads that were begun and not ended; they go with `removeOrphans`. */
  readonly halfWritten: number;
  /** Files that were removed: orphans and half-written ones. */
  readonly removed: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;

const DEFAULT_SCRUB_OPTIONS: { [Name in keyof Required<ScrubOptions>]: ScrubOptions[Name] } = Object.freeze({
  removeOrphans: false,
  orphanAgeMs: DAY_MS,
  signal: undefined,
  onProgress: undefined,
});

/** Reads everything, as `verify`, and looks for shards that no object owns. */
export async function scrubStore(context: StoreContext, options: ScrubOptions): Promise<ScrubResult> {
  const filled = resolveOptions("store scrub", DEFAULT_SCRUB_OPTIONS, options);
  const { removeOrphans, orphanAgeMs = DAY_MS, signal, onProgress } = filled;
  checkInteger("store scrub", "orphanAgeMs", orphanAgeMs, 0, Number.MAX_SAFE_INTEGER);
  const verified = await verifyObjects(context, "", { signal, onProgress });
  const orphans = await findOrphans(context, Date.now() - orphanAgeMs, signal);
  // A backend that is not there has nothing that could be removed.
  const begun = await Promise.all(context.backends.map((backend) => backend.halfWritten().catch(() => [])));
  const halfWritten = begun.flat();
  let removed = 0;
  if (removeOrphans === true) {
    removed += await settleRemovals(context, "", signal);
    await withLock(context.backends, signal, async () => {
      for (const orphan of orphans) {
        throwIfAborted(signal, "scrubbing");
        if (await isOwned(context.backends, orphan)) continue;
        await context.backends.find(({ name }) => name === orphan.backend)!.remove("shards", orphan.shard);
        removed++;
      }
      for (const value of halfWritten) await value.remove();
      removed += halfWritten.length;
      removed += await context.temporary.removeStale();
    });
  }
  return { ...verified, orphans, halfWritten: halfWritten.length, removed };
}

async function findOrphans(
  { backends }: StoreContext,
  bornBeforeMs: number,
  signal: AbortSignal | undefined,
): Promise<Orphan[]> {
  const owned = new Set<string>();
  for (const { key, copies, manifest: inForce } of await findAll(backends, "")) {
    // What manifests of a removed object name, on a backend that came back, nobody owns.
    if (inForce?.removed === true) continue;
    // A shard of an object whose manifests are all damaged is what the object can be rebuilt from.
    if (copies.every(({ manifest }) => manifest === undefined)) owned.add(key);
    for (const { manifest } of copies) {
      for (const [i, { backend }] of manifest?.shards.entries() ?? []) {
        owned.add(`${backend}/${key}.${manifest!.uploadId}.${i}`);
      }
    }
  }
  const orphans: Orphan[] = [];
  for (const backend of backends) {
    for (const shard of await backend.list("shards").catch(() => [])) {
      throwIfAborted(signal, "scrubbing");
      const key = parseShardKey(shard)?.key;
      if (owned.has(`${backend.name}/${shard}`) || (key !== undefined && owned.has(key))) continue;
      // One that does not tell its age is damaged, which a put in progress is not.
      const header = await describeShard(backend, shard).then(
        (described) => described.header,
        () => undefined,
      );
      if (header !== undefined && header.createdMs > bornBeforeMs) continue;
      orphans.push({ backend: backend.name, shard, object: header?.object ?? null });
    }
  }
  return orphans;
}

/** Under the lock, once more: a repair may have put it in force since. */
async function isOwned(backends: readonly ShardBackend[], orphan: Orphan): Promise<boolean> {
  const parsed = parseShardKey(orphan.shard);
  if (parsed === undefined) return false;
  const { copies, newest } = await readManifests(backends, parsed.key);
  if (newest?.removed === true) return false;
  return copies.some(({ manifest, problem }) => {
    // A copy that cannot be read just now may be the one that names it.
    if (manifest === undefined) return !isMillraceError(problem, "FILES_NOT_FOUND");
    const isOfUpload = manifest.uploadId === parsed.uploadId;
    return isOfUpload && manifest.shards[parsed.shardIndex]?.backend === orphan.backend;
  });
}
