import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { seededRandom } from "@millrace/base";
import type { Contender, Work } from "../case.ts";
import { benchDirectory } from "../wal-peers.ts";
import { drawGroupAndScore, type Person, people } from "./corpus.ts";
import { cacheBytesFor, type DocumentStore, type OpenStore, type Safety } from "./document-store.ts";
import { openLmdbStore } from "./lmdb-store.ts";
import { openMillrace } from "./millrace-store.ts";
import { openNedb } from "./nedb-store.ts";
import { openBetterSqlite, openNodeSqlite } from "./sqlite-store.ts";

/** The databases, ours first. */
export const STORES: readonly (readonly [string, OpenStore])[] = [
  ["millrace", openMillrace],
  ["lmdb", openLmdbStore],
  ["better-sqlite3", openBetterSqlite],
  ["node:sqlite", openNodeSqlite],
  ["NeDB", openNedb],
];

/** Documents of one transaction while a database is filled. */
const BATCH = 5000;

/** What a case does to a database that is ready for it. */
export type PrepareWork = (store: DocumentStore, directory: string) => Promise<Work>;

/** A contender over a database with `count` documents. */
export function filled(
  [name, open]: readonly [string, OpenStore],
  count: number,
  safety: Safety,
  prepare: PrepareWork,
): Contender {
  return {
    name,
    prepare: async () => {
      const directory = join(benchDirectory(), "db");
      mkdirSync(directory);
      const store = await open(directory, safety, cacheBytesFor(count));
      await fill(store, count);
      return await prepare(store, directory);
    },
  };
}

/** Inserts the first `count` documents. */
export async function fill(store: DocumentStore, count: number): Promise<void> {
  for (let first = 0; first < count; first += BATCH) {
    await store.insertMany([...people(count, first, Math.min(count, first + BATCH))]);
  }
}

/** So many documents have texts of their own, some 80 MB: what is farther away is in no window of a codec. */
const DISTINCT = 50_000;

/**
 * Documents behind those that a database was filled with, made before they are timed. Past the first
 * {@link DISTINCT} texts come again, under other `_id`s, groups and scores: a million of them fit in memory.
 */
export function further(count: number, first: number, total: number): Person[] {
  const distinct = [...people(total, first, first + Math.min(count, DISTINCT))];
  return Array.from({ length: count }, (_, i) => {
    const _id = first + i;
    return { ...distinct[i % DISTINCT]!, _id, ...drawGroupAndScore(seededRandom(_id + 1), total) };
  });
}
