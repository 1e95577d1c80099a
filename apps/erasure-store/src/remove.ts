import { isMillraceError, MillraceError } from "@millrace/base";
import { throwIfAborted } from "@millrace/stream";
import type { ShardBackend } from "./backend.ts";
import { PLAIN_CODING } from "./coding.ts";
import { manifestKey, newUploadId } from "./keys.ts";
import { findAll } from "./list.ts";
import { encodeManifest, type Manifest } from "./manifest.ts";
import {
  absentBackends,
  type ManifestCopies,
  manifestInForce,
  nextGeneration,
  problemOf,
  readManifests,
  removeShards,
  withLock,
} from "./manifests.ts";
import { objectKey } from "./object-name.ts";
import type { StoreContext, WorkOptions } from "./store-context.ts";

/**
 * Removes exactly one object. Where all backends take their manifest away, nothing is left; otherwise the others get
 * one that says that the object was removed, so that it does not come back with a backend that does.
 * @throws MillraceError `STORE_OBJECT_UNKNOWN`, `STORE_MANIFEST_LOST`
 * @throws MillraceError `STORE_BACKENDS_ABSENT`: too few backends are there to keep that in mind; nothing changed
 * @throws MillraceError `STORE_COMMIT_UNDECIDED`: too few backends took it; remove it again when they work
 */
export async function removeObject(
  { backends }: StoreContext,
  name: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const key = objectKey(name);
  await withLock(backends, signal, async () => {
    const found = await readManifests(backends, key);
    const manifest = await manifestInForce(backends, found, name);
    const away = await absentBackends(backends);
    const least = Math.min(manifest.parityShards + 1, backends.length);
    if (backends.length - away.length < least) {
      throw new MillraceError(
        "STORE_BACKENDS_ABSENT",
        `"${name}" was not removed: ${away.join(", ")} are not there, and the object could come back with them; bring one back first`,
      );
    }
    // Manifests first: shards without a manifest waste space, a manifest without shards is a lost object.
    if (away.length > 0 || !(await tryRemoveManifests(backends, key))) {
      await bury(backends, key, tombstone(manifest, nextGeneration(found)), away, least);
    }
    await removeOlderShards(backends, key, found);
  });
}

/**
 * Ends removals that backends missed which are there again: their manifests and shards go, and once every backend is
 * there, what was kept in mind of the removal, too.
 * @returns files and marks that were removed
 */
export async function settleRemovals(
  { backends }: StoreContext,
  prefix: string,
  signal: WorkOptions["signal"],
): Promise<number> {
  let removed = 0;
  for (const { key, manifest } of await findAll(backends, prefix)) {
    if (manifest?.removed !== true) continue;
    throwIfAborted(signal, "ending removals");
    await withLock(backends, signal, async () => {
      const found = await readManifests(backends, key);
      const { newest, copies } = found;
      if (newest?.removed !== true) return;
      const away = await absentBackends(backends);
      await removeOlderShards(backends, key, found);
      const isEach = copies.every(({ problem }) => problem === undefined || isNotFound(problem));
      // Older ones go first: while one is left, or is not there, the mark must be.
      const older = copies.filter((copy) => copy.manifest !== undefined && copy.manifest.removed !== true);
      if (away.length > 0 || !isEach) await bury(backends, key, newest, away, 1);
      else {
        await Promise.all(older.map(({ backend }) => backend.remove("manifests", manifestKey(key))));
        if (!(await tryRemoveManifests(backends, key))) return;
        removed += copies.length - older.length;
      }
      removed += older.length;
    });
  }
  return removed;
}

/** A manifest that says that there is no such object. */
function tombstone(manifest: Manifest, generation: number): Manifest {
  return {
    ...manifest,
    generation,
    uploadId: newUploadId(),
    createdMs: Date.now(),
    bytes: 0,
    storedBytes: 0,
    sha256: null,
    coding: PLAIN_CODING,
    inline: null,
    shards: [],
    removed: true,
  };
}

/** Gives every backend that is there a tombstone in place of its manifest. */
async function bury(
  backends: readonly ShardBackend[],
  key: string,
  mark: Manifest,
  away: readonly string[],
  least: number,
): Promise<void> {
  const bytes = encodeManifest(mark);
  const present = backends.filter(({ name }) => !away.includes(name));
  const results = await Promise.allSettled(
    present.map(async (backend) => {
      const writer = await backend.create("manifests", manifestKey(key));
      try {
        await writer.write(bytes);
        await writer.commit();
      } finally {
        await writer.abort();
      }
    }),
  );
  const failed = results.flatMap((result, i) =>
    result.status === "rejected" ? `${present[i]!.name}: ${problemOf(result.reason)}` : [],
  );
  if (present.length - failed.length >= least) return;
  throw new MillraceError(
    "STORE_COMMIT_UNDECIDED",
    `"${mark.object}" may come back: ${failed.length} backends did not note its removal (${failed.join("; ")}); remove it again when they work`,
  );
}

/** @returns whether no backend has a manifest any more */
async function tryRemoveManifests(backends: readonly ShardBackend[], key: string): Promise<boolean> {
  const removals = backends.map((backend) => backend.remove("manifests", manifestKey(key)));
  return (await Promise.allSettled(removals)).every(({ status }) => status === "fulfilled");
}

/** What is left of them no manifest in force names: `scrub` finds it. */
async function removeOlderShards(
  backends: readonly ShardBackend[],
  key: string,
  { copies }: ManifestCopies,
): Promise<void> {
  const older = copies.flatMap(({ manifest }) => manifest ?? []);
  await removeShards(backends, key, older).catch(() => {});
}

function isNotFound(problem: unknown): boolean {
  return isMillraceError(problem, "FILES_NOT_FOUND");
}
