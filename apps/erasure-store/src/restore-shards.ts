import { assert } from "@millrace/base";
import { type RateLimiter, throwIfAborted } from "@millrace/stream";
import type { ShardBackend } from "./backend.ts";
import { commitVersion } from "./commit.ts";
import { shardKey } from "./keys.ts";
import type { Manifest } from "./manifest.ts";
import { readManifests, withLock } from "./manifests.ts";
import { type OpenShards, openShards } from "./open-shards.ts";
import { readBatch } from "./read-batch.ts";
import { ShardOutput } from "./shard-output.ts";
import type { StoreContext } from "./store-context.ts";
import { StripeBatch } from "./stripe-batch.ts";
import { CHECKSUM_BYTES, runBytes, stripeCount } from "./stripe-layout.ts";

/** How shards are made anew. */
export interface RestoreOptions {
  readonly signal: AbortSignal | undefined;
  readonly limiter: RateLimiter | undefined;
  /** Backends for each shard to be made, by its number; the first that takes it gets it. */
  readonly targets: ReadonlyMap<number, readonly ShardBackend[]>;
}

/**
 * Makes shards of a version anew, out of the others, durable under their keys; the manifest is not touched.
 * @returns the outputs by number of shard; one with a `failure` was not written
 * @throws MillraceError `STORE_OBJECT_LOST`; nothing is left behind then
 */
export async function restoreShards(
  context: StoreContext,
  key: string,
  manifest: Manifest,
  options: RestoreOptions,
): Promise<Map<number, ShardOutput>> {
  const outputs = new Map<number, ShardOutput>();
  for (const [shard, backends] of options.targets) {
    for (const backend of backends) {
      const name = shardKey(key, manifest.uploadId, shard);
      const output = new ShardOutput(backend, name, { ...manifest, shardIndex: shard });
      await output.open();
      outputs.set(shard, output);
      if (output.failure === undefined) break;
    }
  }
  try {
    await using open = await openShards(context.backends, key, manifest);
    await writeUnits(context, manifest, open, outputs, options);
    const { bytes, storedBytes, sha256 } = manifest;
    await Promise.all(
      [...outputs].map(async ([shard, output]) => {
        await output.commit({ bytes, storedBytes, sha256 });
        // The same bytes and the same header make the same digest: anything else is a fault of ours.
        const { digest } = manifest.shards[shard]!;
        assert(digest === null || digest === output.digest, "a restored shard is the one that was lost");
      }),
    );
    return outputs;
  } catch (error) {
    await Promise.allSettled([...outputs.values()].map((output) => output.discard()));
    throw error;
  }
}

/**
 * Puts a version in force that differs from `manifest` only in where shards are; when a put, a removal or another
 * repair came between, it leaves things as they are and takes away what nobody names.
 * @returns whether it is in force
 */
export async function commitRestored(
  context: StoreContext,
  key: string,
  manifest: Manifest,
  shards: Manifest["shards"],
  outputs: ReadonlyMap<number, ShardOutput>,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  return await withLock(context.backends, signal, async () => {
    const { newest } = await readManifests(context.backends, key);
    if (newest?.uploadId === manifest.uploadId && newest.generation === manifest.generation) {
      await commitVersion(context, key, { ...manifest, shards }, 1);
      return true;
    }
    const isNamed = (shard: number, backend: string): boolean =>
      newest?.uploadId === manifest.uploadId && newest.shards[shard]!.backend === backend;
    const unnamed = [...outputs].filter(([shard, { backend }]) => !isNamed(shard, backend.name));
    await Promise.allSettled(unnamed.map(([, output]) => output.discard()));
    return false;
  });
}

async function writeUnits(
  { budget, coders, metrics }: StoreContext,
  manifest: Manifest,
  open: OpenShards,
  outputs: ReadonlyMap<number, ShardOutput>,
  { signal, limiter }: RestoreOptions,
): Promise<void> {
  const { codeFamily, dataShards, parityShards, unitBytes } = manifest;
  const coder = await coders.get(codeFamily, dataShards, parityShards);
  const stripes = stripeCount(manifest);
  const most = StripeBatch.stripesFor(budget, coder, unitBytes, stripes);
  const batch = await StripeBatch.take(budget, coder, unitBytes, most, signal);
  try {
    for (let first = 0; first < stripes; first += most) {
      throwIfAborted(signal, "repairing");
      const count = Math.min(most, stripes - first);
      const length = runBytes(manifest, first, count);
      await limiter?.take(length * outputs.size, signal);
      await readBatch(open, manifest, coder, { first, count }, batch, [...outputs.keys()], () => {}, metrics);
      await metrics.measure("write", () =>
        Promise.all(
          [...outputs].map(([shard, output]) => {
            output.seal(batch.run(shard, length), CHECKSUM_BYTES + unitBytes, first);
            return output.write(batch.run(shard, length));
          }),
        ),
      );
    }
  } finally {
    batch.release();
  }
}
