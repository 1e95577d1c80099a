import { type SeededRandom, seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { describe, expect, it } from "vitest";
import { type Collection, Database, type Document, type IndexOptions } from "../src/extras.ts";

const DIMENSIONS = 20;

/** Vectors in clusters, as those of texts are. */
function clustered(random: SeededRandom, clusters: number): () => number[] {
  const centres = Array.from({ length: clusters }, () =>
    Array.from({ length: DIMENSIONS }, () => random.nextNormal()),
  );
  return () => {
    const centre = centres[random.nextInt(0, clusters - 1)]!;
    return centre.map((value) => Math.fround(value + 0.6 * random.nextNormal()));
  };
}

function open(): Promise<Database> {
  return Database.open("v.db", { vfs: new MemoryVfs(), durability: "memory" });
}

async function search(c: Collection, more: Document): Promise<Document[]> {
  const pipeline = [
    { $vectorSearch: { path: "v", limit: 10, ...more } },
    { $addFields: { score: { $meta: "vectorSearchScore" } } },
  ];
  return c.aggregate(pipeline).toArray();
}

const ids = (documents: readonly Document[]): unknown[] => documents.map(({ _id }) => _id);

describe.each(["cosine", "euclidean", "dotProduct"])("a vector index by %s", (similarity) => {
  it("finds nearly all of what a look at every document finds, with the same scores", async () => {
    await using db = await open();
    const random = seededRandom(3);
    const vector = clustered(random, 30);
    const c = db.collection("c");
    const plain = db.collection("plain");
    await c.createIndex({ v: "vector" }, { dimensions: DIMENSIONS, similarity });
    const documents = Array.from({ length: 900 }, (_, _id) => ({ _id, n: _id % 5, v: vector() }));
    await c.insertMany(documents.slice(0, 500));
    for (const document of documents.slice(500, 540)) await c.insertOne(document);
    await c.insertMany(documents.slice(540));
    await plain.insertMany(documents);
    let hits = 0;
    for (let i = 0; i < 12; i++) {
      const queryVector = vector();
      const expected = await search(plain, { queryVector, similarity });
      const found = await search(c, { queryVector });
      hits += ids(found).filter((id) => ids(expected).includes(id)).length;
      expect(found[0]).toEqual(expected[0]);
      expect(ids(await search(c, { queryVector, exact: true }))).toEqual(ids(expected));
      expect(ids(await search(c, { queryVector, numCandidates: 10_000 }))).toEqual(ids(expected));
      const filter = { n: 3 };
      const filtered = await search(c, { queryVector, filter });
      expect(ids(filtered)).toHaveLength(10);
      expect(ids(filtered)[0]).toEqual(ids(await search(plain, { queryVector, similarity, filter }))[0]);
    }
    expect(hits).toBeGreaterThan(0.97 * 120);
    expect(await search(c, { queryVector: vector(), filter: { n: 9 } })).toEqual([]);
    expect(await db.verify()).toEqual([]);
  });
});

it("stays whole and finds all through random changes, rollbacks and reopenings", async () => {
  for (let seed = 0; seed < 6; seed++) {
    const random = seededRandom(seed);
    const vector = clustered(random, 4);
    const vfs = new MemoryVfs();
    const options = { vfs, cacheBytes: 512 * 1024, checkpointBytes: 64 * 1024 };
    let db = await Database.open("m.db", options);
    const specs: readonly IndexOptions[] = [
      { dimensions: DIMENSIONS, m: 2, efConstruction: 8 },
      { dimensions: DIMENSIONS, m: 4, name: "other", similarity: "euclidean" },
      { dimensions: DIMENSIONS, method: "exact", name: "exact", similarity: "dotProduct" },
    ];
    for (const spec of specs) await db.collection("c").createIndex({ v: "vector" }, spec);
    const model = new Map<number, Document>();
    for (let step = 0; step < 150; step++) {
      const c = db.collection("c");
      const how = `seed ${seed}, step ${step}`;
      const _id = random.nextInt(0, 60);
      const v = random.next() < 0.9 ? vector() : [["none"], [1, 2], null, "text"][random.nextInt(0, 3)]!;
      switch (random.nextInt(0, 6)) {
        case 0:
        case 1:
        case 2:
          if (model.has(_id)) await c.updateOne({ _id }, { $set: { v } });
          else await c.insertOne({ _id, v });
          model.set(_id, { _id, v });
          break;
        case 3:
          expect(await c.deleteOne({ _id }), how).toBe(model.delete(_id));
          break;
        case 4: {
          const transaction = db.transaction();
          const within = db.collection("c", transaction);
          await within.deleteMany({ _id: { $lt: 30 } });
          await within.insertMany([
            { _id: 1000, v: vector() },
            { _id: 1001, v: vector() },
          ]);
          await transaction.abort();
          break;
        }
        case 5:
          if (step % 5 === 0) {
            await db.close();
            db = await Database.open("m.db", options);
          }
          break;
        default: {
          const queryVector = vector();
          const withVectors = [...model.values()].filter(
            (document) => (document.v as unknown[])?.length === DIMENSIONS,
          );
          for (const { name, similarity = "cosine" } of specs) {
            const found = await search(c, {
              queryVector,
              similarity,
              limit: 100,
              numCandidates: 100,
              ...(name === undefined ? {} : { index: name }),
            });
            expect(ids(found).sort(), `${how}, ${name}`).toEqual(ids(withVectors).sort());
          }
        }
      }
      expect(await db.verify(), how).toEqual([]);
    }
    await db.close();
  }
});

it("leaves documents reachable however many are taken out", async () => {
  await using db = await open();
  const random = seededRandom(8);
  const vector = clustered(random, 12);
  const c = db.collection("c");
  await c.createIndex({ v: "vector" }, { dimensions: DIMENSIONS, m: 8 });
  await c.insertMany(Array.from({ length: 1200 }, (_, _id) => ({ _id, v: vector() })));
  await c.deleteMany({ _id: { $not: { $mod: [4, 0] } } });
  expect(await db.verify()).toEqual([]);
  let hits = 0;
  for (let i = 0; i < 50; i++) {
    const queryVector = vector();
    const expected = ids(await search(c, { queryVector, exact: true }));
    hits += ids(await search(c, { queryVector })).filter((id) => expected.includes(id)).length;
  }
  expect(hits).toBeGreaterThan(0.95 * 500);
});

it("is read at the moment of a snapshot, and is found broken by verify", async () => {
  await using db = await open();
  const c = db.collection("c");
  const v = (x: number): number[] => Array.from({ length: DIMENSIONS }, (_, i) => (i === 0 ? x : 1));
  await c.createIndex({ v: "vector" }, { dimensions: DIMENSIONS, similarity: "euclidean" });
  await c.insertMany(Array.from({ length: 30 }, (_, _id) => ({ _id, v: v(_id) })));
  const snapshot = db.snapshot();
  await c.deleteMany({ _id: { $gte: 10 } });
  const within = db.collection("c", snapshot);
  expect(ids(await search(within, { queryVector: v(20), limit: 3 }))[0]).toBe(20);
  expect(ids(await search(c, { queryVector: v(20), limit: 3 }))).toEqual([9, 8, 7]);
  snapshot.close();
  const { indexesOf } = await import("../src/collection-page.ts");
  const { findCollection } = await import("../src/catalog.ts");
  const { writeLinks } = await import("../src/vector/vector-tree.ts");
  await db.target("test").engine.write((pager) => {
    const [index] = indexesOf(pager.read(findCollection(pager, "c")!));
    writeLinks(pager, index!.root, 0, 3, new Uint32Array(0), 0, 32);
  });
  expect((await db.verify()).join("\n")).toMatch(
    /c: index v_vector: node \d+ knows 3 on level 0, which does not know it/,
  );
});

it("refuses options that are none, by MongoDB's numbers", async () => {
  await using db = await open();
  const c = db.collection("c");
  const cases: readonly [Document, Document, number, string][] = [
    [{ v: "vector" }, {}, 67, "vector index dimensions"],
    [{ v: "vector", n: 1 }, { dimensions: 3 }, 67, "one field"],
    [{ v: "vector" }, { dimensions: 3, similarity: "taste" }, 67, "cosine, dotProduct, euclidean"],
    [{ v: "vector" }, { dimensions: 3, method: "guess" }, 67, "exact, hnsw"],
    [{ v: "vector" }, { dimensions: 3, m: 1 }, 67, "an integer from 2 to 100"],
    [{ v: "vector" }, { dimensions: 3, unique: true }, 67, "unique"],
  ];
  for (const [key, options, serverCode, message] of cases) {
    const made = c.createIndex(key, options as IndexOptions);
    await expect(made).rejects.toMatchObject({ serverCode });
    await expect(c.createIndex(key, options as IndexOptions)).rejects.toThrow(message);
  }
  await c.createIndex({ v: "vector" }, { dimensions: 3 });
  await expect(c.find({ v: 1 }, { hint: "v_vector" }).toArray()).rejects.toMatchObject({ serverCode: 2 });
  expect(await c.find({ v: 1 }).toArray()).toEqual([]);
});
