import type { Person } from "./corpus.ts";

/** When an acknowledged write is safe: once it is on the disk, or once the system has it. */
export type Safety = "disk" | "os";

/** Bytes of pages that ours and SQLite may keep in memory where nothing else is said: room for 100,000 documents. */
export const CACHE_BYTES: number = 256 * 1024 * 1024;

/** Room for so many documents, as lmdb has by mapping its file and NeDB by keeping all documents. */
export function cacheBytesFor(documents: number): number {
  return Math.max(CACHE_BYTES, Math.ceil(documents / 100_000) * CACHE_BYTES);
}

/** A database as the cases need it, with an index on `group` and one on `score`. */
export interface DocumentStore {
  /** All in one transaction, or as many as the database is best at. */
  insertMany(documents: readonly Person[]): unknown;
  /** One in a transaction of its own, safe when what is returned is settled. */
  insert(document: Person): unknown;
  /** As `insert` with others that wait at the same time, where the database has a call of its own for that. */
  insertWaiting?(document: Person): Promise<unknown>;
  /** The whole document, decoded; as a promise only where the database knows no other way. */
  get(id: number): unknown;
  /** How many documents of a group there are; all are decoded. */
  inGroup(group: number): number | Promise<number>;
  /** How many documents have a score from `lo` up to `hi`, without `hi`; all are decoded. */
  inScores(lo: number, hi: number): number | Promise<number>;
  /** As `get`, two fields alone; where the database knows a way to leave the others as they are. */
  getLazily?(id: number): unknown;
  inGroupLazily?(group: number): number | Promise<number>;
  inScoresLazily?(lo: number, hi: number): number | Promise<number>;
  /** How many documents are active with a balance above `balance`, by a scan without an index. */
  scan(balance: number): number | Promise<number>;
  /** Cities and the sum of their documents' scores. */
  sumByCity(): ReadonlyMap<string, number> | Promise<ReadonlyMap<string, number>>;
  /** Adds to the score of one document, in a transaction of its own. */
  addScore(id: number, by: number): unknown;
  close(): unknown;
}

/** Makes or opens a database in a directory. @param cacheBytes - {@link CACHE_BYTES} without it */
export type OpenStore = (directory: string, safety: Safety, cacheBytes?: number) => Promise<DocumentStore>;
