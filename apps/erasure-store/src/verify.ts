import { isMillraceError } from "@millrace/base";
import { Progress, throwIfAborted } from "@millrace/stream";
import type { Encryption } from "./coding.ts";
import { findObjects, type StoredObject } from "./list.ts";
import type { Manifest } from "./manifest.ts";
import { badCopies } from "./manifest-copies.ts";
import { problemOf } from "./manifests.ts";
import { openShards } from "./open-shards.ts";
import { readObject } from "./read-object.ts";
import type { StoreContext, WorkOptions } from "./store-context.ts";
import { StripeBatch } from "./stripe-batch.ts";
import { bodyBytes, CHECKSUM_BYTES, stripeCount } from "./stripe-layout.ts";

/** Something that is not as it was stored. */
export interface VerifyProblem {
  /** The object's name; the name of its manifest's file where no copy can be read. */
  readonly object: string;
  /** Null for a copy of the manifest. */
  readonly shard: number | null;
  readonly backend: string | null;
  readonly problem: string;
}

/** What a check of a store found. */
export interface VerifyResult {
  readonly objects: number;
  /** Shards that the objects should have. */
  readonly shards: number;
  /** Shards that are not there. */
  readonly missing: number;
  /** Shards that are there and damaged. */
  readonly corrupt: number;
  /** Copies of manifests that are missing, damaged or of an older version. */
  readonly badManifests: number;
  /** Objects that have missing or corrupt shards, and enough others. */
  readonly recoverable: number;
  /** Objects that cannot be read any more. */
  readonly lost: number;
  readonly problems: readonly VerifyProblem[];
}

/** Reads every shard of the objects whose names begin with `prefix`, and checks every byte. */
export async function verifyObjects(
  context: StoreContext,
  prefix: string,
  { signal, onProgress }: WorkOptions,
): Promise<VerifyResult> {
  const objects = await findObjects(context.backends, prefix);
  const totalBytes = objects.reduce(
    (sum, { manifest }) => sum + (manifest === undefined ? 0 : bodyBytes(manifest) * manifest.shards.length),
    0,
  );
  const progress = new Progress({ totalBytes, ...(onProgress && { onReport: onProgress }) });
  const sum = { shards: 0, missing: 0, corrupt: 0, badManifests: 0, recoverable: 0, lost: 0 };
  const problems: VerifyProblem[] = [];
  for (const object of objects) {
    throwIfAborted(signal, "verifying");
    const bad = manifestProblems(object);
    sum.badManifests += bad.length;
    problems.push(...bad);
    if (object.manifest === undefined) {
      sum.lost++;
      continue;
    }
    const checked = await verifyShards(context, object.key, object.manifest, progress, signal);
    sum.shards += object.manifest.shards.length;
    sum.missing += checked.missing;
    sum.corrupt += checked.corrupt;
    problems.push(...checked.problems);
    if (!checked.isLost && !(await isAsStored(context, object.manifest, signal))) {
      const problem = "its bytes are not those whose digest was stored, though each unit is whole";
      problems.push({ object: object.manifest.object, shard: null, backend: null, problem });
      sum.lost++;
    } else if (checked.isLost) sum.lost++;
    else if (checked.missing + checked.corrupt > 0) sum.recoverable++;
  }
  progress.finish();
  return { objects: objects.length, ...sum, problems };
}

/** Whether an object has the digest that was stored with it; true where there is none, or no key to read it by. */
async function isAsStored(
  context: StoreContext,
  manifest: Manifest,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (manifest.sha256 === null) return true;
  if (manifest.coding.encryption !== null && !(await hasKey(context, manifest.coding.encryption)))
    return true;
  try {
    for await (const _piece of readObject(context, manifest.object, { signal }))
      throwIfAborted(signal, "verifying");
    return true;
  } catch (error) {
    // What became of the object since is not what is asked here.
    if (isMillraceError(error, "STORE_OBJECT_UNKNOWN")) return true;
    if (isMillraceError(error, "STORE_OBJECT_CORRUPT")) return false;
    throw error;
  }
}

