import { InvalidArgumentError } from "@millrace/base";
import type { BufferPoolStats } from "@millrace/buffers";
import { parentPath, type Vfs, type VfsFile } from "@millrace/files";
import type { Hdf5Group } from "./group.ts";
import { Checkpointer } from "./internal/checkpointer.ts";
import { ChunkPipeline } from "./internal/chunk-pipeline.ts";
import { closedFile, type FileContext } from "./internal/file-context.ts";
import { GlobalHeap } from "./internal/global-heap.ts";
import { GroupNode } from "./internal/group-node.ts";
import { ObjectNode } from "./internal/object-node.ts";
import { Output } from "./internal/output.ts";
import { readSuperblock } from "./internal/read-object.ts";
import { Referrers } from "./internal/referrers.ts";
import { SUPERBLOCK_BYTES } from "./internal/superblock.ts";
import type { Hdf5ObjectReference } from "./reference.ts";
import { type Hdf5WriterOptions, resolveWriterOptions } from "./writer-options.ts";

/** What a writer did so far. */
export interface Hdf5WriterStats {
  /** Size of the file. */
  readonly bytes: number;
  /** How much of that is headers, trees and strings, replaced ones included. */
  readonly metadataBytes: number;
  readonly checkpoints: number;
  /** Most chunks that were in flight at a time. */
  readonly mostChunksInFlight: number;
  /** The buffers of chunks. */
  readonly pool: BufferPoolStats;
}

/**
 * Writes an HDF5 file from front to back, so that a crash leaves its last checkpoint readable.
 *
 * Nothing that a checkpoint refers to is overwritten, but for the superblock of 48 bytes, which makes the new state
 * valid in one write. Headers and tree nodes that were replaced stay behind as unused space. One writer at a time.
 *
 * Every call that may wait has a twin that does not, over the same state: they may be mixed. Such a call takes over
 * what others have under way, and does it itself.
 *
 * @example
 * await using writer = await Hdf5Writer.create(diskVfs, "run.h5");
 * const steps = writer.root.createDataset("steps", { kind: "uint32" });
 * await steps.append(Uint32Array.of(1, 2, 3));
 */
export class Hdf5Writer {
  readonly path: string;
  readonly #context: FileContext;
  #root: GroupNode;
  readonly #output: Output;
  readonly #pipeline: ChunkPipeline;
  readonly #heap: GlobalHeap;
  readonly #referrers = new Referrers();
  readonly #checkpointer: Checkpointer;
  #closing: Promise<void> | undefined;
  #isDone = false;

