import { ClosedError } from "@millrace/base";
import { attributeMessage } from "./attributes.ts";
import type { ByteBuilder } from "./byte-builder.ts";
import type { FileContext } from "./file-context.ts";
import type { FileNode, Link } from "./link.ts";
import { addObjectHeader, type Message } from "./object-header.ts";
import { attributeName } from "./read-object.ts";
import type { PendingWrite } from "./symbol-table.ts";
import { encodeValue, type Hdf5Value, type Hdf5ValueOptions } from "./value.ts";

/** What groups and datasets share: attributes, and the way in which a change reaches the root. */
export abstract class ObjectNode implements FileNode {
  /** From the root: "/episodes/episode_0000". */
  readonly path: string;
  protected readonly context: FileContext;
  readonly #attributes = new Map<string, Message>();
  /** Tells the group above that this one's header will move; set once it is linked. */
  onDirty: () => void = () => {};
  #isDirty = true;
  #isClosed = false;
  #isFinal = false;

  constructor(path: string, context: FileContext) {
    this.path = path;
    this.context = context;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get isFinal(): boolean {
    return this.#isFinal;
  }

  setAttribute(name: string, value: Hdf5Value, options?: Hdf5ValueOptions): void {
    this.checkOpen();
    // The name and the size are checked before anything changes.
    this.#attributes.set(name, attributeMessage(name, encodeValue(value, options, this.context.heap)));
    this.markDirty();
  }

  /** Takes over what the file has: nothing is to be written until something changes. */
  protected restore(attributes: readonly Message[]): void {
    for (const message of attributes) this.#attributes.set(attributeName(message), message);
    this.#isDirty = false;
  }

  addTo(block: ByteBuilder, writes: PendingWrite[]): number {
    const messages = this.messages(block, writes);
    this.#isDirty = false;
    return addObjectHeader(block, [...messages, ...this.#attributes.values()]);
  }

  [Symbol.dispose](): void {
    this.closeSync();
  }

  abstract prepare(): Promise<void>;
  abstract prepareSync(): void;
  abstract close(): Promise<void>;
  abstract closeSync(): void;
  /** The messages of the header but for attributes; what they refer to is added to `block` first. */
  protected abstract messages(block: ByteBuilder, writes: PendingWrite[]): Message[];

  protected markDirty(): void {
    if (this.#isDirty) return;
    this.#isDirty = true;
    this.onDirty();
  }

  protected markClosed(): void {
    this.#isClosed = true;
  }

  /** The next checkpoint writes it for the last time. */
  protected markFinal(): void {
    if (this.#isFinal) return;
    this.#isFinal = true;
    this.markDirty();
  }

  protected checkOpen(): void {
    this.context.checkOpen();
    if (this.#isClosed) throw new ClosedError("HDF5_OBJECT_CLOSED", `${this.path} of ${this.context.path}`);
  }
}

/** Lets the node's changes reach the group that holds `link`. */
export function linkNode(link: Link, node: ObjectNode, changed: Set<Link>, markGroup: () => void): void {
  link.node = node;
  node.onDirty = () => {
    changed.add(link);
    markGroup();
  };
}
