import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { expect, it } from "vitest";
import { type Collection, Database, type Document } from "../src/extras.ts";
import { contentOf } from "./helpers.ts";

async function opened(): Promise<{ db: Database; c: Collection }> {
  const db = await Database.open("u.db", { vfs: new MemoryVfs(), cacheBytes: 512 * 1024 });
  return { db, c: db.collection("c") };
}

it("changes documents by operators, tells how many, and inserts when none matches and it is asked to", async () => {
  const { db, c } = await opened();
  await c.insertMany([1, 2, 3].map((_id) => ({ _id, n: _id, tags: ["a"] })));
  expect(await c.updateOne({ _id: 2 }, { $inc: { n: 10 }, $push: { tags: "b" } })).toEqual({
    matchedCount: 1,
    modifiedCount: 1,
    upsertedId: undefined,
  });
  expect(await c.get(2)).toEqual({ _id: 2, n: 12, tags: ["a", "b"] });
  expect(await c.updateMany({ n: { $lt: 10 } }, { $max: { n: 2 } })).toMatchObject({
    matchedCount: 2,
    modifiedCount: 1,
  });
  const upsert = await c.updateOne({ _id: "new", kind: "x" }, { $setOnInsert: { n: 0 } }, { upsert: true });
  expect(upsert).toEqual({ matchedCount: 0, modifiedCount: 0, upsertedId: "new" });
  expect(await c.get("new")).toEqual({ _id: "new", kind: "x", n: 0 });
  expect(await c.findOneAndUpdate({ _id: 1 }, { $set: { n: 7 } }, "after")).toMatchObject({ n: 7 });
  expect(await c.findOneAndDelete({ _id: 1 })).toMatchObject({ _id: 1 });
  expect(await c.distinct("tags")).toEqual(["a", "b"]);
  expect(await c.findOne({ kind: "x" }, { projection: { n: 1, _id: 0 } })).toEqual({ n: 0 });
  await db.close();
});

