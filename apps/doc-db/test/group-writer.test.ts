import { MemoryVfs } from "@millrace/files";
import { FaultyVfs } from "@millrace/testkit";
import { expect, it } from "vitest";
import { Database } from "../src/extras.ts";

const open = (vfs = new MemoryVfs()): Promise<Database> => Database.open("group.db", { vfs });

it("changes that are started together are one commit, each page of it logged once", async () => {
  await using db = await open();
  const people = db.collection("people");
  await people.insertOne({ _id: -1 });
  const before = await db.stats();
  await Promise.all(
    Array.from({ length: 100 }, (_, i) => people.insertOne({ _id: i, text: "x".repeat(40) })),
  );
  const after = await db.stats();
  expect(after.commits - before.commits).toBe(1);
  expect(after.loggedPages - before.loggedPages).toBeLessThan(10);
  expect(await people.countDocuments()).toBe(101);
});

it("one that fails is the only one that fails", async () => {
  const vfs = new MemoryVfs();
  const results: string[] = [];
  {
    await using db = await open(vfs);
    const people = db.collection("people");
    await people.createIndex({ name: 1 }, { unique: true });
    const settled = await Promise.allSettled([
      people.insertOne({ _id: 1, name: "a" }),
      people.updateOne({ _id: 1 }, { $inc: { n: 1 } }),
      people.insertOne({ _id: 1, name: "b" }),
      people.insertOne({ _id: 2, name: "b" }),
      people.insertOne({ _id: 3, name: "a" }),
      people.insertMany([
        { _id: 4, name: "d" },
        { _id: 5, name: "b" },
      ]),
      people.insertOne({ _id: 6, name: "f" }),
    ]);
    for (const { status } of settled) results.push(status);
    expect(await db.verify()).toEqual([]);
  }
  expect(results).toEqual([
    "fulfilled",
    "fulfilled",
    "rejected",
    "fulfilled",
    "rejected",
    "rejected",
    "fulfilled",
  ]);
  await using db = await open(vfs);
  const found = await db
    .collection("people")
    .find({}, { sort: { _id: 1 } })
    .toArray();
  expect(found).toEqual([
    { _id: 1, name: "a", n: 1 },
    { _id: 2, name: "b" },
    { _id: 6, name: "f" },
  ]);
});

it("snapshots, transactions and checkpoints find what was started before them as a commit", async () => {
  await using db = await open();
  const people = db.collection("people");
  await people.insertOne({ _id: 0 });
  const first = people.insertOne({ _id: 1 });
  const snapshot = db.snapshot();
  const second = people.insertOne({ _id: 2 });
  expect(people.getSync(2)).toEqual({ _id: 2 });
  await Promise.all([first, second]);
  expect(await db.collection("people", snapshot).countDocuments()).toBe(2);
  snapshot.close();
  const third = people.insertOne({ _id: 3 });
  const transaction = db.transaction();
  await db.collection("people", transaction).insertOne({ _id: 4 });
  const closing = people.insertOne({ _id: 5 });
  await transaction.commit();
  await Promise.all([third, closing, db.checkpoint()]);
  expect(await people.countDocuments()).toBe(6);
});

it("when the log takes nothing more, all of a group hear of it", async () => {
  const vfs = new FaultyVfs(1);
  const db = await Database.open("group.db", { vfs });
  const people = db.collection("people");
  await people.insertOne({ _id: 1 });
  vfs.failNth({ call: "sync", n: 1, error: "EIO", path: "wal" });
  const settled = await Promise.allSettled([2, 3, 4].map((_id) => people.insertOne({ _id })));
  expect(settled.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  await expect(people.insertOne({ _id: 5 })).rejects.toMatchObject({ code: "DOCDB_DATABASE_FAILED" });
  await db.close();
  await using again = await Database.open("group.db", { vfs });
  // A commit that nobody was told of is there whole, or not at all.
  expect([1, 4]).toContain(await again.collection("people").countDocuments());
  expect(await again.collection("people").get(5)).toBeUndefined();
});
