import { throwIfAborted } from "@millrace/stream";
import type { Coder } from "./engines.ts";
import type { ForwardReader } from "./segments.ts";
import type { ShardOutput } from "./shard-output.ts";
import type { StoreContext } from "./store-context.ts";
import { StripeBatch } from "./stripe-batch.ts";
import { CHECKSUM_BYTES, runBytes, type StripeLayout, unitBytesOf } from "./stripe-layout.ts";

interface StripeOptions {
  readonly signal: AbortSignal | undefined;
  readonly unitBytes: number;
  /** Bytes that the reader will give; undefined when nobody knows. */
  readonly expectedBytes: number | undefined;
  /** Called with the bytes of each batch; what it throws ends the writing. */
  onBatch(bytes: number): void;
}

/** Batches that are written while the next one is coded. */
const BATCHES_IN_FLIGHT = 4;

/**
 * Reads, codes and writes batch after batch of stripes; several are on their way where the memory budget has room.
 * @returns how many bytes were read
 */
export async function writeStripes(
  context: StoreContext,
  reader: ForwardReader,
  coder: Coder,
  outputs: readonly ShardOutput[],
  { signal, unitBytes, expectedBytes, onBatch }: StripeOptions,
): Promise<number> {
  const { budget, metrics, config } = context;
  const { dataShards } = coder;
  const stripeBytes = dataShards * unitBytes;
  const wanted = expectedBytes === undefined ? undefined : Math.ceil(expectedBytes / stripeBytes);
  const stripes = StripeBatch.stripesFor(budget, coder, unitBytes, wanted);
  const mostInFlight = config.performance.pipeline_uploads ? BATCHES_IN_FLIGHT : 1;
  const writing = new Set<Promise<void>>();
  let storedBytes = 0;
  let isEnded = false;
  try {
    for (let first = 0; !isEnded; first += stripes) {
      const batch = await StripeBatch.take(budget, coder, unitBytes, stripes, signal);
      let count = 0;
      try {
        count = await encodeBatch(context, batch, reader, coder, outputs, unitBytes, first);
      } finally {
        if (count === 0) batch.release();
      }
      isEnded = count < stripes * stripeBytes;
      if (count === 0) break;
      const layout: StripeLayout = { storedBytes: count, dataShards, unitBytes };
      const length = runBytes(layout, 0, Math.ceil(count / stripeBytes));
      const written = metrics.measure("write", () =>
        Promise.all(outputs.map((output, shard) => output.write(batch.run(shard, length)))),
      );
      const done = written.then(() => {
        batch.release();
        writing.delete(done);
      });
      writing.add(done);
      storedBytes += count;
      onBatch(count);
      throwIfAborted(signal, "storing an object");
      if (writing.size >= mostInFlight) await Promise.race(writing);
    }
  } finally {
    await Promise.all(writing);
  }
  // Writes that failed after the last stripe was read.
  onBatch(0);
  return storedBytes;
}

/**
 * Fills a batch with data, parity and checksums, a stripe at a time: it is read, coded and hashed in the cache.
 * @returns the bytes of data; fewer than there is room for at the end only
 */
async function encodeBatch(
  { metrics }: StoreContext,
  batch: StripeBatch,
  reader: ForwardReader,
  coder: Coder,
  outputs: readonly ShardOutput[],
  unitBytes: number,
  firstStripe: number,
): Promise<number> {
  const { dataShards } = coder;
  const stripeBytes = dataShards * unitBytes;
  let bytes = 0;
  for (let i = 0; i < batch.stripes; i++) {
    let count = 0;
    for (let shard = 0; shard < dataShards && count === shard * unitBytes; shard++) {
      count += await reader.read(batch.unit(shard, i, unitBytes));
    }
    if (count === 0) break;
    const startMs = performance.now();
    const length = unitBytesOf({ storedBytes: count, dataShards, unitBytes }, 0);
    if (count < stripeBytes) shortenUnits(batch, i, dataShards, unitBytes, count, length);
    await coder.encode(batch.units(i, length));
    const codeMs = performance.now();
    metrics.addStage("code", codeMs - startMs);
    for (const [shard, output] of outputs.entries()) {
      output.seal(batch.slot(shard, i, length), CHECKSUM_BYTES + length, firstStripe + i);
    }
    metrics.addStage("hash", performance.now() - codeMs);
    bytes += count;
    if (count < stripeBytes) break;
  }
  return bytes;
}

/** Deals the last stripe's bytes out anew, to all units evenly, zeros behind them. */
function shortenUnits(
  batch: StripeBatch,
  i: number,
  dataShards: number,
  unitBytes: number,
  count: number,
  length: number,
): void {
  const data = new Uint8Array(dataShards * length);
  for (let shard = 0, at = 0; at < count; shard++, at += unitBytes) {
    data.set(batch.unit(shard, i, Math.min(unitBytes, count - at)), at);
  }
  for (let shard = 0; shard < dataShards; shard++) {
    batch.unit(shard, i, length).set(data.subarray(shard * length, (shard + 1) * length));
  }
}
