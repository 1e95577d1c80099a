/** Page 2: how many pages there are and which are free, as docs/formats/doc-db.md lays it out. */
import { readU32, writeU32 } from "@millrace/base";
import { PAGE_HEAD_BYTES } from "./page-format.ts";

const PAGE_COUNT = PAGE_HEAD_BYTES;
const FREE_HEAD = PAGE_HEAD_BYTES + 4;
const FREE_COUNT = PAGE_HEAD_BYTES + 8;

export function initMeta(meta: Uint8Array, pageCount: number): void {
  writeU32(meta, PAGE_COUNT, pageCount);
}

/** Pages of the database, free ones and headers included. */
export function pageCountOf(meta: Uint8Array): number {
  return readU32(meta, PAGE_COUNT);
}

export function setPageCount(meta: Uint8Array, count: number): void {
  writeU32(meta, PAGE_COUNT, count);
}

/** The first page of the chain of free pages; 0 when none is free. */
export function freeHeadOf(meta: Uint8Array): number {
  return readU32(meta, FREE_HEAD);
}

export function freeCountOf(meta: Uint8Array): number {
  return readU32(meta, FREE_COUNT);
}

export function setFreeChain(meta: Uint8Array, head: number, count: number): void {
  writeU32(meta, FREE_HEAD, head);
  writeU32(meta, FREE_COUNT, count);
}

/** The free page behind this one; 0 at the end. */
export function nextFreeOf(page: Uint8Array): number {
  return readU32(page, PAGE_HEAD_BYTES);
}

export function setNextFree(page: Uint8Array, next: number): void {
  writeU32(page, PAGE_HEAD_BYTES, next);
}
