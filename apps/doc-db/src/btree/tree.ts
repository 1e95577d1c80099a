import { assert, CorruptDataError, InvalidArgumentError, readU32, writeU32 } from "@millrace/base";
import { noteAllChanged } from "../storage/changed-blocks.ts";
import { freeOverflow, readOverflow, writeOverflow } from "../storage/overflow.ts";
import { initPage, PAGE_TYPE, pageTypeName } from "../storage/page-format.ts";
import type { PageReader } from "../storage/page-reader.ts";
import type { PageWriter } from "../storage/page-writer.ts";
import { cellCount, childAt, isLeaf, lastChild, searchNode, valueLength, valueStart } from "./node.ts";
import { interiorCell, isValueInCell, leafCell } from "./node-cell.ts";
import {
  initNode,
  insertCell,
  insertLeafCell,
  overwriteValue,
  removeCell,
  setChildAt,
  setLastChild,
} from "./node-change.ts";
import { MAX_KEY_BYTES, OVERFLOW_REFERENCE_BYTES, OVERFLOWING } from "./node-layout.ts";
import { splitNode } from "./split.ts";

/** No tree is so deep: a longer way down is a circle. */
const MAX_DEPTH = 40;

/** A node on the way down, and which child or cell the way took. */
export interface Step {
  readonly number: number;
  index: number;
}

/** Makes an empty tree. @returns its root, which stays its root for good */
export function createTree(pager: PageWriter): number {
  const { number, page } = pager.allocate(PAGE_TYPE.leaf);
  initNode(page, number);
  pager.filters?.drop(number);
  return number;
}

/** The value under a key, as bytes of its own; undefined where there is none. */
export function getFromTree(pager: PageReader, root: number, key: Uint8Array): Uint8Array | undefined {
  if (!locateInTree(pager, root, key, 0, key.length)) return undefined;
  return located.bytes.slice(located.start, located.end);
}

/** Where a value lies: in its page, or in bytes of its own; valid until the operation ends, or the tree changes. */
export interface Located {
  bytes: Uint8Array;
  start: number;
  end: number;
}

/** What {@link locateInTree} found. */
export const located: Located = { bytes: new Uint8Array(0), start: 0, end: 0 };

/** Looks for a key, which lies from `start` to `end`. @returns whether it is there; {@link located} says where */
export function locateInTree(
  pager: PageReader,
  root: number,
  key: Uint8Array,
  start: number,
  end: number,
): boolean {
  const { hints, filters } = pager;
  if (hints?.find(root, key, start, end) === true) {
    locateValue(pager, hints.page, hints.index, located);
    return true;
  }
  if (filters?.lacks(root, key, start, end) === true) return false;
  let number = root;
  let page = readNode(pager, root);
  for (let depth = 0; !isLeaf(page); depth++) {
    checkDepth(pager, depth, root);
    number = childAt(page, searchNode(page, key, start, end));
    page = readNode(pager, number);
  }
  const index = searchNode(page, key, start, end);
  if (index < 0) {
    filters?.missed(root);
    return false;
  }
  hints?.note(root, number, index);
  locateValue(pager, page, index, located);
  return true;
}

/** Says where a leaf's value lies. */
export function locateValue(pager: PageReader, page: Uint8Array, index: number, place: Located): void {
  const length = valueLength(page, index);
  const start = valueStart(page, index);
  if (length === OVERFLOWING) {
    place.bytes = readOverflow(pager, readU32(page, start + 4), readU32(page, start));
    place.start = 0;
    place.end = place.bytes.length;
    return;
  }
  place.bytes = page;
  place.start = start;
  place.end = start + length;
}

/**
 * Puts a value under a key.
 * @returns false, and nothing changed, when the key is there and `mayReplace` is false
 */
export function putInTree(
  pager: PageWriter,
  root: number,
  key: Uint8Array,
  value: Uint8Array,
  mayReplace: boolean,
): boolean {
  if (key.length > MAX_KEY_BYTES) {
    throw new InvalidArgumentError(
      "DOCDB_KEY_TOO_LONG",
      "key",
      key,
      `at most ${MAX_KEY_BYTES} bytes in its encoded form`,
    );
  }
  if (mayReplace && overwriteKnown(pager, root, key, value)) return true;
  const path = descend(pager, root, key);
  const leaf = path.at(-1)!;
  const isThere = leaf.index >= 0;
  if (isThere && !mayReplace) return false;
  const page = pager.modifyNoted(leaf.number);
  if (!isThere) pager.filters?.add(root, key);
  const index = isThere ? leaf.index : -1 - leaf.index;
  if (isThere) {
    if (valueLength(page, index) === value.length && isValueInCell(page.length, key.length, value.length)) {
      // In its place: the log then has nothing but what differs.
      overwriteValue(page, index, value);
      return true;
    }
    removeLeafCell(pager, page, index);
  }
  if (isValueInCell(page.length, key.length, value.length) && insertLeafCell(page, index, key, value))
    return true;
  const cell = newLeafCell(pager, key, value);
  leaf.index = index;
  if (!insertCell(page, index, cell)) splitNode(pager, path, cell);
  return true;
}

/** Puts a value in the place of one of the same length, where the key's leaf is known. */
function overwriteKnown(pager: PageWriter, root: number, key: Uint8Array, value: Uint8Array): boolean {
  const { hints } = pager;
  if (hints?.find(root, key, 0, key.length) !== true) return false;
  const { page, index } = hints;
  const isInPage = isValueInCell(page.length, key.length, value.length);
  if (!isInPage || valueLength(page, index) !== value.length) return false;
  overwriteValue(pager.modifyNoted(readU32(page, 8)), index, value);
  return true;
}

