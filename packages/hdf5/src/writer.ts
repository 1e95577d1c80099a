import { checkInteger, checkOneOf, resolveOptions } from "@millrace/base";
import type { BufferPoolStats } from "@millrace/buffers";
import { DURABILITIES, type Durability, parentPath, type Vfs, type VfsFile } from "@millrace/files";
import type { Hdf5Group } from "./group.ts";
import { ByteBuilder } from "./internal/byte-builder.ts";
import { ChunkPipeline } from "./internal/chunk-pipeline.ts";
import { closedFile, type FileContext } from "./internal/file-context.ts";
import { GlobalHeap } from "./internal/global-heap.ts";
import { GroupNode } from "./internal/group-node.ts";
import { Output } from "./internal/output.ts";
import { readSuperblock } from "./internal/read-object.ts";
import { encodeSuperblock, SUPERBLOCK_BYTES } from "./internal/superblock.ts";
import type { PendingWrite } from "./internal/symbol-table.ts";

/** How a file is written. */
export interface Hdf5WriterOptions {
  /**
   * What a checkpoint guarantees: `"disk"` that it survives power loss, `"os"` that it survives the process; `"none"`
   * is as `"os"` here, since all bytes go to the kernel. @default "disk"
   */
  readonly durability?: Durability;
  /** Bytes of data after which a checkpoint is made by itself; 0 for never. @default 64 MiB */
  readonly checkpointBytes?: number;
  /** Most chunks that are being compressed or wait to be written, 1 to 64. @default 4 */
  readonly maxChunksInFlight?: number;
}

/** What {@link Hdf5WriterOptions} are when they are not given. */
export const DEFAULT_HDF5_WRITER_OPTIONS: Required<Hdf5WriterOptions> = Object.freeze({
  durability: "disk",
  checkpointBytes: 64 * 1024 * 1024,
  maxChunksInFlight: 4,
});

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
 * @example
 * await using writer = await Hdf5Writer.create(diskVfs, "run.h5");
 * const steps = writer.root.createDataset("steps", { kind: "uint32" });
 * await steps.append(Uint32Array.of(1, 2, 3));
 */
export class Hdf5Writer {
  readonly path: string;
  #root: GroupNode;
  readonly #output: Output;
  readonly #pipeline: ChunkPipeline;
  readonly #heap: GlobalHeap;
  readonly #options: Required<Hdf5WriterOptions>;
  #checkpoints = 0;
  #metadataBytes = 0;
  #running: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  private constructor(file: VfsFile, end: number, options: Required<Hdf5WriterOptions>) {
    this.path = file.path;
    this.#options = options;
    this.#output = new Output(file, end);
    this.#pipeline = new ChunkPipeline(this.#output, options.maxChunksInFlight);
    this.#heap = new GlobalHeap(this.#output);
    this.#root = new GroupNode("/", this.#context());
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
      const { rootAddress, endOfFile } = await readSuperblock(file);
      const writer = new Hdf5Writer(file, endOfFile, filled);
      writer.#root = await GroupNode.read("/", writer.#context(), rootAddress);
      await file.truncate(endOfFile);
      return writer;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /**
   * Makes everything that was done before the call part of the file: writes what has changed behind its end, then the
   * superblock. Appends wait meanwhile.
   * @throws IoError `HDF5_WRITE_FAILED`; the file stays as of the checkpoint before, or is as of this one
   * @throws ClosedError
   */
  async checkpoint(): Promise<void> {
    this.#checkOpen();
    return this.#checkpoint();
  }

  /** The counters as of now. */
  stats(): Hdf5WriterStats {
    const { pool, mostInFlight } = this.#pipeline.stats();
    return {
      bytes: this.#output.end,
      metadataBytes: this.#metadataBytes,
      checkpoints: this.#checkpoints,
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

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #context(): FileContext {
    return {
      path: this.path,
      output: this.#output,
      pipeline: this.#pipeline,
      heap: this.#heap,
      checkpointIfDue: () => this.#checkpointIfDue(),
      checkOpen: () => this.#checkOpen(),
    };
  }

  async #close(): Promise<void> {
    try {
      // Appends that were not awaited are part of the file too.
      await this.#root.close();
      await this.#checkpoint();
    } finally {
      await this.#pipeline.drain().catch(() => {});
      await this.#output.settle().catch(() => {});
      await this.#output.file.close();
    }
  }

  #checkpointIfDue(): Promise<void> | undefined {
    const { checkpointBytes } = this.#options;
    if (checkpointBytes === 0 || this.#output.dataBytes < checkpointBytes) return undefined;
    return this.#checkpoint();
  }

  #checkpoint(): Promise<void> {
    const before = this.#running;
    const run = before.then(() => this.#writeCheckpoint());
    const gate: Promise<void> = run
      .catch(() => {})
      .then(() => {
        if (this.#output.gate === gate) this.#output.gate = undefined;
      });
    this.#output.gate = gate;
    this.#running = gate;
    return run;
  }

  async #writeCheckpoint(): Promise<void> {
    const output = this.#output;
    output.check();
    await this.#root.prepare();
    await this.#pipeline.drain();
    await output.settle();
    // From here to the allocation nothing else runs, so that the block is one consistent state.
    const writes: PendingWrite[] = this.#heap.takePending();
    const block = new ByteBuilder(output.end);
    const rootAddress = this.#root.addTo(block, writes);
    const address = output.allocate(block.length);
    const superblock = encodeSuperblock(rootAddress, output.end);
    output.dataBytes = 0;
    this.#metadataBytes += writes.reduce((sum, { bytes }) => sum + bytes.length, block.length);
    await output.write(block.bytes, address);
    for (const { address: at, bytes } of writes) await output.write(bytes, at);
    await this.#sync();
    await output.write(superblock, 0);
    await this.#sync();
    this.#checkpoints++;
  }

  async #sync(): Promise<void> {
    if (this.#options.durability !== "disk") return;
    try {
      await this.#output.file.sync();
    } catch (error) {
      this.#output.fail(error);
      this.#output.check();
    }
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw closedFile(this.path);
    this.#output.check();
  }
}

function resolveWriterOptions(options: Hdf5WriterOptions | undefined): Required<Hdf5WriterOptions> {
  const filled = resolveOptions<Required<Hdf5WriterOptions>>("hdf5", DEFAULT_HDF5_WRITER_OPTIONS, options);
  checkOneOf("hdf5", "durability", filled.durability, DURABILITIES);
  checkInteger("hdf5", "checkpointBytes", filled.checkpointBytes, 0, Number.MAX_SAFE_INTEGER);
  checkInteger("hdf5", "maxChunksInFlight", filled.maxChunksInFlight, 1, 64);
  return filled;
}
