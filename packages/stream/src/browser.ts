// Everything that needs nothing of Node; index.ts adds the rest. Both give the same classes.
export { abortable, abortedError, throwIfAborted } from "./abort.ts";
export { adaptiveRowsPerBatch, type BatchSizeInputs } from "./batch-size.ts";
export { availableMemoryBytes } from "./browser-memory.ts";
export { ByteQueue, type SizedItem } from "./byte-queue.ts";
export { ChunkBatch } from "./chunk-batch.ts";
export {
  allocateChunk,
  attachChunk,
  bytesPerRow,
  ColumnChunk,
  type ColumnSchema,
  type ColumnSpec,
  type ColumnsOf,
  copyRows,
  type DetachedChunk,
  detachChunk,
  ROWS_PER_CHUNK,
} from "./column-chunk.ts";
export { type BudgetStatistics, MemoryBudget } from "./memory-budget.ts";
export {
  DEFAULT_PARALLEL_MAP_OPTIONS,
  orderedParallelMap,
  type ParallelMapOptions,
} from "./ordered-parallel-map.ts";
export { DEFAULT_PROGRESS_OPTIONS, Progress, type ProgressOptions, type ProgressReport } from "./progress.ts";
export { RateLimiter, type RateLimiterClock } from "./rate-limiter.ts";
export { readAhead } from "./read-ahead.ts";
export { rebatch } from "./rebatch.ts";
export { DEFAULT_RETRY_OPTIONS, type FilledRetryOptions, type RetryOptions, retry } from "./retry.ts";
