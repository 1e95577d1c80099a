/** Names of collections and their pages, in a tree of its own (docs/formats/doc-db.md). */
import { InvalidArgumentError, readU32, writeU32 } from "@millrace/base";
import { ALL_KEYS, scanTree } from "./btree/scan.ts";
import { createTree, deleteFromTree, dropTree, getFromTree, putInTree } from "./btree/tree.ts";
import { isNamesKey } from "./catalog-names.ts";
import { indexesOf, primaryRootOf, setPrimaryRoot } from "./collection-page.ts";
import { decodeDocument } from "./document/decode.ts";
import { encodeDocument } from "./document/encode.ts";
import type { Document } from "./document/value.ts";
import { forgetIndexUses } from "./index-uses.ts";
import { CATALOG_PAGE, PAGE_TYPE } from "./storage/page-format.ts";
import type { KnownCollection, PageReader } from "./storage/page-reader.ts";
import type { PageWriter } from "./storage/page-writer.ts";

const MAX_NAME_BYTES = 255;
/** Names kept with what the catalog says, those among them that it has not got. */
const MAX_KNOWN = 1024;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The page of a collection; undefined when there is none of that name. */
export function findCollection(pager: PageReader, name: string): number | undefined {
  return lookUp(pager, name).page;
}

function lookUp(pager: PageReader, name: string): KnownCollection {
  const known = pager.collections?.get(name);
  if (known !== undefined) return known;
  const value = getFromTree(pager, CATALOG_PAGE, encoder.encode(name));
  const page = value === undefined ? undefined : readU32(value, 0);
  const options = value === undefined || value.length === 4 ? {} : decodeDocument(value.subarray(4));
  const found: KnownCollection = { page, options };
  if (pager.collections !== undefined) {
    if (pager.collections.size >= MAX_KNOWN) pager.collections.clear();
    pager.collections.set(name, found);
  }
  return found;
}

/** The page of a collection, which is made when it is missing. */
export function findOrCreateCollection(pager: PageWriter, name: string): number {
  return findCollection(pager, name) ?? createCollection(pager, name, {});
}

/** Makes a collection, which must not be there. @returns its page */
export function createCollection(pager: PageWriter, name: string, options: Document): number {
  const { number, page } = pager.allocate(PAGE_TYPE.collection);
  setPrimaryRoot(page, createTree(pager));
  putCollection(pager, name, number, options);
  return number;
}

/** What a collection was made with, a validator for one; empty when there is nothing, or no collection. */
export function collectionOptions(pager: PageReader, name: string): Document {
  return lookUp(pager, name).options;
}

/** Gives a collection other options. */
export function setCollectionOptions(pager: PageWriter, name: string, options: Document): void {
  putCollection(pager, name, findCollection(pager, name)!, options);
}

/** Takes a collection out with its documents and indexes. @returns whether it was there */
export function dropCollection(pager: PageWriter, name: string): boolean {
  const number = findCollection(pager, name);
  if (number === undefined) return false;
  const page = pager.read(number);
  const roots = [primaryRootOf(page), ...indexesOf(page).map(({ root }) => root)];
  for (const root of roots) dropTree(pager, root);
  deleteFromTree(pager, CATALOG_PAGE, encoder.encode(name));
  pager.collections?.clear();
  forgetIndexUses(pager, number);
  pager.free(number);
  return true;
}

/** Gives a collection another name, which no other one must have. */
export function renameCollection(pager: PageWriter, name: string, target: string): void {
  const options = collectionOptions(pager, name);
  const number = findCollection(pager, name)!;
  deleteFromTree(pager, CATALOG_PAGE, encoder.encode(name));
  putCollection(pager, target, number, options);
}

function putCollection(pager: PageWriter, name: string, page: number, options: Document): void {
  const bytes = Object.keys(options).length === 0 ? new Uint8Array(0) : encodeDocument(options);
  const value = new Uint8Array(4 + bytes.length);
  writeU32(value, 0, page);
  value.set(bytes, 4);
  putInTree(pager, CATALOG_PAGE, encoder.encode(name), value, true);
  pager.collections?.clear();
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
  const collections = entries.filter(({ key }) => !isNamesKey(key));
  return collections.map(({ key, value }) => ({ name: decoder.decode(key), page: readU32(value, 0) }));
}

/** @throws InvalidArgumentError `DOCDB_COLLECTION_NAME` */
export function checkCollectionName(name: string): string {
  const isValid = typeof name === "string" && name !== "" && name.isWellFormed() && !/[\0$]/.test(name);
  if (isValid && encoder.encode(name).length <= MAX_NAME_BYTES) return name;
  const expected = `1 to ${MAX_NAME_BYTES} bytes of text without "$" and NUL`;
  throw new InvalidArgumentError("DOCDB_COLLECTION_NAME", "collection name", name, expected);
}
