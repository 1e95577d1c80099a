import { MemoryVfs } from "@millrace/files";
import { describe, expect, it } from "vitest";
import { Database, type Document } from "../src/extras.ts";

const DOCUMENTS: readonly Document[] = Array.from({ length: 3000 }, (_, _id) => ({
  _id,
  n: (_id * 7919) % 1009,
  t: "x".repeat(_id % 90),
}));

async function withDocuments(): Promise<{ db: Database; vfs: MemoryVfs }> {
  const vfs = new MemoryVfs();
  const db = await Database.open("s.db", { vfs });
  await db.collection("c").insertMany(DOCUMENTS);
  return { db, vfs };
}

const files = async (vfs: MemoryVfs): Promise<string[]> =>
  (await vfs.list(".")).map(({ name }) => name).filter((name) => name.includes("scratch"));

describe("what memory has no room for", () => {
  it("is sorted in files, as it is in memory, and the files go away", async () => {
    const { db, vfs } = await withDocuments();
    const expected = DOCUMENTS.toSorted((a, b) => Number(a.n) - Number(b.n) || Number(a._id) - Number(b._id));
    const c = db.collection("c");
    expect(await c.find({}, { sort: { n: 1 }, sortBytes: 4096 }).toArray()).toEqual(expected);
    expect(await c.find({}, { sort: { n: 1 }, sortBytes: 4096, skip: 100, limit: 300 }).toArray()).toEqual(
      expected.slice(100, 400),
    );
    const cursor = c.find({}, { sort: { n: 1 }, sortBytes: 4096 });
    for await (const document of cursor) {
      expect(document).toEqual(expected[0]);
      expect((await files(vfs)).length).toBeGreaterThan(5);
      break;
    }
    expect(await files(vfs)).toEqual([]);
    await db.close();
  });

  it("is grouped in several passes, in the order in which the groups began", async () => {
    const { db, vfs } = await withDocuments();
    await db.collection("g").insertMany(DOCUMENTS);
    const pipeline = [
      { $group: { _id: "$n", count: { $sum: 1 }, first: { $first: "$_id" }, all: { $push: "$_id" } } },
    ];
    const whole = await db.aggregate("test", "g", pipeline).toArray();
    const spilled: string[] = [];
    for await (const _ of db.aggregate("test", "g", pipeline, { memoryBytes: 64 * 1024 })) {
      if (spilled.length === 0) spilled.push(...(await files(vfs)));
    }
    expect(spilled).toHaveLength(1);
    const parts = await db.aggregate("test", "g", pipeline, { memoryBytes: 64 * 1024 }).toArray();
    expect(whole).toHaveLength(1009);
    expect(parts).toEqual(whole);
    const sorted = await db
      .aggregate("test", "g", [{ $sort: { n: -1, _id: 1 } }], { memoryBytes: 4096 })
      .toArray();
    expect(sorted).toEqual(
      DOCUMENTS.toSorted((a, b) => Number(b.n) - Number(a.n) || Number(a._id) - Number(b._id)),
    );
    expect(await files(vfs)).toEqual([]);
    await db.close();
  });

  it("is kept in a file for the pipelines of a $facet, which read it one after the other", async () => {
    const { db, vfs } = await withDocuments();
    const pipeline = [
      {
        $facet: {
          low: [{ $match: { n: { $lt: 3 } } }, { $sort: { n: 1, _id: 1 } }],
          count: [{ $count: "n" }],
          first: [{ $limit: 1 }],
        },
      },
    ];
    const low = DOCUMENTS.filter(({ n }) => Number(n) < 3).sort(
      (a, b) => Number(a.n) - Number(b.n) || Number(a._id) - Number(b._id),
    );
    for (const memoryBytes of [4096, 64 * 1024 * 1024]) {
      const found = await db.aggregate("test", "c", pipeline, { memoryBytes }).toArray();
      expect(found).toEqual([{ low, count: [{ n: 3000 }], first: [DOCUMENTS[0]] }]);
    }
    const failing = [
      { $facet: { a: [{ $project: { x: { $divide: ["$_id", { $subtract: ["$_id", 2900] }] } } }] } },
    ];
    await expect(db.aggregate("test", "c", failing, { memoryBytes: 4096 }).toArray()).rejects.toThrow();
    expect(await files(vfs)).toEqual([]);
    await db.close();
  });

  it("is sorted in files for windows, of which a partition at a time is held", async () => {
    const { db, vfs } = await withDocuments();
    const pipeline = [
      {
        $setWindowFields: {
          partitionBy: { $mod: ["$n", 7] },
          sortBy: { n: 1, _id: -1 },
          output: {
            sum: { $sum: "$_id", window: { documents: [-2, 1] } },
            rank: { $rank: {} },
            next: { $shift: { output: "$_id", by: 1 } },
          },
        },
      },
    ];
    const whole = await db.aggregate("test", "c", pipeline).toArray();
    const spilled: string[] = [];
    const parts: Document[] = [];
    for await (const document of db.aggregate("test", "c", pipeline, { memoryBytes: 16 * 1024 })) {
      if (parts.length === 0) spilled.push(...(await files(vfs)));
      parts.push(document);
    }
    expect(spilled.length).toBeGreaterThan(5);
    expect(whole).toHaveLength(3000);
    expect(parts).toEqual(whole);
    expect(await files(vfs)).toEqual([]);
    await db.close();
  });
});
