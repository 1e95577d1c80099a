/**
 * Changes one node of a tree on the bytes of its page. What is changed here is noted, for the commit to look at.
 */
import { readU16, writeU16, writeU32 } from "@millrace/base";
import { noteAllChanged, noteChanged } from "../storage/changed-blocks.ts";
import { MAX_PAGE_BYTES } from "../storage/page-format.ts";
import { cellAt, cellCount, isLeaf, keyLength, valueLength, valueStart } from "./node.ts";
import { leafCellBytes } from "./node-cell.ts";
import {
  CELLS_START,
  COUNT,
  DEAD_BYTES,
  INTERIOR_HEAD_BYTES,
  LAST_CHILD,
  LEAF_HEAD_BYTES,
  OVERFLOW_REFERENCE_BYTES,
  OVERFLOWING,
  SLOT_BYTES,
  SLOTS,
  TREE_ROOT,
} from "./node-layout.ts";

const SHORT_CELL_BYTES = 64;

/** A node as it was before it is compacted. */
const before = new Uint8Array(MAX_PAGE_BYTES);

/** Makes an empty page a node of the tree with a root. */
export function initNode(page: Uint8Array, root: number): void {
  noteChanged(page, 0, SLOTS);
  writeU16(page, CELLS_START, page.length);
  writeU32(page, TREE_ROOT, root);
}

export function setLastChild(page: Uint8Array, child: number): void {
  noteChanged(page, LAST_CHILD, LAST_CHILD + 4);
  writeU32(page, LAST_CHILD, child);
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

/** Gives a leaf's cell another value of the same length. */
export function overwriteValue(page: Uint8Array, index: number, value: Uint8Array): void {
  const start = valueStart(page, index);
  noteChanged(page, start, start + value.length);
  page.set(value, start);
}

/** Bytes that a new cell may take with its slot, after {@link compactNode} perhaps. */
export function freeBytes(page: Uint8Array): number {
  return contiguousBytes(page) + readU16(page, DEAD_BYTES);
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
