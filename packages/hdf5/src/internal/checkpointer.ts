import type { Hdf5WriterOptions } from "../writer-options.ts";
import type { ChunkPipeline } from "./chunk-pipeline.ts";
import type { GlobalHeap } from "./global-heap.ts";
import type { GroupNode } from "./group-node.ts";
import type { Output } from "./output.ts";
import type { Referrers } from "./referrers.ts";
import { StateBlock } from "./state-block.ts";
import { encodeSuperblock } from "./superblock.ts";
import type { PendingWrite } from "./symbol-table.ts";

/** What a checkpoint is made of. */
export interface CheckpointParts {
  readonly output: Output;
  readonly pipeline: ChunkPipeline;
  readonly heap: GlobalHeap;
  readonly referrers: Referrers;
  /** The group "/", as it is when a checkpoint is made. */
  root(): GroupNode;
}

/** Makes states of the file valid: everything new behind its end, a sync, then the superblock. */
export class Checkpointer {
  /** Checkpoints made. */
  count = 0;
  /** Bytes of headers, trees and strings that they wrote. */
  metadataBytes = 0;
  readonly #parts: CheckpointParts;
  readonly #options: Required<Hdf5WriterOptions>;
  #running: Promise<void> = Promise.resolve();
  /** States written so far, and the last of them that is valid: an older superblock must not go over a later one. */
  #states = 0;
  #validState = 0;
  #isDone = false;

  constructor(parts: CheckpointParts, options: Required<Hdf5WriterOptions>) {
    this.#parts = parts;
    this.#options = options;
  }

  /** Whether so much data or so many rows came, or so much time has passed, that the next is due. */
  get isDue(): boolean {
    const { checkpointBytes } = this.#options;
    const { output } = this.#parts;
    return (checkpointBytes > 0 && output.dataBytes >= checkpointBytes) || output.isOverdue;
  }

  /** Counts time and rows to the next from now on. */
  setDeadline(): void {
    const { checkpointMs, checkpointRows } = this.#options;
    const { output } = this.#parts;
    if (checkpointMs > 0) output.deadlineMs = performance.now() + checkpointMs;
    if (checkpointRows > 0) output.rowsLeft = checkpointRows;
  }

  /** The file is closed: what still runs must not write any more. */
  end(): void {
    this.#isDone = true;
  }

  /** Makes one, after those that run. @throws IoError `HDF5_WRITE_FAILED` */
  make(): Promise<void> {
    this.setDeadline();
    const { output } = this.#parts;
    const run = this.#running.then(() => this.#write());
    const gate: Promise<void> = run
      .catch(() => {})
      .then(() => {
        if (output.gate === gate) output.gate = undefined;
      });
    output.gate = gate;
    this.#running = gate;
    return run;
  }

  /** {@link make} at once. */
  makeSync(): void {
    const { output } = this.#parts;
    const superblock = this.#writeState();
    const isDurable = this.#options.durability === "disk";
    if (isDurable) output.syncSync();
    output.writeSync(superblock, 0);
    if (isDurable) output.syncSync();
    this.#markValid(this.#states);
  }

  async #write(): Promise<void> {
    // Closed at once meanwhile, which was a checkpoint of all there is.
    if (this.#isDone) return;
    const { output, pipeline } = this.#parts;
    output.check();
    await this.#parts.root().prepare();
    await pipeline.drain();
    if (this.#isDone) return;
    const superblock = this.#writeState();
    const state = this.#states;
    try {
      await this.#sync();
      if (this.#validState >= state) return;
      output.writeSync(superblock, 0);
      await this.#sync();
      this.#markValid(state);
    } catch (error) {
      // A file that was closed meanwhile refuses; the checkpoint that came in between has all of this one.
      if (this.#validState < state) throw error;
    }
  }

  #markValid(state: number): void {
    this.#validState = Math.max(this.#validState, state);
    this.count++;
    this.setDeadline();
  }

  /**
   * Writes everything as of now behind the end, after what is still under way. All at once: what a later state writes
   * into spare room of this one must not be overwritten by it.
   * @returns the superblock that makes it valid, once it is durable
   */
  #writeState(): Uint8Array {
    const { output, pipeline, heap, referrers } = this.#parts;
    const root = this.#parts.root();
    pipeline.drainSync();
    root.prepareSync();
    referrers.move();
    const writes: PendingWrite[] = heap.takePending();
    const block = new StateBlock(output.end, writes);
    const rootAddress = root.addTo(block);
    writes.push({ address: output.allocate(block.length), bytes: block.finish() });
    referrers.settle();
    output.dataBytes = 0;
    this.#states++;
    for (const { address, bytes } of writes) {
      this.metadataBytes += bytes.length;
      output.writeSync(bytes, address);
    }
    return encodeSuperblock(rootAddress, output.end);
  }

  async #sync(): Promise<void> {
    if (this.#options.durability === "disk") await this.#parts.output.sync();
  }
}
