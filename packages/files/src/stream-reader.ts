import { ClosedError, CorruptDataError, checkInteger } from "@millrace/base";

/** What a {@link StreamReader} reads: process.stdin, a fetch body, any chunks of bytes in order. */
export type ByteStream = AsyncIterable<Uint8Array> | Iterable<Uint8Array> | ReadableStream<Uint8Array>;

/**
 * Reads a stream of chunks in amounts of the caller's choice, once and in order.
 * @example
 * await using reader = new StreamReader(process.stdin, "stdin");
 * const header = await reader.readExactly(64);
 */
export class StreamReader {
  /** For messages. */
  readonly name: string;
  readonly #chunks: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);
  #position = 0;
  #isEnded = false;
  #isClosed = false;

  constructor(stream: ByteStream, name = "stream") {
    this.name = name;
    this.#chunks = iteratorOf(stream);
  }

  /** Bytes read so far. */
  get position(): number {
    return this.#position;
  }

  /** Fills `into`; returns how many bytes there were, fewer only at the end. */
  async read(into: Uint8Array): Promise<number> {
    let done = 0;
    while (done < into.length) {
      const part = await this.readSome(into.length - done);
      if (part.length === 0) break;
      into.set(part, done);
      done += part.length;
    }
    return done;
  }

  /** What is there of the current chunk, at most `limitBytes`, as a view; empty only at the end. */
  async readSome(limitBytes: number = Number.MAX_SAFE_INTEGER): Promise<Uint8Array> {
    if (this.#isClosed) throw new ClosedError("FILES_STREAM_CLOSED", this.name);
    checkInteger("files", "limitBytes", limitBytes, 1, Number.MAX_SAFE_INTEGER);
    while (this.#chunk.length === 0 && !this.#isEnded) {
      const next = await this.#chunks.next();
      if (next.done === true) this.#isEnded = true;
      else this.#chunk = next.value;
    }
    const part = this.#chunk.subarray(0, limitBytes);
    this.#chunk = this.#chunk.subarray(part.length);
    this.#position += part.length;
    return part;
  }

  /**
   * The next `length` bytes, as an array of their own.
   * @throws CorruptDataError `FILES_STREAM_SHORT` when the stream ends before that
   */
  async readExactly(length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(checkInteger("files", "length", length, 0, 2 ** 32));
    const start = this.#position;
    const count = await this.read(bytes);
    if (count === length) return bytes;
    const problem = `${length} bytes were expected from byte ${start} on, found ${count}; the stream was cut short`;
    throw new CorruptDataError("FILES_STREAM_SHORT", this.name, start + count, problem);
  }

  /** Tells the stream that no more is wanted; a second call does nothing. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#chunks.return?.();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function iteratorOf(stream: ByteStream): AsyncIterator<Uint8Array> | Iterator<Uint8Array> {
  if (Symbol.asyncIterator in stream) return stream[Symbol.asyncIterator]();
  if (Symbol.iterator in stream) return stream[Symbol.iterator]();
  return readerIterator(stream as ReadableStream<Uint8Array>);
}

/** For browsers whose ReadableStream is not iterable yet. */
function readerIterator(stream: ReadableStream<Uint8Array>): AsyncIterator<Uint8Array> {
  const reader = stream.getReader();
  return {
    next: async () => {
      const { done, value } = await reader.read();
      return done ? { done, value: undefined } : { done, value };
    },
    return: async () => {
      await reader.cancel();
      return { done: true, value: undefined };
    },
  };
}
