/**
 * One node of a tree on the bytes of its page, as docs/formats/doc-db.md lays it out. What is changed here is noted,
 * for the commit to look at.
 */
import { readU16, readU32, writeU16, writeU32 } from "@millrace/base";
import { noteAllChanged, noteChanged } from "../storage/changed-blocks.ts";
import { MAX_PAGE_BYTES, PAGE_HEAD_BYTES, PAGE_TYPE } from "../storage/page-format.ts";

/** In the page's head: a page that says it is a leaf of a tree is one, wherever it was found. */
const TREE_ROOT = 12;
const COUNT = PAGE_HEAD_BYTES;
const CELLS_START = PAGE_HEAD_BYTES + 2;
const DEAD_BYTES = PAGE_HEAD_BYTES + 4;
const LAST_CHILD = PAGE_HEAD_BYTES + 8;
const SLOTS = PAGE_HEAD_BYTES + 12;
const SLOT_BYTES = 2;

/** Head of a leaf's cell: bytes of the key, bytes of the value or {@link OVERFLOWING}. */
const LEAF_HEAD_BYTES = 4;
/** Head of an interior cell: the child, bytes of the key. */
const INTERIOR_HEAD_BYTES = 6;
/** In place of a value's length: its bytes are in a chain of overflow pages. */
export const OVERFLOWING = 0xffff;
/** What a cell holds in place of such a value: its length, the first page of the chain. */
export const OVERFLOW_REFERENCE_BYTES = 8;

/** Longest key: two cells with a key and a reference to overflow pages fit into the smallest page. */
export const MAX_KEY_BYTES = 1536;

const SHORT_CELL_BYTES = 64;

/** A node as it was before it is compacted. */
const before = new Uint8Array(MAX_PAGE_BYTES);

/** Makes an empty page a node of the tree with a root. */
export function initNode(page: Uint8Array, root: number): void {
  noteChanged(page, 0, SLOTS);
  writeU16(page, CELLS_START, page.length);
  writeU32(page, TREE_ROOT, root);
}

/** The root of the tree that a node belongs to. */
export function treeRootOf(page: Uint8Array): number {
  return readU32(page, TREE_ROOT);
}

export function isLeaf(page: Uint8Array): boolean {
  return page[4] === PAGE_TYPE.leaf;
}

export function cellCount(page: Uint8Array): number {
  return readU16(page, COUNT);
}

export function lastChild(page: Uint8Array): number {
  return readU32(page, LAST_CHILD);
}

export function setLastChild(page: Uint8Array, child: number): void {
  noteChanged(page, LAST_CHILD, LAST_CHILD + 4);
  writeU32(page, LAST_CHILD, child);
}

export function cellAt(page: Uint8Array, index: number): number {
  return readU16(page, SLOTS + index * SLOT_BYTES);
}

export function keyStart(page: Uint8Array, index: number): number {
  return cellAt(page, index) + (isLeaf(page) ? LEAF_HEAD_BYTES : INTERIOR_HEAD_BYTES);
}

export function keyLength(page: Uint8Array, index: number): number {
  return readU16(page, cellAt(page, index) + (isLeaf(page) ? 0 : 4));
}

export function keyOf(page: Uint8Array, index: number): Uint8Array {
  const start = keyStart(page, index);
  return page.subarray(start, start + keyLength(page, index));
}

/** The length of a leaf cell's value, or {@link OVERFLOWING}. */
export function valueLength(page: Uint8Array, index: number): number {
  return readU16(page, cellAt(page, index) + 2);
}

export function valueStart(page: Uint8Array, index: number): number {
  return keyStart(page, index) + keyLength(page, index);
}

/** The child at an index; the last one, for keys from the last key on, has the index `cellCount`. */
export function childAt(page: Uint8Array, index: number): number {
  return index === cellCount(page) ? lastChild(page) : readU32(page, cellAt(page, index));
}

export function setChildAt(page: Uint8Array, index: number, child: number): void {
  if (index === cellCount(page)) {
    setLastChild(page, child);
    return;
  }
  const cell = cellAt(page, index);
  noteChanged(page, cell, cell + 4);
  writeU32(page, cell, child);
}

/**
 * Where a key belongs: the index of the first key that is not below it, and for an interior node of the child that
 * holds it. Binary search on the page's bytes, nothing allocated.
 * @returns the index; in a leaf `-1 - index` where the key itself is not there
 */
