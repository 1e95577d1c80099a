/** Names of collections and their pages, in a tree of its own (docs/formats/doc-db.md). */
import { InvalidArgumentError, readU32, writeU32 } from "@millrace/base";
import { ALL_KEYS, scanTree } from "./btree/scan.ts";
import { createTree, getFromTree, putInTree } from "./btree/tree.ts";
import { setPrimaryRoot } from "./collection-page.ts";
import { CATALOG_PAGE, PAGE_TYPE } from "./storage/page-format.ts";
import type { PageReader } from "./storage/page-reader.ts";
import type { Pager } from "./storage/pager.ts";

const MAX_NAME_BYTES = 255;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The page of a collection; undefined when there is none of that name. */
export function findCollection(pager: PageReader, name: string): number | undefined {
  const value = getFromTree(pager, CATALOG_PAGE, encoder.encode(name));
  return value === undefined ? undefined : readU32(value, 0);
}

/** The page of a collection, which is made when it is missing. */
export function findOrCreateCollection(pager: Pager, name: string): number {
  const found = findCollection(pager, name);
  if (found !== undefined) return found;
  const { number, page } = pager.allocate(PAGE_TYPE.collection);
  setPrimaryRoot(page, createTree(pager));
  const value = new Uint8Array(4);
  writeU32(value, 0, number);
  putInTree(pager, CATALOG_PAGE, encoder.encode(name), value, false);
  return number;
}

/** All collections, by name. */
export function listCollections(pager: PageReader): { name: string; page: number }[] {
  const entries = scanTree(
    pager,
    CATALOG_PAGE,
    ALL_KEYS,
    undefined,
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
  );
  return entries.map(({ key, value }) => ({ name: decoder.decode(key), page: readU32(value, 0) }));
}

/** @throws InvalidArgumentError `DOCDB_COLLECTION_NAME` */
export function checkCollectionName(name: string): string {
  const isValid = typeof name === "string" && name !== "" && name.isWellFormed() && !/[\0$]/.test(name);
  if (isValid && encoder.encode(name).length <= MAX_NAME_BYTES) return name;
  const expected = `1 to ${MAX_NAME_BYTES} bytes of text without "$" and NUL`;
  throw new InvalidArgumentError("DOCDB_COLLECTION_NAME", "collection name", name, expected);
}
