import { ClosedError, InvalidArgumentError } from "@millrace/base";
import type { JsonValue } from "./zarr-metadata.ts";
import type { ZarrStore } from "./zarr-store.ts";
import { attributeJson, type ZarrAttribute } from "./zarr-value.ts";

/** What all nodes of one store share. */
export interface ZarrContext {
  readonly store: ZarrStore;
  /** Nodes that have changed since the last checkpoint, in the order of their creation or change. */
  readonly changed: Set<ZarrNode>;
  /** Counts bytes of data, for checkpoints by themselves. */
  countBytes(byteLength: number): void;
  checkpointIfDue(): void;
  /** @throws ClosedError, or IoError when a write failed */
  checkOpen(): void;
}

/** What groups and arrays share: attributes, and that they are written at checkpoints. */
export abstract class ZarrNode {
  /** From the root: "/episodes/episode_0000". */
  readonly path: string;
  protected readonly context: ZarrContext;
  readonly #attributes: Record<string, JsonValue> = {};
  /** Tells the group that it need not close this one. @internal */
  onClose: () => void = () => {};
  #isClosed = false;

  constructor(path: string, context: ZarrContext) {
    this.path = path;
    this.context = context;
    context.changed.add(this);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Sets an attribute, or replaces it. @throws InvalidArgumentError `ZARR_NAME_INVALID`, `ZARR_VALUE_UNFIT` */
  setAttribute(name: string, value: ZarrAttribute): void {
    this.checkOpen();
    if (typeof name !== "string" || name === "") {
      throw new InvalidArgumentError(
        "ZARR_NAME_INVALID",
        "an attribute's name",
        name,
        "text that is not empty",
      );
    }
    Object.defineProperty(this.#attributes, name, {
      value: attributeJson(value),
      enumerable: true,
      configurable: true,
      writable: true,
    });
    this.context.changed.add(this);
  }

  /** Ends the changes to this node and those in it. A second call does nothing. */
  closeSync(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.onClose();
  }

  [Symbol.dispose](): void {
    this.closeSync();
  }

  /** Writes data that no file has yet. */
  abstract writeData(): void;

  /** Makes what was written part of the store. */
  writeMetadata(): void {
    this.context.store.putSync(this.key("zarr.json"), [this.metadata(this.#attributes)]);
  }

  protected abstract metadata(attributes: JsonValue): Uint8Array;

  /** Of a file of this node. */
  protected key(name: string): string {
    return this.path === "/" ? name : `${this.path.slice(1)}/${name}`;
  }

  protected checkOpen(): void {
    this.context.checkOpen();
    if (this.#isClosed)
      throw new ClosedError("ZARR_NODE_CLOSED", `${this.path} of ${this.context.store.path}`);
  }
}
