import { InvalidArgumentError } from "@millrace/base";
import { bytesPerElement, kindOf, type TypedArray, viewAs } from "@millrace/buffers";
import { checkBooleans } from "./check-booleans.ts";
import type { ChunkJob } from "./chunk-pipeline.ts";
import { ChunkTree, type TreeEntry } from "./chunk-tree.ts";
import { chunkedLayout, encodeDataspace, fillValueMessage } from "./dataset-messages.ts";
import type { DatasetPlan } from "./dataset-plan.ts";
import { encodeDatatype, storedBytes } from "./datatype.ts";
import type { FileContext } from "./file-context.ts";
import { encodeFilters } from "./filters.ts";
import { MESSAGE, type Message } from "./object-header.ts";
import { ObjectNode } from "./object-node.ts";
import { readChunk, readTreeEdge, type StoredRows } from "./read-dataset.ts";
import { corruptFile } from "./read-object.ts";
import type { StateBlock } from "./state-block.ts";

/** Values on their way into chunks; those before `from` are there. */
interface QueuedAppend {
  readonly values: TypedArray;
  from: number;
}

/** What grows by rows. They gather in a buffer of one chunk, and go on when it is full. */
export class RowsNode extends ObjectNode {
  readonly plan: DatasetPlan;
  /** Bytes of an element in the file. */
  readonly #elementBytes: number;
  /** Values in memory, of which a table has one for each byte. */
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
    this.plan = plan;
    this.#elementBytes = storedBytes(plan.type);
    this.#elementsPerRow =
      plan.rowShape.reduce((product, size) => product * size, 1) *
      (this.#elementBytes / bytesPerElement(plan.storageKind));
    this.#elementsPerChunk = this.#elementsPerRow * plan.chunkRows;
    const filters = encodeFilters(plan.filters, this.#elementBytes, this.#chunkBytes);
    this.#typeMessages = [
      { type: MESSAGE.datatype, body: encodeDatatype(plan.type) },
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

  /**
   * Goes on with what the file has, with the rows of its last chunk when that is not full.
   * @param messages - of the header
   */
  protected resume(messages: readonly Message[], stored: StoredRows): void {
    const { file } = this.context.output;
    const { rows, treeAddress } = stored;
    const { chunkRows } = this.plan;
    const levels = readTreeEdge(file, treeAddress, this.plan.rowShape.length + 1);
    const lastRow = Math.max(-1, ...levels.map((entries) => entries.at(-1)?.firstRow ?? -1));
    if (lastRow !== (rows === 0 ? -1 : (Math.ceil(rows / chunkRows) - 1) * chunkRows)) {
      throw corruptFile(
        this.context.path,
        treeAddress,
        `of ${rows} rows the last chunk begins at ${lastRow}`,
      );
    }
    const restRows = rows % chunkRows;
    this.#chunks = Math.floor(rows / chunkRows);
    const last = restRows === 0 ? undefined : levels[0]?.pop();
    this.#tree.restore(levels);
    if (last !== undefined) {
      const bytes = readChunk(file, last, this.plan.filters, this.#elementBytes, this.#chunkBytes);
      this.#values = this.#takeBuffer();
      bytesOf(this.#values).set(bytes);
      this.#filled = restRows * this.#elementsPerRow;
      this.#partial = last;
    }
    this.restore(messages);
  }

  get rows(): number {
    return this.#chunks * this.plan.chunkRows + this.#filled / this.#elementsPerRow;
  }

  /** The values of one row. */
  protected get elementsPerRow(): number {
    return this.#elementsPerRow;
  }

  protected appendValues(values: TypedArray): Promise<void> {
    if (this.context.output.gate !== undefined || !this.#takesQuickly(values))
      return this.#appendInTurn(values);
    this.#copy(this.#values!, values);
    return DONE;
  }

  protected appendValuesSync(values: TypedArray): void {
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

  protected override messages(block: StateBlock): Message[] {
    const { rowShape, chunkRows } = this.plan;
    const endRow = (this.#chunks + (this.#partial === undefined ? 0 : 1)) * chunkRows;
    const tree = this.#tree.addRoot(block, endRow, this.#partial);
    if (this.isFinal) this.#giveBuffer();
    return [
      { type: MESSAGE.dataspace, body: encodeDataspace([this.rows, ...rowShape], true) },
      ...this.#typeMessages,
      chunkedLayout(tree, [chunkRows, ...rowShape], this.#elementBytes),
    ];
  }

  get #chunkBytes(): number {
    return this.#elementsPerChunk * bytesPerElement(this.plan.storageKind);
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
      values.length < output.rowsLeft * this.#elementsPerRow &&
      this.#queued.length === 0 &&
      !output.hasFailed &&
      !this.isClosed &&
      this.plan.type.kind !== "boolean" &&
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
    this.context.output.rowsLeft -= values.length / this.#elementsPerRow;
    if (values.length > 0) this.#markGrown();
  }

  #markGrown(): void {
    this.#partial = undefined;
    this.markDirty();
  }

  /** Takes the full chunk out. @returns the job that writes it */
  #handOn(): ChunkJob {
    const buffer = this.#values!;
    const firstRow = this.#chunks * this.plan.chunkRows;
    this.#chunks++;
    this.#filled = 0;
    this.#values = undefined;
    this.#markGrown();
    return {
      bytes: bytesOf(buffer),
      filledBytes: buffer.byteLength,
      elementBytes: this.#elementBytes,
      filters: this.plan.filters,
      onWritten: (chunk) => this.#tree.append({ firstRow, ...chunk }),
      onDone: () => this.context.pipeline.give(buffer.buffer),
    };
  }

  /** The job that writes the beginning of the chunk that is not full yet. */
  #partialJob(bytes: Uint8Array<ArrayBuffer>, onDone: () => void): ChunkJob {
    const { rows } = this;
    return {
      bytes,
      filledBytes: this.#filled * bytesPerElement(this.plan.storageKind),
      elementBytes: this.#elementBytes,
      filters: this.plan.filters,
      onWritten: (chunk) => {
        // Synchronous appends do not wait for a checkpoint under way: it does not have them, then.
        if (this.rows !== rows) return;
        this.#partial = { firstRow: this.#chunks * this.plan.chunkRows, ...chunk };
      },
      onDone,
    };
  }

  #takeBuffer(): TypedArray<ArrayBuffer> {
    const buffer = this.context.pipeline.take(this.#chunkBytes);
    return viewAs(this.plan.storageKind, buffer, 0, this.#elementsPerChunk);
  }

  #giveBuffer(): void {
    if (this.#values !== undefined) this.context.pipeline.give(this.#values.buffer);
    this.#values = undefined;
  }

  #check(values: TypedArray): void {
    const found = kindOf(values);
    if (found !== this.plan.storageKind) {
      throw new InvalidArgumentError(
        "HDF5_DATA_KIND",
        `rows for ${this.path}`,
        values,
        `${this.plan.storageKind} values`,
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
    if (this.plan.type.kind === "boolean") checkBooleans(values, this.path);
  }
}

const DONE: Promise<void> = Promise.resolve();

function bytesOf(values: TypedArray<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
