import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { importPeer } from "./peers.ts";

/** A directory that goes when the process ends. */
export function benchDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  process.on("exit", () => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A store as the cases of the log need it: each call's promise is settled once the records are durable. */
export interface DurableStore {
  append(record: Uint8Array): unknown;
  /** All of them in one transaction. */
  appendAll(records: readonly Uint8Array[]): unknown;
}

async function openLmdb(): Promise<DurableStore> {
  interface Database {
    put(key: number, value: Uint8Array): Promise<unknown>;
    transaction(work: () => void): Promise<unknown>;
  }
  const { open } = await importPeer<{ open(options: object): Database }>("lmdb");
  // Without overlapping syncs a put is durable when its promise is fulfilled.
  const path = join(benchDirectory(), "data");
  const database = open({ path, encoding: "binary", overlappingSync: false });
  let key = 0;
  return {
    append: (record) => database.put(key++, record),
    appendAll: (records) =>
      database.transaction(() => {
        for (const record of records) void database.put(key++, record);
      }),
  };
}

async function openLevel(): Promise<DurableStore> {
  interface Level {
    open(): Promise<void>;
    put(key: string, value: Uint8Array, options: { sync: boolean }): Promise<void>;
    batch(operations: readonly object[], options: { sync: boolean }): Promise<void>;
  }
  const { ClassicLevel } = await importPeer<{ ClassicLevel: new (path: string, o: object) => Level }>(
    "classic-level",
  );
  const level = new ClassicLevel(join(benchDirectory(), "data"), { valueEncoding: "view" });
  await level.open();
  let count = 0;
  const nextKey = (): string => String(count++).padStart(12, "0");
  return {
    append: (record) => level.put(nextKey(), record, { sync: true }),
    appendAll: (records) =>
      level.batch(
        records.map((value) => ({ type: "put", key: nextKey(), value })),
        { sync: true },
      ),
  };
}

async function openSqlite(): Promise<DurableStore> {
  interface Sqlite {
    pragma(text: string): unknown;
    exec(text: string): unknown;
    prepare(text: string): { run(value: Uint8Array): unknown };
    transaction(work: (records: readonly Uint8Array[]) => void): (records: readonly Uint8Array[]) => void;
  }
  const { default: Database } = await importPeer<{ default: new (path: string) => Sqlite }>("better-sqlite3");
  const database = new Database(join(benchDirectory(), "data.db"));
  database.pragma("journal_mode = WAL");
  database.pragma("synchronous = FULL");
  database.exec("create table log (id integer primary key, record blob)");
  const insert = database.prepare("insert into log (record) values (?)");
  return {
    append: (record) => insert.run(record),
    appendAll: database.transaction((records) => {
      for (const record of records) insert.run(record);
    }),
  };
}

/** The databases that keep records as durably as the log does, by their names in the report. */
export const DURABLE_STORES: Readonly<Record<string, () => Promise<DurableStore>>> = {
  lmdb: openLmdb,
  "classic-level, sync": openLevel,
  "better-sqlite3, WAL, FULL": openSqlite,
};
