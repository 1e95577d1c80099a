/** Indexes in their trees: entries put in and taken out with their documents, whole indexes built and dropped. */
import { assert, InvalidArgumentError } from "@millrace/base";
import { ALL_KEYS, scanTree } from "../btree/scan.ts";
import { createTree, deleteFromTree, dropTree, getFromTree, putInTree } from "../btree/tree.ts";
import {
  asNewIndex,
  findIndex,
  type IndexEntry,
  indexesOf,
  primaryRootOf,
  setCutKeys,
  setIndexes,
  setMultikey,
} from "../collection-page.ts";
import { foundField } from "../document/find-field.ts";
import { type DocumentView, knownName, lookupIn } from "../document/lookup.ts";
import type { Document, Value } from "../document/value.ts";
import { compareBytes } from "../keys/compare.ts";
import { MAX_INDEX_VALUE_BYTES } from "../keys/encode-key.ts";
import { idKeyIn, indexEntryKey, indexEntryValue } from "../keys/index-keys.ts";
import { fail } from "../mql/error.ts";
import type { FieldLookup } from "../query/filter.ts";
import { someAtPath } from "../query/path.ts";
import type { PageWriter } from "../storage/page-writer.ts";
import { addVector, removeVector, replaceVector } from "../vector/vector-index.ts";
import type { IndexDefinition } from "./definition.ts";
import { duplicateKey } from "./duplicate-key.ts";
import { type IndexKeys, keysOf } from "./keys.ts";
import { hasPostings } from "./posting-format.ts";
import { PostingWriter } from "./posting-writer.ts";
import { isThereAlready } from "./spec.ts";
import { addToTextTotals } from "./text-totals.ts";

/** Most secondary indexes of a collection, as MongoDB has it. */
const MAX_INDEXES = 63;
/** Documents read at a time while an index is built. */
const BUILD_BATCH_DOCUMENTS = 256;
const BUILD_BATCH_BYTES = 1024 * 1024;

/**
 * @param lookup - into the document
 * @throws DuplicateKeyError; LanguageError for values that the index does not take
 */
export function addToIndex(
  pager: PageWriter,
  page: Uint8Array,
  index: IndexEntry,
  lookup: FieldLookup,
  idKey: Uint8Array,
): void {
  if (index.definition.vector !== undefined) {
    addVector(pager, index, lookup, idKey);
    return;
  }
  const found = keysOf(index.definition, lookup);
  if (found.keys.length === 0) return;
  noteKeys(page, index, found);
  if (index.definition.isUnique) checkUnique(pager, page, index, lookup, idKey);
  const { keys, extras } = found;
  for (let i = 0; i < keys.length; i++) putEntry(pager, index, keys[i]!, idKey, extras?.[i]);
  if (extras !== undefined) addToTextTotals(pager, index.root, 1, extras[0]!);
}

/** Takes a document's entries out. */
export function removeFromIndex(
  pager: PageWriter,
  index: IndexEntry,
  lookup: FieldLookup,
  idKey: Uint8Array,
): void {
  if (index.definition.vector !== undefined) {
    removeVector(pager, index, idKey);
    return;
  }
  const found = keysOf(index.definition, lookup);
  for (const key of found.keys) deleteEntry(pager, index, key, idKey);
  if (found.extras !== undefined) addToTextTotals(pager, index.root, -1, found.extras[0]!);
}

/**
 * Of a document that takes another one's place, only the keys that differ are touched.
 * @param collection - whose page is changed only where the index did not say yet what its keys are like now
 */
