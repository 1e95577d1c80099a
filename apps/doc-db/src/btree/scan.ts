import { compareBytes } from "../keys/compare.ts";
import type { PageReader } from "../storage/page-reader.ts";
import { cellCount, childAt, isLeaf, keyOf, searchNode } from "./node.ts";
import { checkDepth, readNode, readValue, type Step } from "./tree.ts";

/** One entry of a tree, as bytes of its own. */
export interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** A range of keys. Keys that begin with `hi` are in it, however they go on. */
export interface KeyRange {
  /** The first key, included. */
  readonly lo: Uint8Array;
  readonly hi: Uint8Array;
}

/** Every key. */
export const ALL_KEYS: KeyRange = Object.freeze({ lo: new Uint8Array(0), hi: new Uint8Array(0) });

/** Whether a key is not above the end of a range. */
export function isBelowEnd(key: Uint8Array, range: KeyRange): boolean {
  const { hi } = range;
  return compareBytes(key.length > hi.length ? key.subarray(0, hi.length) : key, hi) <= 0;
}

/** Whether a key lies in a range. */
export function isInRange(key: Uint8Array, range: KeyRange): boolean {
  return compareBytes(key, range.lo) >= 0 && isBelowEnd(key, range);
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
  const path = descendTo(pager, root, after ?? range.lo);
  let bytes = 0;
  for (let leaf = path.at(-1); leaf !== undefined; leaf = nextLeaf(pager, path, root)) {
    const page = readNode(pager, leaf.number);
    const count = cellCount(page);
    for (let i = leaf.index; i < count; i++) {
      const key = keyOf(page, i);
      if (!isBelowEnd(key, range)) return found;
      if (after !== undefined && compareBytes(key, after) === 0) continue;
      const value = readValue(pager, page, i);
      found.push({ key: key.slice(), value });
      bytes += key.length + value.length;
      if (found.length >= limitCount || bytes >= limitBytes) return found;
    }
  }
  return found;
}

/** As {@link scanTree} from the end of the range down. @param before - only keys below this one */
export function scanTreeDown(
  pager: PageReader,
  root: number,
  range: KeyRange,
  before: Uint8Array | undefined,
  limitCount: number,
  limitBytes: number,
): Entry[] {
  const found: Entry[] = [];
  const path = before === undefined ? descendBehind(pager, root, range.hi) : descendTo(pager, root, before);
  let bytes = 0;
  for (let leaf = path.at(-1); leaf !== undefined; leaf = previousLeaf(pager, path, root)) {
    const page = readNode(pager, leaf.number);
    for (let i = leaf.index - 1; i >= 0; i--) {
      const key = keyOf(page, i);
      if (compareBytes(key, range.lo) < 0) return found;
      const value = readValue(pager, page, i);
      found.push({ key: key.slice(), value });
      bytes += key.length + value.length;
      if (found.length >= limitCount || bytes >= limitBytes) return found;
    }
  }
  return found;
}

/** To the first key behind all those that begin with `hi`. */
function descendBehind(pager: PageReader, root: number, hi: Uint8Array): Step[] {
  let length = hi.length;
  while (length > 0 && hi[length - 1] === 255) length--;
  if (length > 0) {
    const next = hi.slice(0, length);
    next[length - 1] = next[length - 1]! + 1;
    return descendTo(pager, root, next);
  }
  const path: Step[] = [];
  for (let number = root; ; ) {
    checkDepth(pager, path.length, root);
    const page = readNode(pager, number);
    const index = cellCount(page);
    path.push({ number, index });
    if (isLeaf(page)) return path;
    number = childAt(page, index);
  }
}

/** Goes up to the first node with a child to the left, and down on its right side. */
function previousLeaf(pager: PageReader, path: Step[], root: number): Step | undefined {
  path.pop();
  for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
    if (step.index > 0) {
      step.index--;
      let number = childAt(readNode(pager, step.number), step.index);
      for (;;) {
        checkDepth(pager, path.length, root);
        const node = readNode(pager, number);
        path.push({ number, index: cellCount(node) });
        if (isLeaf(node)) return path.at(-1);
        number = childAt(node, cellCount(node));
      }
    }
    path.pop();
  }
  return undefined;
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

function descendTo(pager: PageReader, root: number, key: Uint8Array): Step[] {
  const path: Step[] = [];
  for (let number = root; ; ) {
    checkDepth(pager, path.length, root);
    const page = readNode(pager, number);
    const index = searchNode(page, key);
    path.push({ number, index: index < 0 ? -1 - index : index });
    if (isLeaf(page)) return path;
    number = childAt(page, index);
  }
}

/** Goes up to the first node with a child to the right, and down on its left side. */
function nextLeaf(pager: PageReader, path: Step[], root: number): Step | undefined {
  path.pop();
  for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
    const page = readNode(pager, step.number);
    if (step.index < cellCount(page)) {
      step.index++;
      let number = childAt(page, step.index);
      for (;;) {
        checkDepth(pager, path.length, root);
        path.push({ number, index: 0 });
        const node = readNode(pager, number);
        if (isLeaf(node)) return path.at(-1);
        number = childAt(node, 0);
      }
    }
    path.pop();
  }
  return undefined;
}
