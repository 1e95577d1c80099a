/** Queries that clients are reading. */
import { EncodedDocument, encodeBson } from "../bson/encode.ts";
import type { ChangeReader } from "../changes/change-reader.ts";
import type { TimeBudget } from "../command/time-limit.ts";
import type { Document, Value } from "../document/value.ts";
import { fail } from "../mql/error.ts";

/** Documents of the first batch unless the client says another number. */
const FIRST_BATCH = 101;
/** Bytes of documents in one batch, about; a message may have three times as many. */
const BATCH_BYTES = 16 * 1024 * 1024;
const IDLE_MS = 10 * 60_000;
const MAX_CURSORS = 10_000;

/** Who reads a cursor, and what it is called in answers. */
export interface CursorOwner {
  readonly namespace: string;
  /** The session, as text; empty for none. */
  readonly session: string;
  /** The cursor ends with the session's transaction. */
  readonly isInTransaction: boolean;
}

/** What is read batch by batch. */
interface Source {
  read(limit: number, waitMs: number): Promise<Batch>;
  /** Ends it, even while it is read. */
  end(): Promise<void>;
}

interface Batch {
  readonly documents: readonly EncodedDocument[];
  readonly isAtEnd: boolean;
  /** Where a stream of changes goes on. */
  readonly token?: Document;
}

interface OpenCursor extends CursorOwner {
  readonly source: Source;
  isBusy: boolean;
  lastUsedMs: number;
}

/** How a batch is cut off. */
export interface BatchLimits {
  /** Undefined: the first batch's default, or as many as fit. */
  readonly documents: number | undefined;
  /** The client wants no other batch. */
  readonly isOnly: boolean;
  /** Time that is spent while batches are read. */
  readonly time?: TimeBudget | undefined;
}

/** The cursors of one server. */
export class ServerCursors {
  readonly #open = new Map<bigint, OpenCursor>();
  #lastId = BigInt(Math.floor(Math.random() * 2 ** 40)) * 1024n;

  /** How many are open. */
  get count(): number {
    return this.#open.size;
  }

  /** Answers with the first batch; a cursor that is not at its end stays open. */
  open(
    documents: AsyncIterable<Document>,
    owner: CursorOwner,
    { documents: limit = FIRST_BATCH, isOnly, time }: BatchLimits,
  ): Promise<Document> {
    return this.#begin(new QuerySource(documents, time), owner, limit, isOnly);
  }

  /** Answers with a batch that is mostly empty: changes come later. */
  openStream(reader: ChangeReader, owner: CursorOwner): Promise<Document> {
    return this.#begin(new StreamSource(reader), owner, Number.POSITIVE_INFINITY, false);
  }

  /** Answers `getMore`. @throws LanguageError 43 when there is no such cursor of this client's */
  async next(
    id: bigint,
    owner: CursorOwner,
    { documents: limit, waitMs }: { readonly documents: number | undefined; readonly waitMs: number },
  ): Promise<Document> {
    const cursor = this.#open.get(id);
    if (cursor === undefined || cursor.namespace !== owner.namespace || cursor.session !== owner.session)
      return fail(43, "getMore", id, "a cursor that is open");
    if (cursor.isBusy) return fail(12051, "getMore", id, "a cursor that nobody else reads");
    cursor.isBusy = true;
    try {
      const batch = await cursor.source.read(limit ?? Number.POSITIVE_INFINITY, waitMs);
      if (batch.isAtEnd) this.#open.delete(id);
      const next = { nextBatch: asValue(batch), id: batch.isAtEnd ? 0n : id, ns: owner.namespace };
      return { cursor: { ...next, ...tokenField(batch) }, ok: 1 };
    } catch (error) {
      this.#open.delete(id);
      await cursor.source.end();
      throw error;
    } finally {
      cursor.isBusy = false;
      cursor.lastUsedMs = Date.now();
    }
  }