  private constructor(file: VfsFile, end: number, options: Required<Hdf5WriterOptions>) {
    this.path = file.path;
    this.#output = new Output(file, end);
    this.#pipeline = new ChunkPipeline(this.#output, options.maxChunksInFlight, options.threads);
    this.#heap = new GlobalHeap(this.#output);
    this.#checkpointer = new Checkpointer(
      {
        output: this.#output,
        pipeline: this.#pipeline,
        heap: this.#heap,
        referrers: this.#referrers,
        root: () => this.#root,
      },
      options,
    );
    this.#context = this.#makeContext();
    this.#root = new GroupNode("/", this.#context);
  }

  /** The group "/". */
  get root(): Hdf5Group {
    return this.#root;
  }

  /**
   * Makes a new file, which is a valid, empty one when the promise resolves.
   * @throws InvalidArgumentError for options
   * @throws IoError `FILES_EXISTS` and others, `HDF5_WRITE_FAILED`
   */
  static async create(vfs: Vfs, path: string, options?: Hdf5WriterOptions): Promise<Hdf5Writer> {
    const filled = resolveWriterOptions(options);
    const file = await vfs.open(path, "create");
    try {
      const writer = new Hdf5Writer(file, SUPERBLOCK_BYTES, filled);
      await writer.checkpoint();
      if (filled.durability === "disk") await vfs.syncDirectory(parentPath(path));
      return writer;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** {@link create} at once. */
  static createSync(vfs: Vfs, path: string, options?: Hdf5WriterOptions): Hdf5Writer {
    const filled = resolveWriterOptions(options);
    const file = vfs.openSync(path, "create");
    try {
      const writer = new Hdf5Writer(file, SUPERBLOCK_BYTES, filled);
      writer.checkpointSync();
      if (filled.durability === "disk") vfs.syncDirectorySync(parentPath(path));
      return writer;
    } catch (error) {
      file.closeSync();
      throw error;
    }
  }

  /**
   * Opens a file that this package wrote, as of its last checkpoint, to go on. What a crashed writer left behind that
   * is cut off. Groups and datasets come back by `openGroup` and `openDataset`.
   * @throws InvalidArgumentError for options
   * @throws IoError when the file cannot be opened
   * @throws CorruptDataError `HDF5_FILE_FOREIGN` when it is damaged or was written by another program
   */
  static async reopen(vfs: Vfs, path: string, options?: Hdf5WriterOptions): Promise<Hdf5Writer> {
    const filled = resolveWriterOptions(options);
    const file = await vfs.open(path, "r+");
    try {
      return Hdf5Writer.#resume(file, filled);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** {@link reopen} at once. */
  static reopenSync(vfs: Vfs, path: string, options?: Hdf5WriterOptions): Hdf5Writer {
    const filled = resolveWriterOptions(options);
    const file = vfs.openSync(path, "r+");
    try {
      return Hdf5Writer.#resume(file, filled);
    } catch (error) {
      file.closeSync();
      throw error;
    }
  }

  static #resume(file: VfsFile, options: Required<Hdf5WriterOptions>): Hdf5Writer {
    const { rootAddress, endOfFile } = readSuperblock(file);
    const writer = new Hdf5Writer(file, endOfFile, options);
    writer.#root = GroupNode.read("/", writer.#context, rootAddress);
    file.truncateSync(endOfFile);
    writer.#checkpointer.setDeadline();
    return writer;
  }

  /**
   * Makes everything that was done before the call part of the file: writes what has changed behind its end, then the
   * superblock. Appends wait meanwhile.
   * @throws IoError `HDF5_WRITE_FAILED`; the file stays as of the checkpoint before, or is as of this one
   * @throws ClosedError
   */
  async checkpoint(): Promise<void> {
    this.#checkOpen();
    return this.#checkpointer.make();
  }

  /** {@link checkpoint} at once. Of appends that were not awaited, what still waits for its turn comes behind it. */
  checkpointSync(): void {
    this.#checkOpen();
    this.#checkpointer.makeSync();
  }

  /** Whether the next chunk that gets full finds no free thread: who can wait should {@link drain} now. */
  get isBehind(): boolean {
    return !this.#pipeline.hasSlot;
  }

  /**
   * Waits until all full chunks are filtered and written, which lets libuv's threads do it.
   * @throws IoError `HDF5_WRITE_FAILED`
   */
  drain(): Promise<void> {
    return this.#pipeline.drain();
  }

  /** The counters as of now. */
  stats(): Hdf5WriterStats {
    const { pool, mostInFlight } = this.#pipeline.stats();
    return {
      bytes: this.#output.end,
      metadataBytes: this.#checkpointer.metadataBytes,
      checkpoints: this.#checkpointer.count,
      mostChunksInFlight: mostInFlight,
      pool,
    };
  }

  /**
   * Makes a last checkpoint and closes the file. A second call does nothing.
   * @throws IoError `HDF5_WRITE_FAILED` when a write failed, now or before; the file is closed all the same
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** {@link close} at once; appends that were not awaited are part of the file too. */
  closeSync(): void {
    if (this.#isDone) return;
    this.#closing ??= Promise.resolve();
    try {
      this.#root.closeSync();
      this.#checkpointer.makeSync();
    } finally {
      this.#isDone = true;
      this.#checkpointer.end();
      this.#output.file.closeSync();
    }
  }

  [Symbol.dispose](): void {
    this.closeSync();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #makeContext(): FileContext {
    return {
      path: this.path,
      output: this.#output,
      pipeline: this.#pipeline,
      heap: this.#heap,
      referrers: this.#referrers.all,
      unsettled: this.#referrers.unsettled,
      referTo: (reference) => this.#referTo(reference),
      checkpointIfDue: () => (this.#checkpointer.isDue ? this.#checkpointer.make() : undefined),
      checkpointIfDueSync: () => {
        if (this.#checkpointer.isDue) this.#checkpointer.makeSync();
      },
      checkOpen: () => this.#checkOpen(),
    };
  }

  async #close(): Promise<void> {
    try {
      // Appends that were not awaited are part of the file too.
      await this.#root.close();
      await this.#checkpointer.make();
    } finally {
      this.#isDone = true;
      this.#checkpointer.end();
      await this.#pipeline.drain().catch(() => {});
      await this.#output.file.close();
    }
  }

  #referTo({ target }: Hdf5ObjectReference): ObjectNode {
    if (target instanceof ObjectNode && target.isOf(this.#context) && target !== this.#root) {
      target.markReferenced();
      return target;
    }
    throw new InvalidArgumentError(
      "HDF5_VALUE_UNFIT",
      "what a reference leads to",
      target,
      "a group or dataset of the same file, but not the root",
    );
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw closedFile(this.path);
    this.#output.check();
  }
}
