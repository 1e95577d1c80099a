import { ClosedError } from "@millrace/base";
import type { ChunkPipeline } from "./chunk-pipeline.ts";
import type { GlobalHeap } from "./global-heap.ts";
import type { Output } from "./output.ts";

/** What all objects of one file share. */
export interface FileContext {
  readonly path: string;
  readonly output: Output;
  readonly pipeline: ChunkPipeline;
  readonly heap: GlobalHeap;
  /** Makes a checkpoint when enough data was written since the last, or enough time has passed. */
  checkpointIfDue(): Promise<void> | undefined;
  checkpointIfDueSync(): void;
  /** @throws ClosedError, or IoError when a write failed */
  checkOpen(): void;
}

/** The error for a file that was closed. */
export function closedFile(path: string): ClosedError {
  return new ClosedError("HDF5_WRITER_CLOSED", `the writer of ${path}`);
}
