import type { Hdf5Object } from "../group.ts";
import { UNDEFINED_ADDRESS } from "./byte-builder.ts";
import { compactLayout, contiguousLayout, encodeDataspace, fillValueMessage } from "./dataset-messages.ts";
import { encodeDatatype } from "./datatype.ts";
import type { FileContext } from "./file-context.ts";
import { MESSAGE, type Message } from "./object-header.ts";
import { ObjectNode } from "./object-node.ts";
import type { ReferenceTarget, StateBlock } from "./state-block.ts";
import type { StoredValue } from "./value.ts";

/** Up to here the data is in the header itself. */
const MAX_COMPACT_BYTES = 1024;

/** A dataset of fixed size that is written at once. */
export class ValueNode extends ObjectNode implements Hdf5Object {
  readonly #typeMessages: readonly Message[];
  readonly #references: readonly ReferenceTarget[];
  #layout: Message;
  #data: Uint8Array | undefined;

  constructor(path: string, context: FileContext, { type, shape, data, references = [] }: StoredValue) {
    super(path, context);
    this.#references = references;
    if (references.length > 0) context.referrers.add(this);
    const isCompact = data.length > 0 && data.length <= MAX_COMPACT_BYTES;
    this.#typeMessages = [
      { type: MESSAGE.dataspace, body: encodeDataspace(shape) },
      { type: MESSAGE.datatype, body: encodeDatatype(type) },
      fillValueMessage(isCompact ? "compact" : "contiguous"),
    ];
    this.#layout = isCompact
      ? { ...compactLayout(data), references }
      : contiguousLayout(UNDEFINED_ADDRESS, data.length);
    this.#data = isCompact || data.length === 0 ? undefined : data;
  }

  /** Writes the data, unless they go into the header or refer to objects; before the dataset is linked. */
  async write(): Promise<void> {
    if (this.#data === undefined || this.#references.length > 0) return;
    const address = this.context.output.allocate(this.#data.length);
    await this.context.output.write(this.#data, address);
    this.#markWritten(address, this.#data.length);
  }

  /** {@link write} at once. */
  writeSync(): void {
    if (this.#data === undefined || this.#references.length > 0) return;
    const address = this.context.output.allocate(this.#data.length);
    this.context.output.writeSync(this.#data, address);
    this.#markWritten(address, this.#data.length);
  }

  async prepare(): Promise<void> {}

  prepareSync(): void {}

  async close(): Promise<void> {
    this.closeSync();
  }

  closeSync(): void {
    if (this.isClosed) return;
    this.markClosed();
    this.markFinal();
  }

  #markWritten(address: number, byteLength: number): void {
    this.context.output.dataBytes += byteLength;
    this.#layout = contiguousLayout(address, byteLength);
    this.#data = undefined;
  }

  protected override messages(block: StateBlock): Message[] {
    if (this.#data === undefined) return [...this.#typeMessages, this.#layout];
    // References may be others in each state, so that a list too long for the header is in each block anew.
    const { end } = block;
    block.add(this.#data).addPatches(this.#references);
    return [...this.#typeMessages, contiguousLayout(end, this.#data.length)];
  }

  protected override get valueTargets(): readonly ReferenceTarget[] {
    return this.#references;
  }
}
