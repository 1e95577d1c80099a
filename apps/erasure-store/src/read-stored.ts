import { orderedParallelMap } from "@millrace/stream";
import type { Manifest } from "./manifest.ts";
import type { OpenShards, ShardProblem } from "./open-shards.ts";
import { readBatch, type StripeRange } from "./read-batch.ts";
import type { StoreContext } from "./store-context.ts";
import { StripeBatch } from "./stripe-batch.ts";
import { stripeCount, unitBytesOf } from "./stripe-layout.ts";

/** Batches that are read at a time, where the memory budget has room for them and no backend asks for more. */
const BATCHES_AT_A_TIME = 3;
const MOST_AT_A_TIME = 16;

/** A batch whose data units are filled; its memory is given back when it is disposed of. */
interface FilledBatch extends Disposable {
  readonly range: StripeRange;
  readonly batch: StripeBatch;
}

/**
 * Reads stored bytes from `start` to `end`, whole stripes around them and nothing else.
 * @throws MillraceError `STORE_OBJECT_LOST`
 */
export async function* readStored(
  { budget, coders, metrics }: StoreContext,
  manifest: Manifest,
  open: OpenShards,
  start: number,
  end: number,
  onDamage: (problem: ShardProblem) => void,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (start >= end) return;
  if (manifest.inline !== null) {
    yield new Uint8Array(Buffer.from(manifest.inline, "base64")).subarray(start, end);
    return;
  }
  const { codeFamily, dataShards, parityShards, unitBytes, storedBytes } = manifest;
  const coder = await coders.get(codeFamily, dataShards, parityShards);
  const stripeBytes = dataShards * unitBytes;
  const firstStripe = Math.floor(start / stripeBytes);
  const endStripe = Math.min(stripeCount(manifest), Math.ceil(end / stripeBytes));
  const most = StripeBatch.stripesFor(budget, coder, unitBytes, endStripe - firstStripe);
  const data = Array.from({ length: dataShards }, (_, shard) => shard);
  const read = async (range: StripeRange): Promise<FilledBatch> => {
    const batch = await StripeBatch.take(budget, coder, unitBytes, most, signal);
    try {
      await readBatch(open, manifest, coder, range, batch, data, onDamage, metrics);
      return { range, batch, [Symbol.dispose]: () => batch.release() };
    } catch (error) {
      batch.release();
      throw error;
    }
  };
  const started = new Set<Promise<unknown>>();
  const readTracked = (range: StripeRange): Promise<FilledBatch> => {
    const result = read(range);
    started.add(result);
    const forget = (): void => void started.delete(result);
    result.then(forget, forget);
    return result;
  };
  const concurrency = (): number => batchesAtATime(open, most * unitBytes);
  try {
    const options = { concurrency, signal };
    const ranges = rangesOf(firstStripe, endStripe, most);
    for await (const filled of orderedParallelMap(ranges, readTracked, options)) {
      using _memory = filled;
      const { range, batch } = filled;
      for (let i = 0; i < range.count; i++) {
        const stripe = range.first + i;
        const length = unitBytesOf(manifest, stripe);
        for (let shard = 0; shard < dataShards; shard++) {
          const at = stripe * stripeBytes + shard * length;
          const lo = Math.max(start, at);
          const hi = Math.min(end, at + length, storedBytes);
          if (lo < hi) yield batch.unit(shard, i, length).subarray(lo - at, hi - at);
        }
      }
    }
  } finally {
    // The caller closes the shards now: reads that are under way end first.
    await Promise.allSettled(started);
  }
}

/** As many as the backend with the longest way needs, for reads of so many bytes of a shard. */
export function batchesAtATime({ shards }: Pick<OpenShards, "shards">, bytes: number): number {
  const wanted = shards.map((shard) => shard?.pace?.inFlight(bytes) ?? 0);
  return Math.min(MOST_AT_A_TIME, Math.max(BATCHES_AT_A_TIME, ...wanted));
}

function* rangesOf(first: number, end: number, most: number): Generator<StripeRange, void, undefined> {
  for (let stripe = first; stripe < end; stripe += most) {
    yield { first: stripe, count: Math.min(most, end - stripe) };
  }
}
