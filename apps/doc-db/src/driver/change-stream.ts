import type { ChangeReader, ChangeReaderOptions } from "../changes/change-reader.ts";
import { inDriverShape, MongoServerError } from "./errors.ts";
import { fromStored } from "./from-stored.ts";
import type { ChangeStream, ChangeStreamOptions, Document } from "./types.ts";

/** A change stream of the embedded database, which begins when it is made. */
export class EmbeddedChangeStream implements ChangeStream {
  readonly #opening: Promise<ChangeReader>;
  #reader: ChangeReader | undefined;
  #buffer: Document[] = [];
  #token: unknown;
  #isClosed = false;

  constructor(
    open: (options: ChangeReaderOptions) => Promise<ChangeReader>,
    { maxAwaitTimeMS: _, ...options }: ChangeStreamOptions,
  ) {
    this.#opening = inDriverShape(() => open(options as ChangeReaderOptions));
    // Told to whoever reads first.
    this.#opening.catch(() => {});
  }

  get closed(): boolean {
    return this.#isClosed;
  }

  get resumeToken(): unknown {
    return this.#token;
  }

  async hasNext(): Promise<boolean> {
    await this.#fill(Number.POSITIVE_INFINITY);
    return this.#buffer.length > 0;
  }

  async next(): Promise<Document> {
    const event = await this.#take(Number.POSITIVE_INFINITY);
    if (event === null) throw new MongoServerError(43, "the change stream is closed");
    return event;
  }

  tryNext(): Promise<Document | null> {
    return this.#take(0);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const reader = await this.#opening.catch(() => undefined);
    reader?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Document, void, void> {
    try {
      while (await this.hasNext()) yield (await this.tryNext())!;
    } finally {
      await this.close();
    }
  }

  async #take(waitMs: number): Promise<Document | null> {
    await this.#fill(waitMs);
    const event = this.#buffer.shift();
    if (event !== undefined) this.#token = event._id;
    if (this.#buffer.length === 0 && this.#reader?.isOver === true) await this.close();
    return event ?? null;
  }

  async #fill(waitMs: number): Promise<void> {
    if (this.#buffer.length > 0 || this.#isClosed) return;
    this.#reader ??= await this.#opening;
    const reader = this.#reader;
    this.#buffer = (await inDriverShape(() => reader.read(waitMs))).map(fromStored);
    if (this.#buffer.length === 0 && !reader.isOver) this.#token = reader.token;
  }
}
