/** Page 2: how many pages there are and which are free, as docs/formats/doc-db.md lays it out. */
import { readU32, readU64, writeU32, writeU64 } from "@millrace/base";
import { PAGE_HEAD_BYTES } from "./page-format.ts";

const PAGE_COUNT = PAGE_HEAD_BYTES;
const FREE_HEAD = PAGE_HEAD_BYTES + 4;
const FREE_COUNT = PAGE_HEAD_BYTES + 8;

const REPLICA_TARGET = PAGE_HEAD_BYTES + 40;
const REPLICA_LINE = REPLICA_TARGET + 8;
const REPLICA_LSN = REPLICA_LINE + 4;

/** How far a file is that follows another one: what it holds of the log that was shipped. */
export interface ReplicaPlace {
  /** Id of the target, 16 hexadecimal digits. */
  readonly target: string;
  readonly line: number;
  readonly lsn: number;
}

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

/** Of a file that follows another one. */
export function replicaPlaceOf(meta: Uint8Array): ReplicaPlace | undefined {
  const line = readU32(meta, REPLICA_LINE);
  if (line === 0) return undefined;
  const target = Buffer.from(meta.subarray(REPLICA_TARGET, REPLICA_LINE)).toString("hex");
  return { target, line, lsn: readU64(meta, REPLICA_LSN) };
}

export function setReplicaPlace(meta: Uint8Array, { target, line, lsn }: ReplicaPlace): void {
  meta.set(Buffer.from(target, "hex"), REPLICA_TARGET);
  writeU32(meta, REPLICA_LINE, line);
  writeU64(meta, REPLICA_LSN, lsn);
}
