import { MemoryVfs } from "@millrace/files";
import { describe, expect, it } from "vitest";
import { Database, liveQuery } from "../src/extras.ts";

describe("a live query", () => {
  it("gives its results again when a commit made them others, and only then", async () => {
    await using db = await Database.open("live.db", { vfs: new MemoryVfs() });
    const people = db.collection("people");
    await people.insertMany([
      { _id: 1, age: 10 },
      { _id: 2, age: 20 },
    ]);
    const stop = new AbortController();
    const live = liveQuery(db, "people", { age: { $gte: 18 } }, { sort: { age: 1 }, signal: stop.signal });
    const next = async (): Promise<unknown[] | undefined> => {
      const { value } = await live.next();
      return (value as { _id: unknown }[] | undefined)?.map(({ _id }) => _id);
    };
    expect(await next()).toEqual([2]);
    await people.insertOne({ _id: 3, age: 5 });
    await people.updateOne({ _id: 1 }, { $set: { name: "no matter" } });
    await db.collection("others").insertOne({ age: 50 });
    await people.insertOne({ _id: 4, age: 19 });
    expect(await next()).toEqual([4, 2]);
    await people.updateOne({ _id: 1 }, { $set: { age: 30 } });
    expect(await next()).toEqual([4, 2, 1]);
    await people.deleteOne({ _id: 2 });
    expect(await next()).toEqual([4, 1]);
    const transaction = db.transaction();
    await db.collection("people", transaction).deleteMany({});
    await transaction.abort();
    await people.deleteOne({ _id: 4 });
    expect(await next()).toEqual([1]);
    const waiting = live.next();
    stop.abort();
    expect(await waiting).toMatchObject({ done: true });
  });

  it("ends with an empty result when its collection goes", async () => {
    await using db = await Database.open("gone.db", { vfs: new MemoryVfs() });
    await db.collection("c").insertOne({ _id: 1 });
    const live = liveQuery(db, "c", {});
    expect((await live.next()).value).toHaveLength(1);
    await db.command({ drop: "c" });
    expect((await live.next()).value).toEqual([]);
    expect((await live.next()).done).toBe(true);
  });
});

describe("a trigger", () => {
  it("runs after each change, in order, and goes on after a restart and a failure", async () => {
    const vfs = new MemoryVfs();
    const seen: unknown[] = [];
    let fails = false;
    const spec = {
      name: "audit",
      collection: "c",
      on: ["insert", "delete"] as const,
      run: async ({ operationType, documentKey }: Record<string, unknown>) => {
        if (fails) throw new Error("not now");
        seen.push([operationType, (documentKey as { _id: unknown })._id]);
      },
    };
    {
      await using db = await Database.open("triggers.db", { vfs });
      await using _ = await db.trigger(spec);
      await db.collection("c").insertMany([{ _id: 1 }, { _id: 2 }]);
      await db.collection("c").updateOne({ _id: 1 }, { $set: { a: 1 } });
      await db.collection("c").deleteOne({ _id: 1 });
      await expect.poll(() => seen.length).toBe(3);
    }
    {
      await using db = await Database.open("triggers.db", { vfs });
      await db.collection("c").insertOne({ _id: 3 });
      fails = true;
      const trigger = await db.trigger(spec);
      await expect(trigger.done).rejects.toThrow("not now");
      fails = false;
      await using _ = await db.trigger(spec);
      await expect.poll(() => seen.length).toBe(4);
    }
    expect(seen).toEqual([
      ["insert", 1],
      ["insert", 2],
      ["delete", 1],
      ["insert", 3],
    ]);
  });
});