export function replaceInIndex(
  pager: PageWriter,
  collection: number,
  index: IndexEntry,
  before: DocumentView,
  after: DocumentView,
  idKey: Uint8Array,
): void {
  const { definition } = index;
  if (definition.vector !== undefined) {
    replaceVector(pager, index, before, after, idKey);
    return;
  }
  if (hasSameFields(definition, before, after)) return;
  const old = keysOf(definition, before);
  const now = keysOf(definition, after);
  if (old.extras !== undefined || now.extras !== undefined) {
    removeFromIndex(pager, index, before, idKey);
    addToIndex(pager, pager.modifyNoted(collection), index, after, idKey);
    return;
  }
  if (areNews(index, now)) noteKeys(pager.modifyNoted(collection), index, now);
  for (const key of without(old, now)) deleteEntry(pager, index, key, idKey);
  const added = without(now, old);
  if (added.length > 0 && definition.isUnique)
    checkUnique(pager, pager.read(collection), index, after, idKey);
  for (const key of added) putEntry(pager, index, key, idKey, undefined);
}

/** Whether the fields that an index looks at are the same bytes in two documents; false where it may look at others. */
function hasSameFields(
  { fields, partial, wildcard, text }: IndexDefinition,
  before: DocumentView,
  after: DocumentView,
): boolean {
  if (partial !== undefined || wildcard !== undefined || text !== undefined) return false;
  for (const { parts } of fields) {
    const name = knownName(parts[0]!);
    if (!before.find(name)) return false;
    const { bytes, type, start, end } = foundField;
    if (!after.find(name) || foundField.type !== type || foundField.end - foundField.start !== end - start)
      return false;
    for (let i = start, n = foundField.start; i < end; i++, n++)
      if (bytes[i] !== foundField.bytes[n]) return false;
  }
  return true;
}

/**
 * Makes an index and fills it.
 * @param spec - normalized
 * @returns false when it is there already @throws LanguageError 85 or 86 when another one is in its way
 */
export function buildIndex(pager: PageWriter, collection: number, spec: Document): boolean {
  const page = pager.modifyNoted(collection);
  const existing = indexesOf(page);
  if (
    isThereAlready(
      spec,
      existing.map(({ definition }) => definition.spec),
    )
  )
    return false;
  if (existing.length >= MAX_INDEXES)
    fail(67, "indexes of a collection", existing.length + 1, `at most ${MAX_INDEXES}`);
  setIndexes(page, [
    ...existing.map(asNewIndex),
    { spec, isMultikey: false, hasCutKeys: false, root: createTree(pager) },
  ]);
  const root = primaryRootOf(page);
  let after: Uint8Array | undefined;
  for (;;) {
    const entries = scanTree(pager, root, ALL_KEYS, after, BUILD_BATCH_DOCUMENTS, BUILD_BATCH_BYTES);
    if (entries.length === 0) return true;
    for (const { key, value } of entries) {
      const current = pager.modifyNoted(collection);
      addToIndex(pager, current, findIndex(current, spec.name as string)!, lookupIn(value), key);
      // In a long transaction this lets the pages go that the last document changed.
      if (pager.touched !== undefined) pager.endOperation();
    }
    after = entries.at(-1)!.key;
  }
}

/** Takes indexes out, and their pages. */
export function dropIndexes(pager: PageWriter, collection: number, names: readonly string[]): void {
  const page = pager.modifyNoted(collection);
  const indexes = indexesOf(page);
  const isDropped = ({ definition }: IndexEntry): boolean => names.includes(definition.name);
  setIndexes(page, indexes.filter((index) => !isDropped(index)).map(asNewIndex));
  for (const index of indexes.filter(isDropped)) dropTree(pager, index.root);
}

/** Changes an index's specification where its keys do not depend on it. */
export function changeIndexSpec(pager: PageWriter, collection: number, name: string, spec: Document): void {
  const page = pager.modifyNoted(collection);
  setIndexes(
    page,
    indexesOf(page).map((index) =>
      index.definition.name === name ? { ...asNewIndex(index), spec } : asNewIndex(index),
    ),
  );
}

/** Says in the index what its keys are like now. @returns whether that was not known before */
export function noteKeys(page: Uint8Array, index: IndexEntry, found: IndexKeys): boolean {
  if (!areNews(index, found)) return false;
  if (found.isMultikey) setMultikey(page, index);
  if (hasCutKey(found)) setCutKeys(page, index);
  return true;
}

