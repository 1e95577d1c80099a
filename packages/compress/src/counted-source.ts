/** Chunks on their way into a decoder: what went in, and whether it was they that failed. */
export class CountedSource implements AsyncIterable<Uint8Array> {
  /** Bytes that were taken so far. */
  bytes = 0;
  /** What the source threw, which is not the decoder's fault. */
  error: unknown;
  readonly #source: AsyncIterable<Uint8Array>;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const chunk of this.#source) {
        this.bytes += chunk.length;
        yield chunk;
      }
    } catch (error) {
      this.error = error;
      throw error;
    }
  }
}
