import { InvalidArgumentError } from "@millrace/base";
import { type ElementKind, kindOf, type TypedArray, type TypedArrayOf, viewAs } from "@millrace/buffers";
import type { Hdf5Dataset, StorageKind } from "../dataset.ts";
import type { ByteBuilder } from "./byte-builder.ts";
import type { ChunkJob } from "./chunk-pipeline.ts";
import { ChunkTree, type TreeEntry } from "./chunk-tree.ts";
import { chunkedLayout, encodeDataspace, fillValueMessage } from "./dataset-messages.ts";
import { type DatasetPlan, sizeOf } from "./dataset-plan.ts";
import { type DatasetKind, encodeDatatype } from "./datatype.ts";
import type { FileContext } from "./file-context.ts";
import { encodeFilters } from "./filters.ts";
import { MESSAGE, type Message } from "./object-header.ts";
import { ObjectNode } from "./object-node.ts";
import { readChunk, readDatasetPlan, readTreeEdge } from "./read-dataset.ts";
import { corruptFile, readObjectHeader } from "./read-object.ts";

/** Values on their way into chunks; those before `from` are there. */
interface QueuedAppend {
  readonly values: TypedArray;
  from: number;
}

/** A dataset that grows by rows. Rows gather in a buffer of one chunk, and go on when it is full. */
export class DatasetNode<K extends DatasetKind> extends ObjectNode implements Hdf5Dataset<K> {
  readonly kind: K;
  readonly #storageKind: ElementKind;
  readonly #plan: DatasetPlan;
  readonly #elementsPerRow: number;
  readonly #elementsPerChunk: number;
  readonly #typeMessages: readonly Message[];
  readonly #tree: ChunkTree;
  /** Whole chunks that were handed on. */
  #chunks = 0;
  #values: TypedArray<ArrayBuffer> | undefined;
  #filled = 0;
  /** Slow appends that run or wait, the oldest first; while there are any, all go that way, in order. */
  #queued: QueuedAppend[] = [];
  #queue: Promise<void> = Promise.resolve();
  /** The beginning of a chunk, written for the checkpoint that is being made. */
  #partial: TreeEntry | undefined;

