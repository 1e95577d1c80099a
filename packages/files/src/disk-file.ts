import { fdatasyncSync, fstatSync, ftruncateSync, readSync, writeSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { ClosedError, checkInteger } from "@millrace/base";
import { toFileError } from "./file-errors.ts";
import type { VfsFile } from "./vfs.ts";

/** Zeros for {@link VfsFile.allocate}; never written to. */
const ZEROS = new Uint8Array(256 * 1024);

/**
 * A file on disk. The handle's own methods do the asynchronous calls, because its `close` waits for those that
 * run: with a bare descriptor a late write could land in another file that got the same number.
 */
export class DiskFile implements VfsFile {
  readonly path: string;
  readonly #handle: FileHandle;
  #isClosed = false;

  constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    this.#check(position);
    let done = 0;
    try {
      while (done < into.length) {
        const { bytesRead } = await this.#handle.read(into, done, into.length - done, position + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
    } catch (error) {
      throw toFileError(error, this.path, "read");
    }
    return done;
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    this.#check(position);
    try {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, position + done);
        done += bytesWritten;
      }
    } catch (error) {
      throw toFileError(error, this.path, "write");
    }
  }

  async size(): Promise<number> {
    this.#check(0);
    try {
      return (await this.#handle.stat()).size;
    } catch (error) {
      throw toFileError(error, this.path, "stat");
    }
  }

  async truncate(size: number): Promise<void> {
    this.#check(size);
    try {
      await this.#handle.truncate(size);
    } catch (error) {
      throw toFileError(error, this.path, "truncate");
    }
  }

  async allocate(size: number): Promise<void> {
    this.#check(size);
    for (let at = await this.size(); at < size; ) {
      const count = Math.min(ZEROS.length, size - at);
      await this.write(ZEROS.subarray(0, count), at);
      at += count;
    }
  }

  async sync(): Promise<void> {
    this.#check(0);
    try {
      await this.#handle.datasync();
    } catch (error) {
      throw toFileError(error, this.path, "sync");
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      await this.#handle.close();
    } catch (error) {
      throw toFileError(error, this.path, "close");
    }
  }

  readSync(into: Uint8Array, position: number): number {
    this.#check(position);
    let done = 0;
    try {
      while (done < into.length) {
        const count = readSync(this.#handle.fd, into, done, into.length - done, position + done);
        if (count === 0) break;
        done += count;
      }
    } catch (error) {
      throw toFileError(error, this.path, "read");
    }
    return done;
  }

  writeSync(bytes: Uint8Array, position: number): void {
    this.#check(position);
    try {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(this.#handle.fd, bytes, done, bytes.length - done, position + done);
      }
    } catch (error) {
      throw toFileError(error, this.path, "write");
    }
  }

  sizeSync(): number {
    this.#check(0);
    try {
      return fstatSync(this.#handle.fd).size;
    } catch (error) {
      throw toFileError(error, this.path, "stat");
    }
  }

  truncateSync(size: number): void {
    this.#check(size);
    try {
      ftruncateSync(this.#handle.fd, size);
    } catch (error) {
      throw toFileError(error, this.path, "truncate");
    }
  }

  syncSync(): void {
    this.#check(0);
    try {
      fdatasyncSync(this.#handle.fd);
    } catch (error) {
      throw toFileError(error, this.path, "sync");
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #check(position: number): void {
    if (this.#isClosed) throw new ClosedError("FILES_FILE_CLOSED", this.path);
    checkInteger("files", "position", position, 0, Number.MAX_SAFE_INTEGER);
  }
}
