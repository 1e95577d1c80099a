/** Cells of a tree's nodes that are in no page. */
import { readU16, readU32, writeU16, writeU32 } from "@millrace/base";
import {
  INTERIOR_HEAD_BYTES,
  LEAF_HEAD_BYTES,
  OVERFLOW_REFERENCE_BYTES,
  OVERFLOWING,
  SLOT_BYTES,
  SLOTS,
} from "./node-layout.ts";

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
