import { CorruptDataError } from "@millrace/base";
import { newHasher } from "@millrace/compress";
import type { ErasureEngine } from "@millrace/reed-solomon";
import { orderedParallelMap, Progress } from "@millrace/stream";
import { engineFor } from "./engines.ts";
import type { Manifest } from "./manifest.ts";
import { findManifest } from "./manifests.ts";
import { objectKey } from "./object-name.ts";
import { type OpenShards, openShards, type ShardProblem } from "./open-shards.ts";
import { lostObject, readStripe } from "./read-stripe.ts";
import { type StoreContext, StripeMemory, type WorkOptions } from "./store-context.ts";
import { stripeCount, unitBytesOf } from "./stripe-layout.ts";

/** How an object is read. */
export interface ReadOptions extends WorkOptions {
  /** Told of each shard or unit that had to be made good; the bytes are right all the same. @default nobody */
  readonly onDamage?: ((problem: ShardProblem) => void) | undefined;
}

/** Stripes that are read at a time, where the memory budget has room for them. */
const STRIPES_AT_A_TIME = 4;
/** How often a reader looks again when the version that it wanted was replaced meanwhile. */
const VERSION_ATTEMPTS = 5;

/**
 * Reads an object in order; a piece is valid until the next one is asked for.
 * @throws MillraceError `STORE_OBJECT_UNKNOWN`, `STORE_OBJECT_LOST`, `STORE_MANIFEST_LOST`
 * @throws CorruptDataError `STORE_OBJECT_CORRUPT` after the last piece, when all of them are not what was put
 */
export async function* readObject(
  context: StoreContext,
  name: string,
  { signal, onProgress, onDamage = () => {} }: ReadOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const key = objectKey(name);
  const { manifest, shards } = await openVersion(context, key, name);
  await using open = shards;
  for (const problem of open.problems) onDamage(problem);
  const engine = await engineFor(manifest.codeFamily, manifest.dataShards, manifest.parityShards);
  const progress = new Progress({ totalBytes: manifest.bytes, ...(onProgress && { onReport: onProgress }) });
  const hasher = newHasher("sha256");
  for await (const piece of readPieces(context, manifest, open, engine, onDamage, signal)) {
    hasher.update(piece);
    yield piece;
    progress.add(0, piece.length);
  }
  const found = hasher.digestHex();
  if (found !== manifest.sha256) {
    const problem = `the object's SHA-256 is ${found}, ${manifest.sha256} was stored; \`verify\` tells which shards to distrust`;
    throw new CorruptDataError("STORE_OBJECT_CORRUPT", `object "${name}"`, 0, problem);
  }
  progress.finish();
}

/** The shards of the version in force; a put in between may take a version away under a reader, who looks again. */
async function openVersion(
  context: StoreContext,
  key: string,
  name: string,
): Promise<{ manifest: Manifest; shards: OpenShards }> {
  for (let attempt = 1; ; attempt++) {
    const manifest = await findManifest(context.backends, key, name);
    const shards = await openShards(context.backends, key, manifest);
    const left = manifest.shards.length - shards.problems.length;
    if (left >= manifest.dataShards) return { manifest, shards };
    await shards[Symbol.asyncDispose]();
    const now = await findManifest(context.backends, key, name);
    if (now.uploadId === manifest.uploadId || attempt === VERSION_ATTEMPTS) {
      throw lostObject(manifest, 0, left, shards.problems);
    }
  }
}

/** A stripe whose data units are filled; its memory is given back when it is disposed of. */
interface StripeRead extends Disposable {
  readonly stripe: number;
  readonly memory: StripeMemory;
}

async function* readPieces(
  context: StoreContext,
  manifest: Manifest,
  open: OpenShards,
  engine: ErasureEngine,
  onDamage: (problem: ShardProblem) => void,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { bytes, dataShards, unitBytes, shards } = manifest;
  const read = async (stripe: number): Promise<StripeRead> => {
    const memory = await StripeMemory.take(context, shards.length, unitBytes, signal);
    try {
      await readStripe(open, manifest, engine, stripe, memory, onDamage);
      return { stripe, memory, [Symbol.dispose]: () => memory.release() };
    } catch (error) {
      memory.release();
      throw error;
    }
  };
  const started: Promise<unknown>[] = [];
  const readTracked = (stripe: number): Promise<StripeRead> => {
    const result = read(stripe);
    started[stripe % STRIPES_AT_A_TIME] = result;
    return result;
  };
  try {
    const options = { concurrency: STRIPES_AT_A_TIME, signal };
    for await (const result of orderedParallelMap(countTo(stripeCount(manifest)), readTracked, options)) {
      using _memory = result;
      const length = unitBytesOf(manifest, result.stripe);
      let left = bytes - result.stripe * dataShards * unitBytes;
      for (let shard = 0; shard < dataShards && left > 0; shard++) {
        yield result.memory.unit(shard, Math.min(length, left));
        left -= length;
      }
    }
  } finally {
    // The caller closes the shards now: reads that are under way end first.
    await Promise.allSettled(started);
  }
}

function* countTo(end: number): Generator<number, void, undefined> {
  for (let i = 0; i < end; i++) yield i;
}
