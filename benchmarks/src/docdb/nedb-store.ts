import { join } from "node:path";
import { importPeer } from "../peers.ts";
import type { Person } from "./corpus.ts";
import type { DocumentStore } from "./document-store.ts";

interface Nedb {
  loadDatabaseAsync(): Promise<void>;
  ensureIndexAsync(options: { fieldName: string }): Promise<void>;
  insertAsync(documents: Person | readonly Person[]): Promise<unknown>;
  findOneAsync(query: object): Promise<unknown>;
  findAsync(query: object): Promise<Person[]>;
  countAsync(query: object): Promise<number>;
  updateAsync(query: object, update: object): Promise<unknown>;
}

/** NeDB (its maintained fork), which keeps all documents in memory and appends to a file without syncs. */
export async function openNedb(directory: string): Promise<DocumentStore> {
  const { default: Datastore } = await importPeer<{ default: new (options: object) => Nedb }>(
    "@seald-io/nedb",
  );
  const database = new Datastore({ filename: join(directory, "people.nedb") });
  await database.loadDatabaseAsync();
  await database.ensureIndexAsync({ fieldName: "group" });
  await database.ensureIndexAsync({ fieldName: "score" });
  return {
    insertMany: (documents) => database.insertAsync(documents),
    insert: (document) => database.insertAsync(document),
    // Its cursors are started by waiting for them.
    get: async (id) => await database.findOneAsync({ _id: id }),
    inGroup: async (group) => (await database.findAsync({ group })).length,
    inScores: async (lo, hi) => (await database.findAsync({ score: { $gte: lo, $lt: hi } })).length,
    scan: (balance) => database.countAsync({ isActive: true, balance: { $gt: balance } }),
    sumByCity: async () => {
      const sums = new Map<string, number>();
      for (const { city, score } of await database.findAsync({}))
        sums.set(city, (sums.get(city) ?? 0) + score);
      return sums;
    },
    addScore: (id, by) => database.updateAsync({ _id: id }, { $inc: { score: by } }),
    close: () => undefined,
  };
}
