import { join } from "node:path";
import { importPeer } from "../peers.ts";
import type { Person } from "./corpus.ts";
import type { DocumentStore, Safety } from "./document-store.ts";

/** A database of lmdb-js: documents as MessagePack with shared structures, its fastest encoding. */
interface Lmdb<Value> {
  get(key: number): Value | undefined;
  put(key: number, value: Value): Promise<boolean>;
  remove(key: number, value: Value): Promise<boolean>;
  getValues(key: number): Iterable<Value>;
  getRange(options?: { start?: number; end?: number }): Iterable<{ key: number; value: Value }>;
  transaction<T>(work: () => T): Promise<T>;
  transactionSync<T>(work: () => T): T;
  openDB<V>(name: string, options: object): Lmdb<V>;
  readonly committed: Promise<unknown>;
  close(): Promise<void>;
}

/** lmdb-js, with two databases of duplicate keys as its indexes. */
export async function openLmdbStore(directory: string, safety: Safety): Promise<DocumentStore> {
  const { open } = await importPeer<{ open(options: object): Lmdb<Person> }>("lmdb");
  const safeties = safety === "disk" ? { overlappingSync: false } : { noSync: true };
  const root = open({ path: join(directory, "people"), maxDbs: 4, ...safeties });
  const keyEncoding = "uint32";
  const documents = root.openDB<Person>("people", { keyEncoding, sharedStructuresKey: 0xffff_fffe });
  const index = (name: string): Lmdb<number> =>
    root.openDB<number>(name, { dupSort: true, encoding: "ordered-binary", keyEncoding });
  const groups = index("group");
  const scores = index("score");
  const put = (document: Person): void => {
    void documents.put(document._id, document);
    void groups.put(document.group, document._id);
    void scores.put(document.score, document._id);
  };
  return {
    insertMany: (many) =>
      documents.transaction(() => {
        for (const document of many) put(document);
      }),
    insert: (document) => documents.transactionSync(() => put(document)),
    insertWaiting: async (document) => void (await documents.transaction(() => put(document))),
    get: (id) => documents.get(id),
    inGroup: (group) => {
      let found = 0;
      for (const id of groups.getValues(group)) if (documents.get(id) !== undefined) found++;
      return found;
    },
    inScores: (lo, hi) => {
      let found = 0;
      for (const { value } of scores.getRange({ start: lo, end: hi })) {
        if (documents.get(value) !== undefined) found++;
      }
      return found;
    },
    scan: (balance) => {
      let found = 0;
      for (const { value } of documents.getRange({ start: 0, end: 0xffff_fff0 })) {
        if (value.isActive && value.balance > balance) found++;
      }
      return found;
    },
    sumByCity: () => {
      const sums = new Map<string, number>();
      for (const { value } of documents.getRange({ start: 0, end: 0xffff_fff0 })) {
        sums.set(value.city, (sums.get(value.city) ?? 0) + value.score);
      }
      return sums;
    },
    addScore: (id, by) =>
      documents.transactionSync(() => {
        const document = documents.get(id)!;
        const score = document.score + by;
        void documents.put(id, { ...document, score });
        void scores.remove(document.score, id);
        void scores.put(score, id);
      }),
    close: () => root.close(),
  };
}
