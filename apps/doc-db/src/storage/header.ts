/** The two header copies of a database file, as docs/formats/doc-db.md lays them out. */
import { timingSafeEqual } from "node:crypto";
import { CorruptDataError, crc32c, readU32, readU64, writeU32, writeU64 } from "@millrace/base";
import { atomicWrite, type Vfs, type VfsFile } from "@millrace/files";
import { initNode } from "../btree/node-change.ts";
import type { FileCipher } from "./file-cipher.ts";
import { initMeta } from "./meta-page.ts";
import { decodePackedHeader, encodePackedHeader, type PackedHeader } from "./packed-header.ts";
import { UNIT_BYTES } from "./packed-pages.ts";
import {
  CATALOG_PAGE,
  FIRST_FREE_PAGE,
  initPage,
  MAX_PAGE_BYTES,
  META_PAGE,
  PAGE_SIZES,
  PAGE_TYPE,
  sealPage,
} from "./page-format.ts";

export const FORMAT_VERSION = 8;
/** "MRDOCDB" and a zero. */
const MAGIC = Uint8Array.of(0x4d, 0x52, 0x44, 0x4f, 0x43, 0x44, 0x42, 0);
const HEADER_BYTES = 512;
const CRC_OFFSET = 508;
const MAC_BYTES = 32;
const MAC_OFFSET = CRC_OFFSET - MAC_BYTES;

/** What a header says. */
export interface Header {
  /** Bytes of each page. */
  readonly pageBytes: number;
  /** Random; the log's records carry it too, so that a log of another file is not applied. */
  readonly databaseId: number;
  /** One more with each checkpoint; the copy with the higher one counts. */
  readonly sequence: number;
  /** The pages in the file hold every record of the log up to this one. */
  readonly checkpointLsn: number;
  /** Pages in the file at that checkpoint. */
  readonly pageCount: number;
  /** Closed in order: the file is whole without its log. Otherwise the log holds at least one record. */
  readonly isClosed: boolean;
  /** Of a file whose pages are compressed or encrypted. */
  readonly packed?: PackedHeader | undefined;
  /** As it was read from an encrypted file. */
  readonly mac?: Uint8Array | undefined;
}

/** A random id for a file, or for one that begins a new log. */
export function newDatabaseId(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]!;
}

/** The bytes of a header page. @param cipher - of an encrypted file */
export function encodeHeader(header: Header, cipher?: FileCipher): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(header.pageBytes);
  bytes.set(MAGIC);
  writeU32(bytes, 8, FORMAT_VERSION);
  writeU32(bytes, 12, header.pageBytes);
  writeU64(bytes, 16, header.databaseId);
  writeU64(bytes, 24, header.sequence);
  writeU64(bytes, 32, header.checkpointLsn);
  writeU32(bytes, 40, header.pageCount);
  writeU32(bytes, 44, header.isClosed ? 1 : 0);
  if (header.packed !== undefined) encodePackedHeader(bytes, header.packed);
  if (cipher !== undefined) bytes.set(cipher.authenticateHeader(bytes.subarray(0, MAC_OFFSET)), MAC_OFFSET);
  writeU32(bytes, CRC_OFFSET, crc32c(bytes, 0, 0, CRC_OFFSET));
  return bytes;
}

/** Whether a header that was read is of one who has the key. */
export function isHeaderAuthentic(header: Header, cipher: FileCipher): boolean {
  const expected = encodeHeader(header, cipher).subarray(MAC_OFFSET, CRC_OFFSET);
  return header.mac !== undefined && timingSafeEqual(expected, header.mac);
}

/**
 * Reads the newer intact copy.
 * @throws CorruptDataError `DOCDB_FORMAT_UNKNOWN`, `DOCDB_VERSION_UNKNOWN`, `DOCDB_HEADER_CORRUPT`, `DOCDB_FILE_SHORT`
 */
export async function readHeader(file: VfsFile): Promise<Header> {
  const { path } = file;
  const size = await file.size();
  const copies = new Uint8Array(MAX_PAGE_BYTES + HEADER_BYTES);
  await file.read(copies, 0);
  const first = decodeHeader(copies.subarray(0, HEADER_BYTES));
  const second = decodeSecond(copies, first);
  if (typeof first !== "object" && typeof second !== "object") {
    throw headerError(path, first === "version" || second === "version" ? "version" : first, copies);
  }
  const newest =
    typeof first === "object" && (typeof second !== "object" || first.sequence > second.sequence)
      ? first
      : (second as Header);
  const { packed, pageCount, pageBytes } = newest;
  const wholeBytes = packed === undefined ? pageCount * pageBytes : packed.layout.units * UNIT_BYTES;
  if (size < wholeBytes) {
    const expected =
      packed === undefined
        ? `${pageCount} pages of ${pageBytes} bytes`
        : `${packed.layout.units} units of ${UNIT_BYTES} bytes`;
    const problem = `the file ends here, ${expected} were expected; it was cut off: restore it from a copy, or repair a copy that was made as long again (truncate -s ${wholeBytes})`;
    throw new CorruptDataError("DOCDB_FILE_SHORT", path, size, problem);
  }
  return newest;
}

