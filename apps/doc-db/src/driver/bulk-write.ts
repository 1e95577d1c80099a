import type { EmbeddedCollection } from "./collection.ts";
import { MongoBulkWriteError, MongoServerError, type WriteError } from "./errors.ts";
import type * as api from "./types.ts";

/** Runs operations one after the other; `ordered` ends with the first that fails. */
export async function bulkWrite(
  collection: EmbeddedCollection<api.Document>,
  operations: readonly api.BulkOperation[],
  options: (api.OperationOptions & { ordered?: boolean; let?: api.Document }) | undefined,
): Promise<api.BulkWriteResult> {
  const counts = { insertedCount: 0, matchedCount: 0, modifiedCount: 0, deletedCount: 0, upsertedCount: 0 };
  const insertedIds: Record<number, unknown> = {};
  const upsertedIds: Record<number, unknown> = {};
  const errors: WriteError[] = [];
  const session = options?.session === undefined ? {} : { session: options.session };
  const shared = options?.let === undefined ? session : { ...session, let: options.let };
  for (const [index, operation] of operations.entries()) {
    try {
      const done = await runOne(collection, operation, shared);
      if ("insertedId" in done) {
        counts.insertedCount++;
        insertedIds[index] = done.insertedId;
      } else if ("deletedCount" in done) {
        counts.deletedCount += done.deletedCount;
      } else {
        counts.matchedCount += done.matchedCount;
        counts.modifiedCount += done.modifiedCount;
        counts.upsertedCount += done.upsertedCount;
        if (done.upsertedCount > 0) upsertedIds[index] = done.upsertedId;
      }
    } catch (error) {
      if (!(error instanceof MongoServerError)) throw error;
      errors.push({ index, code: error.code, errmsg: error.errmsg });
      if (options?.ordered !== false) break;
    }
  }
  const result = { ...counts, insertedIds, upsertedIds };
  if (errors.length > 0) throw new MongoBulkWriteError(errors, result);
  return result;
}

function runOne(
  collection: EmbeddedCollection<api.Document>,
  operation: api.BulkOperation,
  session: api.OperationOptions,
): Promise<api.InsertOneResult | api.UpdateResult | api.DeleteResult> {
  if ("insertOne" in operation) return collection.insertOne(operation.insertOne.document, session);
  if ("updateOne" in operation || "updateMany" in operation) {
    const isMany = "updateMany" in operation;
    const { filter, update, ...rest } = isMany ? operation.updateMany : operation.updateOne;
    const options = { ...rest, ...session };
    return isMany
      ? collection.updateMany(filter, update, options)
      : collection.updateOne(filter, update, options);
  }
  if ("replaceOne" in operation) {
    const { filter, replacement, ...rest } = operation.replaceOne;
    return collection.replaceOne(filter, replacement, { ...rest, ...session });
  }
  if ("deleteOne" in operation) {
    const { filter, ...rest } = operation.deleteOne;
    return collection.deleteOne(filter, { ...rest, ...session });
  }
  if ("deleteMany" in operation) {
    const { filter, ...rest } = operation.deleteMany;
    return collection.deleteMany(filter, { ...rest, ...session });
  }
  throw new MongoServerError(
    9,
    "bulkWrite: insertOne, updateOne, updateMany, replaceOne, deleteOne or deleteMany",
  );
}