/** Takes a key out. @returns whether it was there */
export function deleteFromTree(pager: PageWriter, root: number, key: Uint8Array): boolean {
  const path = descend(pager, root, key);
  const leaf = path.at(-1)!;
  if (leaf.index < 0) return false;
  const page = pager.modifyNoted(leaf.number);
  removeLeafCell(pager, page, leaf.index);
  if (cellCount(page) === 0) removeEmptyNode(pager, path);
  return true;
}

/** Gives all pages of a tree back, those of long values too. */
export function dropTree(pager: PageWriter, root: number): void {
  pager.filters?.drop(root);
  const page = readNode(pager, root);
  const isInner = !isLeaf(page);
  const children = isInner ? Array.from({ length: cellCount(page) + 1 }, (_, i) => childAt(page, i)) : [];
  if (!isInner) {
    const chains: number[] = [];
    for (let i = 0; i < cellCount(page); i++)
      if (valueLength(page, i) === OVERFLOWING) chains.push(readU32(page, valueStart(page, i) + 4));
    for (const chain of chains) freeOverflow(pager, chain);
  }
  for (const child of children) dropTree(pager, child);
  pager.free(root);
  if (pager.touched !== undefined) pager.endOperation();
}

/** Reads a page that must be a node. @throws CorruptDataError `DOCDB_TREE_CORRUPT` when it is none */
export function readNode(pager: PageReader, number: number): Uint8Array {
  const page = pager.read(number);
  if (page[4] === PAGE_TYPE.leaf || page[4] === PAGE_TYPE.interior) return page;
  throw corruptTree(
    pager,
    number,
    `page ${number} is a ${pageTypeName(page[4]!)} page where a tree's node belongs`,
  );
}

/** @throws CorruptDataError when a way down is longer than any tree is deep */
export function checkDepth(pager: PageReader, depth: number, root: number): void {
  if (depth > MAX_DEPTH) throw corruptTree(pager, root, `the tree of page ${root} is a circle`);
}

/** The way to a key's leaf; the last step's index is that of {@link searchNode}, negative where the key is missing. */
function descend(pager: PageReader, root: number, key: Uint8Array): Step[] {
  const path: Step[] = [];
  for (let number = root; ; ) {
    checkDepth(pager, path.length, root);
    const page = readNode(pager, number);
    const index = searchNode(page, key);
    path.push({ number, index });
    if (isLeaf(page)) return path;
    number = childAt(page, index);
  }
}

function newLeafCell(pager: PageWriter, key: Uint8Array, value: Uint8Array): Uint8Array {
  if (isValueInCell(pager.pageBytes, key.length, value.length)) return leafCell(key, value, false);
  const reference = new Uint8Array(OVERFLOW_REFERENCE_BYTES);
  writeU32(reference, 0, value.length);
  writeU32(reference, 4, writeOverflow(pager, value));
  return leafCell(key, reference, true);
}

function removeLeafCell(pager: PageWriter, page: Uint8Array, index: number): void {
  if (valueLength(page, index) === OVERFLOWING)
    freeOverflow(pager, readU32(page, valueStart(page, index) + 4));
  removeCell(page, index);
}

/** Takes the last node of the path, which has no cells, out of the tree, and those above that become empty. */
function removeEmptyNode(pager: PageWriter, path: Step[]): void {
  for (let level = path.length - 1; level > 0; level--) {
    pager.free(path[level]!.number);
    const { number, index } = path[level - 1]!;
    const parent = pager.modifyNoted(number);
    const count = cellCount(parent);
    if (count > 0) {
      // Without its last child, the child before it takes the keys up to the end.
      if (index === count) {
        setLastChild(parent, childAt(parent, count - 1));
        removeCell(parent, count - 1);
      } else {
        removeCell(parent, index);
      }
      if (level === 1 && count === 1) pullUpOnlyChild(pager, number);
      return;
    }
  }
  // All levels are empty: the root is a leaf again.
  const root = pager.modify(path[0]!.number);
  initPage(root, path[0]!.number, PAGE_TYPE.leaf);
  initNode(root, path[0]!.number);
}

/** A root with one child takes over what the child holds, so that the tree gets lower. */
function pullUpOnlyChild(pager: PageWriter, root: number): void {
  const page = pager.modify(root);
  while (!isLeaf(page) && cellCount(page) === 0) {
    const child = lastChild(page);
    page.set(pager.read(child));
    noteAllChanged(page);
    writeU32(page, 8, root);
    pager.free(child);
  }
}

/** Called by {@link splitNode}: puts a new right-hand neighbour into the parent of the node that was split. */
export function insertIntoParent(
  pager: PageWriter,
  path: Step[],
  left: number,
  separator: Uint8Array,
  right: number,
): void {
  const step = path.at(-1);
  assert(step !== undefined, "a root is split in its place");
  const page = pager.modifyNoted(step.number);
  // The child at `index` was split: `left` keeps the keys below the separator, `right` has those from it on.
  setChildAt(page, step.index, right);
  const cell = interiorCell(left, separator);
  if (!insertCell(page, step.index, cell)) splitNode(pager, path, cell);
}

function corruptTree(pager: PageReader, number: number, problem: string): CorruptDataError {
  return new CorruptDataError(
    "DOCDB_TREE_CORRUPT",
    pager.path,
    number * pager.pageBytes,
    `${problem}; the file is damaged, restore it from a copy`,
  );
}
