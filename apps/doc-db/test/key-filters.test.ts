import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { describe, expect, it } from "vitest";
import { createTree, dropTree, locateInTree, putInTree } from "../src/btree/tree.ts";
import { Database, type Document, openReplica } from "../src/extras.ts";
import { encodeKey } from "../src/keys/encode-key.ts";
import { resolveDatabaseOptions } from "../src/options.ts";
import { Engine } from "../src/storage/engine.ts";
import type { PageReader } from "../src/storage/page-reader.ts";

const SMALL = { cacheBytes: 512 * 1024, expiryIntervalMs: 0 };
const PAD = "p".repeat(1500);
const even = (count: number): Document[] =>
  Array.from({ length: count }, (_, i) => ({ _id: 2 * i, n: i, pad: PAD }));

async function pagesRead(db: Database, work: () => unknown): Promise<number> {
  const before = (await db.stats()).io.pagesRead;
  await work();
  return (await db.stats()).io.pagesRead - before;
}

/** Asks for odd numbers, which are not there. */
function miss(db: Database, random: () => number, times: number): void {
  for (let i = 0; i < times; i++) db.collection("c").getSync(2 * Math.floor(random() * 2000) + 1);
}

describe("a filter of the keys of a collection", () => {
  it("saves nearly every read of an _id that is not there, once enough were read in vain", async () => {
    await using db = await Database.open("f.db", { vfs: new MemoryVfs(), ...SMALL });
    const c = db.collection("c");
    await c.insertMany(even(2000));
    const random = seededRandom(3);
    const first = await pagesRead(db, () => miss(db, () => random.next(), 60));
    expect(first).toBeGreaterThan(40);
    expect((await db.stats()).bloom).toEqual({ bytes: 0, asked: 0, saved: 0 });
    miss(db, () => random.next(), 500);
    const { bloom } = await db.stats();
    expect(bloom.bytes).toBeGreaterThan(2000);
    expect(bloom.bytes).toBeLessThanOrEqual(SMALL.cacheBytes / 16);
    const later = await pagesRead(db, async () => {
      miss(db, () => random.next(), 500);
      expect(await c.find({ _id: { $in: [1, 3, 5] } }).toArray()).toEqual([]);
      expect(await c.findOne({ _id: 7 })).toBeUndefined();
      expect(await c.countDocuments({ _id: 9 })).toBe(0);
    });
    expect(later).toBeLessThan(20);
    const after = (await db.stats()).bloom;
    expect(after.asked - bloom.asked).toBe(505);
    expect(after.saved - bloom.saved).toBeGreaterThan(490);
    for (let i = 0; i < 2000; i++) expect(c.getSync(2 * i)?.n).toBe(i);
    expect(await c.find({ _id: { $gte: 0, $lte: 10 } }).toArray()).toHaveLength(6);
  });

  it("is not made where no search reads the file, and not where it has no room", async () => {
    await using db = await Database.open("f.db", { vfs: new MemoryVfs() });
    await db.collection("c").insertMany(even(2000));
    const random = seededRandom(4);
    miss(db, () => random.next(), 2000);
    expect((await db.stats()).bloom.bytes).toBe(0);
  });

  it("is not there for what a damaged page is in the way of, which is told to those alone who need the page", async () => {
    const vfs = new MemoryVfs();
    const db = await Database.open("f.db", { vfs, ...SMALL });
    await db.collection("c").insertMany(even(2000));
    await db.close();
    const file = await vfs.open("f.db", "r+");
    const at = Math.floor(file.sizeSync() / 8192 / 2) * 8192 + 4000;
    const byte = new Uint8Array(1);
    await file.read(byte, at);
    await file.write(
      byte.map((value) => value ^ 1),
      at,
    );
    await file.close();
    await using damaged = await Database.open("f.db", { vfs, ...SMALL });
    let failed = 0;
    for (let round = 0; round < 2; round++)
      for (let i = 0; i < 2000; i += 3) {
        try {
          damaged.collection("c").getSync(2 * i + 1);
        } catch {
          failed++;
        }
      }
    expect(failed).toBeGreaterThan(0);
    expect(failed).toBeLessThan(20);
    expect((await damaged.stats()).bloom.bytes).toBe(0);
  });

  it("never hides a document, whatever is changed, undone, dropped and made again", async () => {
    const vfs = new MemoryVfs();
    const db = await Database.open("f.db", { vfs, ...SMALL });
    const random = seededRandom(9);
    const any = (n: number): number => random.nextInt(0, n - 1);
    let model = new Set<number>();
    const add = (from: number, count: number): Document[] =>
      Array.from({ length: count }, (_, i) => ({ _id: from + i, u: from + i, pad: PAD }));
    await db.collection("c").createIndex("u", { unique: true });
    let next = 0;
    let asked = 0;
    for (let step = 0; step < 150; step++) {
      const c = db.collection("c");
      const count = 1 + any(60);
      const documents = add(next, count);
      switch (any(9)) {
        case 0:
          for (const document of documents.slice(0, 10)) await c.insertOne(document);
          for (let i = 0; i < Math.min(10, count); i++) model.add(next + i);
          break;
        case 1:
        case 2:
          await c.insertMany(documents);
          for (let i = 0; i < count; i++) model.add(next + i);
          break;
        case 3: {
          // Undone by a key that is there already.
          const there = [...model][any(model.size)];
          if (there === undefined) break;
          await expect(c.insertMany([...documents, { _id: next + count, u: there }])).rejects.toThrow();
          break;
        }
        case 4: {
          const transaction = db.transaction();
          await db.collection("c", transaction).insertMany(documents);
          if (any(2) === 0) await transaction.abort();
          else {
            await transaction.commit();
            for (let i = 0; i < count; i++) model.add(next + i);
          }
          break;
        }
        case 5: {
          const gone = [...model].filter((id) => id % 7 === step % 7);
          await c.deleteMany({ _id: { $in: gone } });
          for (const id of gone) model.delete(id);
          break;
        }
        case 6:
          await c.importFrom(
            (async function* () {
              yield* documents;
            })(),
          );
          for (let i = 0; i < count; i++) model.add(next + i);
          break;
        case 7:
          if (step % 3 !== 0) break;
          await db.command({ drop: "c" }, "test");
          await c.createIndex("u", { unique: true });
          model = new Set();
          await db.collection("d").insertMany(add(next, 40));
          await c.insertMany(documents);
          for (let i = 0; i < count; i++) model.add(next + i);
          break;
        default:
          await db.checkpoint();
      }
      next += count + 1;
      // Many that are not there, so that there are filters, in all states of completion.
      for (let i = 0; i < 40; i++) c.getSync(any(next) + 0.5);
      const snapshot = db.snapshot();
      for (const id of model) {
        expect(c.getSync(id)?._id, `step ${step}`).toBe(id);
        if (id % 11 === 0) expect((await db.collection("c", snapshot).get(id))?._id).toBe(id);
      }
      snapshot.close();
      expect(await c.countDocuments({ _id: { $in: [...model].slice(-50) } })).toBe(Math.min(50, model.size));
      asked = (await db.stats()).bloom.asked;
    }
    expect(asked).toBeGreaterThan(1000);
    expect(await db.verify()).toEqual([]);
    await db.close();
  });

  it("is not begun while anything may be undone, and goes with its tree", async () => {
    const engine = await Engine.open("e.db", resolveDatabaseOptions({ vfs: new MemoryVfs(), ...SMALL }));
    const { pager } = engine;
    const root = await engine.write((pages) => createTree(pages));
    const keyOf = (n: number): Uint8Array => encodeKey(n).slice();
    for (let from = 0; from < 1000; from += 20)
      await engine.write((pages) => {
        for (let i = from; i < from + 20; i++) putInTree(pages, root, keyOf(i), new Uint8Array(1000), false);
      });
    const missMany = (pages: PageReader): void => {
      for (let i = 0; i < 1000; i++) {
        const key = keyOf(((i * 7) % 1000) + 0.5);
        expect(locateInTree(pages, root, key, 0, key.length)).toBe(false);
      }
    };
    await engine.write((pages) => {
      putInTree(pages, root, keyOf(5000), new Uint8Array(1), false);
      missMany(pages);
    });
    expect(pager.filters.stats.bytes).toBe(0);
    engine.readSync(missMany);
    expect(pager.filters.stats.bytes).toBeGreaterThan(0);
    await engine.write((pages) => dropTree(pages, root));
    expect(pager.filters.stats.bytes).toBe(0);
    await engine.close();
  });

  it("of a replica is made anew after what it follows has changed", async () => {
    const vfs = new MemoryVfs();
    const hour = 3_600_000;
    const db = await Database.open("a.db", { vfs, ...SMALL, ship: { to: "target", intervalMs: hour } });
    await db.collection("c").insertMany(even(2000));
    await db.sync();
    const replica = await openReplica("target", "b.db", { vfs, ...SMALL, pollMs: hour });
    const random = seededRandom(8);
    miss(replica, () => random.next(), 1000);
    expect((await replica.stats()).bloom.saved).toBeGreaterThan(100);
    await db.collection("c").insertMany([{ _id: 1 }, { _id: 1001 }]);
    await db.sync();
    await replica.sync();
    expect((await replica.stats()).bloom.bytes).toBe(0);
    expect(await replica.collection("c").get(1)).toEqual({ _id: 1 });
    expect(await replica.collection("c").get(1001)).toEqual({ _id: 1001 });
    await replica.close();
    await db.close();
  });
});
