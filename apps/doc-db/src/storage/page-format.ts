/** The head of every page but the two header copies, as docs/formats/doc-db.md lays it out. */
import { CorruptDataError, readU32, readU64, writeU32, writeU64 } from "@millrace/base";
import { crc32 } from "@millrace/compress";
import { noteChanged } from "./changed-blocks.ts";

/** What a page may have, in bytes: chosen when a file is made. Places in a page take 16 bits, its ends included. */
export const PAGE_SIZES: readonly number[] = [4096, 8192, 16384, 32768];
export const DEFAULT_PAGE_BYTES = 8192;
export const MAX_PAGE_BYTES = 32768;
/** Bytes of a page's head. */
export const PAGE_HEAD_BYTES = 24;

/** What a page is, its byte 4. */
export const PAGE_TYPE = {
  meta: 2,
  leaf: 3,
  interior: 4,
  overflow: 5,
  free: 6,
  collection: 7,
  map: 8,
} as const;

/** Pages that every file begins with: two header copies, then these. */
export const META_PAGE = 2;
export const CATALOG_PAGE = 3;
export const FIRST_FREE_PAGE = 4;

const TYPE_NAMES: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(PAGE_TYPE).map(([name, type]) => [type, name]),
);

/** "leaf", "meta" and so on, for messages. */
export function pageTypeName(type: number): string {
  return TYPE_NAMES[type] ?? `type ${type}`;
}

/** Makes `page` an empty page of a type; its lsn and checksum come when it is logged and written. */
export function initPage(page: Uint8Array, number: number, type: number): void {
  page.fill(0);
  page[4] = type;
  writeU32(page, 8, number);
}

/** The log record that last changed the page. */
export function pageLsn(page: Uint8Array): number {
  return readU64(page, 16);
}

export function setPageLsn(page: Uint8Array, lsn: number): void {
  noteChanged(page, 16, 24);
  writeU64(page, 16, lsn);
}

/** CRC-32 of all but the checksum itself: with the processor's help a quarter of the time of CRC-32C without. */
function checksumOf(page: Uint8Array): number {
  return crc32(page.subarray(4));
}

/** Puts the checksum in: the last thing before the page is written to the file. */
export function sealPage(page: Uint8Array): void {
  writeU32(page, 0, checksumOf(page));
}

/** Whether a page has its checksum and its number. */
export function isPageWhole(page: Uint8Array, number: number): boolean {
  return readU32(page, 0) === checksumOf(page) && readU32(page, 8) === number;
}

/** @param byteOffset - where it lies in the file @throws CorruptDataError `DOCDB_PAGE_CORRUPT` naming page and offset */
export function checkPage(page: Uint8Array, number: number, path: string, byteOffset: number): void {
  const expected = checksumOf(page);
  const found = readU32(page, 0);
  if (found === expected && readU32(page, 8) === number) return;
  const what = `page ${number} (${pageTypeName(page[4]!)})`;
  const problem =
    found !== expected
      ? `${what} has checksum ${found.toString(16)}, its bytes give ${expected.toString(16)}; the disk or a copy damaged it`
      : `${what} says that it is page ${readU32(page, 8)}; it was written to the wrong place`;
  throw new CorruptDataError(
    "DOCDB_PAGE_CORRUPT",
    path,
    byteOffset,
    `${problem}; restore the file from a copy`,
  );
}
