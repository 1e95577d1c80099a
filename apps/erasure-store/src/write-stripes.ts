import { type Hasher, newHasher } from "@millrace/compress";
import type { StreamReader } from "@millrace/files";
import type { ErasureEngine } from "@millrace/reed-solomon";
import { throwIfAborted } from "@millrace/stream";
import type { ShardOutput } from "./shard-output.ts";
import { type StoreContext, StripeMemory } from "./store-context.ts";
import { unitBytesOf } from "./stripe-layout.ts";

interface StripeOptions {
  readonly signal: AbortSignal | undefined;
  /** Called with the data bytes of each stripe; what it throws ends the writing. */
  onStripe(bytes: number): void;
}

/**
 * Reads, codes and writes stripe after stripe; as many are under way as the memory budget has room for.
 * @returns size and SHA-256 of what was read
 */
export async function writeStripes(
  context: StoreContext,
  reader: StreamReader,
  engine: ErasureEngine,
  unitBytes: number,
  outputs: readonly ShardOutput[],
  { signal, onStripe }: StripeOptions,
): Promise<{ bytes: number; sha256: string }> {
  const { dataShards } = engine;
  const hasher = newHasher("sha256");
  const writing = new Set<Promise<void>>();
  let bytes = 0;
  try {
    for (let stripe = 0; ; stripe++) {
      const memory = await StripeMemory.take(context, outputs.length, unitBytes, signal);
      let count = 0;
      try {
        count = await encodeStripe(memory, reader, engine, unitBytes, hasher);
      } finally {
        if (count === 0) memory.release();
      }
      if (count === 0) break;
      const length = unitBytesOf({ bytes: count, dataShards, unitBytes }, 0);
      const written = Promise.all(outputs.map((output, i) => output.write(memory.slot(i, length), stripe)));
      const done = written.then(() => {
        memory.release();
        writing.delete(done);
      });
      writing.add(done);
      bytes += count;
      onStripe(count);
      throwIfAborted(signal, "storing an object");
    }
  } finally {
    await Promise.all(writing);
  }
  // Writes that failed after the last stripe was read.
  onStripe(0);
  return { bytes, sha256: hasher.digestHex() };
}

/** Fills a stripe with data and parity. @returns the bytes of data; 0 at the end of the input */
async function encodeStripe(
  memory: StripeMemory,
  reader: StreamReader,
  engine: ErasureEngine,
  unitBytes: number,
  hasher: Hasher,
): Promise<number> {
  const { dataShards, parityShards } = engine;
  let count = 0;
  for (let shard = 0; shard < dataShards; shard++) {
    const unit = memory.unit(shard, unitBytes);
    const read = await reader.read(unit);
    hasher.update(unit.subarray(0, read));
    count += read;
    if (read < unit.length) break;
  }
  if (count === 0) return 0;
  const length = unitBytesOf({ bytes: count, dataShards, unitBytes }, 0);
  if (count < dataShards * unitBytes) shortenUnits(memory, dataShards, unitBytes, count, length);
  await engine.encode(
    Array.from({ length: dataShards + parityShards }, (_, shard) => memory.unit(shard, length)),
  );
  return count;
}

/** Deals the last stripe's bytes out anew, to all units evenly, zeros behind them. */
function shortenUnits(
  memory: StripeMemory,
  dataShards: number,
  unitBytes: number,
  count: number,
  length: number,
): void {
  const data = new Uint8Array(dataShards * length);
  for (let shard = 0, at = 0; at < count; shard++, at += unitBytes) {
    data.set(memory.unit(shard, Math.min(unitBytes, count - at)), at);
  }
  for (let shard = 0; shard < dataShards; shard++) {
    memory.unit(shard, length).set(data.subarray(shard * length, (shard + 1) * length));
  }
}