  constructor(path: string, context: FileContext, plan: DatasetPlan) {
    super(path, context);
    this.kind = plan.kind as K;
    this.#plan = plan;
    this.#storageKind = plan.kind === "boolean" ? "uint8" : plan.kind;
    this.#elementsPerRow = plan.rowShape.reduce((product, size) => product * size, 1);
    this.#elementsPerChunk = this.#elementsPerRow * plan.chunkRows;
    const filters = encodeFilters(
      plan.filters,
      sizeOf(plan.kind),
      this.#elementsPerChunk * sizeOf(plan.kind),
    );
    this.#typeMessages = [
      { type: MESSAGE.datatype, body: encodeDatatype({ kind: plan.kind }) },
      fillValueMessage("chunked"),
      ...(filters === undefined ? [] : [{ type: MESSAGE.filters, body: filters }]),
    ];
    const { output } = context;
    this.#tree = new ChunkTree(plan.rowShape.length + 1, plan.chunkRows, (node) => {
      const address = output.allocate(node.length);
      output.writeSync(node, address);
      return address;
    });
  }

  /** Reads a dataset as the file has it, with the rows of its last chunk when that is not full. */
  static read(path: string, context: FileContext, address: number): DatasetNode<DatasetKind> {
    const { file } = context.output;
    const messages = readObjectHeader(file, address);
    const stored = readDatasetPlan(messages);
    if (stored === undefined) {
      throw new InvalidArgumentError(
        "HDF5_KIND_OTHER",
        path,
        "a group or a fixed dataset",
        "a streamed dataset",
      );
    }
    const node = new DatasetNode<DatasetKind>(path, context, stored);
    const levels = readTreeEdge(file, stored);
    const restRows = stored.rows % stored.chunkRows;
    const lastRow = Math.max(-1, ...levels.map((entries) => entries.at(-1)?.firstRow ?? -1));
    if (
      lastRow !==
      (stored.rows === 0 ? -1 : (Math.ceil(stored.rows / stored.chunkRows) - 1) * stored.chunkRows)
    ) {
      throw corruptFile(context.path, address, `of ${stored.rows} rows the last chunk begins at ${lastRow}`);
    }
    node.#chunks = Math.floor(stored.rows / stored.chunkRows);
    const last = restRows === 0 ? undefined : levels[0]?.pop();
    node.#tree.restore(levels);
    if (last !== undefined) {
      const size = sizeOf(stored.kind);
      const bytes = readChunk(file, last, stored.filters, size, node.#elementsPerChunk * size);
      node.#values = node.#takeBuffer();
      bytesOf(node.#values).set(bytes);
      node.#filled = restRows * node.#elementsPerRow;
      node.#partial = last;
    }
    node.restore(messages.filter(({ type }) => type === MESSAGE.attribute));
    return node;
  }

  get rows(): number {
    return this.#chunks * this.#plan.chunkRows + this.#filled / this.#elementsPerRow;
  }

  append(values: TypedArrayOf<StorageKind<K>>): Promise<void> {
    if (this.context.output.gate !== undefined || !this.#takesQuickly(values))
      return this.#appendInTurn(values);
    this.#copy(this.#values!, values);
    return DONE;
  }

  appendSync(values: TypedArrayOf<StorageKind<K>>): void {
    if (this.#takesQuickly(values)) this.#copy(this.#values!, values);
    else this.#appendSlowlySync(values);
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.markClosed();
    await this.#queue;
    this.markFinal();
  }

  closeSync(): void {
    // Closed is not enough: another call may still wait for appends.
    if (this.isFinal) return;
    this.markClosed();
    this.#takeOverQueue();
    this.markFinal();
  }

  async prepare(): Promise<void> {
    if (!this.#hasUnwritten) return;
    const { pipeline } = this.context;
    await pipeline.slot();
    const buffer = this.#values;
    if (buffer === undefined || !this.#hasUnwritten) return;
    // A copy: a synchronous append may come while the pool is at work.
    const bytes = new Uint8Array(pipeline.take(buffer.byteLength), 0, buffer.byteLength);
    const filledBytes = this.#filled * buffer.BYTES_PER_ELEMENT;
    bytes.set(bytesOf(buffer).subarray(0, filledBytes));
    pipeline.start(this.#partialJob(bytes.fill(0, filledBytes), () => pipeline.give(bytes.buffer)));
  }

  prepareSync(): void {
    const buffer = this.#values;
    if (buffer === undefined || !this.#hasUnwritten) return;
    const bytes = bytesOf(buffer).fill(0, this.#filled * buffer.BYTES_PER_ELEMENT);
    this.context.pipeline.finishSync(this.#partialJob(bytes, () => {}));
  }

  protected override messages(block: ByteBuilder): Message[] {
    const { rowShape, chunkRows, kind } = this.#plan;
    const endRow = (this.#chunks + (this.#partial === undefined ? 0 : 1)) * chunkRows;
    const tree = this.#tree.addRoot(block, endRow, this.#partial);
    if (this.isFinal) this.#giveBuffer();
    return [
      { type: MESSAGE.dataspace, body: encodeDataspace([this.rows, ...rowShape], true) },
      ...this.#typeMessages,
      chunkedLayout(tree, [chunkRows, ...rowShape], sizeOf(kind)),
    ];
  }

  /** Whether rows were appended that no chunk in the file has. */
  get #hasUnwritten(): boolean {
    return this.#filled > 0 && this.#partial === undefined;
  }

  /** Whether the values fit, and nobody is in the middle of anything; what else may be wrong is told on the slow way. */
  #takesQuickly(values: TypedArray): boolean {
    const buffer = this.#values;
    const { output } = this.context;
    return (
      buffer !== undefined &&
      values.constructor === buffer.constructor &&
      values.length % this.#elementsPerRow === 0 &&
      values.length < this.#elementsPerChunk - this.#filled &&
      this.#queued.length === 0 &&
      !output.hasFailed &&
      !this.isClosed &&
      this.#plan.kind !== "boolean" &&
      !output.isOverdue
    );
  }

  #appendInTurn(values: TypedArray): Promise<void> {
    try {
      this.checkOpen();
      this.#check(values);
    } catch (error) {
      return Promise.reject(error);
    }
    const append: QueuedAppend = { values, from: 0 };
    this.#queued.push(append);
    const run = this.#queue
      .then(() => this.#appendSlowly(append))
      .finally(() => {
        if (this.#queued[0] === append) this.#queued.shift();
      });
    this.#queue = run.catch(() => {});
    return run;
  }

  async #appendSlowly(append: QueuedAppend): Promise<void> {
    const { output, pipeline } = this.context;
    for (;;) {
      output.check();
      if (output.gate !== undefined) await output.gate;
      else if (this.#filled === this.#elementsPerChunk) {
        // After a wait everything may have changed, the gate too.
        if (!pipeline.hasSlot) await pipeline.slot();
        else {
          pipeline.start(this.#handOn());
          await this.context.checkpointIfDue();
        }
      } else if (!this.#copySome(append)) return this.context.checkpointIfDue();
    }
  }

  #appendSlowlySync(values: TypedArray): void {
    this.checkOpen();
    this.#check(values);
    this.#takeOverQueue();
    this.#appendNow({ values, from: 0 });
    this.context.checkpointIfDueSync();
  }

  #takeOverQueue(): void {
    const queued = this.#queued;
    this.#queued = [];
    for (const append of queued) this.#appendNow(append);
  }

  #appendNow(append: QueuedAppend): void {
    const { output, pipeline } = this.context;
    for (;;) {
      output.check();
      if (this.#filled === this.#elementsPerChunk) {
        pipeline.startSync(this.#handOn());
        this.context.checkpointIfDueSync();
      } else if (!this.#copySome(append)) return;
    }
  }

  /** Copies what fits of the rest of an append. @returns false when there is no rest */
  #copySome(append: QueuedAppend): boolean {
    const { values, from } = append;
    if (from === values.length) return false;
    this.#values ??= this.#takeBuffer();
    append.from = Math.min(values.length, from + this.#elementsPerChunk - this.#filled);
    this.#copy(this.#values, values.subarray(from, append.from));
    return true;
  }

  #copy(buffer: TypedArray, values: TypedArray): void {
    // Both are of one kind, which the type of a union cannot say.
    (buffer as Float64Array).set(values as Float64Array, this.#filled);
    this.#filled += values.length;
    if (values.length > 0) this.#markGrown();
  }

  #markGrown(): void {
    this.#partial = undefined;
    this.markDirty();
  }

  /** Takes the full chunk out. @returns the job that writes it */
  #handOn(): ChunkJob {
    const buffer = this.#values!;
    const firstRow = this.#chunks * this.#plan.chunkRows;
    this.#chunks++;
    this.#filled = 0;
    this.#values = undefined;
    this.#markGrown();
    return {
      bytes: bytesOf(buffer),
      elementBytes: buffer.BYTES_PER_ELEMENT,
      filters: this.#plan.filters,
      onWritten: (chunk) => this.#tree.append({ firstRow, ...chunk }),
      onDone: () => this.context.pipeline.give(buffer.buffer),
    };
  }

  /** The job that writes the beginning of the chunk that is not full yet. */
  #partialJob(bytes: Uint8Array<ArrayBuffer>, onDone: () => void): ChunkJob {
    const { rows } = this;
    return {
      bytes,
      elementBytes: sizeOf(this.kind),
      filters: this.#plan.filters,
      onWritten: (chunk) => {
        // Synchronous appends do not wait for a checkpoint under way: it does not have them, then.
        if (this.rows !== rows) return;
        this.#partial = { firstRow: this.#chunks * this.#plan.chunkRows, ...chunk };
      },
      onDone,
    };
  }

  #takeBuffer(): TypedArray<ArrayBuffer> {
    const buffer = this.context.pipeline.take(this.#elementsPerChunk * sizeOf(this.kind));
    return viewAs(this.#storageKind, buffer, 0, this.#elementsPerChunk);
  }

  #giveBuffer(): void {
    if (this.#values !== undefined) this.context.pipeline.give(this.#values.buffer);
    this.#values = undefined;
  }

  #check(values: TypedArray): void {
    const found = kindOf(values);
    if (found !== this.#storageKind) {
      throw new InvalidArgumentError(
        "HDF5_DATA_KIND",
        `rows for ${this.path}`,
        values,
        `${this.#storageKind} values`,
      );
    }
    if (values.length % this.#elementsPerRow !== 0) {
      throw new InvalidArgumentError(
        "HDF5_DATA_LENGTH",
        `number of values for ${this.path}`,
        values.length,
        `a multiple of ${this.#elementsPerRow}, the values of a row`,
      );
    }
    if (this.#plan.kind !== "boolean") return;
    const at = (values as Uint8Array).findIndex((value) => value > 1);
    if (at < 0) return;
    throw new InvalidArgumentError("HDF5_DATA_BOOLEAN", `value ${at} for ${this.path}`, values[at], "0 or 1");
  }
}

const DONE: Promise<void> = Promise.resolve();

function bytesOf(values: TypedArray<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
