import { MemoryVfs } from "@millrace/files";
import { describe, expect, it } from "vitest";
import { Database, type Document } from "../src/extras.ts";

async function withOrders(): Promise<Database> {
  const db = await Database.open("a.db", { vfs: new MemoryVfs() });
  await db
    .collection("orders")
    .insertMany(Array.from({ length: 700 }, (_, _id) => ({ _id, town: `t${_id % 3}`, n: _id })));
  return db;
}

const TOTALS: readonly Document[] = [{ $group: { _id: "$town", n: { $sum: "$n" } } }];

describe("$out", () => {
  it("puts its documents in the place of a collection's, whose indexes stay", async () => {
    await using db = await withOrders();
    const totals = db.collection("totals");
    await totals.insertOne({ _id: "old", n: 1 });
    await totals.createIndex("n", { unique: true });
    expect(
      await db
        .collection("orders")
        .aggregate([...TOTALS, { $out: "totals" }])
        .toArray(),
    ).toEqual([]);
    expect(await totals.find({}, { sort: { _id: 1 } }).toArray()).toEqual(
      ["t0", "t1", "t2"].map((_id) => ({ _id, n: sumOf(_id) })),
    );
    expect((await totals.listIndexes()).map(({ name }) => name)).toEqual(["_id_", "n_1"]);
    await db
      .collection("orders")
      .aggregate([{ $match: { n: { $lt: 600 } } }, { $out: "orders" }])
      .toArray();
    expect(await db.collection("orders").countDocuments()).toBe(600);
    expect(await db.verify()).toEqual([]);
  });

  it("leaves everything as it was when a unique index does not take the documents", async () => {
    await using db = await withOrders();
    await db.collection("towns").createIndex("town", { unique: true });
    await db.collection("towns").insertOne({ _id: 1, town: "kept" });
    await expect(
      db
        .collection("orders")
        .aggregate([{ $out: "towns" }])
        .toArray(),
    ).rejects.toMatchObject({ serverCode: 11000 });
    expect(await db.collection("towns").find().toArray()).toEqual([{ _id: 1, town: "kept" }]);
    expect((await db.stats()).collections.map(({ name }) => name)).toEqual(["orders", "towns"]);
  });
});

describe("$merge", () => {
  it("puts documents to those that are there, as it is told", async () => {
    await using db = await withOrders();
    const run = (merge: Document): Promise<Document[]> =>
      db
        .collection("orders")
        .aggregate([...TOTALS, { $merge: { into: "totals", ...merge } }])
        .toArray();
    const totals = db.collection("totals");
    await totals.insertMany([
      { _id: "t0", n: 0, old: true },
      { _id: "x", n: 0 },
    ]);
    await run({ whenMatched: "keepExisting", whenNotMatched: "discard" });
    expect(await totals.get("t0")).toEqual({ _id: "t0", n: 0, old: true });
    await run({});
    expect(await totals.get("t0")).toEqual({ _id: "t0", n: sumOf("t0"), old: true });
    expect(await totals.distinct("_id")).toEqual(["t0", "t1", "t2", "x"]);
    await run({ whenMatched: "replace" });
    expect(await totals.get("t0")).toEqual({ _id: "t0", n: sumOf("t0") });
    await expect(run({ whenMatched: "fail" })).rejects.toMatchObject({ serverCode: 11000 });
    await totals.deleteOne({ _id: "t1" });
    await expect(run({ whenNotMatched: "fail" })).rejects.toMatchObject({ serverCode: 13113 });
    await expect(run({ on: "n" })).rejects.toMatchObject({ serverCode: 51183 });
    await totals.createIndex("n", { unique: true });
    await run({ on: "n" });
    expect(await totals.distinct("_id")).toEqual(["t0", "t1", "t2", "x"]);
  });

  it("stands at the end alone", async () => {
    await using db = await withOrders();
    expect(() => db.collection("orders").aggregate([{ $out: "x" }, { $match: {} }])).toThrow(/stage/);
  });
});

function sumOf(town: string): number {
  return Array.from({ length: 700 }, (_, n) => (`t${n % 3}` === town ? n : 0)).reduce((a, b) => a + b);
}

describe("$merge with a pipeline", () => {
  it("computes what becomes of a document from it, the one that comes, and variables", async () => {
    await using db = await withOrders();
    const totals = db.collection("totals");
    await totals.insertMany([
      { _id: "t0", n: 1, seen: 1 },
      { _id: "t1", n: 2 },
    ]);
    await db
      .collection("orders")
      .aggregate([
        ...TOTALS,
        {
          $merge: {
            into: "totals",
            let: { half: { $divide: ["$n", 2] } },
            whenMatched: [
              { $set: { n: { $add: ["$n", "$$new.n"] }, half: "$$half", none: "$$new.none" } },
              { $unset: "seen" },
            ],
          },
        },
      ])
      .toArray();
    expect(await totals.find({}, { sort: { _id: 1 } }).toArray()).toEqual([
      { _id: "t0", n: sumOf("t0") + 1, half: sumOf("t0") / 2 },
      { _id: "t1", n: sumOf("t1") + 2, half: sumOf("t1") / 2 },
      { _id: "t2", n: sumOf("t2") },
    ]);
  });

  it("refuses stages and variables that cannot be, before it writes anything", async () => {
    await using db = await withOrders();
    const merge = ($merge: Document): Promise<Document[]> =>
      Promise.resolve().then(() => db.collection("orders").aggregate([{ $merge }]).toArray());
    const into = "totals";
    await expect(merge({ into, whenMatched: [{ $group: { _id: 1 } }] })).rejects.toMatchObject({
      serverCode: 40324,
    });
    await expect(merge({ into, whenMatched: [{ $set: { a: "$$nobody" } }] })).rejects.toMatchObject({
      serverCode: 17276,
    });
    await expect(merge({ into, whenMatched: "merge", let: { a: 1 } })).rejects.toMatchObject({
      serverCode: 51199,
    });
    await expect(merge({ into, whenMatched: "mix" })).rejects.toMatchObject({ serverCode: 51191 });
    await expect(merge({ into: "orders", whenMatched: [{ $set: { _id: 1 } }] })).rejects.toMatchObject({
      serverCode: 66,
    });
    expect(await db.hasCollection("totals")).toBe(false);
  });
});
