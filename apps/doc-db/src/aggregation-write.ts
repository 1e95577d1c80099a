/** `$out` and `$merge`: pipelines whose documents go into a collection. */
import { randomUUID } from "node:crypto";
import {
  checkCollectionName,
  collectionOptions,
  dropCollection,
  findCollection,
  findOrCreateCollection,
  renameCollection,
  setCollectionOptions,
} from "./catalog.ts";
import { recordCollection } from "./changes/feed.ts";
import { Collection } from "./collection.ts";
import { listIndexSpecs } from "./collection-indexes.ts";
import { changeOne, insertUpserted } from "./collection-update.ts";
import { checkReferences } from "./constraints/reference-catalog.ts";
import { type Document, getField, isDocument, type Value } from "./document/value.ts";
import { buildIndex } from "./indexes/store.ts";
import { fail } from "./mql/error.ts";
import { compileExpression, contextFor } from "./mql/expr/index.ts";
import { type Variables, withVariables } from "./mql/pipeline/lookup-variables.ts";
import { compileAnyUpdate } from "./mql/update/any-update.ts";
import { compileFilter } from "./query/filter.ts";
import type { Executor } from "./storage/executor.ts";

/** Puts the documents of a pipeline where its last stage says. */
export type PipelineWriter = (executor: Executor, documents: AsyncIterable<Document>) => Promise<void>;

/** Documents written by one change, or by changes that wait together. */
const BATCH_DOCUMENTS = 256;
const WHEN_MATCHED = ["replace", "keepExisting", "merge", "fail"];
const WHEN_NOT_MATCHED = ["insert", "discard", "fail"];

/**
 * Takes the last stage of a pipeline when it writes.
 * @param storedName - gives the name in the file of a collection, and of its database where one is named
 */
export function writerOf(
  last: Document | undefined,
  storedName: (collection: string, database: string | undefined) => string,
): PipelineWriter | undefined {
  if (last?.$out !== undefined) return compileOut(last.$out, storedName);
  return last?.$merge === undefined ? undefined : compileMerge(last.$merge, storedName);
}

function compileOut(
  operand: Value,
  storedName: (name: string, database: string | undefined) => string,
): PipelineWriter {
  const { db, coll } = isDocument(operand) ? operand : { db: undefined, coll: operand };
  if (typeof coll !== "string") return fail(16990, "$out", operand, "the name of a collection");
  const name = checkCollectionName(storedName(coll, typeof db === "string" ? db : undefined));
  return async (executor, documents) => {
    const temporary = `${name}.tmp.${randomUUID()}`;
    try {
      await insertAll(new Collection(executor, temporary), documents);
      await executor.writeLong(async (pager) => {
        findOrCreateCollection(pager, temporary);
        const specs = listIndexSpecs(pager, name).slice(1);
        const options = collectionOptions(pager, name);
        if (dropCollection(pager, name)) recordCollection(pager, "drop", name);
        renameCollection(pager, temporary, name);
        recordCollection(pager, "rename", temporary, name);
        setCollectionOptions(pager, name, options);
        for (const spec of specs) buildIndex(pager, findCollection(pager, name)!, spec);
        checkReferences(pager, name);
      });
    } catch (error) {
      await executor.writeLong(async (pager) => dropCollection(pager, temporary));
      throw error;
    }
  };
}

async function insertAll(collection: Collection, documents: AsyncIterable<Document>): Promise<void> {
  let batch: Document[] = [];
  for await (const document of documents) {
    batch.push(document);
    if (batch.length < BATCH_DOCUMENTS) continue;
    await collection.insertMany(batch);
    batch = [];
  }
  if (batch.length > 0) await collection.insertMany(batch);
}

