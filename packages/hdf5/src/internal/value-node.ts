import type { Hdf5Object } from "../group.ts";
import { UNDEFINED_ADDRESS } from "./byte-builder.ts";
import { compactLayout, contiguousLayout, encodeDataspace, fillValueMessage } from "./dataset-messages.ts";
import { encodeDatatype } from "./datatype.ts";
import type { FileContext } from "./file-context.ts";
import { MESSAGE, type Message } from "./object-header.ts";
import { ObjectNode } from "./object-node.ts";
import type { StoredValue } from "./value.ts";

/** Up to here the data is in the header itself. */
const MAX_COMPACT_BYTES = 1024;

/** A dataset of fixed size that is written at once. */
export class ValueNode extends ObjectNode implements Hdf5Object {
  readonly #typeMessages: readonly Message[];
  #layout: Message;
  #data: Uint8Array | undefined;

  constructor(path: string, context: FileContext, { type, shape, data }: StoredValue) {
    super(path, context);
    const isCompact = data.length > 0 && data.length <= MAX_COMPACT_BYTES;
    this.#typeMessages = [
      { type: MESSAGE.dataspace, body: encodeDataspace(shape) },
      { type: MESSAGE.datatype, body: encodeDatatype(type) },
      fillValueMessage(isCompact ? "compact" : "contiguous"),
    ];
    this.#layout = isCompact ? compactLayout(data) : contiguousLayout(UNDEFINED_ADDRESS, data.length);
    this.#data = isCompact || data.length === 0 ? undefined : data;
  }

  /** Writes the data, unless they go into the header; before the dataset is linked. */
  async write(): Promise<void> {
    if (this.#data === undefined) return;
    const address = this.context.output.allocate(this.#data.length);
    await this.context.output.write(this.#data, address);
    this.#markWritten(address, this.#data.length);
  }

  /** {@link write} at once. */
  writeSync(): void {
    if (this.#data === undefined) return;
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

  protected override messages(): Message[] {
    return [...this.#typeMessages, this.#layout];
  }
}
