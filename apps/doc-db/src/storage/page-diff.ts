/** What changed in a page, as ranges of bytes: how the log holds changes (docs/formats/doc-db.md). */

import { assert, readU16, readU32, writeU16, writeU32 } from "@millrace/base";
import type { GrowableUint8 } from "@millrace/buffers";
import { BLOCKS, changedBlocks } from "./changed-blocks.ts";
import { MAX_PAGE_BYTES } from "./page-format.ts";

/** Ranges that start from an empty page: a full image without the zeros in it. */
export const FROM_ZEROS = 1;
/** Ranges that change the page as it was. */
export const FROM_BEFORE = 0;
/** The page is in the file as the commit left it, or as a later one did; the one range is its checksum. */
export const IN_FILE = 2;

/** Words that are equal between two ranges, at the most, for the ranges to be written as one. */
const MERGE_WORDS = 2;
const HEAD_BYTES = 8;
const RANGE_HEAD_BYTES = 4;
const CHECKSUM_BYTES = 4;
const MAX_WORDS = MAX_PAGE_BYTES / 4;
const ALL_BLOCKS = -1;
const ZEROS = new Int32Array(MAX_WORDS);
const head = new Uint8Array(HEAD_BYTES);
/** Starts and ends of the ranges found, in words. */
const found = new Uint16Array(2 * MAX_WORDS);

/**
 * Appends the ranges in which `after` differs from `before`, or from zeros without it. With `before` only the blocks
 * are compared that are noted as changed.
 * Byte 0 to 3, the checksum, do not count: it is made when the page is written to its place.
 */
export function appendPageChange(
  out: GrowableUint8,
  page: number,
  after: Uint8Array,
  before: Uint8Array | undefined,
): void {
  const count =
    before === undefined
      ? findRanges(wordsIn(after), ZEROS, ALL_BLOCKS)
      : findRanges(wordsIn(after), wordsIn(before), changedBlocks(after));
  writeU32(head, 0, page);
  head[4] = before === undefined ? FROM_ZEROS : FROM_BEFORE;
  head[5] = 0;
  writeU16(head, 6, count);
  out.pushMany(head);
  for (let i = 0; i < count; i++) {
    const start = found[2 * i]! * 4;
    const end = found[2 * i + 1]! * 4;
    writeU16(head, 0, start);
    writeU16(head, 2, end - start);
    out.pushMany(head, 0, RANGE_HEAD_BYTES);
    out.pushMany(after, start, end);
  }
}

/** Appends that a page is in the file. @param page - as it was written there */
export function appendPageInFile(out: GrowableUint8, number: number, page: Uint8Array): void {
  writeU32(head, 0, number);
  head[4] = IN_FILE;
  head[5] = 0;
  writeU16(head, 6, 1);
  out.pushMany(head);
  writeU16(head, 0, 0);
  writeU16(head, 2, CHECKSUM_BYTES);
  out.pushMany(head, 0, RANGE_HEAD_BYTES);
  out.pushMany(page, 0, CHECKSUM_BYTES);
}

/** The checksum that a page in the file had. */
export function checksumInFile(record: Uint8Array, { start }: PageChange): number {
  return readU32(record, start + HEAD_BYTES + RANGE_HEAD_BYTES);
}

/** One change as {@link parsePageChange} finds it. */
export interface PageChange {
  readonly page: number;
  readonly isFromZeros: boolean;
  /** There is nothing to be put in: the file has the page. */
  readonly isInFile: boolean;
  /** Offset of the change in the record, and of what follows it. */
  readonly start: number;
  readonly end: number;
}

/** Reads the head of the change at `at`. */
export function parsePageChange(record: Uint8Array, at: number): PageChange {
  let end = at + HEAD_BYTES;
  for (let left = readU16(record, at + 6); left > 0; left--)
    end += RANGE_HEAD_BYTES + readU16(record, end + 2);
  assert(end <= record.length, "a change lies inside its record");
  const form = record[at + 4];
  return {
    page: readU32(record, at),
    isFromZeros: form === FROM_ZEROS,
    isInFile: form === IN_FILE,
    start: at,
    end,
  };
}

/** Puts a change into the page it belongs to. */
export function applyPageChange(record: Uint8Array, change: PageChange, page: Uint8Array): void {
  if (change.isFromZeros) page.fill(0);
  for (let at = change.start + HEAD_BYTES; at < change.end; ) {
    const start = readU16(record, at);
    const length = readU16(record, at + 2);
    at += RANGE_HEAD_BYTES;
    page.set(record.subarray(at, at + length), start);
    at += length;
  }
}

function findRanges(after: Int32Array, before: Int32Array, blocks: number): number {
  const blockWords = after.length / BLOCKS;
  let count = 0;
  let end = -MERGE_WORDS - 1;
  for (let left = blocks; left !== 0; left &= left - 1) {
    const block = 31 - Math.clz32(left & -left);
    const stop = (block + 1) * blockWords;
    // The first word of a page is no part of its changes.
    for (let i = Math.max(1, block * blockWords); i < stop; i++) {
      if (after[i] === before[i]) continue;
      if (i - end <= MERGE_WORDS && count > 0) {
        found[2 * count - 1] = i + 1;
      } else {
        found[2 * count] = i;
        found[2 * count + 1] = i + 1;
        count++;
      }
      end = i + 1;
    }
  }
  return count;
}

function wordsIn(page: Uint8Array): Int32Array {
  return new Int32Array(page.buffer, page.byteOffset, page.length / 4);
}
