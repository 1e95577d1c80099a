import type { ColumnChunk, ColumnSchema } from "./column-chunk.ts";

/**
 * What is delivered at once when that is more than a chunk: a list of chunks of one schema, in order.
 *
 * The batch owns its chunks; releasing it releases them.
 */
export class ChunkBatch<S extends ColumnSchema = ColumnSchema> {
  readonly chunks: readonly ColumnChunk<S>[];
  /** Rows of all its chunks. */
  readonly rowCount: number;
  /** Bytes of memory of all its chunks. */
  readonly byteLength: number;

  constructor(chunks: readonly ColumnChunk<S>[]) {
    this.chunks = chunks;
    this.rowCount = chunks.reduce((sum, chunk) => sum + chunk.rowCount, 0);
    this.byteLength = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  }

  /** Releases every chunk. @throws MillraceError `STREAM_CHUNK_RELEASED` when one was released before */
  release(): void {
    for (const chunk of this.chunks) chunk.release();
  }

  /** Releases those chunks that are still held. */
  [Symbol.dispose](): void {
    for (const chunk of this.chunks) chunk[Symbol.dispose]();
  }
}
