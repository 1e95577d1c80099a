import { checkInteger } from "@millrace/base";
import type { BufferPool } from "@millrace/buffers";
import { ChunkBatch } from "./chunk-batch.ts";
import { type ColumnChunk, type ColumnSchema, copyRows } from "./column-chunk.ts";

/**
 * Regroups chunks into batches of exactly `rowsPerBatch` rows; the last may be shorter, none is empty.
 *
 * A chunk that fits into its batch as a whole is passed on as it is. The rows of one that crosses a border are
 * copied, each once, and the chunk is released. Whoever leaves early leaves nothing behind.
 *
 * @param pool - where the copies' buffers come from
 * @throws InvalidArgumentError for a row count that is no positive integer
 */
export async function* rebatch<S extends ColumnSchema>(
  chunks: AsyncIterable<ColumnChunk<S>> | Iterable<ColumnChunk<S>>,
  rowsPerBatch: number,
  pool?: BufferPool,
): AsyncGenerator<ChunkBatch<S>, void, undefined> {
  checkInteger("stream", "rowsPerBatch", rowsPerBatch, 1, Number.MAX_SAFE_INTEGER);
  let gathered: ColumnChunk<S>[] = [];
  let missing = rowsPerBatch;
  const deliver = (): ChunkBatch<S> => {
    const batch = new ChunkBatch(gathered);
    gathered = [];
    missing = rowsPerBatch;
    return batch;
  };
  try {
    for await (const chunk of chunks) {
      if (chunk.rowCount > 0 && chunk.rowCount <= missing) {
        gathered.push(chunk);
        missing -= chunk.rowCount;
        if (missing === 0) yield deliver();
        continue;
      }
      using crossing = chunk;
      for (let start = 0; start < crossing.rowCount; ) {
        const end = Math.min(crossing.rowCount, start + missing);
        gathered.push(copyRows(crossing, start, end, pool));
        missing -= end - start;
        start = end;
        if (missing === 0) yield deliver();
      }
    }
    if (gathered.length > 0) yield deliver();
  } finally {
    for (const chunk of gathered) chunk.release();
  }
}
