import { BufferPool } from "@millrace/buffers";
import fc from "fast-check";
import { expect, test } from "vitest";
import { allocateChunk, type ColumnChunk, rebatch } from "../src/index.ts";

const SCHEMA = [{ name: "n", kind: "float64" }] as const;
type Numbers = ColumnChunk<typeof SCHEMA>;

/** Chunks of the given row counts that number their rows from 0 on. */
function* numberedChunks(rowCounts: readonly number[], pool: BufferPool): Generator<Numbers> {
  let n = 0;
  for (const rows of rowCounts) {
    const chunk = allocateChunk(SCHEMA, Math.max(1, rows), pool);
    for (let row = 0; row < rows; row++) chunk.columns.n[row] = n++;
    chunk.rowCount = rows;
    yield chunk;
  }
}

test("batches have exactly the rows asked for, the rows keep their order, and all memory comes back", async () => {
  const run = fc.asyncProperty(
    fc.array(fc.nat(40), { maxLength: 30 }),
    fc.integer({ min: 1, max: 70 }),
    async (rowCounts, rowsPerBatch) => {
      const pool = new BufferPool();
      const total = rowCounts.reduce((sum, rows) => sum + rows, 0);
      const seen: number[] = [];
      const sizes: number[] = [];
      for await (const batch of rebatch(numberedChunks(rowCounts, pool), rowsPerBatch, pool)) {
        sizes.push(batch.rowCount);
        for (const chunk of batch.chunks) seen.push(...chunk.columns.n.subarray(0, chunk.rowCount));
        batch.release();
      }
      expect(seen).toEqual(Array.from({ length: total }, (_, i) => i));
      const full = Math.floor(total / rowsPerBatch);
      const rest = total % rowsPerBatch;
      expect(sizes).toEqual([...Array(full).fill(rowsPerBatch), ...(rest > 0 ? [rest] : [])]);
      expect(pool.stats().outstandingBytes).toBe(0);
    },
  );
  await fc.assert(run);
});

test("a chunk that fits as a whole is passed on, not copied", async () => {
  const pool = new BufferPool();
  const chunks = [...numberedChunks([3, 4], pool)];
  for await (const batch of rebatch(chunks, 7, pool)) expect(batch.chunks).toEqual(chunks);
});

test("leaving early and a failing source leave nothing behind", async () => {
  const pool = new BufferPool();
  for await (const batch of rebatch(numberedChunks([5, 5, 5], pool), 3, pool)) {
    batch.release();
    break;
  }
  expect(pool.stats().outstandingBytes).toBe(0);
  const failing = function* () {
    yield* numberedChunks([5], pool);
    throw new Error("disk gone");
  };
  const read = async () => {
    for await (const batch of rebatch(failing(), 100, pool)) batch.release();
  };
  await expect(read()).rejects.toThrow("disk gone");
  expect(pool.stats().outstandingBytes).toBe(0);
});

test("refuses a batch of no rows", async () => {
  await expect(rebatch([], 0).next()).rejects.toThrow(
    expect.objectContaining({ code: "STREAM_OPTION_RANGE" }),
  );
});
