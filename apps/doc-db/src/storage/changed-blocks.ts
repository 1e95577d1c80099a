/**
 * Which blocks of a page a transaction has changed, so that its commit looks for changes in those alone.
 *
 * It is noted in the page's first word, where the file has the checksum: while bit i is set, block i is as it was.
 * Zero says nothing, so that whoever makes a page, or changes it in another way, need not know of this.
 */
import { readU32, writeU32 } from "@millrace/base";

/** A page has a block for each bit of a word. */
export const BLOCKS = 32;

/** Nothing is changed yet; from here on each change must be noted. */
export function noteUnchanged(page: Uint8Array): void {
  writeU32(page, 0, 0xffffffff);
}

/** Any byte may be changed. */
export function noteAllChanged(page: Uint8Array): void {
  writeU32(page, 0, 0);
}

/** The bytes from `start` to `end` are changed, or will be before the commit. */
export function noteChanged(page: Uint8Array, start: number, end: number): void {
  if (end <= start) return;
  // Pages have powers of two: bytes of a block, as a shift.
  const shift = 26 - Math.clz32(page.length);
  const blocks = (0xffffffff << (start >>> shift)) & (0xffffffff >>> (31 - ((end - 1) >>> shift)));
  writeU32(page, 0, readU32(page, 0) & ~blocks);
}

/** The blocks that may be changed: bit i is block i. */
export function changedBlocks(page: Uint8Array): number {
  return ~readU32(page, 0);
}
