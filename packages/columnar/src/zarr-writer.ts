import { ClosedError, checkInteger, checkOneOf, resolveOptions } from "@millrace/base";
import { DURABILITIES, fileError, type Vfs } from "@millrace/files";
import type { ZarrContext, ZarrNode } from "./internal/zarr-node.ts";
import { ZarrStore } from "./internal/zarr-store.ts";
import { ZarrGroup } from "./zarr-group.ts";
import { DEFAULT_ZARR_WRITER_OPTIONS, type ZarrWriterOptions } from "./zarr-options.ts";

/**
 * Writes a Zarr 3 store: a directory of groups and arrays that grow by rows.
 *
 * Every file appears whole. At a checkpoint data come first, then each array's zarr.json, whose shape says what counts:
 * a run that is killed leaves every array as of its last checkpoint. One writer at a time, all of it on this thread.
 *
 * @example
 * using writer = ZarrWriter.createSync(diskVfs, "run.zarr");
 * const steps = writer.root.createDataset("steps", { kind: "uint32" });
 * steps.appendSync(Uint32Array.of(1, 2, 3));
 */
export class ZarrWriter {
  readonly path: string;
  readonly root: ZarrGroup;
  readonly #store: ZarrStore;
  readonly #options: Required<ZarrWriterOptions>;
  readonly #changed = new Set<ZarrNode>();
  #dataBytes = 0;
  #deadlineMs = Number.POSITIVE_INFINITY;
  #isClosed = false;

  private constructor(store: ZarrStore, options: Required<ZarrWriterOptions>) {
    this.path = store.path;
    this.#store = store;
    this.#options = options;
    this.root = new ZarrGroup("/", this.#context());
  }

  /**
   * Makes a new store, which is a valid, empty one when the call returns.
   * @throws InvalidArgumentError for options
   * @throws IoError `FILES_EXISTS` when there is one, `ZARR_WRITE_FAILED`
   */
  static createSync(vfs: Vfs, path: string, options?: ZarrWriterOptions): ZarrWriter {
    const filled = resolveOptions<Required<ZarrWriterOptions>>("zarr", DEFAULT_ZARR_WRITER_OPTIONS, options);
    checkOneOf("zarr", "durability", filled.durability, DURABILITIES);
    checkInteger("zarr", "checkpointBytes", filled.checkpointBytes, 0, Number.MAX_SAFE_INTEGER);
    checkInteger("zarr", "checkpointMs", filled.checkpointMs, 0, Number.MAX_SAFE_INTEGER);
    const store = new ZarrStore(vfs, path, filled.durability);
    if (store.has("zarr.json")) throw fileError("FILES_EXISTS", path, "open");
    const writer = new ZarrWriter(store, filled);
    writer.checkpointSync();
    return writer;
  }

  /**
   * Makes everything that was done before part of the store, array after array.
   * @throws IoError `ZARR_WRITE_FAILED`; each array stays as of the checkpoint before, or is as of this one
   * @throws ClosedError
   */
  checkpointSync(): void {
    this.#checkOpen();
    this.#checkpoint();
  }

  /** Makes a last checkpoint. A second call does nothing. @throws IoError `ZARR_WRITE_FAILED` */
  closeSync(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.root.closeSync();
    this.#checkpoint();
  }

  [Symbol.dispose](): void {
    this.closeSync();
  }

  #context(): ZarrContext {
    return {
      store: this.#store,
      changed: this.#changed,
      countBytes: (byteLength) => {
        this.#dataBytes += byteLength;
      },
      checkpointIfDue: () => {
        const { checkpointBytes } = this.#options;
        const isFull = checkpointBytes > 0 && this.#dataBytes >= checkpointBytes;
        if (
          isFull ||
          (this.#deadlineMs !== Number.POSITIVE_INFINITY && performance.now() >= this.#deadlineMs)
        ) {
          this.#checkpoint();
        }
      },
      checkOpen: () => this.#checkOpen(),
    };
  }

  #checkpoint(): void {
    this.#store.check();
    const { checkpointMs } = this.#options;
    if (checkpointMs > 0) this.#deadlineMs = performance.now() + checkpointMs;
    this.#dataBytes = 0;
    for (const node of this.#changed) node.writeData();
    for (const node of this.#changed) node.writeMetadata();
    this.#changed.clear();
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new ClosedError("ZARR_WRITER_CLOSED", `the writer of ${this.path}`);
    this.#store.check();
  }
}
