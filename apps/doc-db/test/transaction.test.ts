import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { describe, expect, it } from "vitest";
import { Database, type Document } from "../src/extras.ts";
import { contentOf, idText, randomValue } from "./helpers.ts";

const open = (vfs = new MemoryVfs()): Promise<Database> =>
  Database.open("t.db", { vfs, cacheBytes: 512 * 1024, checkpointBytes: 64 * 1024 });

describe("a transaction over calls", () => {
  it("shows its changes to itself at once, and to others with its commit", async () => {
    await using db = await open();
    const c = db.collection("c");
    await c.insertMany([
      { _id: 1, n: 1 },
      { _id: 2, n: 2 },
    ]);
    const transaction = db.transaction();
    const mine = db.collection("c", transaction);
    await mine.insertOne({ _id: 3, n: 3 });
    await mine.updateMany({ n: { $lt: 3 } }, { $inc: { n: 10 } });
    await mine.deleteOne({ _id: 2 });
    expect(await mine.countDocuments()).toBe(2);
    expect(await mine.distinct("n")).toEqual([3, 11]);
    expect(await c.countDocuments()).toBe(2);
    expect(await c.distinct("n")).toEqual([1, 2]);
    await transaction.commit();
    expect(await c.distinct("n")).toEqual([3, 11]);
    await expect(mine.insertOne({})).rejects.toMatchObject({ serverCode: 251 });
  });

  it("leaves documents, counts, indexes and collections as they were when it is aborted", async () => {
    const vfs = new MemoryVfs();
    let db = await open(vfs);
    await db.collection("c").createIndex({ n: 1, t: -1 });
    await db
      .collection("c")
      .insertMany(Array.from({ length: 300 }, (_, _id) => ({ _id, n: _id % 7, t: "x".repeat(_id) })));
    const before = { content: await contentOf(db.collection("c")), stats: (await db.stats()).collections };
    const transaction = db.transaction();
    const mine = db.collection("c", transaction);
    await mine.createIndex({ t: "text" });
    await mine.deleteMany({ n: { $gt: 2 } });
    await mine.insertMany(
      Array.from({ length: 500 }, (_, i) => ({ _id: `new ${i}`, n: i, t: "y".repeat(100) })),
    );
    await db.collection("other", transaction).insertOne({ _id: 1 });
    await transaction.abort();
    expect({ content: await contentOf(db.collection("c")), stats: (await db.stats()).collections }).toEqual(
      before,
    );
    expect(await db.collection("c").find({ n: 3 }, { hint: "n_1_t_-1" }).toArray()).toHaveLength(43);
    await db.close();
    db = await open(vfs);
    expect(await contentOf(db.collection("c"))).toEqual(before.content);
    await db.close();
  });

  it("goes back to savepoints, and undoes a change that fails alone", async () => {
    await using db = await open();
    await db.collection("c").createIndex("n", { unique: true });
    const transaction = db.transaction();
    const mine = db.collection("c", transaction);
    await mine.insertOne({ _id: 1, n: 1 });
    await transaction.savepoint("a");
    await mine.insertOne({ _id: 2, n: 2 });
    await transaction.savepoint("b");
    await mine.insertOne({ _id: 3, n: 3 });
    await expect(
      mine.insertMany([
        { _id: 4, n: 4 },
        { _id: 5, n: 1 },
      ]),
    ).rejects.toThrow(/must be unique/);
    expect(await mine.distinct("_id")).toEqual([1, 2, 3]);
    await transaction.rollbackTo("a");
    expect(await mine.distinct("_id")).toEqual([1]);
    await mine.insertOne({ _id: 6, n: 2 });
    await expect(transaction.rollbackTo("b")).rejects.toMatchObject({ serverCode: 2 });
    await transaction.release("a");
    await transaction.commit();
    expect(await db.collection("c").distinct("n")).toEqual([1, 2]);
  });

  it("lets one write at a time, and refuses one whose moment was overtaken", async () => {
    await using db = await open();
    await db.collection("c").insertOne({ _id: 1, n: 0 });
    const [first, second] = [db.transaction(), db.transaction()];
    await db.collection("c", first).updateOne({ _id: 1 }, { $inc: { n: 1 } });
    const waiting = db.collection("c", second).updateOne({ _id: 1 }, { $inc: { n: 1 } });
    const outside = db.collection("c").updateOne({ _id: 1 }, { $inc: { n: 10 } });
    await first.commit();
    await expect(waiting).rejects.toMatchObject({ serverCode: 112 });
    await outside;
    await second.abort();
    expect(await db.collection("c").findOne({ _id: 1 })).toEqual({ _id: 1, n: 11 });
  });

  it("survives a reopening with all its pages, however many", async () => {
    const vfs = new MemoryVfs();
    let db = await open(vfs);
    const transaction = db.transaction();
    for (let i = 0; i < 20; i++) {
      const batch = Array.from({ length: 100 }, (_, k) => ({ _id: i * 100 + k, t: "z".repeat(900) }));
      await db.collection("c", transaction).insertMany(batch);
    }
    await transaction.commit();
    await db.close();
    db = await open(vfs);
    expect((await contentOf(db.collection("c"))).size).toBe(2000);
    await db.close();
  });
});

