import { join } from "node:path";
import { importPeer, PeerMissingError } from "../peers.ts";
import type { Person } from "./corpus.ts";
import { CACHE_BYTES, type DocumentStore, type OpenStore, type Safety } from "./document-store.ts";

/** What better-sqlite3 and node:sqlite have in common. */
interface Sqlite {
  exec(text: string): unknown;
  prepare(text: string): {
    run(...values: unknown[]): unknown;
    get(...values: unknown[]): unknown;
    all(...values: unknown[]): unknown[];
  };
  close(): void;
}

/** better-sqlite3, documents as JSONB. */
export const openBetterSqlite: OpenStore = async (directory, safety, cacheBytes) => {
  const { default: Database } = await importPeer<{ default: new (path: string) => Sqlite }>("better-sqlite3");
  return sqliteStore(new Database(join(directory, "people.sqlite")), safety, cacheBytes);
};

/** Node's own SQLite, documents as JSONB. */
export const openNodeSqlite: OpenStore = async (directory, safety, cacheBytes) => {
  const module = await import("node:sqlite").catch((cause: unknown) => {
    throw new PeerMissingError("node:sqlite", cause);
  });
  return sqliteStore(
    new module.DatabaseSync(join(directory, "people.sqlite")) as unknown as Sqlite,
    safety,
    cacheBytes,
  );
};

function sqliteStore(database: Sqlite, safety: Safety, cacheBytes: number = CACHE_BYTES): DocumentStore {
  database.exec("pragma journal_mode = wal");
  database.exec(`pragma synchronous = ${safety === "disk" ? "full" : "normal"}`);
  database.exec(`pragma cache_size = -${cacheBytes / 1024}`);
  database.exec(`create table if not exists people (id integer primary key, document blob);
    create index if not exists by_group on people (document ->> '$.group');
    create index if not exists by_score on people (document ->> '$.score')`);
  const insert = database.prepare("insert into people values (?, jsonb(?))");
  const get = database.prepare("select json(document) as text from people where id = ?");
  const byGroup = database.prepare(
    "select json(document) as text from people where document ->> '$.group' = ?",
  );
  const byScore = database.prepare(
    "select json(document) as text from people where document ->> '$.score' >= ? and document ->> '$.score' < ?",
  );
  const scan = database.prepare(
    "select count(*) as found from people where document ->> '$.isActive' and document ->> '$.balance' > ?",
  );
  const sums = database.prepare(
    "select document ->> '$.city' as city, sum(document ->> '$.score') as sum from people group by 1",
  );
  const add = database.prepare(
    "update people set document = jsonb_set(document, '$.score', (document ->> '$.score') + ?) where id = ?",
  );
  const parsed = (rows: unknown[]): number => {
    for (const row of rows) JSON.parse((row as { text: string }).text);
    return rows.length;
  };
  return {
    insertMany: (documents) => {
      database.exec("begin");
      for (const document of documents) insert.run(document._id, JSON.stringify(document));
      database.exec("commit");
    },
    insert: (document: Person) => insert.run(document._id, JSON.stringify(document)),
    get: (id) => JSON.parse((get.get(id) as { text: string }).text),
    inGroup: (group) => parsed(byGroup.all(group)),
    inScores: (lo, hi) => parsed(byScore.all(lo, hi)),
    scan: (balance) => (scan.get(balance) as { found: number }).found,
    sumByCity: () => {
      const rows = sums.all() as { city: string; sum: number }[];
      return new Map(rows.map(({ city, sum }) => [city, sum]));
    },
    addScore: (id, by) => add.run(by, id),
    close: () => database.close(),
  };
}
