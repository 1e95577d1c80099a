import { IoError } from "@millrace/base";
import type { VfsFile } from "@millrace/files";

/** The file's end, to which all is appended, and what must hold before something is written. */
export class Output {
  /** Where the next bytes go; what lies before is taken, though it may not be written yet. */
  end: number;
  /** Pending while a checkpoint runs: nothing may be appended to datasets then. */
  gate: Promise<void> | undefined;
  /** Bytes of data written since the last checkpoint. */
  dataBytes = 0;
  readonly file: VfsFile;
  #background: Promise<unknown> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;

  constructor(file: VfsFile, end: number) {
    this.file = file;
    this.end = end;
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined;
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
    try {
      await this.file.write(bytes, address);
    } catch (error) {
      this.fail(error);
      this.check();
    }
  }

  /** Writes without waiting; {@link settle} waits, and a failure is met there or by any call before. */
  writeLater(bytes: Uint8Array, address: number): void {
    const before = this.#background;
    const write = this.write(bytes, address).catch(() => {});
    this.#background = Promise.all([before, write]);
  }

  /** Waits for all writes that nobody waited for. @throws IoError when one failed */
  async settle(): Promise<void> {
    await this.#background;
    this.check();
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
}
