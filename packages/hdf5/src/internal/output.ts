import { IoError } from "@millrace/base";
import type { VfsFile } from "@millrace/files";

/** The file's end, to which all is appended, and what must hold before something is written. */
export class Output {
  /** Where the next bytes go; what lies before is taken, though it may not be written yet. */
  end: number;
  /** Pending while a checkpoint runs: appends that can wait do so meanwhile. */
  gate: Promise<void> | undefined;
  /** Bytes of data written since the last checkpoint. */
  dataBytes = 0;
  /** When the next checkpoint is due, by `performance.now()`. */
  deadlineMs: number = Number.POSITIVE_INFINITY;
  /** Rows to the next checkpoint; below 1 it is due. */
  rowsLeft: number = Number.POSITIVE_INFINITY;
  readonly file: VfsFile;
  #failure: { readonly error: unknown } | undefined;

  constructor(file: VfsFile, end: number) {
    this.file = file;
    this.end = end;
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  /** Whether rows or the clock ask for a checkpoint; the clock is not looked at when nobody wants that. */
  get isOverdue(): boolean {
    if (this.rowsLeft < 1) return true;
    return this.deadlineMs !== Number.POSITIVE_INFINITY && performance.now() >= this.deadlineMs;
  }

  /** Takes space at the end. @returns its address */
  allocate(byteLength: number): number {
    const address = this.end;
    this.end += byteLength;
    return address;
  }

  /** Writes into space that was taken. @throws IoError when this or an earlier write failed */
  async write(bytes: Uint8Array, address: number): Promise<void> {
    this.check();
    await this.file.write(bytes, address).catch((error) => this.#refuse(error));
  }

  /** {@link write} at once. */
  writeSync(bytes: Uint8Array, address: number): void {
    this.check();
    try {
      this.file.writeSync(bytes, address);
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** Makes what was written durable. @throws IoError as {@link write} does */
  async sync(): Promise<void> {
    this.check();
    await this.file.sync().catch((error) => this.#refuse(error));
  }

  /** {@link sync} at once. */
  syncSync(): void {
    this.check();
    try {
      this.file.syncSync();
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** From here on every call fails: what the file holds behind its last checkpoint is unknown. */
  fail(error: unknown): void {
    this.#failure ??= { error };
  }

  /** @throws IoError `HDF5_WRITE_FAILED` when a write failed before */
  check(): void {
    if (this.#failure === undefined) return;
    const { error: cause } = this.#failure;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new IoError(
      "HDF5_WRITE_FAILED",
      this.file.path,
      "write",
      `a write failed, and the file stays as of its last checkpoint; close the writer and cure this: ${reason}`,
      { cause },
    );
  }

  #refuse(error: unknown): void {
    this.fail(error);
    this.check();
  }
}