function compileMerge(
  operand: Value,
  storedName: (name: string, database: string | undefined) => string,
): PipelineWriter {
  const given: Document = isDocument(operand) ? operand : { into: operand };
  const { into, on = "_id", whenMatched = "merge", whenNotMatched = "insert" } = given;
  const merge = compileMatched(whenMatched, given.let);
  const { db, coll } = isDocument(into) ? into : { db: undefined, coll: into };
  if (typeof coll !== "string") return fail(51178, "$merge into", into, "the name of a collection");
  const paths = (Array.isArray(on) ? on : [on]) as readonly string[];
  if (paths.length === 0 || paths.some((path) => typeof path !== "string"))
    fail(51186, "$merge on", on, "a field, or fields");
  if (!WHEN_NOT_MATCHED.includes(whenNotMatched as string))
    fail(51189, "$merge whenNotMatched", whenNotMatched, `one of ${WHEN_NOT_MATCHED.join(", ")}`);
  const name = checkCollectionName(storedName(coll, typeof db === "string" ? db : undefined));
  return async (executor, documents) => {
    await checkUniqueOn(executor, name, paths);
    for await (const document of documents)
      await mergeOne(executor, name, document, paths, merge, String(whenNotMatched));
  };
}

/** What becomes of a document that is there, given the one that comes. */
type Merge = (before: Document, document: Document) => Document;

/** @param given - variables of a pipeline beside `$$new`, the document that comes */
function compileMatched(whenMatched: Value, given: Value | undefined): Merge {
  if (Array.isArray(whenMatched)) return compileMergePipeline(whenMatched as readonly Value[], given ?? {});
  if (given !== undefined) fail(51199, "$merge let", given, "a pipeline as whenMatched beside it");
  switch (whenMatched) {
    case "fail":
      return (_, document) => fail(11000, "$merge", document._id, "no document that matches");
    case "keepExisting":
      return (before) => before;
    case "replace":
      return (before, { _id: _, ...fields }) => ({ _id: before._id!, ...fields });
    case "merge":
      return (before, { _id: _, ...fields }) => ({ ...before, ...fields });
  }
  return fail(51191, "$merge whenMatched", whenMatched, `a pipeline, or one of ${WHEN_MATCHED.join(", ")}`);
}

function compileMergePipeline(pipeline: readonly Value[], given: Value): Merge {
  if (!isDocument(given)) return fail(9, "$merge let", given, "an object of expressions");
  const variables = Object.entries(given).map(([name, value]) => [name, compileExpression(value)] as const);
  const filled = (values: Variables): Document[] => withVariables(pipeline, values) as Document[];
  // Looked at before the first document comes.
  compileAnyUpdate(filled(new Map(["new", ...Object.keys(given)].map((name) => [name, null]))));
  return (before, document) => {
    const context = contextFor(document, new Date());
    const values = variables.map(([name, expression]) => [name, expression(context)] as const);
    return compileAnyUpdate(filled(new Map([["new", document], ...values]))).apply(before, {}, false);
  };
}

/** The fields that join must tell documents apart. @throws LanguageError 51183 */
async function checkUniqueOn(executor: Executor, name: string, paths: readonly string[]): Promise<void> {
  if (paths.join() === "_id") return;
  const specs = await executor.read((pager) => listIndexSpecs(pager, name));
  const isUnique = specs.some(
    ({ key, unique, sparse, partialFilterExpression }) =>
      unique === true &&
      sparse !== true &&
      partialFilterExpression === undefined &&
      Object.keys(key as Document)
        .sort()
        .join() === paths.toSorted().join(),
  );
  if (!isUnique) fail(51183, "$merge on", paths, "the fields of a unique index");
}

async function mergeOne(
  executor: Executor,
  name: string,
  document: Document,
  paths: readonly string[],
  merge: Merge,
  whenNotMatched: string,
): Promise<void> {
  const wanted = paths.map(
    (path) =>
      [
        path,
        path
          .split(".")
          .reduce<Value | undefined>(
            (value, part) => (isDocument(value) ? getField(value, part) : undefined),
            document,
          ),
      ] as const,
  );
  const missing = wanted.find(
    ([path, value]) => path !== "_id" && (value === undefined || value === null || Array.isArray(value)),
  );
  if (missing !== undefined)
    fail(51132, "$merge on", missing[0], "a field that each document has, and no array");
  const isWithoutId = wanted.some(([, value]) => value === undefined);
  const filter = compileFilter(
    Object.fromEntries(wanted.map(([path, value]) => [path, { $eq: value ?? null }])),
  );
  const change = (before: Document): Document => merge(before, document);
  const changed = isWithoutId ? undefined : await changeOne(executor, name, filter, change);
  if (changed !== undefined || whenNotMatched === "discard") return;
  if (whenNotMatched === "fail") fail(13113, "$merge", document._id, "a document that matches");
  await insertUpserted(executor, name, document);
}
