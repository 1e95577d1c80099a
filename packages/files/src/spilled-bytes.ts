import { ClosedError, checkInteger } from "@millrace/base";
import { GrowableUint8 } from "@millrace/buffers";
import type { TemporaryFile, TemporarySpace } from "./temporary-space.ts";

/** Bytes of one piece that is given out. */
const PIECE_BYTES = 256 * 1024;

/**
 * Bytes that are gathered before they are read, any number of times: in memory while they are few, then in temporary
 * files, in several directories where one gets full.
 *
 * @example
 * await using bytes = new SpilledBytes(space, 8_388_608);
 * await bytes.append(chunk);
 * for await (const piece of bytes.chunks()) send(piece);
 */
export class SpilledBytes implements AsyncDisposable {
  readonly #space: TemporarySpace;
  readonly #memoryBytes: number;
  readonly #memory = new GrowableUint8();
  readonly #files: TemporaryFile[] = [];
  #length = 0;
  #isClosed = false;

  /** @param memoryBytes - so many stay in memory, 0 or more */
  constructor(space: TemporarySpace, memoryBytes: number) {
    this.#space = space;
    this.#memoryBytes = checkInteger("files", "memoryBytes", memoryBytes, 0, Number.MAX_SAFE_INTEGER);
  }

  /** Bytes appended so far. */
  get length(): number {
    return this.#length;
  }

  /** Appends; one call at a time. @throws IoError `FILES_NO_SPACE` */
  async append(bytes: Uint8Array): Promise<void> {
    if (this.#isClosed) throw new ClosedError("FILES_SPILL_CLOSED", "gathered bytes");
    if (this.#files.length === 0 && this.#length + bytes.length <= this.#memoryBytes) {
      this.#memory.pushMany(bytes);
    } else {
      await (await this.#fileFor(bytes.length)).append(bytes);
    }
    this.#length += bytes.length;
  }

  /** All bytes in order; each piece is the caller's until all are closed. */
  async *chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.#isClosed) throw new ClosedError("FILES_SPILL_CLOSED", "gathered bytes");
    const memory = this.#memory.view();
    for (let at = 0; at < memory.length; at += PIECE_BYTES) yield memory.subarray(at, at + PIECE_BYTES);
    for (const file of this.#files) {
      for (let at = 0; at < file.length; ) {
        const piece = new Uint8Array(Math.min(PIECE_BYTES, file.length - at));
        at += await file.read(piece, at);
        yield piece;
      }
    }
  }

  /** Gives memory and files back; a second call does nothing. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#memory.take();
    await Promise.all(this.#files.map((file) => file.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #fileFor(bytes: number): Promise<TemporaryFile> {
    const last = this.#files.at(-1);
    if (last !== undefined && (await last.reserve(bytes))) return last;
    const file = await this.#space.createFile(bytes);
    this.#files.push(file);
    return file;
  }
}
