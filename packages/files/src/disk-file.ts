import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  close as nodeClose,
  fdatasync as nodeDatasync,
  read as nodeRead,
  fstat as nodeStat,
  ftruncate as nodeTruncate,
  write as nodeWrite,
  readSync,
  writeSync,
} from "node:fs";
import { promisify } from "node:util";
import { ClosedError, checkInteger } from "@millrace/base";
import { toFileError } from "./file-errors.ts";
import type { VfsFile } from "./vfs.ts";

const readAt = promisify(nodeRead);
const writeAt = promisify(nodeWrite);
const statOf = promisify(nodeStat);
const truncateTo = promisify(nodeTruncate);
const datasync = promisify(nodeDatasync);
const closeDescriptor = promisify(nodeClose);

/** Zeros for {@link VfsFile.allocate}; never written to. */
const ZEROS = new Uint8Array(256 * 1024);

/**
 * A file on disk. It counts the calls that run in libuv's pool, and the descriptor is closed after the last of them:
 * else a late write could land in another file that got the same number.
 */
export class DiskFile implements VfsFile {
  readonly path: string;
  readonly #descriptor: number;
  #running = 0;
  #onIdle: (() => void) | undefined;
  #isClosed = false;

  constructor(path: string, descriptor: number) {
    this.path = path;
    this.#descriptor = descriptor;
  }

  read(into: Uint8Array, position: number): Promise<number> {
    return this.#run("read", position, async (descriptor) => {
      let done = 0;
      while (done < into.length) {
        const { bytesRead } = await readAt(descriptor, into, done, into.length - done, position + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return done;
    });
  }

  write(bytes: Uint8Array, position: number): Promise<void> {
    return this.#run("write", position, async (descriptor) => {
      for (let done = 0; done < bytes.length; ) {
        const rest = bytes.length - done;
        done += (await writeAt(descriptor, bytes, done, rest, position + done)).bytesWritten;
      }
    });
  }

  size(): Promise<number> {
    return this.#run("stat", 0, async (descriptor) => (await statOf(descriptor)).size);
  }

  truncate(size: number): Promise<void> {
    return this.#run("truncate", size, (descriptor) => truncateTo(descriptor, size));
  }

  async allocate(size: number): Promise<void> {
    this.#check(size);
    for (let at = await this.size(); at < size; ) {
      const count = Math.min(ZEROS.length, size - at);
      await this.write(ZEROS.subarray(0, count), at);
      at += count;
    }
  }

  sync(): Promise<void> {
    return this.#run("sync", 0, datasync);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#running > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#onIdle = resolve;
      await promise;
    }
    try {
      await closeDescriptor(this.#descriptor);
    } catch (error) {
      throw toFileError(error, this.path, "close");
    }
  }

  readSync(into: Uint8Array, position: number): number {
    this.#check(position);
    let done = 0;
    try {
      while (done < into.length) {
        const count = readSync(this.#descriptor, into, done, into.length - done, position + done);
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
        done += writeSync(this.#descriptor, bytes, done, bytes.length - done, position + done);
      }
    } catch (error) {
      throw toFileError(error, this.path, "write");
    }
  }

  sizeSync(): number {
    this.#check(0);
    try {
      return fstatSync(this.#descriptor).size;
    } catch (error) {
      throw toFileError(error, this.path, "stat");
    }
  }

  truncateSync(size: number): void {
    this.#check(size);
    try {
      ftruncateSync(this.#descriptor, size);
    } catch (error) {
      throw toFileError(error, this.path, "truncate");
    }
  }

  syncSync(): void {
    this.#check(0);
    try {
      fdatasyncSync(this.#descriptor);
    } catch (error) {
      throw toFileError(error, this.path, "sync");
    }
  }

  closeSync(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // Nobody is left to tell about a failure by then; all that was to be durable has been synced before.
    if (this.#running > 0) this.#onIdle = () => nodeClose(this.#descriptor, () => {});
    else {
      try {
        closeSync(this.#descriptor);
      } catch (error) {
        throw toFileError(error, this.path, "close");
      }
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Makes a call that keeps the descriptor open until it ends. */
  async #run<T>(syscall: string, position: number, call: (descriptor: number) => Promise<T>): Promise<T> {
    this.#check(position);
    this.#running++;
    try {
      return await call(this.#descriptor);
    } catch (error) {
      throw toFileError(error, this.path, syscall);
    } finally {
      if (--this.#running === 0) this.#onIdle?.();
    }
  }

  #check(position: number): void {
    if (this.#isClosed) throw new ClosedError("FILES_FILE_CLOSED", this.path);
    checkInteger("files", "position", position, 0, Number.MAX_SAFE_INTEGER);
  }
}
