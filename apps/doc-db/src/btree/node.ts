/** Reads one node of a tree on the bytes of its page, as docs/formats/doc-db.md lays it out. */
import { readU16, readU32 } from "@millrace/base";
import { PAGE_TYPE } from "../storage/page-format.ts";
import {
  COUNT,
  INTERIOR_HEAD_BYTES,
  LAST_CHILD,
  LEAF_HEAD_BYTES,
  OVERFLOWING,
  SLOT_BYTES,
  SLOTS,
  TREE_ROOT,
} from "./node-layout.ts";

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
