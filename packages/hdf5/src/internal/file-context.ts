import { ClosedError } from "@millrace/base";
import type { Hdf5ObjectReference } from "../reference.ts";
import type { ChunkPipeline } from "./chunk-pipeline.ts";
import type { GlobalHeap } from "./global-heap.ts";
import type { ObjectNode } from "./object-node.ts";
import type { Output } from "./output.ts";
import type { ReferenceTarget } from "./state-block.ts";

/** What all objects of one file share. */
export interface FileContext {
  readonly path: string;
  readonly output: Output;
  readonly pipeline: ChunkPipeline;
  readonly heap: GlobalHeap;
  /** Objects with references in attributes or values; they move when what they refer to does. */
  readonly referrers: Set<ObjectNode>;
  /** Those of them, and the groups around them, that may move though they are closed; as of this checkpoint. */
  readonly unsettled: ReadonlySet<ObjectNode>;
  /** @throws InvalidArgumentError `HDF5_VALUE_UNFIT`, ClosedError for what cannot be referred to */
  referTo(reference: Hdf5ObjectReference): ReferenceTarget;
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
