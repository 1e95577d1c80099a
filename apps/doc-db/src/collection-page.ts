/** The page of one collection: counts, the root of its documents, its indexes (docs/formats/doc-db.md). */
import { CapacityError, readU16, readU32, readU64, writeU16, writeU32, writeU64 } from "@millrace/base";
import { PAGE_BYTES, PAGE_HEAD_BYTES } from "./storage/page-format.ts";

const COUNT = PAGE_HEAD_BYTES;
const DOCUMENT_BYTES = PAGE_HEAD_BYTES + 8;
const ROOT = PAGE_HEAD_BYTES + 16;
const INDEX_COUNT = PAGE_HEAD_BYTES + 20;
const INDEXES = PAGE_HEAD_BYTES + 24;
const INDEX_HEAD_BYTES = 8;
const UNIQUE = 1;
const MULTIKEY = 2;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One index as the collection's page has it. */
export interface IndexEntry {
  readonly field: string;
  readonly isUnique: boolean;
  /** Whether any document has, or had, more than one key in it. */
  readonly isMultikey: boolean;
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
  writeU64(page, COUNT, documentCountOf(page) + documents);
  writeU64(page, DOCUMENT_BYTES, documentBytesOf(page) + bytes);
}

export function primaryRootOf(page: Uint8Array): number {
  return readU32(page, ROOT);
}

export function setPrimaryRoot(page: Uint8Array, root: number): void {
  writeU32(page, ROOT, root);
}

export function indexesOf(page: Uint8Array): IndexEntry[] {
  const indexes: IndexEntry[] = [];
  let offset = INDEXES;
  for (let left = readU16(page, INDEX_COUNT); left > 0; left--) {
    const nameStart = offset + INDEX_HEAD_BYTES;
    const nameEnd = nameStart + readU16(page, offset + 2);
    indexes.push({
      field: decoder.decode(page.subarray(nameStart, nameEnd)),
      isUnique: (page[offset]! & UNIQUE) !== 0,
      isMultikey: (page[offset]! & MULTIKEY) !== 0,
      root: readU32(page, offset + 4),
      offset,
    });
    offset = nameEnd;
  }
  return indexes;
}

export function setMultikey(page: Uint8Array, index: IndexEntry): void {
  page[index.offset] = page[index.offset]! | MULTIKEY;
}

/** @throws CapacityError `DOCDB_INDEXES_FULL` when the page has no room for another index */
export function addIndex(page: Uint8Array, field: string, isUnique: boolean, root: number): void {
  const name = encoder.encode(field);
  const offset = indexesOf(page).reduce(
    (end, index) => end + INDEX_HEAD_BYTES + encoder.encode(index.field).length,
    INDEXES,
  );
  const needed = offset + INDEX_HEAD_BYTES + name.length;
  if (needed > PAGE_BYTES)
    throw new CapacityError("DOCDB_INDEXES_FULL", "index names of a collection", needed, PAGE_BYTES);
  page[offset] = isUnique ? UNIQUE : 0;
  page[offset + 1] = 0;
  writeU16(page, offset + 2, name.length);
  writeU32(page, offset + 4, root);
  page.set(name, offset + INDEX_HEAD_BYTES);
  writeU16(page, INDEX_COUNT, readU16(page, INDEX_COUNT) + 1);
}