function areNews(index: IndexEntry, found: IndexKeys): boolean {
  return (found.isMultikey && !index.isMultikey) || (!index.hasCutKeys && hasCutKey(found));
}

function hasCutKey({ keys }: IndexKeys): boolean {
  return keys.some(({ length }) => length >= MAX_INDEX_VALUE_BYTES);
}

function putEntry(
  pager: PageWriter,
  index: IndexEntry,
  key: Uint8Array,
  idKey: Uint8Array,
  extra: Uint8Array | undefined,
): void {
  const entry = indexEntryKey(key, idKey);
  if (!hasPostings(index.definition)) {
    putInTree(pager, index.root, entry, indexEntryValue(idKey, extra), true);
    return;
  }
  PostingWriter.for(pager, index.root).addOne(entry, idKey.length);
}

function deleteEntry(pager: PageWriter, index: IndexEntry, key: Uint8Array, idKey: Uint8Array): void {
  const entry = indexEntryKey(key, idKey);
  const isTaken = hasPostings(index.definition)
    ? PostingWriter.for(pager, index.root).remove(entry, idKey.length)
    : deleteFromTree(pager, index.root, entry);
  assert(isTaken, "an index holds every document");
}

/** The keys of one list that the other one has not; both are short. */
function without({ keys }: IndexKeys, others: IndexKeys): Uint8Array[] {
  return keys.filter((key) => !others.keys.some((other) => compareBytes(key, other) === 0));
}

/**
 * Arrays as a whole have keys that do not count here, and keys under a collation are coarse: so a document that is
 * found under the same key is looked at.
 */
function checkUnique(
  pager: PageWriter,
  page: Uint8Array,
  index: IndexEntry,
  lookup: FieldLookup,
  idKey: Uint8Array,
): void {
  const { definition } = index;
  const mine = keysOf(definition, lookup, false);
  for (const key of mine.keys) {
    if (key.length >= MAX_INDEX_VALUE_BYTES) {
      const expected = `values below ${MAX_INDEX_VALUE_BYTES} bytes as keys`;
      throw new InvalidArgumentError(
        "DOCDB_UNIQUE_VALUE_LONG",
        `unique index ${definition.name}`,
        key,
        expected,
      );
    }
    for (const found of scanTree(
      pager,
      index.root,
      { lo: key, hi: key },
      undefined,
      Number.POSITIVE_INFINITY,
      1024 * 1024,
    )) {
      const otherId = idKeyIn(found.key, found.value);
      if (compareBytes(otherId, idKey) === 0) continue;
      const bytes = getFromTree(pager, primaryRootOf(page), otherId);
      assert(bytes !== undefined, "an index leads to documents that are there");
      const other = lookupIn(bytes);
      const isTheirs = keysOf(definition, other, false).keys.some(
        (theirs) => compareBytes(theirs, key) === 0,
      );
      if (isTheirs && isSameText(definition, lookup, other))
        throw duplicateKey(definition.name, definition.key, shownValues(definition, lookup));
    }
  }
}

/** Under a collation the texts themselves are compared. */
function isSameText({ collation, fields }: IndexDefinition, a: FieldLookup, b: FieldLookup): boolean {
  if (collation === undefined) return true;
  return fields.every(({ parts }) => {
    const values = valuesAt(a, parts);
    return valuesAt(b, parts).some((other) => values.some((value) => collation.compare(value, other) === 0));
  });
}

function valuesAt(lookup: FieldLookup, parts: readonly string[]): Value[] {
  const values: Value[] = [];
  someAtPath(lookup(parts[0]!), parts, 1, (value) => {
    values.push(value ?? null);
    if (Array.isArray(value)) values.push(...(value as readonly Value[]));
    return false;
  });
  return values;
}

function shownValues({ fields }: IndexDefinition, lookup: FieldLookup): Document {
  return Object.fromEntries(fields.map(({ path, parts }) => [path, valuesAt(lookup, parts)[0] ?? null]));
}
