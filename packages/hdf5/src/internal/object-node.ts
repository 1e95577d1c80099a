import { ClosedError, InvalidArgumentError } from "@millrace/base";
import { attributeMessage } from "./attributes.ts";
import type { FileContext } from "./file-context.ts";
import type { FileNode, Link } from "./link.ts";
import { addObjectHeader, MESSAGE, type Message } from "./object-header.ts";
import { attributeName } from "./read-object.ts";
import type { ReferenceTarget, StateBlock } from "./state-block.ts";
import { encodeValue, type Hdf5Value, type Hdf5ValueOptions } from "./value.ts";

/** In a message that readers skip: whoever goes on with the file must not move this object. */
const REFERENCED_MARK: Uint8Array = new TextEncoder().encode("millrace: referenced");

/** What groups and datasets share: attributes, and the way in which a change reaches the root. */
export abstract class ObjectNode implements FileNode, ReferenceTarget {
  /** From the root: "/episodes/episode_0000". */
  readonly path: string;
  protected readonly context: FileContext;
  readonly #attributes = new Map<string, Message>();
  /** Tells the group above that this one's header will move; set once it is linked. */
  onDirty: () => void = () => {};
  /** Of the header as written last. */
  #address = 0;
  /** The group that it is in. */
  parent: ObjectNode | undefined;
  #isReferenced = false;
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

  protected get isFinal(): boolean {
    return this.#isFinal;
  }

  get address(): number {
    return this.#address;
  }

  get isDirty(): boolean {
    return this.#isDirty;
  }

  /** Final, and so is all that its references lead to: its address is not going to change any more. */
  get isSettled(): boolean {
    return this.#isFinal && !this.context.unsettled.has(this);
  }

  /** Whether it must be written again when an object that it refers to moves. */
  get hasUnsettledTargets(): boolean {
    return this.#targets().some((target) => !target.isSettled);
  }

  setAttribute(name: string, value: Hdf5Value, options?: Hdf5ValueOptions): void {
    this.checkOpen();
    // The name and the size are checked before anything changes.
    const message = attributeMessage(name, encodeValue(value, options, this.context));
    this.#attributes.set(name, message);
    if (message.references !== undefined) this.context.referrers.add(this);
    this.markDirty();
  }

  /** Whether this is an object of that file. */
  isOf(context: FileContext): boolean {
    return this.context === context;
  }

  /** Says that something refers to this: reopened it must not move any more. @throws ClosedError */
  markReferenced(): void {
    this.checkOpen();
    if (this.#isReferenced) return;
    this.#isReferenced = true;
    this.markDirty();
  }

  /** When one of the objects that this one refers to moves, this one does, too. @returns whether that was news */
  followTargets(): boolean {
    if (this.#isDirty || !this.#targets().some((target) => target.isDirty)) return false;
    this.markDirty();
    return true;
  }

  /** Takes over what the file has: nothing is to be written until something changes. */
  protected restore(messages: readonly Message[]): void {
    if (messages.some(({ type, body }) => type === MESSAGE.none && body.length === REFERENCED_MARK.length)) {
      throw new InvalidArgumentError(
        "HDF5_OBJECT_REFERENCED",
        `what is to be changed in ${this.context.path}`,
        this.path,
        "an object that no reference leads to: those in the file would lead to its old state",
      );
    }
    for (const message of messages) {
      if (message.type === MESSAGE.attribute) this.#attributes.set(attributeName(message), message);
    }
    this.#isDirty = false;
  }

  addTo(block: StateBlock): number {
    const messages = [...this.messages(block), ...this.#attributes.values()];
    if (this.#isReferenced) messages.push({ type: MESSAGE.none, body: REFERENCED_MARK });
    this.#isDirty = false;
    this.#address = addObjectHeader(block, messages);
    return this.#address;
  }

  [Symbol.dispose](): void {
    this.closeSync();
  }

  abstract prepare(): Promise<void>;
  abstract prepareSync(): void;
  abstract close(): Promise<void>;
  abstract closeSync(): void;
  /** The messages of the header but for attributes; what they refer to is added to `block` first. */
  protected abstract messages(block: StateBlock): Message[];

  /** What the value of a dataset refers to; attributes are looked at here. */
  protected get valueTargets(): readonly ReferenceTarget[] {
    return [];
  }

  #targets(): ReferenceTarget[] {
    const targets = [...this.valueTargets];
    if (this.context.referrers.has(this)) {
      for (const { references = [] } of this.#attributes.values()) targets.push(...references);
    }
    return targets;
  }

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
export function linkNode(
  link: Link,
  node: ObjectNode,
  group: ObjectNode,
  changed: Set<Link>,
  markGroup: () => void,
): void {
  link.node = node;
  node.parent = group;
  node.onDirty = () => {
    changed.add(link);
    markGroup();
  };
}
