import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { describe, expect, it } from "vitest";
import {
  type Collection,
  compileFilter,
  Database,
  type Document,
  matchesDocument,
  ObjectId,
  type Value,
} from "../src/extras.ts";

/** 2,000 documents; of the values of `a` and `b` each is in a tenth of them, of both together in a hundredth. */
const COUNT = 2000;
const plain = Array.from({ length: COUNT }, (_, _id) => ({
  _id,
  a: _id % 10,
  b: Math.floor(_id / 10) % 10,
  c: _id,
}));

async function collectionOf(
  documents: readonly Document[],
  indexes: readonly Document[],
): Promise<Collection> {
  const db = await Database.open("i.db", { vfs: new MemoryVfs(), durability: "memory" });
  const c = db.collection("c");
  await c.insertMany(documents);
  for (const index of indexes) await c.createIndex(index);
  return c;
}

describe("a query on several indexes", () => {
  it("looks at the documents alone that are in all of them", async () => {
    const c = await collectionOf(plain, [{ a: 1 }, { b: 1 }]);
    const cursor = c.find({ a: 3, b: 4 });
    const found = await cursor.toArray();
    expect(found).toEqual(plain.filter(({ a, b }) => a === 3 && b === 4));
    const explanation = await cursor.explain();
    expect(explanation).toMatchObject({
      index: "a_1,b_1",
      documentsExamined: found.length,
      keysExamined: 400,
      winningPlan: {
        stage: "FETCH",
        inputStage: {
          stage: "AND_HASH",
          inputStages: [
            { stage: "IXSCAN", indexName: "b_1", keysExamined: 200 },
            { stage: "IXSCAN", indexName: "a_1", keysExamined: 200 },
          ],
        },
      },
    });
    expect(c.find({ a: 3, b: 4 }).toArraySync()).toEqual(found);
    expect(await c.countDocuments({ a: 3, b: 4 })).toBe(found.length);
    expect((await c.updateMany({ a: 3, b: 4 }, { $set: { b: 11 } })).modifiedCount).toBe(found.length);
    expect(await c.find({ a: 3, b: 11 }).toArray()).toHaveLength(found.length);
  });

  it("does so with $in, ranges, three indexes and in the parts of an $or", async () => {
    const c = await collectionOf(plain, [{ a: 1 }, { b: 1 }, { c: 1 }]);
    const filters: Document[] = [
      { a: { $in: [1, 2] }, b: { $in: [3, 4] } },
      { a: 1, c: { $gte: 100, $lt: 400 } },
      { a: { $in: [3, 4, 5] }, b: { $lte: 2 }, c: { $gte: 200, $lt: 1000 } },
      {
        $or: [
          { a: 3, b: 4 },
          { a: 5, b: { $in: [6, 7] } },
        ],
      },
    ];
    for (const filter of filters) {
      const cursor = c.find(filter);
      const expected = plain.filter((document) => matchesDocument(compileFilter(filter), document));
      const found = await cursor.toArray();
      expect(found.toSorted((x, y) => Number(x._id) - Number(y._id))).toEqual(expected);
      expect((await cursor.explain()).documentsExamined, JSON.stringify(filter)).toBe(expected.length);
    }
  });

  it("does so with several elements of one array", async () => {
    const tagged = plain.map(({ _id, a, b }) => ({ _id, tags: [`a${a}`, `b${b}`, _id % 2] }));
    const c = await collectionOf(tagged, [{ tags: 1 }]);
    const matches = tagged.filter(({ tags }) => ["a3", "b4"].every((tag) => tags.includes(tag)));
    for (const filter of [{ tags: { $all: ["a3", "b4"] } }, { $and: [{ tags: "b4" }, { tags: "a3" }] }]) {
      const cursor = c.find(filter);
      expect(await cursor.toArray()).toEqual(matches);
      expect(await cursor.explain()).toMatchObject({
        index: "tags_1",
        documentsExamined: matches.length,
        winningPlan: { inputStage: { inputStages: [{ keysExamined: 200 }, { keysExamined: 200 }] } },
      });
    }
    const one = c.find({ tags: { $all: ["a3"] } });
    expect(await one.toArray()).toHaveLength(200);
    expect(await one.explain()).toMatchObject({ index: "tags_1", documentsExamined: 200 });
    expect(await c.find({ tags: { $all: [["a3", "b4", 1]] } }).toArray()).toEqual(
      matches.filter(({ tags }) => tags[2] === 1),
    );
  });

  it("reads far more keys where documents have to be read from the file", async () => {
    const large = plain.map(({ _id, a }) => ({ _id, a, b: _id % 2, pad: "p".repeat(1000) }));
    for (const [cacheBytes, index] of [
      [64 * 1024 * 1024, "a_1"],
      [512 * 1024, "a_1,b_1"],
    ] as const) {
      await using db = await Database.open("l.db", { vfs: new MemoryVfs(), cacheBytes });
      const c = db.collection("c");
      await c.insertMany(large);
      await c.createIndex("a");
      await c.createIndex("b");
      const cursor = c.find({ a: 3, b: 1 });
      expect(await cursor.toArray()).toHaveLength(200);
      expect((await cursor.explain()).index).toBe(index);
    }
  });

  it("keeps the order of the index that leads the way", async () => {
    const c = await collectionOf(plain, [{ a: 1, c: -1 }, { b: 1 }]);
    const cursor = c.find({ a: 3, b: 4 }, { sort: { c: -1 } });
    const expected = plain.filter(({ a, b }) => a === 3 && b === 4).toReversed();
    expect(await cursor.toArray()).toEqual(expected);
    const none = c.find({ a: 3, b: { $in: [] } }, { sort: { c: -1 } });
    expect(await none.toArray()).toEqual([]);
    expect((await none.explain()).documentsExamined).toBe(0);
    const { winningPlan, documentsExamined } = await cursor.explain();
    expect(winningPlan).toMatchObject({ stage: "FETCH", inputStage: { stage: "AND_HASH" } });
    expect(documentsExamined).toBe(expected.length);
  });

  it("reads one index where a second one would not pay", async () => {
    const rare = plain.map((document) => ({
      ...document,
      a: document._id < 20 ? 1 : 2 + (Math.floor(document._id / 2) % 2),
      b: document._id % 2,
    }));
    const c = await collectionOf(rare, [{ b: 1 }, { a: 1 }, { a: 1, b: 1 }]);
    const indexOf = async (filter: Document, options = {}): Promise<string | undefined> =>
      (await c.find(filter, options).explain()).index;
    // Twenty documents; and two indexes for one condition.
    expect(await indexOf({ a: 1, c: { $gte: 0 } })).toBe("a_1");
    expect(await indexOf({ a: 2 })).toBe("a_1");
    // The first match is there at once.
    await c.dropIndex("a_1_b_1");
    expect(await indexOf({ a: 2, b: 0 })).toBe("b_1,a_1");
    expect(await indexOf({ a: 2, b: 0 }, { limit: 1 })).toBe("b_1");
    expect(await indexOf({ a: 2, b: 0 }, { hint: "a_1" })).toBe("a_1");
  });

  it("goes by the index with far fewer documents, whatever its condition", async () => {
    const skewed = plain.map(({ _id }) => ({ _id, kind: _id % 100 === 0 ? "rare" : "common", c: _id }));
    const c = await collectionOf(skewed, [{ kind: 1 }, { c: 1 }]);
    const cursor = c.find({ kind: "common", c: { $gte: 1000, $lt: 1040 } });
    expect(await cursor.toArray()).toHaveLength(39);
    expect(await cursor.explain()).toMatchObject({ index: "c_1", documentsExamined: 40 });
  });

  it("finds what matched all the while, though documents come, go and change meanwhile", async () => {
    const c = await collectionOf(plain, [{ a: 1 }, { b: 1 }]);
    const seen: Value[] = [];
    for await (const { _id } of c.find({ a: { $in: [1, 2, 3] }, b: { $in: [1, 2, 3, 4] } })) {
      if (seen.length === 5) {
        await c.deleteMany({ _id: { $gte: 1000, $lt: 1100 } });
        await c.insertOne({ _id: 5000, a: 1, b: 1 });
        await c.updateMany({ _id: { $gte: 1100, $lt: 1200 }, a: 1 }, { $set: { b: 9 } });
      }
      seen.push(_id!);
    }
    const stays = plain.filter(
      ({ _id, a, b }) => [1, 2, 3].includes(a) && [1, 2, 3, 4].includes(b) && (_id < 1000 || _id >= 1200),
    );
    expect(stays.every(({ _id }) => seen.includes(_id))).toBe(true);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it.each([
    ["numbers close together", (i: number): Value => i],
    ["numbers far apart", (i: number): Value => i * 1_000_003],
    ["numbers of all kinds", (i: number): Value => (i % 3 === 0 ? i : i + 0.5)],
    ["texts", (i: number): Value => `document ${i}`],
    ["ObjectIds and numbers", (i: number): Value => (i % 2 === 0 ? ObjectId.generate() : i)],
  ])("finds what a look at every document finds: _ids are %s", async (_name, idOf) => {
    const random = seededRandom(7);
    const any = (n: number): number => random.nextInt(0, n - 1);
    const documents: Document[] = Array.from({ length: 600 }, (_, i) => ({
      _id: idOf(i),
      a: any(10) === 0 ? [any(4), any(4)] : any(4),
      ...(any(5) === 0 ? {} : { b: any(3) }),
      c: any(100),
    }));
    const c = await collectionOf(documents, [{ a: 1 }, { b: -1 }, { c: 1 }, { c: "hashed" }]);
    const conditions: ((field: string) => Document)[] = [
      (field) => ({ [field]: any(4) }),
      (field) => ({ [field]: { $in: [any(4), any(4), null] } }),
      (field) => ({ [field]: { $gte: any(3) } }),
      (field) => ({ [field]: { $gt: any(50), $lte: 60 + any(30) } }),
      (field) => ({ [field]: null }),
    ];
    let together = 0;
    for (let round = 0; round < 150; round++) {
      const parts = ["a", "b", "c"].slice(any(2)).map((field) => conditions[any(5)]!(field));
      const filter =
        any(4) === 0 ? { $or: [Object.assign({}, ...parts), { a: 1, b: 2 }] } : Object.assign({}, ...parts);
      const cursor = c.find(filter as Document);
      const found = await cursor.toArray();
      const compiled = compileFilter(filter as Document);
      const expected = documents.filter((document) => matchesDocument(compiled, document));
      const ids = (list: readonly Document[]): string[] => list.map(({ _id }) => String(_id)).sort();
      expect(ids(found), JSON.stringify(filter)).toEqual(ids(expected));
      if (JSON.stringify((await cursor.explain()).winningPlan).includes("AND_HASH")) together++;
    }
    expect(together).toBeGreaterThan(20);
  });
});
