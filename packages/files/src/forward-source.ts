import { CapacityError, checkInteger, InvalidArgumentError, resolveOptions } from "@millrace/base";
import type { ByteSource } from "./byte-source.ts";
import { type ByteStream, StreamReader } from "./stream-reader.ts";

/** How a stream is read as a source. */
export interface ForwardSourceOptions {
  /** Bytes from the beginning that are kept, to be read again; 0 to 1 GiB. @default 4 MiB */
  readonly keptBytes?: number;
}

/** What {@link ForwardSourceOptions} are when they are not given. */
export const DEFAULT_FORWARD_SOURCE_OPTIONS: Required<ForwardSourceOptions> = Object.freeze({
  keptBytes: 4 * 1024 * 1024,
});

/**
 * A stream as a source that is read once, from its beginning to its end: stdin, a socket, the body of a fetch.
 *
 * Its size is Infinity until the end was met. Its first bytes, `keptBytes` of them, can be read again and again; what
 * is behind them only in order.
 *
 * @example
 * await using source = new ForwardSource(process.stdin, "stdin");
 * for await (const chunk of readChunks(source)) chunk.length;
 */
export class ForwardSource implements ByteSource {
  readonly name: string;
  readonly #reader: StreamReader;
  readonly #keptBytes: number;
  /** The beginning, as far as it was read, up to `keptBytes`. */
  #kept: Uint8Array[] = [];
  #keptCount = 0;
  #size = Number.POSITIVE_INFINITY;

  constructor(stream: ByteStream, name = "stream", options?: ForwardSourceOptions) {
    const filled = resolveOptions<Required<ForwardSourceOptions>>(
      "files",
      DEFAULT_FORWARD_SOURCE_OPTIONS,
      options,
    );
    this.name = name;
    this.#keptBytes = checkInteger("files", "keptBytes", filled.keptBytes, 0, 2 ** 30);
    this.#reader = new StreamReader(stream, name);
  }

  /** Infinity until the end was met. */
  get size(): number {
    return this.#size;
  }

  /**
   * @throws InvalidArgumentError `FILES_STREAM_ORDER` for bytes that went by, or for a gap behind the last read
   * @throws ClosedError, and what the stream fails with
   */
  async read(into: Uint8Array, position: number): Promise<number> {
    checkInteger("files", "position", position, 0, Number.MAX_SAFE_INTEGER);
    const { position: reached } = this.#reader;
    if (position > reached || (position < reached && position >= this.#keptCount)) {
      if (position >= this.#size) return 0;
      throw this.#outOfOrder(position);
    }
    let done = position < reached ? this.#copyKept(into, position) : 0;
    if (done < into.length && position + done < reached) throw this.#outOfOrder(position + done);
    while (done < into.length && this.#size === Number.POSITIVE_INFINITY) {
      const part = await this.#reader.readSome(into.length - done);
      if (part.length === 0) this.#size = this.#reader.position;
      this.#keep(part);
      into.set(part, done);
      done += part.length;
    }
    return done;
  }

  /**
   * All of the stream, the beginning that was read included.
   * @throws CapacityError `FILES_STREAM_MEMORY` above `limitBytes`
   */
  async readAll(limitBytes: number): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#keptCount < this.#reader.position) throw this.#outOfOrder(0);
    const parts = [...this.#kept];
    for (let part = await this.#reader.readSome(); part.length > 0; part = await this.#reader.readSome()) {
      if (this.#reader.position > limitBytes) {
        const { name, position } = this.#reader;
        throw new CapacityError("FILES_STREAM_MEMORY", `${name} in memory`, position, limitBytes);
      }
      parts.push(part.slice());
    }
    this.#size = this.#reader.position;
    const all = new Uint8Array(this.#size);
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  close(): Promise<void> {
    return this.#reader.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #keep(part: Uint8Array): void {
    // Only whole parts: what is kept has no gap.
    if (this.#keptCount + part.length !== this.#reader.position) return;
    const kept = part.slice(0, this.#keptBytes - this.#keptCount);
    if (kept.length > 0) this.#kept.push(kept);
    this.#keptCount += kept.length;
  }

  #copyKept(into: Uint8Array, position: number): number {
    let start = 0;
    let done = 0;
    for (const part of this.#kept) {
      const from = Math.max(0, position - start);
      const bytes = part.subarray(from, from + into.length - done);
      into.set(bytes, done);
      done += bytes.length;
      start += part.length;
    }
    return done;
  }

  #outOfOrder(position: number): InvalidArgumentError {
    const { position: reached } = this.#reader;
    const expected = `byte ${reached}, or one of the first ${this.#keptCount}: a stream is read once; save it to a file`;
    return new InvalidArgumentError("FILES_STREAM_ORDER", `position in ${this.name}`, position, expected);
  }
}