export function searchNode(page: Uint8Array, key: Uint8Array, from = 0, to: number = key.length): number {
  const leaf = page[4] === PAGE_TYPE.leaf;
  const headBytes = leaf ? LEAF_HEAD_BYTES : INTERIOR_HEAD_BYTES;
  const lengthAt = leaf ? 0 : 4;
  const length = to - from;
  let lo = 0;
  let hi = page[COUNT]! | (page[COUNT + 1]! << 8);
  // Bytes that the key shares with the keys below and above: those between share them too.
  let sharedBelow = 0;
  let sharedAbove = 0;
  while (lo < hi) {
    const middle = (lo + hi) >>> 1;
    const slot = SLOTS + middle * SLOT_BYTES;
    const cell = page[slot]! | (page[slot + 1]! << 8);
    const otherLength = page[cell + lengthAt]! | (page[cell + lengthAt + 1]! << 8);
    const start = cell + headBytes;
    const n = Math.min(length, otherLength);
    let i = Math.min(sharedBelow, sharedAbove);
    while (i < n && key[from + i] === page[start + i]) i++;
    const order = i < n ? key[from + i]! - page[start + i]! : length - otherLength;
    if (order === 0) return leaf ? middle : middle + 1;
    if (order < 0) {
      hi = middle;
      sharedAbove = i;
    } else {
      lo = middle + 1;
      sharedBelow = i;
    }
  }
  return leaf ? -1 - lo : lo;
}

/** Whether a leaf's cell has a key, which lies from `start` to `end`. */
export function hasKeyAt(
  page: Uint8Array,
  index: number,
  key: Uint8Array,
  start: number,
  end: number,
): boolean {
  const cell = cellAt(page, index);
  const length = end - start;
  if (readU16(page, cell) !== length) return false;
  const other = cell + LEAF_HEAD_BYTES;
  for (let i = 0; i < length; i++) if (page[other + i] !== key[start + i]) return false;
  return true;
}

/** Whether a key is not above the end of a range, whose keys may begin with `hi` and go on. */
export function isKeyBelowEnd(page: Uint8Array, index: number, hi: Uint8Array): boolean {
  const start = keyStart(page, index);
  const length = keyLength(page, index);
  const n = Math.min(length, hi.length);
  for (let i = 0; i < n; i++) {
    const order = page[start + i]! - hi[i]!;
    if (order !== 0) return order < 0;
  }
  return true;
}

/** Bytes that a new cell may take with its slot, after {@link compactNode} perhaps. */
export function freeBytes(page: Uint8Array): number {
  return contiguousBytes(page) + readU16(page, DEAD_BYTES);
}

/** Gives a leaf's cell another value of the same length. */
export function overwriteValue(page: Uint8Array, index: number, value: Uint8Array): void {
  const start = valueStart(page, index);
  noteChanged(page, start, start + value.length);
  page.set(value, start);
}

/** Puts a cell in at an index. @returns false when the page has no room for it */
export function insertCell(page: Uint8Array, index: number, cell: Uint8Array): boolean {
  const start = makeRoom(page, index, cell.length);
  if (start < 0) return false;
  page.set(cell, start);
  return true;
}

/** As {@link insertCell} for a leaf's cell, which is put together in the page. */
export function insertLeafCell(page: Uint8Array, index: number, key: Uint8Array, value: Uint8Array): boolean {
  const start = makeRoom(page, index, leafCellBytes(key.length, value.length));
  if (start < 0) return false;
  writeU16(page, start, key.length);
  writeU16(page, start + 2, value.length);
  page.set(key, start + LEAF_HEAD_BYTES);
  page.set(value, start + LEAF_HEAD_BYTES + key.length);
  return true;
}

/** Makes a slot at an index for a cell. @returns where the cell's bytes go; -1 when the page has no room */
function makeRoom(page: Uint8Array, index: number, byteLength: number): number {
  const needed = byteLength + SLOT_BYTES;
  if (freeBytes(page) < needed) return -1;
  if (contiguousBytes(page) < needed) compactNode(page);
  const count = cellCount(page);
  const start = cellsStart(page) - byteLength;
  noteChanged(page, start, start + byteLength);
  writeU16(page, CELLS_START, start);
  const slot = SLOTS + index * SLOT_BYTES;
  const slotsEnd = SLOTS + count * SLOT_BYTES;
  noteChanged(page, COUNT, SLOTS);
  noteChanged(page, slot, slotsEnd + SLOT_BYTES);
  page.copyWithin(slot + SLOT_BYTES, slot, slotsEnd);
  writeU16(page, slot, start);
  writeU16(page, COUNT, count + 1);
  return start;
}

/** Takes a cell out; its bytes are dead until the page is compacted. */
export function removeCell(page: Uint8Array, index: number): void {
  const count = cellCount(page);
  writeU16(page, DEAD_BYTES, readU16(page, DEAD_BYTES) + cellLength(page, index));
  const slot = SLOTS + index * SLOT_BYTES;
  const slotsEnd = SLOTS + count * SLOT_BYTES;
  noteChanged(page, COUNT, SLOTS);
  noteChanged(page, slot, slotsEnd);
  page.copyWithin(slot, slot + SLOT_BYTES, slotsEnd);
  writeU16(page, COUNT, count - 1);
}

