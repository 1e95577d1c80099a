/**
 * The page of one collection: counts, the root of its documents, its indexes (docs/formats/doc-db.md). What is changed
 * here is noted, for the commit to look at.
 */
import { CapacityError, readU16, readU32, readU64, writeU16, writeU32, writeU64 } from "@millrace/base";
import { encodeDocument } from "./document/encode.ts";
import type { Document } from "./document/value.ts";
import { definitionOf, type IndexDefinition } from "./indexes/definition.ts";
import { noteAllChanged, noteChanged } from "./storage/changed-blocks.ts";
import { PAGE_HEAD_BYTES } from "./storage/page-format.ts";

const COUNT = PAGE_HEAD_BYTES;
const DOCUMENT_BYTES = PAGE_HEAD_BYTES + 8;
const ROOT = PAGE_HEAD_BYTES + 16;
const INDEX_COUNT = PAGE_HEAD_BYTES + 20;
const INDEXES = PAGE_HEAD_BYTES + 24;
const INDEX_HEAD_BYTES = 8;
const MULTIKEY = 2;
const CUT_KEYS = 4;

/** One index as the collection's page has it. */
export interface IndexEntry {
  readonly definition: IndexDefinition;
  /** Whether any document with an array is, or was, in it. */
  readonly isMultikey: boolean;
  /** Whether any key is, or was, cut, so that the order of the keys is not quite that of the values. */
  readonly hasCutKeys: boolean;
  readonly root: number;
  /** Where the entry lies in the page. */
  readonly offset: number;
}

export function documentCountOf(page: Uint8Array): number {
  return readU64(page, COUNT);
}

/** Bytes of the encoded documents. */
export function documentBytesOf(page: Uint8Array): number {
  return readU64(page, DOCUMENT_BYTES);
}

export function addToCounts(page: Uint8Array, documents: number, bytes: number): void {
  noteChanged(page, COUNT, ROOT);
  writeU64(page, COUNT, documentCountOf(page) + documents);
  writeU64(page, DOCUMENT_BYTES, documentBytesOf(page) + bytes);
}

export function primaryRootOf(page: Uint8Array): number {
  return readU32(page, ROOT);
}

export function setPrimaryRoot(page: Uint8Array, root: number): void {
  noteChanged(page, ROOT, ROOT + 4);
  writeU32(page, ROOT, root);
}

/** Indexes as they were read last, by the page's number; read again where the page's bytes are others now. */
const READ = new Map<number, { readonly bytes: Uint8Array; readonly indexes: readonly IndexEntry[] }>();
const MAX_READ = 256;

/** The indexes of a collection. */
export function indexesOf(page: Uint8Array): readonly IndexEntry[] {
  const number = readU32(page, 8);
  const known = READ.get(number);
  if (known !== undefined) {
    const { bytes, indexes } = known;
    if (Buffer.prototype.compare.call(bytes, page, INDEX_COUNT, INDEX_COUNT + bytes.length) === 0)
      return indexes;
  }
  const indexes = readIndexes(page);
  const last = indexes.at(-1);
  const end = last === undefined ? INDEXES : last.offset + INDEX_HEAD_BYTES + readU16(page, last.offset + 2);
  if (READ.size >= MAX_READ) READ.clear();
  READ.set(number, { bytes: page.slice(INDEX_COUNT, end), indexes });
  return indexes;
}

function readIndexes(page: Uint8Array): IndexEntry[] {
  const indexes: IndexEntry[] = [];
  let offset = INDEXES;
  for (let left = readU16(page, INDEX_COUNT); left > 0; left--) {
    const start = offset + INDEX_HEAD_BYTES;
    const end = start + readU16(page, offset + 2);
    indexes.push({
      definition: definitionOf(page.subarray(start, end)),
      isMultikey: (page[offset]! & MULTIKEY) !== 0,
      hasCutKeys: (page[offset]! & CUT_KEYS) !== 0,
      root: readU32(page, offset + 4),
      offset,
    });
    offset = end;
  }
  return indexes;
}

/** The index of a name; undefined when there is none. */
export function findIndex(page: Uint8Array, name: string): IndexEntry | undefined {
  return indexesOf(page).find(({ definition }) => definition.name === name);
}

export function setMultikey(page: Uint8Array, index: IndexEntry): void {
  noteChanged(page, index.offset, index.offset + 1);
  page[index.offset] = page[index.offset]! | MULTIKEY;
}

export function setCutKeys(page: Uint8Array, index: IndexEntry): void {
  noteChanged(page, index.offset, index.offset + 1);
  page[index.offset] = page[index.offset]! | CUT_KEYS;
}

/** An index to be written: its specification, and what {@link IndexEntry} has beside it. */
export interface NewIndex {
  readonly spec: Document;
  readonly isMultikey: boolean;
  readonly hasCutKeys: boolean;
  readonly root: number;
}

/**
 * Gives a collection these indexes and no others.
 * @throws CapacityError `DOCDB_INDEXES_FULL` when the page has no room for them; nothing is changed then
 */
export function setIndexes(page: Uint8Array, indexes: readonly NewIndex[]): void {
  const entries = indexes.map(({ spec, isMultikey, hasCutKeys, root }) => {
    const bytes = encodeDocument(spec);
    const entry = new Uint8Array(INDEX_HEAD_BYTES + bytes.length);
    entry[0] = (isMultikey ? MULTIKEY : 0) | (hasCutKeys ? CUT_KEYS : 0);
    writeU16(entry, 2, bytes.length);
    writeU32(entry, 4, root);
    entry.set(bytes, INDEX_HEAD_BYTES);
    return entry;
  });
  const needed = entries.reduce((sum, { length }) => sum + length, INDEXES);
  if (needed > page.length)
    throw new CapacityError("DOCDB_INDEXES_FULL", "indexes of a collection", needed, page.length);
  noteAllChanged(page);
  let offset = INDEXES;
  for (const entry of entries) {
    page.set(entry, offset);
    offset += entry.length;
  }
  page.fill(0, offset);
  writeU16(page, INDEX_COUNT, entries.length);
}

/** An entry as {@link setIndexes} takes it. */
export function asNewIndex({ definition, isMultikey, hasCutKeys, root }: IndexEntry): NewIndex {
  return { spec: definition.spec, isMultikey, hasCutKeys, root };
}
