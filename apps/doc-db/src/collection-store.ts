/** Changes to one collection: its documents' tree and all its indexes together, inside a transaction of the pager. */
import { assert, InvalidArgumentError, MillraceError, readU16 } from "@millrace/base";
import { ALL_KEYS, scanTree } from "./btree/scan.ts";
import { createTree, deleteFromTree, getFromTree, putInTree } from "./btree/tree.ts";
import {
  addIndex,
  addToCounts,
  type IndexEntry,
  indexesOf,
  primaryRootOf,
  setMultikey,
} from "./collection-page.ts";
import { decodeDocument, fieldName, readField } from "./document/decode.ts";
import { encodeDocument } from "./document/encode.ts";
import { ObjectId } from "./document/object-id.ts";
import { type Document, getField, type Value } from "./document/value.ts";
import { compareBytes } from "./keys/compare.ts";
import { encodeKey, MAX_INDEX_VALUE_BYTES } from "./keys/encode-key.ts";
import { indexEntryKey, indexEntryValue, indexValues } from "./keys/index-keys.ts";
import type { FieldLookup } from "./query/filter.ts";
import type { Pager } from "./storage/pager.ts";

/** Longest `_id` in its encoded form, so that it fits into every index's keys. */
export const MAX_ID_KEY_BYTES = 1024;
/** Documents read at a time while an index is built. */
const BUILD_BATCH_DOCUMENTS = 256;
const BUILD_BATCH_BYTES = 1024 * 1024;

/** A document ready to be put in: encoded, with the key of its `_id`. */
export interface PreparedDocument {
  readonly id: Value;
  readonly idKey: Uint8Array;
  readonly bytes: Uint8Array;
}

/** Encodes a document, giving it an ObjectId as `_id` where it has none. */
export function prepareDocument(document: Document): PreparedDocument {
  const given = getField(document, "_id");
  const id = given ?? (given === null ? null : ObjectId.generate());
  return {
    id,
    idKey: encodeId(id),
    bytes: encodeDocument(given === undefined ? { _id: id, ...document } : document),
  };
}

/** @throws InvalidArgumentError `DOCDB_ID_INVALID` for an array or too long an id */
export function encodeId(id: Value): Uint8Array {
  const key = Array.isArray(id) ? undefined : encodeKey(id);
  if (key !== undefined && key.length <= MAX_ID_KEY_BYTES) return key;
  throw new InvalidArgumentError(
    "DOCDB_ID_INVALID",
    "_id",
    id,
    `no array, and at most ${MAX_ID_KEY_BYTES} bytes as a key`,
  );
}

/** @throws MillraceError `DOCDB_KEY_DUPLICATE` */
export function insertPrepared(pager: Pager, collection: number, document: PreparedDocument): void {
  const page = pager.modify(collection);
  const { idKey, bytes, id } = document;
  if (!putInTree(pager, primaryRootOf(page), idKey, bytes, false)) throw duplicateKey("_id", id);
  for (const index of indexesOf(page)) addToIndex(pager, page, index, bytes, idKey);
  addToCounts(page, 1, bytes.length);
}

/** @returns whether there was such a document */
export function deleteById(pager: Pager, collection: number, idKey: Uint8Array): boolean {
  const root = primaryRootOf(pager.read(collection));
  const bytes = getFromTree(pager, root, idKey);
  if (bytes === undefined) return false;
  const page = pager.modify(collection);
  for (const index of indexesOf(page)) {
    for (const value of indexValues(lookupIn(bytes), index.field)) {
      assert(deleteFromTree(pager, index.root, indexEntryKey(value, idKey)), "an index holds every document");
    }
  }
  deleteFromTree(pager, root, idKey);
  addToCounts(page, -1, -bytes.length);
  return true;
}

/** Puts a document in the place of the one with its `_id`; of the indexes only the keys that differ are touched. */
export function replacePrepared(
  pager: Pager,
  collection: number,
  before: Uint8Array,
  document: PreparedDocument,
): void {
  const page = pager.modify(collection);
  const { idKey, bytes } = document;
  for (const index of indexesOf(page)) {
    const old = indexValues(lookupIn(before), index.field);
    const now = indexValues(lookupIn(bytes), index.field);
    if (now.length > 1 && !index.isMultikey) setMultikey(page, index);
    for (const value of without(old, now)) {
      assert(deleteFromTree(pager, index.root, indexEntryKey(value, idKey)), "an index holds every document");
    }
    for (const value of without(now, old)) {
      if (index.isUnique) checkUnique(pager, index, value);
      putInTree(pager, index.root, indexEntryKey(value, idKey), indexEntryValue(idKey), true);
    }
  }
  putInTree(pager, primaryRootOf(page), idKey, bytes, true);
  addToCounts(page, 0, bytes.length - before.length);
}