  /** @returns those that were open */
  async kill(ids: readonly bigint[]): Promise<bigint[]> {
    const killed = ids.filter((id) => this.#open.has(id));
    for (const id of killed) await this.#end(id);
    return killed;
  }

  /** Ends those of a session, or only those of its transaction. */
  async killOf(session: string, onlyInTransaction: boolean): Promise<void> {
    for (const [id, cursor] of this.#open)
      if (cursor.session === session && (cursor.isInTransaction || !onlyInTransaction)) await this.#end(id);
  }

  /** Ends those that were not read for ten minutes. */
  async sweep(nowMs: number): Promise<void> {
    for (const [id, cursor] of this.#open)
      if (!cursor.isBusy && nowMs - cursor.lastUsedMs > IDLE_MS) await this.#end(id);
  }

  async close(): Promise<void> {
    for (const id of this.#open.keys()) await this.#end(id);
  }

  async #begin(source: Source, owner: CursorOwner, limit: number, isOnly: boolean): Promise<Document> {
    if (this.#open.size >= MAX_CURSORS) {
      await source.end();
      return fail(2, "cursors", this.#open.size, `at most ${MAX_CURSORS}`);
    }
    const batch = await source.read(limit, 0);
    if (!batch.isAtEnd && isOnly) await source.end();
    const isOpen = !batch.isAtEnd && !isOnly;
    const id = isOpen ? ++this.#lastId : 0n;
    if (isOpen) this.#open.set(id, { ...owner, source, isBusy: false, lastUsedMs: Date.now() });
    return { cursor: { firstBatch: asValue(batch), id, ns: owner.namespace, ...tokenField(batch) }, ok: 1 };
  }

  async #end(id: bigint): Promise<void> {
    const cursor = this.#open.get(id);
    this.#open.delete(id);
    await cursor?.source.end();
  }
}

/** Documents of a query. */
class QuerySource implements Source {
  readonly #iterator: AsyncIterator<Document>;
  readonly #time: TimeBudget | undefined;
  /** A document that the last batch had no room for. */
  #ahead: EncodedDocument | undefined;
  #isBusy = false;

  constructor(documents: AsyncIterable<Document>, time: TimeBudget | undefined) {
    this.#iterator = documents[Symbol.asyncIterator]();
    this.#time = time;
  }

  async read(limit: number): Promise<Batch> {
    this.#isBusy = true;
    this.#time?.resume();
    const documents: EncodedDocument[] = [];
    let bytes = 0;
    try {
      while (documents.length < limit) {
        let document = this.#ahead;
        if (document === undefined) {
          const next = await this.#iterator.next();
          if (next.done === true) return { documents, isAtEnd: true };
          document = new EncodedDocument(encodeBson(next.value));
        }
        this.#ahead = undefined;
        bytes += document.bytes.length;
        if (bytes > BATCH_BYTES && documents.length > 0) {
          this.#ahead = document;
          break;
        }
        documents.push(document);
      }
      return { documents, isAtEnd: false };
    } finally {
      this.#isBusy = false;
      this.#time?.pause();
    }
  }

  async end(): Promise<void> {
    const ended = this.#iterator.return?.();
    // A generator that is being read takes it only when it gives its next document.
    if (!this.#isBusy) await ended;
  }
}

/** Events of changes; a batch that is too large for a message has its rest in the next one. */
class StreamSource implements Source {
  readonly #reader: ChangeReader;
  #waiting: EncodedDocument[] = [];
  #tokens: Document[] = [];
  #last: Document;

  constructor(reader: ChangeReader) {
    this.#reader = reader;
    this.#last = reader.token;
  }

  async read(limit: number, waitMs: number): Promise<Batch> {
    if (this.#waiting.length === 0) {
      const events = await this.#reader.read(waitMs);
      this.#waiting = events.map((event) => new EncodedDocument(encodeBson(event)));
      this.#tokens = events.map((event) => event._id as Document);
    }
    let bytes = 0;
    let count = 0;
    for (const { bytes: event } of this.#waiting) {
      bytes += event.length;
      if (count > 0 && (count >= limit || bytes > BATCH_BYTES)) break;
      count++;
    }
    const documents = this.#waiting.splice(0, count);
    this.#last = this.#tokens.splice(0, count).at(-1) ?? this.#last;
    const isRead = this.#waiting.length === 0;
    // Behind the last event there may be others that this stream does not give.
    if (isRead && !this.#reader.isOver) this.#last = this.#reader.token;
    return { documents, isAtEnd: isRead && this.#reader.isOver, token: this.#last };
  }

  async end(): Promise<void> {
    this.#reader.close();
  }
}

function tokenField({ token }: Batch): Document {
  return token === undefined ? {} : { postBatchResumeToken: token };
}

/** The writer of replies takes encoded documents wherever a value may be. */
function asValue({ documents }: Batch): readonly Value[] {
  return documents as unknown as readonly Value[];
}