async function hasKey(context: StoreContext, { keyId }: Encryption): Promise<boolean> {
  if (context.config.encryption === null) return false;
  // Damage is looked for without a key, too.
  const key = await context.repositoryKey().catch(() => undefined);
  return key?.id === keyId;
}

function manifestProblems({ key, manifest, copies }: StoredObject): VerifyProblem[] {
  const bad = manifest === undefined ? copies : badCopies(manifest, copies);
  return bad.flatMap((copy) => {
    let problem = "the manifest is of an older version";
    if (copy.manifest === undefined) {
      const isMissing = isMillraceError(copy.problem, "FILES_NOT_FOUND");
      problem = isMissing ? "the manifest is missing" : problemOf(copy.problem);
    }
    return [{ object: manifest?.object ?? key, shard: null, backend: copy.backend.name, problem }];
  });
}

/** What a look at all shards of an object found. */
export interface ShardCheck {
  readonly missing: number;
  readonly corrupt: number;
  readonly isLost: boolean;
  /** Shards that may still be lost; below 0 when the object is. */
  readonly spareShards: number;
  readonly problems: readonly VerifyProblem[];
}

/** Reads every shard of one version. @param progress - told of what is read */
export async function verifyShards(
  context: StoreContext,
  key: string,
  manifest: Manifest,
  progress: Progress | undefined,
  signal: AbortSignal | undefined,
): Promise<ShardCheck> {
  const { object, shards, unitBytes, codeFamily, dataShards, parityShards } = manifest;
  await using open = await openShards(context.backends, key, manifest);
  const problems: VerifyProblem[] = open.problems.map(({ shard, backend, problem }) => ({
    object,
    shard,
    backend,
    problem,
  }));
  const missing = open.problems.filter(({ isMissing }) => isMissing).length;
  // Nothing to read: what the manifest says of its size, which may be anything, is not looked at any further.
  if (shards.length > 0 && open.shards.every((input) => input === undefined)) {
    const corrupt = problems.length - missing;
    return { missing, corrupt, isLost: true, spareShards: -dataShards, problems };
  }
  let wholeShards = shards.length - open.problems.length;
  /** Bad units by stripe, of the shards that could be opened. */
  const badUnits = new Uint16Array(stripeCount(manifest));
  const coder = await context.coders.get(codeFamily, dataShards, parityShards);
  const stripes = StripeBatch.stripesFor(context.budget, coder, unitBytes, stripeCount(manifest));
  const batch = await StripeBatch.take(context.budget, coder, unitBytes, stripes, signal);
  const runBytes = stripes * (CHECKSUM_BYTES + unitBytes);
  try {
    await Promise.all(
      open.shards.map(async (input, shard) => {
        if (input === undefined) return;
        const found: string[] = [];
        const badStripes: number[] = [];
        try {
          await input.scan(batch.run(shard, runBytes), (stripe, problem) => {
            throwIfAborted(signal, "verifying");
            progress?.add(0, unitBytes);
            if (problem === undefined) return;
            badStripes.push(stripe);
            if (found.length === 0) found.push(problemOf(problem));
          });
          for (const stripe of badStripes) badUnits[stripe]!++;
        } catch (error) {
          if (signal?.aborted === true) throw error;
          wholeShards--;
          found.push(problemOf(error));
        }
        if (found.length === 0) return;
        const more = badStripes.length > 1 ? ` (and ${badStripes.length - 1} more units)` : "";
        problems.push({ object, shard, backend: shards[shard]!.backend, problem: `${found[0]}${more}` });
      }),
    );
  } finally {
    batch.release();
  }
  const mostBad = badUnits.reduce((most, count) => Math.max(most, count), 0);
  problems.sort((a, b) => a.shard! - b.shard!);
  const spareShards = wholeShards - mostBad - dataShards;
  return {
    missing,
    corrupt: problems.length - missing,
    isLost: manifest.inline === null && spareShards < 0,
    spareShards,
    problems,
  };
}
