import { InvalidArgumentError } from "@millrace/base";
import { type ElementKind, kindOf, type TypedArray, type TypedArrayOf, viewAs } from "@millrace/buffers";
import type { Hdf5Dataset, StorageKind } from "../dataset.ts";
import type { ByteBuilder } from "./byte-builder.ts";
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
  /** Slow appends that run or wait; while there are any, all go that way, in order. */
  #queued = 0;
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
    const filters = encodeFilters(plan.filters, sizeOf(plan.kind));
    this.#typeMessages = [
      { type: MESSAGE.datatype, body: encodeDatatype({ kind: plan.kind }) },
      fillValueMessage("chunked"),
      ...(filters === undefined ? [] : [{ type: MESSAGE.filters, body: filters }]),
    ];
    const { output } = context;
    this.#tree = new ChunkTree(plan.rowShape.length + 1, plan.chunkRows, (node) => {
      const address = output.allocate(node.length);
      output.writeLater(node, address);
      return address;
    });
  }

  /** Reads a dataset as the file has it, with the rows of its last chunk when that is not full. */
  static async read(path: string, context: FileContext, address: number): Promise<DatasetNode<DatasetKind>> {
    const { file } = context.output;
    const messages = await readObjectHeader(file, address);
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
    const levels = await readTreeEdge(file, stored);
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
      const bytes = await readChunk(file, last, stored.filters, size, node.#elementsPerChunk * size);
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
    const { output } = this.context;
    const buffer = this.#values;
    // The quick way: the values fit, and nobody is in the middle of anything. Checks are below, on the slow path.
    if (
      buffer !== undefined &&
      this.#queued === 0 &&
      output.gate === undefined &&
      !output.hasFailed &&
      !this.isClosed &&
      this.#plan.kind !== "boolean" &&
      values.constructor === buffer.constructor &&
      values.length % this.#elementsPerRow === 0 &&
      values.length < this.#elementsPerChunk - this.#filled
    ) {
      this.#copy(buffer, values);
      return DONE;
    }
    return this.#appendInTurn(values);
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.markClosed();
    await this.#queue;
    this.markFinal();
  }

  /** While the gate is closed, so that nothing changes under it. */
  async prepare(): Promise<void> {
    const buffer = this.#values;
    if (buffer === undefined || this.#filled === 0 || this.#partial !== undefined) return;
    const { pipeline } = this.context;
    await pipeline.slot();
    buffer.fill(
      buffer instanceof BigInt64Array || buffer instanceof BigUint64Array ? (0n as never) : (0 as never),
      this.#filled,
    );
    const firstRow = this.#chunks * this.#plan.chunkRows;
    pipeline.start({
      bytes: bytesOf(buffer),
      elementBytes: buffer.BYTES_PER_ELEMENT,
      filters: this.#plan.filters,
      onWritten: (address, chunkBytes) => {
        this.#partial = { firstRow, chunkBytes, address };
      },
      onDone: () => {},
    });
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

  #appendInTurn(values: TypedArray): Promise<void> {
    try {
      this.checkOpen();
      this.#check(values);
    } catch (error) {
      return Promise.reject(error);
    }
    this.#queued++;
    const run = this.#queue.then(() => this.#appendSlowly(values)).finally(() => this.#queued--);
    this.#queue = run.catch(() => {});
    return run;
  }

  async #appendSlowly(values: TypedArray): Promise<void> {
    const { output, pipeline } = this.context;
    let from = 0;
    for (;;) {
      output.check();
      if (output.gate !== undefined) await output.gate;
      else if (this.#filled === this.#elementsPerChunk) {
        // After a wait everything may have changed, the gate too.
        if (!pipeline.hasSlot) await pipeline.slot();
        else {
          this.#handOn();
          await this.context.checkpointIfDue();
        }
      } else if (from < values.length) {
        this.#values ??= this.#takeBuffer();
        const end = Math.min(values.length, from + this.#elementsPerChunk - this.#filled);
        this.#copy(this.#values, values.subarray(from, end));
        from = end;
      } else return;
    }
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

  #handOn(): void {
    const buffer = this.#values!;
    const firstRow = this.#chunks * this.#plan.chunkRows;
    this.#chunks++;
    this.#filled = 0;
    this.#values = undefined;
    this.#markGrown();
    const { pipeline } = this.context;
    pipeline.start({
      bytes: bytesOf(buffer),
      elementBytes: buffer.BYTES_PER_ELEMENT,
      filters: this.#plan.filters,
      onWritten: (address, chunkBytes) => this.#tree.append({ firstRow, chunkBytes, address }),
      onDone: () => pipeline.give(buffer.buffer),
    });
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
