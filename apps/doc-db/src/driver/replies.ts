/** What goes into commands and comes out of their replies. */
import { ObjectId } from "../document/object-id.ts";
import type { Document as Stored, Value } from "../document/value.ts";
import { EmbeddedCursor } from "./cursor.ts";
import { MongoBulkWriteError, MongoServerError, type WriteError } from "./errors.ts";
import type * as api from "./types.ts";

/** No operation's counts. */
export const NOTHING: api.BulkWriteResult = Object.freeze({
  insertedCount: 0,
  matchedCount: 0,
  modifiedCount: 0,
  deletedCount: 0,
  upsertedCount: 0,
  upsertedIds: {},
  insertedIds: {},
});

/** Gathers the first batch of a command's reply. */
export function listCursor(run: () => Promise<Stored>): api.ListCursor {
  return new EmbeddedCursor(async function* () {
    yield* ((await run()).cursor as Stored).firstBatch as readonly api.Document[];
  });
}

/** Documents without an `_id` get one here, which the application sees in its own objects, too, as the driver has it. */
export function withIds(documents: readonly api.Document[]): Stored[] {
  if (!Array.isArray(documents))
    throw new MongoServerError(9, "insertMany takes an array of documents; insertOne takes one");
  return documents.map((document: api.Document) => {
    if (typeof document !== "object" || document === null || (document._id ?? null) !== null)
      return document as Stored;
    const _id = ObjectId.generate();
    if (Object.isExtensible(document)) document._id = _id;
    return { ...document, _id } as unknown as Stored;
  });
}

/** @throws MongoServerError 16, as for a command without operations */
export function checkNotEmpty(operations: readonly unknown[]): void {
  if (Array.isArray(operations) && operations.length === 0)
    throw new MongoServerError(16, "there is nothing to be written; give one document or operation at least");
}

export function checkReplacement(replacement: api.Document): void {
  if (Object.keys(replacement)[0]?.startsWith("$") === true)
    throw new MongoServerError(9, "a replacement is a whole document; updateOne takes operators");
}

export function checkOperators(update: api.Document | api.Document[]): void {
  const isUpdate = Array.isArray(update) || Object.keys(update)[0]?.startsWith("$") === true;
  if (!isUpdate) throw new MongoServerError(9, "an update needs operators; replaceOne takes whole documents");
}

export function writeErrorsOf(reply: Stored): readonly WriteError[] {
  return (reply.writeErrors ?? []) as unknown as readonly WriteError[];
}

export function throwFirst(reply: Stored): void {
  const [first] = writeErrorsOf(reply);
  if (first === undefined) return;
  const { code, errmsg, ...more } = first as WriteError & Record<string, Value>;
  throw new MongoServerError(code, errmsg, more);
}

export function throwMany(reply: Stored, result: api.BulkWriteResult): void {
  const errors = writeErrorsOf(reply);
  if (errors.length > 0) throw new MongoBulkWriteError(errors, result);
}
