import { ClosedError, checkInteger } from "@millrace/base";
import { fileError } from "./file-errors.ts";
import type { VfsFile } from "./vfs.ts";

/** The content of a file in memory; lives on while handles are open, though its name may be gone. */
export class MemoryContent {
  /** At least `size` bytes; those behind `size` are zero. */
  bytes: Uint8Array = new Uint8Array(0);
  size = 0;
  modifiedMs: number = Date.now();

  read(into: Uint8Array, position: number): number {
    const end = Math.min(this.size, position + into.length);
    if (position >= end) return 0;
    into.set(this.bytes.subarray(position, end));
    return end - position;
  }

  write(bytes: Uint8Array, position: number): void {
    const end = position + bytes.length;
    if (bytes.length === 0) return;
    if (end > this.size) this.resize(end);
    this.bytes.set(bytes, position);
    this.modifiedMs = Date.now();
  }

  resize(size: number): void {
    if (size < this.size) this.bytes.fill(0, size, this.size);
    if (size > this.bytes.length) {
      const grown = new Uint8Array(Math.max(size, this.bytes.length * 2, 512));
      grown.set(this.bytes.subarray(0, this.size));
      this.bytes = grown;
    }
    this.size = size;
    this.modifiedMs = Date.now();
  }
}

/** An open file of a {@link MemoryVfs}; every call is done at once, `sync` has nothing to do. */
export class MemoryFile implements VfsFile {
  readonly path: string;
  readonly #content: MemoryContent;
  readonly #isReadOnly: boolean;
  #isClosed = false;

  constructor(path: string, content: MemoryContent, isReadOnly: boolean) {
    this.path = path;
    this.#content = content;
    this.#isReadOnly = isReadOnly;
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    return this.readSync(into, position);
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    this.writeSync(bytes, position);
  }

  async size(): Promise<number> {
    return this.sizeSync();
  }

  async truncate(size: number): Promise<void> {
    this.truncateSync(size);
  }

  async allocate(size: number): Promise<void> {
    if (size > this.sizeSync()) this.truncateSync(size);
  }

  async sync(): Promise<void> {
    this.syncSync();
  }

  async close(): Promise<void> {
    this.closeSync();
  }

  readSync(into: Uint8Array, position: number): number {
    this.#check(position);
    return this.#content.read(into, position);
  }

  writeSync(bytes: Uint8Array, position: number): void {
    this.#check(position);
    if (this.#isReadOnly) throw fileError("FILES_NO_PERMISSION", this.path, "write", 'opened with "r"');
    this.#content.write(bytes, position);
  }

  sizeSync(): number {
    this.#check(0);
    return this.#content.size;
  }

  truncateSync(size: number): void {
    this.#check(size);
    if (this.#isReadOnly) throw fileError("FILES_NO_PERMISSION", this.path, "truncate", 'opened with "r"');
    this.#content.resize(size);
  }

  syncSync(): void {
    this.#check(0);
  }

  closeSync(): void {
    this.#isClosed = true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #check(position: number): void {
    if (this.#isClosed) throw new ClosedError("FILES_FILE_CLOSED", this.path);
    checkInteger("files", "position", position, 0, Number.MAX_SAFE_INTEGER);
  }
}