/** Copies of all cells, in order. */
export function copyCells(page: Uint8Array): Uint8Array[] {
  const copy = page.slice();
  return Array.from({ length: cellCount(page) }, (_, i) => {
    const start = cellAt(copy, i);
    return copy.subarray(start, start + cellLength(copy, i));
  });
}

/** Gives a node these cells and no others; its type and head stay. */
export function setCells(page: Uint8Array, cells: readonly Uint8Array[]): void {
  noteAllChanged(page);
  let start = page.length;
  let slot = SLOTS;
  for (const cell of cells) {
    start -= cell.length;
    page.set(cell, start);
    writeU16(page, slot, start);
    slot += SLOT_BYTES;
  }
  // Zeros between slots and cells keep the log's images short.
  page.fill(0, slot, start);
  writeU16(page, COUNT, cells.length);
  writeU16(page, CELLS_START, start);
  writeU16(page, DEAD_BYTES, 0);
}

/** A leaf's cell; `value` is a reference of 8 bytes where `isOverflowing`. */
export function leafCell(key: Uint8Array, value: Uint8Array, isOverflowing: boolean): Uint8Array {
  const cell = new Uint8Array(LEAF_HEAD_BYTES + key.length + value.length);
  writeU16(cell, 0, key.length);
  writeU16(cell, 2, isOverflowing ? OVERFLOWING : value.length);
  cell.set(key, LEAF_HEAD_BYTES);
  cell.set(value, LEAF_HEAD_BYTES + key.length);
  return cell;
}

/** Bytes of a leaf's cell with its value in it. */
export function leafCellBytes(keyBytes: number, valueBytes: number): number {
  return LEAF_HEAD_BYTES + keyBytes + valueBytes;
}

/**
 * Whether a leaf's cell holds its value, or else a reference to overflow pages: a quarter of a page's room at the most,
 * or a value that is no longer than the reference.
 */
export function isValueInCell(pageBytes: number, keyBytes: number, valueBytes: number): boolean {
  const mostBytes = ((pageBytes - SLOTS) >>> 2) - SLOT_BYTES;
  return leafCellBytes(keyBytes, valueBytes) <= mostBytes || valueBytes <= OVERFLOW_REFERENCE_BYTES;
}

/** An interior cell: keys below `key`, and from the cell before on, are in `child`. */
export function interiorCell(child: number, key: Uint8Array): Uint8Array {
  const cell = new Uint8Array(INTERIOR_HEAD_BYTES + key.length);
  writeU32(cell, 0, child);
  writeU16(cell, 4, key.length);
  cell.set(key, INTERIOR_HEAD_BYTES);
  return cell;
}

/** The key of a cell that is in no page. */
export function keyInCell(cell: Uint8Array, isInLeaf: boolean): Uint8Array {
  const start = isInLeaf ? LEAF_HEAD_BYTES : INTERIOR_HEAD_BYTES;
  return cell.subarray(start, start + readU16(cell, isInLeaf ? 0 : 4));
}

/** The child of an interior cell that is in no page. */
export function childInCell(cell: Uint8Array): number {
  return readU32(cell, 0);
}

function cellLength(page: Uint8Array, index: number): number {
  if (!isLeaf(page)) return INTERIOR_HEAD_BYTES + keyLength(page, index);
  const length = valueLength(page, index);
  return leafCellBytes(keyLength(page, index), length === OVERFLOWING ? OVERFLOW_REFERENCE_BYTES : length);
}

function cellsStart(page: Uint8Array): number {
  return readU16(page, CELLS_START);
}

function contiguousBytes(page: Uint8Array): number {
  return cellsStart(page) - SLOTS - cellCount(page) * SLOT_BYTES;
}

/** Moves all cells to the end of the page, in the order of their keys. */
function compactNode(page: Uint8Array): void {
  noteAllChanged(page);
  before.set(page);
  const count = cellCount(page);
  let start = page.length;
  for (let i = 0; i < count; i++) {
    const from = cellAt(before, i);
    const length = cellLength(before, i);
    start -= length;
    // Short ones byte by byte: cheaper than a view of each.
    if (length > SHORT_CELL_BYTES) page.set(before.subarray(from, from + length), start);
    else for (let n = 0; n < length; n++) page[start + n] = before[from + n]!;
    writeU16(page, SLOTS + i * SLOT_BYTES, start);
  }
  // Zeros between slots and cells keep the log's images short.
  page.fill(0, SLOTS + count * SLOT_BYTES, start);
  writeU16(page, CELLS_START, start);
  writeU16(page, DEAD_BYTES, 0);
}
