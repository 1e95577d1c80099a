import { MemoryVfs } from "@millrace/files";
import { expect, it } from "vitest";
import { Database, type Document } from "../src/extras.ts";

it("counts the queries and changes that read each index, anew for one that was dropped", async () => {
  await using db = await Database.open("uses.db", { vfs: new MemoryVfs(), durability: "memory" });
  const c = db.collection("c");
  const opened = Date.now();
  expect(await c.aggregate([{ $indexStats: {} }]).toArray()).toEqual([]);
  await c.insertMany(Array.from({ length: 500 }, (_, _id) => ({ _id, a: _id % 50, b: _id % 20, plain: 1 })));
  await c.createIndex("a");
  await c.createIndex({ b: -1 }, { name: "of b" });
  const uses = async (): Promise<Document> => {
    const stats = await c.aggregate([{ $indexStats: {} }]).toArray();
    return Object.fromEntries(
      stats.map(({ name, accesses }) => [name, (accesses as Document).ops!]),
    ) as Document;
  };
  expect(await uses()).toEqual({ _id_: 0n, a_1: 0n, "of b": 0n });
  await c.find({ a: 3 }).toArray();
  await c.updateMany({ a: 4 }, { $set: { plain: 2 } });
  await c.countDocuments({ b: 5 });
  await c.deleteOne({ _id: 7 });
  await c.find({ $or: [{ a: 1 }, { b: 1 }] }).toArray();
  await c.countDocuments({ plain: 2 });
  expect(await uses()).toEqual({ _id_: expect.any(BigInt), a_1: 3n, "of b": 2n });
  const found = await c
    .aggregate([{ $indexStats: {} }, { $match: { "accesses.ops": { $gt: 1 } } }, { $sort: { name: 1 } }])
    .toArray();
  expect(found.map(({ name }) => name)).toEqual(expect.arrayContaining(["a_1", "of b"]));
  const stats = found.at(-1);
  expect(stats).toMatchObject({ name: "of b", key: { b: -1 }, spec: { v: 2, key: { b: -1 }, name: "of b" } });
  expect(typeof stats!.host).toBe("string");
  expect(Number((stats!.accesses as Document).since)).toBeGreaterThanOrEqual(opened);
  const named = [{ $indexStats: {} }, { $match: { name: "a_1" } }, { $project: { name: 1 } }];
  expect(await c.aggregate(named).toArray()).toEqual([{ name: "a_1" }]);
  await c.dropIndex("a_1");
  await c.createIndex("a");
  expect((await uses()).a_1).toBe(0n);
});

it.each([
  [[{ $indexStats: { a: 1 } }], 28803],
  [[{ $indexStats: 1 }], 28803],
  [[{ $limit: 1 }, { $indexStats: {} }], 40602],
  [[{ $facet: { a: [{ $indexStats: {} }] } }], 40600],
] as const)("refuses %j with number %d", async (stages, serverCode) => {
  await using db = await Database.open("refused.db", { vfs: new MemoryVfs(), durability: "memory" });
  const run = async (): Promise<Document[]> =>
    db
      .collection("c")
      .aggregate([...stages])
      .toArray();
  await expect(run()).rejects.toMatchObject({ serverCode });
});
