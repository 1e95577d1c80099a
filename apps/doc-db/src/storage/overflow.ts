/** Values too large for a cell, in chains of pages of their own (docs/formats/doc-db.md). */
import { CorruptDataError, readU32, writeU32 } from "@millrace/base";
import { PAGE_HEAD_BYTES, PAGE_TYPE } from "./page-format.ts";
import type { PageReader } from "./page-reader.ts";
import type { PageWriter } from "./page-writer.ts";

const NEXT = PAGE_HEAD_BYTES;
const DATA = PAGE_HEAD_BYTES + 8;

/** Writes a value into a new chain. @returns its first page */
export function writeOverflow(pager: PageWriter, value: Uint8Array): number {
  // From the end, so that each page can name the next one.
  let next = 0;
  const step = pager.pageBytes - DATA;
  const pages = Math.ceil(value.length / step);
  for (let i = pages - 1; i >= 0; i--) {
    const { number, page } = pager.allocate(PAGE_TYPE.overflow);
    writeU32(page, NEXT, next);
    page.set(value.subarray(i * step, Math.min(value.length, (i + 1) * step)), DATA);
    pager.settle(number);
    next = number;
  }
  return next;
}

/** @throws CorruptDataError `DOCDB_OVERFLOW_CORRUPT` when the chain is not as long as the value */
export function readOverflow(pager: PageReader, first: number, length: number): Uint8Array {
  const value = new Uint8Array(length);
  const step = pager.pageBytes - DATA;
  let number = first;
  for (let at = 0; at < length; at += step) {
    const page = checkChain(pager, pager.read(number), number);
    value.set(page.subarray(DATA, DATA + Math.min(step, length - at)), at);
    number = readU32(page, NEXT);
  }
  return value;
}

/** Frees the pages of a chain. */
export function freeOverflow(pager: PageWriter, first: number): void {
  for (let number = first; number !== 0; ) {
    const next = readU32(checkChain(pager, pager.read(number), number), NEXT);
    pager.free(number);
    pager.settle(number);
    number = next;
  }
}

function checkChain(pager: PageReader, page: Uint8Array, number: number): Uint8Array {
  if (page[4] === PAGE_TYPE.overflow) return page;
  const problem = `page ${number} should be an overflow page; the file is damaged, restore it from a copy`;
  throw new CorruptDataError("DOCDB_OVERFLOW_CORRUPT", pager.path, number * pager.pageBytes, problem);
}
