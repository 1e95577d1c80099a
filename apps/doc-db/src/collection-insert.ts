/** Documents put into a collection: with what they refer to checked, and the change written down. */
import { AbortedError, InvalidArgumentError } from "@millrace/base";
import { collectionOptions, findCollection, findOrCreateCollection } from "./catalog.ts";
import { recorderOf } from "./changes/feed.ts";
import { getDocument } from "./collection-get.ts";
import { indexSpec } from "./collection-indexes.ts";
import { deleteById, insertAllPrepared, insertPrepared, prepareDocument } from "./collection-store.ts";
import { referencesOf } from "./constraints/references.ts";
import type { Document, Value } from "./document/value.ts";
import { buildIndex } from "./indexes/store.ts";
import type { Executor } from "./storage/executor.ts";
import type { PageWriter } from "./storage/page-writer.ts";
import { validatorFrom, validatorOf } from "./validation.ts";

/** A change whose documents have more bytes than this part of the cache becomes a long transaction. */
const LONG_FRACTION = 16;

/** How an import is run. */
export interface ImportOptions {
  readonly signal?: AbortSignal | undefined;
  /** Fields to have indexes on; made before the first document. */
  readonly indexes?: readonly string[];
}

/** What an import brought in. */
export interface ImportResult {
  readonly documents: number;
  /** Bytes of the documents as they are stored. */
  readonly bytes: number;
}

/** Puts documents in, all of them or none. @returns their `_id`s */
export async function insertDocuments(
  engine: Executor,
  name: string,
  documents: readonly Document[],
): Promise<Value[]> {
  const { insert, bytes, ids } = insertion(name, documents);
  if (isLong(engine, bytes)) await engine.writeLong(async (pager, step) => insert(pager, step));
  else await engine.write((pager) => insert(pager, () => {}));
  return ids;
}

/** {@link insertDocuments} at once. */
export function insertDocumentsSync(engine: Executor, name: string, documents: readonly Document[]): Value[] {
  const { insert, ids } = insertion(name, documents);
  engine.writeSync((pager) => insert(pager, () => {}));
  return ids;
}

interface Insertion {
  readonly insert: (pager: PageWriter, step: () => void) => void;
  /** Of the documents as they are stored. */
  readonly bytes: number;
  readonly ids: Value[];
}

function insertion(name: string, documents: readonly Document[]): Insertion {
  if (!Array.isArray(documents))
    throw new InvalidArgumentError("DOCDB_VALUE_TYPE", "documents", documents, "an array of them");
  const prepared = (documents as readonly Document[]).map(prepareDocument);
  const bytes = prepared.reduce((sum, document) => sum + document.bytes.length, 0);
  const insert = (pager: PageWriter, step: () => void): void => {
    const page = findOrCreateCollection(pager, name);
    const options = collectionOptions(pager, name);
    const validate = validatorFrom(options, name);
    const references = referencesOf(pager, name, options);
    const recorder = recorderOf(pager, name);
    const check = (i: number): void => {
      validate?.(documents[i]!, undefined);
      recorder?.insert({ _id: prepared[i]!.id, ...documents[i]! });
      references?.inserted({ _id: prepared[i]!.id, ...documents[i]! });
    };
    if (prepared.length > 1 && pager.touched === undefined) {
      insertAllPrepared(pager, page, prepared, check);
    } else {
      for (const [i, document] of prepared.entries()) {
        insertPrepared(pager, page, document);
        check(i);
        step();
      }
    }
    references?.settle();
  };
  return { insert, bytes, ids: prepared.map(({ id }) => id) };
}

/** Puts documents in as they come, all of them or none. */
export function importDocuments(
  engine: Executor,
  name: string,
  documents: AsyncIterable<Document>,
  options: ImportOptions,
): Promise<ImportResult> {
  return engine.writeLong(async (pager, step) => {
    const page = findOrCreateCollection(pager, name);
    for (const field of options.indexes ?? []) buildIndex(pager, page, indexSpec(field, undefined));
    step();
    let count = 0;
    let bytes = 0;
    const recorder = recorderOf(pager, name);
    const references = referencesOf(pager, name);
    for await (const document of documents) {
      if (options.signal?.aborted === true) {
        throw new AbortedError("DOCDB_IMPORT_ABORTED", "the import", { cause: options.signal.reason });
      }
      const prepared = prepareDocument(document);
      validatorOf(pager, name)?.(document, undefined);
      insertPrepared(pager, page, prepared);
      recorder?.insert({ _id: prepared.id, ...document });
      references?.inserted({ _id: prepared.id, ...document });
      step();
      count++;
      bytes += prepared.bytes.length;
    }
    references?.settle();
    return { documents: count, bytes };
  });
}

/** Puts a document in the place of the one with its `_id`. @returns whether there was one */
export async function replaceDocument(engine: Executor, name: string, document: Document): Promise<boolean> {
  const { replace, bytes } = replacement(name, document);
  return isLong(engine, bytes) ? engine.writeLong(async (pager) => replace(pager)) : engine.write(replace);
}

/** {@link replaceDocument} at once. */
export function replaceDocumentSync(engine: Executor, name: string, document: Document): boolean {
  return engine.writeSync(replacement(name, document).replace);
}

function replacement(
  name: string,
  document: Document,
): { readonly replace: (pager: PageWriter) => boolean; readonly bytes: number } {
  const prepared = prepareDocument(document);
  const replace = (pager: PageWriter): boolean => {
    const page = findCollection(pager, name);
    const references = referencesOf(pager, name);
    const before = references === undefined ? undefined : getDocument(pager, name, prepared.idKey);
    if (page === undefined || !deleteById(pager, page, prepared.idKey)) return false;
    validatorOf(pager, name)?.(document, undefined);
    insertPrepared(pager, page, prepared);
    recorderOf(pager, name)?.change(document, document, true);
    if (before !== undefined) references?.changed(before, document);
    references?.settle();
    return true;
  };
  return { replace, bytes: prepared.bytes.length };
}

function isLong(engine: Executor, bytes: number): boolean {
  return bytes > engine.cacheBytes / LONG_FRACTION;
}
