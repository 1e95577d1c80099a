import type { BackendWriter } from "./backend.ts";

/** Told how many bytes went to a backend in how many milliseconds. */
export type OnUploaded = (bytes: number, ms: number) => void;

/** Bytes of a long value after which its pace is told, before its end. */
const TOLD_BYTES = 16 * 1024 * 1024;

/**
 * A writer whose pace is measured: the bytes that it took by the time in which it had something to do, however many
 * writes were under way. What gathers bytes and sends them in its commit is measured by the whole.
 */
export class TimedWriter implements BackendWriter {
  readonly #inner: BackendWriter;
  readonly #onUploaded: OnUploaded;
  /** What the inner writer can only be asked for where it knows parts. */
  readonly suspend?: () => Promise<void>;
  #underWay = 0;
  #busySinceMs = 0;
  #bytes = 0;
  #busyMs = 0;

  constructor(inner: BackendWriter, onUploaded: OnUploaded) {
    this.#inner = inner;
    this.#onUploaded = onUploaded;
    if (inner.suspend !== undefined) this.suspend = () => inner.suspend!();
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#timed(() => this.#inner.write(bytes));
    this.#bytes += bytes.length;
    if (this.#bytes >= TOLD_BYTES && this.#underWay === 0) this.#tell();
  }

  async commit(): Promise<void> {
    await this.#timed(() => this.#inner.commit());
    this.#tell();
  }

  abort(): Promise<void> {
    return this.#inner.abort();
  }

  async #timed(work: () => Promise<void>): Promise<void> {
    if (this.#underWay++ === 0) this.#busySinceMs = performance.now();
    try {
      await work();
    } finally {
      if (--this.#underWay === 0) this.#busyMs += performance.now() - this.#busySinceMs;
    }
  }

  #tell(): void {
    this.#onUploaded(this.#bytes, this.#busyMs);
    this.#bytes = 0;
    this.#busyMs = 0;
  }
}
