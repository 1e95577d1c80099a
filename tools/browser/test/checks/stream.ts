import { crc32c } from "@millrace/base";
import { BufferPool } from "@millrace/buffers";
import {
  allocateChunk,
  type ColumnChunk,
  MemoryBudget,
  orderedParallelMap,
  readAhead,
  rebatch,
  retry,
} from "@millrace/stream";

const SCHEMA = [
  { name: "t", kind: "int64" },
  { name: "x", kind: "uint16" },
] as const;

/** Chunks through a queue, a parallel map and new batches, of @millrace/stream. */
export async function checkStream(): Promise<object> {
  const pool = new BufferPool();
  const budget = new MemoryBudget(100_000);
  async function* source(): AsyncGenerator<ColumnChunk<typeof SCHEMA>> {
    for (let i = 0; i < 10; i++) {
      const chunk = allocateChunk(SCHEMA, 1000, pool);
      chunk.columns.x.fill(i);
      for (let row = 0; row < 1000; row++) chunk.columns.t[row] = BigInt(1000 * i + row);
      chunk.rowCount = 1000;
      yield chunk;
    }
  }
  const doubled = orderedParallelMap(
    readAhead(source(), budget),
    async (chunk) => {
      for (let row = 0; row < chunk.rowCount; row++) chunk.columns.x[row]! *= 2;
      return chunk;
    },
    { concurrency: 3 },
  );
  const batches: object[] = [];
  for await (const batch of rebatch(doubled, 4000, pool)) {
    let sum = 0;
    for (const { columns, rowCount } of batch.chunks) {
      const { t, x } = columns;
      sum = crc32c(new Uint8Array(t.buffer, t.byteOffset, 8 * rowCount), sum);
      sum = crc32c(new Uint8Array(x.buffer, x.byteOffset, 2 * rowCount), sum);
    }
    batches.push({ rows: batch.rowCount, sum });
    batch.release();
  }
  let tries = 0;
  const tried = await retry(
    async () => {
      if (++tries < 3) throw new Error("not yet");
      return tries;
    },
    { sleep: async () => {} },
  );
  return { batches, tried, outstandingBytes: pool.stats().outstandingBytes, budget: budget.statistics };
}