/** Makes an empty database file: both headers, the meta page and an empty catalog; durable, or not there at all. */
export async function createFile(
  vfs: Vfs,
  path: string,
  directory: string,
  pageBytes: number,
): Promise<void> {
  const databaseId = newDatabaseId();
  const pageCount = FIRST_FREE_PAGE;
  const pages = firstPages(pageBytes);
  pages.set(
    encodeHeader({ pageBytes, databaseId, sequence: 1, checkpointLsn: 0, pageCount, isClosed: true }),
  );
  pages.copyWithin(pageBytes, 0, pageBytes);
  await atomicWrite(vfs, path, pages);
  await vfs.syncDirectory(directory);
}

/** The pages of an empty file, without its header copies. */
export function firstPages(pageBytes: number): Uint8Array<ArrayBuffer> {
  const pages = new Uint8Array(FIRST_FREE_PAGE * pageBytes);
  const meta = pages.subarray(META_PAGE * pageBytes, (META_PAGE + 1) * pageBytes);
  initPage(meta, META_PAGE, PAGE_TYPE.meta);
  initMeta(meta, FIRST_FREE_PAGE);
  sealPage(meta);
  const catalog = pages.subarray(CATALOG_PAGE * pageBytes);
  initPage(catalog, CATALOG_PAGE, PAGE_TYPE.leaf);
  initNode(catalog, CATALOG_PAGE);
  sealPage(catalog);
  return pages;
}

type HeaderProblem = "magic" | "version" | "damaged";

/** The second copy lies behind the first page: where that one does not say how long it is, a copy says where it lies. */
function decodeSecond(copies: Uint8Array, first: Header | HeaderProblem): Header | HeaderProblem {
  let problem: HeaderProblem = "magic";
  for (const pageBytes of typeof first === "object" ? [first.pageBytes] : PAGE_SIZES) {
    const second = decodeHeader(copies.subarray(pageBytes, pageBytes + HEADER_BYTES));
    if (typeof second === "object") {
      if (second.pageBytes === pageBytes) return second;
    } else if (second !== "magic") problem = second;
  }
  return problem;
}

function decodeHeader(bytes: Uint8Array): Header | HeaderProblem {
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) return "magic";
  if (readU32(bytes, CRC_OFFSET) !== crc32c(bytes, 0, 0, CRC_OFFSET)) return "damaged";
  const pageBytes = readU32(bytes, 12);
  if (readU32(bytes, 8) !== FORMAT_VERSION || !PAGE_SIZES.includes(pageBytes)) return "version";
  const packed = decodePackedHeader(bytes);
  if (packed === "damaged") return "damaged";
  return {
    pageBytes,
    databaseId: readU64(bytes, 16),
    sequence: readU64(bytes, 24),
    checkpointLsn: readU64(bytes, 32),
    pageCount: readU32(bytes, 40),
    isClosed: readU32(bytes, 44) === 1,
    packed,
    mac: packed?.encryption === undefined ? undefined : bytes.slice(MAC_OFFSET, CRC_OFFSET),
  };
}

function headerError(path: string, problem: HeaderProblem, bytes: Uint8Array): CorruptDataError {
  if (problem === "magic") {
    return new CorruptDataError(
      "DOCDB_FORMAT_UNKNOWN",
      path,
      0,
      "this is no database file: it does not begin with MRDOCDB",
    );
  }
  if (problem === "version") {
    const found = `format version ${readU32(bytes, 8)} with pages of ${readU32(bytes, 12)} bytes`;
    return new CorruptDataError(
      "DOCDB_VERSION_UNKNOWN",
      path,
      8,
      `${found}, expected version ${FORMAT_VERSION} with ${PAGE_SIZES.join(", ")}; open it with the release that wrote it`,
    );
  }
  return new CorruptDataError(
    "DOCDB_HEADER_CORRUPT",
    path,
    CRC_OFFSET,
    "the checksum of neither header copy matches; restore the file from a copy",
  );
}