/** The keys of one list that the other one has not; both are short. */
function without(keys: readonly Uint8Array[], others: readonly Uint8Array[]): Uint8Array[] {
  return keys.filter((key) => !others.some((other) => compareBytes(key, other) === 0));
}

/** Makes an index and fills it. @returns false when there is one on that field already */
export function buildIndex(pager: Pager, collection: number, field: string, isUnique: boolean): boolean {
  const page = pager.modify(collection);
  const existing = indexesOf(page).find((index) => index.field === field);
  if (existing !== undefined) {
    if (existing.isUnique === isUnique) return false;
    const found = existing.isUnique ? "a unique index" : "an index that is not unique";
    throw new InvalidArgumentError(
      "DOCDB_INDEX_EXISTS",
      `index on ${field}`,
      { unique: isUnique },
      `what exists: ${found}`,
    );
  }
  addIndex(page, field, isUnique, createTree(pager));
  const root = primaryRootOf(page);
  let after: Uint8Array | undefined;
  for (;;) {
    const entries = scanTree(pager, root, ALL_KEYS, after, BUILD_BATCH_DOCUMENTS, BUILD_BATCH_BYTES);
    if (entries.length === 0) return true;
    for (const { key, value } of entries) addToNewIndex(pager, collection, field, value, key);
    after = entries.at(-1)!.key;
  }
}

/** A lookup of top-level fields in an encoded document; only what is asked for is decoded. */
export function lookupIn(bytes: Uint8Array): FieldLookup {
  return Object.assign((name: string) => readField(bytes, nameBytes(name)), {
    whole: () => decodeDocument(bytes),
  });
}

/** How many bytes at the end of an index entry's key are the document's `_id` key. */
export function idKeyIn(key: Uint8Array, value: Uint8Array): Uint8Array {
  return key.subarray(key.length - readU16(value, 0));
}

const NAMES = new Map<string, Uint8Array>();
const MAX_NAMES = 1024;

/** Field names as bytes; queries ask for few names, many times. */
function nameBytes(name: string): Uint8Array {
  const known = NAMES.get(name);
  if (known !== undefined) return known;
  const bytes = fieldName(name);
  if (NAMES.size >= MAX_NAMES) NAMES.clear();
  NAMES.set(name, bytes);
  return bytes;
}

function addToNewIndex(
  pager: Pager,
  collection: number,
  field: string,
  bytes: Uint8Array,
  idKey: Uint8Array,
): void {
  const page = pager.modify(collection);
  const index = indexesOf(page).find((entry) => entry.field === field);
  assert(index !== undefined, "the new index is in the collection's page");
  addToIndex(pager, page, index, bytes, idKey);
  // In a long transaction this lets the pages go that the last document changed.
  if (pager.touched !== undefined) pager.endOperation();
}

function addToIndex(
  pager: Pager,
  page: Uint8Array,
  index: IndexEntry,
  bytes: Uint8Array,
  idKey: Uint8Array,
): void {
  const values = indexValues(lookupIn(bytes), index.field);
  if (values.length > 1 && !index.isMultikey) setMultikey(page, index);
  for (const value of values) {
    if (index.isUnique) checkUnique(pager, index, value);
    putInTree(pager, index.root, indexEntryKey(value, idKey), indexEntryValue(idKey), true);
  }
}

function checkUnique(pager: Pager, index: IndexEntry, value: Uint8Array): void {
  if (value.length >= MAX_INDEX_VALUE_BYTES) {
    const expected = `values below ${MAX_INDEX_VALUE_BYTES} bytes as keys`;
    throw new InvalidArgumentError(
      "DOCDB_UNIQUE_VALUE_LONG",
      `unique index on ${index.field}`,
      value,
      expected,
    );
  }
  const found = scanTree(pager, index.root, { lo: value, hi: value }, undefined, 1, 1);
  if (found.length > 0) throw duplicateKey(index.field, undefined);
}

function duplicateKey(field: string, value: Value | undefined): MillraceError {
  const shown = value === undefined ? "a value of this document" : describeId(value);
  return new MillraceError(
    "DOCDB_KEY_DUPLICATE",
    `${field}: ${shown} is in the collection already, and must be unique; nothing was changed`,
  );
}

function describeId(id: Value): string {
  return id instanceof ObjectId
    ? `ObjectId ${id.toHex()}`
    : typeof id === "object"
      ? "this value"
      : JSON.stringify(String(id));
}
