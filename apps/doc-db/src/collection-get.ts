/** One document by its `_id`. */
import { located, locateInTree } from "./btree/tree.ts";
import { findCollection } from "./catalog.ts";
import { primaryRootOf } from "./collection-page.ts";
import { decodeDocument } from "./document/decode.ts";
import type { Document } from "./document/value.ts";
import type { PageReader } from "./storage/page-reader.ts";

/** The document under the first `length` bytes of a key. */
export function getDocument(
  pager: PageReader,
  name: string,
  key: Uint8Array,
  length: number = key.length,
): Document | undefined {
  if (!locateDocument(pager, name, key, length)) return undefined;
  return decodeDocument(located.bytes, located.start, located.end);
}

/** Looks where a document lies: {@link located} says it. @returns whether it is there */
export function locateDocument(pager: PageReader, name: string, key: Uint8Array, length: number): boolean {
  const page = findCollection(pager, name);
  return page !== undefined && locateInTree(pager, primaryRootOf(pager.read(page)), key, 0, length);
}
