import { MemoryVfs } from "@millrace/files";
import { describe, expect, it } from "vitest";
import { Database, type LazyDocument } from "../src/extras.ts";

async function open(): Promise<Database> {
  const db = await Database.open("sync.db", {
    vfs: new MemoryVfs(),
    durability: "memory",
    cacheBytes: 512 * 1024,
  });
  const people = db.collection("people");
  await people.createIndex("group");
  // More than the cache holds, one of them larger than a page.
  await people.insertMany(
    Array.from({ length: 3000 }, (_, i) => ({
      _id: i,
      group: i % 10,
      name: `name ${i}`,
      text: "x".repeat(i === 7 ? 20_000 : 400),
    })),
  );
  return db;
}

describe("reads without waiting", () => {
  it("give what those give that wait", async () => {
    await using db = await open();
    const people = db.collection("people");
    expect(people.getSync(7)).toEqual(await people.get(7));
    expect(people.getSync(-1)).toBeUndefined();
    expect(db.collection("nobody").getSync(1)).toBeUndefined();
    for (const [filter, options] of [
      [{}, {}],
      [{ group: 3 }, { skip: 5, limit: 20 }],
      [{ _id: { $gte: 2990 } }, { sort: { _id: -1 }, projection: { name: 1 } }],
      [{ group: { $in: [1, 4] }, name: { $regex: "5.$" } }, { limit: 3 }],
    ] as const) {
      const found = people.find(filter, options).toArraySync();
      expect(found).toEqual(await people.find(filter, options).toArray());
      expect(found.length).toBeGreaterThan(0);
    }
  });

  it("look at documents where they lie, and nowhere else", async () => {
    await using db = await open();
    const people = db.collection("people");
    expect(people.look(7, (document) => [document.get("name"), String(document.get("text")).length])).toEqual(
      ["name 7", 20_000],
    );
    expect(people.look(-1, () => 1)).toBeUndefined();
    let kept: LazyDocument | undefined;
    const both = people.look(1, (one) => {
      kept = one;
      return people.look(2, (two) => [one.get("_id"), two.get("_id"), two.get("none")]);
    });
    expect(both).toEqual([1, 2, undefined]);
    expect(() => kept!.get("name")).toThrow(/during a call/);
    let sum = 0;
    people.find({ group: 3 }).lookAtAll((document) => {
      sum += document.get("_id") as number;
      if (document.get("_id") === 13) expect(document.toDocument()).toEqual(people.getSync(13));
      kept = document;
    });
    expect(sum).toBe(Array.from({ length: 300 }, (_, i) => 10 * i + 3).reduce((a, b) => a + b));
    expect(() => kept!.toDocument()).toThrow(/during a call/);
  });

  it("are refused where they would have to wait", async () => {
    await using db = await open();
    const people = db.collection("people");
    expect(() => people.find({}, { sort: { name: 1 } }).toArraySync()).toThrow(/order of an index/);
    const isBusy = people.importFrom(
      (async function* () {
        expect(() => people.getSync(1)).toThrow(/goes on/);
        yield { _id: -1 };
      })(),
    );
    expect((await isBusy).documents).toBe(1);
    expect(people.getSync(-1)).toEqual({ _id: -1 });
  });
});

describe("what is called while a document is looked at", () => {
  it("reads other pages, and the document stays as it is", async () => {
    await using db = await open();
    const people = db.collection("people");
    const names = people.look(1, (document) => {
      // Far more than the cache holds.
      for (let i = 2; i < 3000; i++) people.getSync(i);
      return [document.get("name"), document.toDocument().text];
    });
    expect(names).toEqual(["name 1", "x".repeat(400)]);
    let sum = 0;
    people.find({ group: 1 }).lookAtAll((document) => {
      for (let i = 0; i < 3000; i += 25) people.getSync(i);
      sum += document.get("_id") as number;
    });
    expect(sum).toBe(Array.from({ length: 300 }, (_, i) => 10 * i + 1).reduce((a, b) => a + b));
  });

  it("writes once the look is over", async () => {
    await using db = await open();
    const people = db.collection("people");
    let written: Promise<unknown> | undefined;
    const name = people.look(1, (document) => {
      written = people.updateOne({ _id: 1 }, { $set: { name: "another" } });
      return document.get("name");
    });
    expect(name).toBe("name 1");
    await written;
    expect(people.getSync(1)?.name).toBe("another");
    people.look(2, () => {
      written = people.insertOne({ _id: -5 });
      expect(people.getSync(-5)).toBeUndefined();
    });
    await written;
    expect(people.getSync(-5)).toEqual({ _id: -5 });
  });
});