describe("a snapshot", () => {
  it("shows one moment through random changes by others, which never wait for it", async () => {
    for (let seed = 0; seed < 6; seed++) {
      const random = seededRandom(seed);
      await using db = await open();
      const c = db.collection("c");
      await c.createIndex("a");
      const model = new Map<string, Document>();
      const moments: { snapshot: ReturnType<Database["snapshot"]>; expected: Map<string, Document> }[] = [];
      for (let step = 0; step < 150; step++) {
        const _id = random.nextInt(0, 60);
        const document = { _id, a: randomValue(random), t: "t".repeat(random.nextInt(0, 400)) };
        const isThere = model.has(idText(_id));
        if (random.next() < 0.25) {
          expect(await c.deleteOne({ _id })).toBe(model.delete(idText(_id)));
        } else {
          if (isThere) await c.replaceOne(document);
          else await c.insertOne(document);
          model.set(idText(_id), document);
        }
        if (step % 10 === 0) moments.push({ snapshot: db.snapshot(), expected: new Map(model) });
        if (step % 25 === 24) {
          for (const { snapshot, expected } of moments) {
            expect(await contentOf(db.collection("c", snapshot)), `seed ${seed}, step ${step}`).toEqual(
              expected,
            );
            const byIndex = await db.collection("c", snapshot).find({}, { hint: "a_1" }).toArray();
            expect(byIndex).toHaveLength(expected.size);
          }
          moments.splice(0, 2).forEach(({ snapshot }) => {
            snapshot.close();
          });
        }
      }
      for (const { snapshot } of moments) snapshot.close();
    }
  });

  it("says so when it can be read no more, or is written to", async () => {
    await using db = await open();
    await db.collection("c").insertOne({ _id: 1 });
    const snapshot = db.snapshot();
    await expect(db.collection("c", snapshot).insertOne({})).rejects.toThrow(/no writes/);
    await db.collection("c").createIndex("a");
    await expect(db.collection("c", snapshot).countDocuments()).rejects.toMatchObject({ serverCode: 246 });
    snapshot.close();
  });
});

describe("documents with a date in an index that lets them expire", () => {
  it("are taken out on the clock that is handed over", async () => {
    let now = new Date("2026-01-01T00:00:00Z");
    await using db = await Database.open("e.db", {
      vfs: new MemoryVfs(),
      clock: () => now,
      expiryIntervalMs: 0,
    });
    const c = db.collection("c");
    await c.createIndex("at", { expireAfterSeconds: 60 });
    await c.createIndex("other", { expireAfterSeconds: 0, partialFilterExpression: { old: true } });
    const at = (seconds: number): Date => new Date(now.getTime() - seconds * 1000);
    await c.insertMany([
      { _id: 1, at: at(61) },
      { _id: 2, at: at(30) },
      { _id: 3, at: "never" },
      { _id: 4 },
      { _id: 5, at: [at(0), at(100)] },
      { _id: 6, other: at(5), old: true },
      { _id: 7, other: at(5), old: false },
    ]);
    expect(await db.removeExpired()).toBe(3);
    expect(await c.distinct("_id")).toEqual([2, 3, 4, 7]);
    now = new Date("2026-01-01T00:01:00Z");
    expect(await db.removeExpired()).toBe(1);
    expect(await c.distinct("_id")).toEqual([3, 4, 7]);
  });
});
