import { join } from "node:path";
import { Database } from "@millrace/doc-db/extras";
import type { Person } from "./corpus.ts";
import { CACHE_BYTES, type DocumentStore, type OpenStore, type Safety } from "./document-store.ts";

/** Ours, where two fields of each document are wanted and the others are left as they are. */
export const openLazyMillrace: OpenStore = async (directory, safety, cacheBytes) => {
  const store = await openMillrace(directory, safety, cacheBytes);
  return { ...store, get: store.getLazily!, inGroup: store.inGroupLazily!, inScores: store.inScoresLazily! };
};

/** Ours. */
export async function openMillrace(
  directory: string,
  safety: Safety,
  cacheBytes: number = CACHE_BYTES,
): Promise<DocumentStore> {
  const durability = safety === "disk" ? "durable" : "relaxed";
  const database = await Database.open(join(directory, "people.db"), { durability, cacheBytes });
  const collection = database.collection("people");
  await collection.createIndex("group");
  await collection.createIndex("score");
  const count = (filter: Record<string, unknown>): number =>
    collection.find(filter as never).toArraySync().length;
  const countLazily = (filter: Record<string, unknown>): number => {
    let found = 0;
    collection.find(filter as never).lookAtAll((document) => {
      if (document.get("name") !== undefined && document.get("score") !== undefined) found++;
    });
    return found;
  };
  return {
    getLazily: (id) =>
      collection.look(id, (document) => ({ name: document.get("name"), score: document.get("score") })),
    inGroupLazily: (group) => countLazily({ group }),
    inScoresLazily: (lo, hi) => countLazily({ score: { $gte: lo, $lt: hi } }),
    insertMany: (documents) => collection.insertMany(documents as never),
    insert: (document: Person) => collection.insertOneSync(document as never),
    insertWaiting: (document: Person) => collection.insertOne(document as never),
    get: (id) => collection.getSync(id),
    inGroup: (group) => count({ group }),
    inScores: (lo, hi) => count({ score: { $gte: lo, $lt: hi } }),
    scan: (balance) => collection.countDocuments({ isActive: true, balance: { $gt: balance } } as never),
    sumByCity: async () => {
      const pipeline = [{ $group: { _id: "$city", sum: { $sum: "$score" } } }];
      const sums = new Map<string, number>();
      for await (const { _id, sum } of collection.aggregate(pipeline as never)) {
        sums.set(String(_id), Number(sum));
      }
      return sums;
    },
    addScore: (id, by) => collection.updateOneSync({ _id: id } as never, { $inc: { score: by } } as never),
    close: () => database.close(),
  };
}
