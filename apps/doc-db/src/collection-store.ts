/** Changes to one collection: its documents' tree and all its indexes together, inside a transaction of the pager. */
import { InvalidArgumentError } from "@millrace/base";
import { deleteFromTree, getFromTree, putInTree } from "./btree/tree.ts";
import { TreeInserter } from "./btree/tree-inserter.ts";
import { keepFieldNames } from "./catalog-names.ts";
import { addToCounts, indexesOf, primaryRootOf } from "./collection-page.ts";
import { encodeChanged, encodeStored } from "./document/encode.ts";
import type { FieldNames } from "./document/field-names.ts";
import { type DocumentView, documentView } from "./document/lookup.ts";
import { ObjectId } from "./document/object-id.ts";
import { type Document, getField, type Value } from "./document/value.ts";
import { batchFor } from "./indexes/batch.ts";
import { duplicateKey } from "./indexes/duplicate-key.ts";
import { addToIndex, removeFromIndex, replaceInIndex } from "./indexes/store.ts";
import { encodeSharedKey, type SharedKey } from "./keys/encode-key.ts";
import type { PageWriter } from "./storage/page-writer.ts";

/** Longest `_id` in its encoded form, so that it fits into every index's keys. */
export const MAX_ID_KEY_BYTES = 1024;

/** The documents that the indexes are changed for: one change is made after the other. */
const old = documentView();
const now = documentView();

function viewOf(view: DocumentView, bytes: Uint8Array): DocumentView {
  view.moveTo(bytes, 0, bytes.length);
  return view;
}

/** A document ready to be put in: encoded, with the key of its `_id`. */
export interface PreparedDocument {
  readonly id: Value;
  readonly idKey: Uint8Array;
  readonly bytes: Uint8Array;
  /** The lists of names that the file must have. */
  readonly names: readonly FieldNames[];
}

/** Encodes a document, giving it an ObjectId as `_id` where it has none. */
export function prepareDocument(document: Document): PreparedDocument {
  if (typeof document !== "object" || document === null || Array.isArray(document))
    throw new InvalidArgumentError("DOCDB_VALUE_TYPE", "document", document, "an object of fields");
  const given = getField(document, "_id");
  const id = given ?? (given === null ? null : ObjectId.generate());
  const idKey = encodeId(id);
  const { bytes, names } = encodeStored(given === undefined ? { _id: id, ...document } : document);
  return { id, idKey, bytes, names };
}

/** As {@link prepareDocument} for one that another document was changed to, whose bytes are given. */
export function prepareChanged(before: Document, bytes: Uint8Array, after: Document): PreparedDocument {
  const id = getField(after, "_id");
  if (id === undefined) return prepareDocument(after);
  return { id, idKey: encodeId(id), ...encodeChanged(before, bytes, after) };
}

/** @throws InvalidArgumentError `DOCDB_ID_INVALID` for an array or too long an id */
export function encodeId(id: Value): Uint8Array {
  const { bytes, length } = encodeSharedId(id);
  return bytes.slice(0, length);
}

/** As {@link encodeId}, valid until the next key is encoded: for a search at once. */
export function encodeSharedId(id: Value): SharedKey {
  const key = Array.isArray(id) ? undefined : encodeSharedKey(id);
  if (key !== undefined && key.length <= MAX_ID_KEY_BYTES) return key;
  throw new InvalidArgumentError(
    "DOCDB_ID_INVALID",
    "_id",
    id,
    `no array, and at most ${MAX_ID_KEY_BYTES} bytes as a key`,
  );
}

/** @throws MillraceError `DOCDB_KEY_DUPLICATE` */
export function insertPrepared(pager: PageWriter, collection: number, document: PreparedDocument): void {
  const page = pager.modifyNoted(collection);
  const { idKey, bytes, id, names } = document;
  keepFieldNames(pager, names);
  if (!putInTree(pager, primaryRootOf(page), idKey, bytes, false))
    throw duplicateKey("_id_", { _id: 1 }, { _id: id });
  const lookup = viewOf(now, bytes);
  for (const index of indexesOf(page)) addToIndex(pager, page, index, lookup, idKey);
  addToCounts(page, 1, bytes.length);
}

/** Documents of one transaction that have their index entries put in together, sorted; more of them go in parts. */
const BATCH_DOCUMENTS = 8192;

/**
 * As {@link insertPrepared} for many documents of one transaction: an index gets all its entries at once, in order.
 * @param check - is called for each document, in order
 * @throws MillraceError `DOCDB_KEY_DUPLICATE`; the transaction must be undone then
 */
export function insertAllPrepared(
  pager: PageWriter,
  collection: number,
  documents: readonly PreparedDocument[],
  check: (index: number) => void,
): void {
  const page = pager.modifyNoted(collection);
  const primary = new TreeInserter(pager, primaryRootOf(page));
  for (let from = 0; from < documents.length; from += BATCH_DOCUMENTS) {
    const to = Math.min(documents.length, from + BATCH_DOCUMENTS);
    const batches = indexesOf(page).map((index) => batchFor(index));
    let byteLength = 0;
    for (let i = from; i < to; i++) {
      check(i);
      const { idKey, bytes, id, names } = documents[i]!;
      keepFieldNames(pager, names);
      if (!primary.add(idKey, bytes)) throw duplicateKey("_id_", { _id: 1 }, { _id: id });
      for (const batch of batches) batch.add(pager, page, bytes, idKey);
      byteLength += bytes.length;
    }
    for (const batch of batches) batch.finish(pager);
    addToCounts(page, to - from, byteLength);
  }
}

/** @returns whether there was such a document */
export function deleteById(pager: PageWriter, collection: number, idKey: Uint8Array): boolean {
  const root = primaryRootOf(pager.read(collection));
  const bytes = getFromTree(pager, root, idKey);
  if (bytes === undefined) return false;
  const page = pager.modifyNoted(collection);
  const lookup = viewOf(old, bytes);
  for (const index of indexesOf(page)) removeFromIndex(pager, index, lookup, idKey);
  deleteFromTree(pager, root, idKey);
  addToCounts(page, -1, -bytes.length);
  return true;
}

/** Puts a document in the place of the one with its `_id`; of the indexes only the keys that differ are touched. */
export function replacePrepared(
  pager: PageWriter,
  collection: number,
  before: Uint8Array,
  document: PreparedDocument,
): void {
  const page = pager.read(collection);
  const { idKey, bytes, names } = document;
  keepFieldNames(pager, names);
  viewOf(old, before);
  viewOf(now, bytes);
  const root = primaryRootOf(page);
  for (const index of indexesOf(page)) replaceInIndex(pager, collection, index, old, now, idKey);
  putInTree(pager, root, idKey, bytes, true);
  if (bytes.length !== before.length)
    addToCounts(pager.modifyNoted(collection), 0, bytes.length - before.length);
}
