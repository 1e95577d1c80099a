/** Queries that clients are reading. */
import { EncodedDocument, encodeBson } from "../bson/encode.ts";
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

interface OpenCursor extends CursorOwner {
  readonly iterator: AsyncIterator<Document>;
  /** A document that the last batch had no room for. */
  ahead: EncodedDocument | undefined;
  isBusy: boolean;
  lastUsedMs: number;
}

/** How a batch is cut off. */
export interface BatchLimits {
  /** Undefined: the first batch's default, or as many as fit. */
  readonly documents: number | undefined;
  /** The client wants no other batch. */
  readonly isOnly: boolean;
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
  async open(
    documents: AsyncIterable<Document>,
    owner: CursorOwner,
    { documents: limit = FIRST_BATCH, isOnly }: BatchLimits,
  ): Promise<Document> {
    if (this.#open.size >= MAX_CURSORS) fail(2, "cursors", this.#open.size, `at most ${MAX_CURSORS}`);
    const iterator = documents[Symbol.asyncIterator]();
    const cursor = { ...owner, iterator, ahead: undefined, isBusy: false, lastUsedMs: Date.now() };
    const { batch, isAtEnd } = await readBatch(cursor, limit);
    if (!isAtEnd && isOnly) await iterator.return?.();
    const isOpen = !isAtEnd && !isOnly;
    const id = isOpen ? ++this.#lastId : 0n;
    if (isOpen) this.#open.set(id, cursor);
    return { cursor: { firstBatch: batch, id, ns: owner.namespace }, ok: 1 };
  }

  /** Answers `getMore`. @throws LanguageError 43 when there is no such cursor of this client's */
  async next(id: bigint, owner: CursorOwner, limit: number | undefined): Promise<Document> {
    const cursor = this.#open.get(id);
    if (cursor === undefined || cursor.namespace !== owner.namespace || cursor.session !== owner.session)
      return fail(43, "getMore", id, "a cursor that is open");
    if (cursor.isBusy) return fail(12051, "getMore", id, "a cursor that nobody else reads");
    cursor.isBusy = true;
    try {
      const { batch, isAtEnd } = await readBatch(cursor, limit ?? Number.POSITIVE_INFINITY);
      if (isAtEnd) this.#open.delete(id);
      return { cursor: { nextBatch: batch, id: isAtEnd ? 0n : id, ns: owner.namespace }, ok: 1 };
    } catch (error) {
      this.#open.delete(id);
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

  async #end(id: bigint): Promise<void> {
    const cursor = this.#open.get(id);
    this.#open.delete(id);
    // A generator that is being read takes this only when it gives its next document.
    if (cursor?.isBusy === false) await cursor.iterator.return?.();
    else void cursor?.iterator.return?.();
  }
}

async function readBatch(
  cursor: OpenCursor,
  limit: number,
): Promise<{ batch: readonly Value[]; isAtEnd: boolean }> {
  const batch: EncodedDocument[] = [];
  let bytes = 0;
  while (batch.length < limit) {
    let document = cursor.ahead;
    if (document === undefined) {
      const next = await cursor.iterator.next();
      if (next.done === true) return { batch: asValues(batch), isAtEnd: true };
      document = new EncodedDocument(encodeBson(next.value));
    }
    cursor.ahead = undefined;
    bytes += document.bytes.length;
    if (bytes > BATCH_BYTES && batch.length > 0) {
      cursor.ahead = document;
      break;
    }
    batch.push(document);
  }
  return { batch: asValues(batch), isAtEnd: false };
}

/** The writer of replies takes them wherever a value may be. */
function asValues(documents: readonly EncodedDocument[]): readonly Value[] {
  return documents as unknown as readonly Value[];
}
