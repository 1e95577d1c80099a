import type { PageReader } from "../storage/page-reader.ts";
import { TreeCursor } from "./cursor.ts";
import type { KeyRange } from "./key-range.ts";
import { cellCount, childAt, isLeaf } from "./node.ts";
import { type Located, readNode } from "./tree.ts";

export { ALL_KEYS, isBelowEnd, isInRange, type KeyRange } from "./key-range.ts";

/** One entry of a tree, as bytes of its own. */
export interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/**
 * Reads the entries of a range in order, until there are `limitCount` of them or `limitBytes` bytes. The caller goes
 * on from behind the last key, so that the tree may change between two calls.
 * @param after - only keys above this one
 */
export function scanTree(
  pager: PageReader,
  root: number,
  range: KeyRange,
  after: Uint8Array | undefined,
  limitCount: number,
  limitBytes: number,
): Entry[] {
  const found: Entry[] = [];
  const cursor = new TreeCursor(pager, root, range, after, false);
  const place: Located = { bytes: cursor.page, start: 0, end: 0 };
  let bytes = 0;
  while (cursor.next()) {
    const key = cursor.key();
    cursor.value(place);
    const value = place.bytes.slice(place.start, place.end);
    found.push({ key, value });
    bytes += key.length + value.length;
    if (found.length >= limitCount || bytes >= limitBytes) break;
  }
  return found;
}

/** The numbers of all pages of a tree but its overflow pages; for checks and counts. */
export function pagesOfTree(pager: PageReader, root: number): number[] {
  const pages = [root];
  for (const number of pages) {
    const page = readNode(pager, number);
    if (isLeaf(page)) continue;
    for (let i = 0; i <= cellCount(page); i++) pages.push(childAt(page, i));
  }
  return pages;
}
