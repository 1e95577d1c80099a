import { MemoryVfs } from "@millrace/files";
import { describe, expect, it } from "vitest";
import { Database, ObjectId } from "../src/extras.ts";

const open = (vfs: MemoryVfs, options: object = {}) => Database.open("test.db", { vfs, ...options });

describe("a database", () => {
  it("gives back what was put in, also after it was closed and opened", async () => {
    const vfs = new MemoryVfs();
    const document = {
      _id: 1,
      text: "héllo",
      int: -5,
      double: 0.5,
      long: 2n ** 60n,
      yes: true,
      no: false,
      nothing: null,
      at: new Date(1234567890123),
      bytes: Uint8Array.of(0, 255),
      ref: new ObjectId(new Uint8Array(12).fill(7)),
      list: [1, "two", [3], { four: 4 }],
      nested: { a: { b: [] }, empty: {} },
    };
    {
      await using db = await open(vfs);
      expect(await db.collection("c").insertOne(document)).toBe(1);
      expect(await db.collection("c").get(1)).toEqual(document);
    }
    await using db = await open(vfs);
    expect(await db.collection("c").get(1)).toEqual(document);
    expect(await db.collection("c").get(2)).toBeUndefined();
    expect((await db.stats()).collections).toMatchObject([{ name: "c", documents: 1, indexes: [] }]);
  });

  it("reads no index that is hidden, and keeps it in step all the while", async () => {
    await using db = await open(new MemoryVfs());
    const c = db.collection("c");
    await c.createIndex("a", { unique: true, hidden: true });
    for (let a = 0; a < 50; a++) await c.insertOne({ _id: a, a });
    const used = async (): Promise<string | undefined> => {
      const found = c.find({ a: 7 });
      expect(await found.toArray()).toEqual([{ _id: 7, a: 7 }]);
      return (await found.explain()).index;
    };
    expect(await used()).toBeUndefined();
    await expect(c.insertOne({ _id: 99, a: 7 })).rejects.toMatchObject({ code: "DOCDB_KEY_DUPLICATE" });
    await db.command({ collMod: "c", index: { name: "a_1", hidden: false } });
    expect(await used()).toBe("a_1");
    expect(await db.verify()).toEqual([]);
  });

  it("keeps many documents, large ones too, in order of their ids", async () => {
    const vfs = new MemoryVfs();
    {
      await using db = await open(vfs, { cacheBytes: 512 * 1024 });
      const c = db.collection("c");
      for (let i = 0; i < 3000; i++)
        await c.insertOne({ _id: (i * 7919) % 3000, pad: "x".repeat(i % 500 === 0 ? 30_000 : i % 300) });
      expect(await c.countDocuments()).toBe(3000);
    }
    await using db = await open(vfs, { cacheBytes: 512 * 1024 });
    const ids: unknown[] = [];
    for await (const { _id } of db.collection("c").find()) ids.push(_id);
    expect(ids).toEqual(Array.from({ length: 3000 }, (_, i) => i));
    expect((await db.stats()).cacheBytes).toBeLessThanOrEqual(512 * 1024);
    expect(await db.collection("c").deleteMany({ _id: { $gte: 100 } })).toBe(2900);
    expect(await db.collection("c").countDocuments({})).toBe(100);
  });
});