it("refuses the driver's replaceOne(filter, document), which would store the filter, and changes nothing", async () => {
  const { db, c } = await opened();
  await c.insertOne({ _id: 1, n: 1 });
  // @ts-expect-error: one document, no filter
  await expect(c.replaceOne({ _id: 1 }, { n: 2 })).rejects.toMatchObject({
    code: "DOCDB_REPLACE_ARGUMENTS",
    message: expect.stringMatching(/^replaceOne's second argument: got .*, expected none: .* `connect`/),
  });
  expect(await c.get(1)).toEqual({ _id: 1, n: 1 });
  expect(await c.replaceOne({ _id: 1, n: 2 })).toBe(true);
  expect(await c.get(1)).toEqual({ _id: 1, n: 2 });
  await db.close();
});

it("leaves documents, indexes and counts as they were when one of many cannot be changed", async () => {
  const { db, c } = await opened();
  await c.createIndex("n", { unique: true });
  await c.insertMany([
    { _id: 1, n: 1 },
    { _id: 2, n: 2 },
    { _id: 3, n: "text" },
  ]);
  const before = await contentOf(c);
  await expect(c.updateMany({}, { $inc: { n: 5 } })).rejects.toMatchObject({ serverCode: 14 });
  await expect(c.updateMany({}, { $set: { n: 9 } })).rejects.toMatchObject({ code: "DOCDB_KEY_DUPLICATE" });
  expect(await contentOf(c)).toEqual(before);
  expect(await c.find({ n: 2 }).toArray()).toEqual([{ _id: 2, n: 2 }]);
  await db.close();
});

it("keeps every index in step with the documents through random updates, each document changed once", async () => {
  const { db, c } = await opened();
  const random = seededRandom(11);
  const model = new Map<number, Document>();
  for (let _id = 0; _id < 600; _id++)
    model.set(_id, { _id, n: random.nextInt(0, 50), list: [_id % 3, _id % 5] });
  await c.insertMany([...model.values()]);
  await c.createIndex("n");
  await c.createIndex("list");
  for (let step = 0; step < 12; step++) {
    const low = random.nextInt(0, 40);
    // The keys move ahead in the very index that finds the documents.
    const { modifiedCount } = await c.updateMany(
      { n: { $gte: low } },
      { $inc: { n: 3 }, $push: { list: step } },
    );
    let expected = 0;
    for (const [id, document] of model) {
      if ((document.n as number) < low) continue;
      expected++;
      model.set(id, { _id: id, n: (document.n as number) + 3, list: [...(document.list as number[]), step] });
    }
    expect(modifiedCount, `step ${step}`).toBe(expected);
    const probe = random.nextInt(0, 60);
    const found = await c.find({ n: probe }).toArray();
    expect(found.length).toBe([...model.values()].filter(({ n }) => n === probe).length);
    expect(await c.countDocuments({ list: step })).toBe(
      [...model.values()].filter(({ list }) => (list as number[]).includes(step)).length,
    );
  }
  expect((await c.find({}).toArray()).sort((a, b) => Number(a._id) - Number(b._id))).toEqual([
    ...model.values(),
  ]);
  expect(await c.countDocuments()).toBe(600);
  await db.close();
});

it("runs pipelines over collections, by an index where a $match stands in front", async () => {
  const { db, c } = await opened();
  await c.createIndex("city");
  await c.insertMany(
    Array.from({ length: 90 }, (_, _id) => ({ _id, city: ["Oslo", "Rome", "Lima"][_id % 3]!, n: _id })),
  );
  await db.collection("cities").insertMany([
    { _id: "Oslo", country: "Norway" },
    { _id: "Rome", country: "Italy" },
  ]);
  const pipeline = [
    { $match: { city: { $in: ["Oslo", "Rome"] } } },
    { $group: { _id: "$city", n: { $sum: "$n" }, top: { $max: "$n" } } },
    { $lookup: { from: "cities", localField: "_id", foreignField: "_id", as: "city" } },
    { $unwind: "$city" },
    { $project: { _id: 0, country: "$city.country", mean: { $divide: ["$n", 30] }, top: 1 } },
    { $sort: { country: 1 } },
  ];
  expect((await c.aggregate(pipeline).toArray()).map(({ country, top }) => ({ country, top }))).toEqual([
    { country: "Italy", top: 88 },
    { country: "Norway", top: 87 },
  ]);
  expect(() => c.aggregate([{ $nothing: {} }])).toThrow(/\$nothing/);
  await db.close();
});

it("refuses hostile expressions within a budget", async () => {
  const { db, c } = await opened();
  await c.insertOne({ _id: 1, text: `${"a".repeat(5000)}!` });
  const range = [{ $project: { list: { $range: [0, 2_000_000_000] } } }];
  await expect(c.aggregate(range).toArray()).rejects.toMatchObject({ serverCode: 146 });
  await expect(c.find({ text: { $regex: "^(a+)+$" } }).toArray()).rejects.toThrow(/repeat inside a repeat/);
  let deep: Document = { a: 1 };
  for (let i = 0; i < 5000; i++) deep = { $not: deep };
  expect(() => c.find({ a: deep })).toThrow(/depth/);
  let sum: Document = { $add: [1, 1] };
  for (let i = 0; i < 5000; i++) sum = { $add: [1, sum] };
  expect(() => c.aggregate([{ $project: { sum } }])).toThrow(/depth/);
  await db.close();
});

it("gathers over the neighbours of each document as a loop over a sorted array does", async () => {
  const { db, c } = await opened();
  const random = seededRandom(2);
  const rows = Array.from({ length: 80 }, (_, _id) => ({ _id, kind: _id % 3, n: random.nextInt(0, 100) }));
  await c.insertMany(rows);
  const output = { sum: { $sum: "$n", window: { documents: [-2, 1] } }, number: { $documentNumber: {} } };
  const stage = { $setWindowFields: { partitionBy: "$kind", sortBy: { _id: -1 }, output } };
  const found = await c.aggregate([stage]).toArray();
  for (const kind of [0, 1, 2]) {
    const part = rows.filter((row) => row.kind === kind).reverse();
    const sums = part.map((_, i) => part.slice(Math.max(0, i - 2), i + 2).reduce((sum, { n }) => sum + n, 0));
    const mine = found.filter((row) => row.kind === kind);
    expect(mine.map(({ sum }) => sum)).toEqual(sums);
    expect(mine.map(({ number }) => number)).toEqual(part.map((_, i) => i + 1));
  }
  await db.close();
});
