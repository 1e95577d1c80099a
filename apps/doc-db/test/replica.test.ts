import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { describe, expect, it } from "vitest";
import { Database, openReplica, restoreDatabase } from "../src/extras.ts";
import { contentOf } from "./helpers.ts";

const HOUR_MS = 3_600_000;
const SHIP = { to: "target", intervalMs: HOUR_MS };
const KEY = new Uint8Array(32).fill(9);

describe.each([
  ["plain", {}],
  ["encrypted", { key: KEY, compression: "zstd" as const, pageBytes: 4096 }],
])("a replica of a %s database", (_, settings) => {
  it("follows commit by commit, over checkpoints and reopenings of both, and takes no writes", async () => {
    const vfs = new MemoryVfs();
    const random = seededRandom(5);
    const small = {
      vfs,
      ...settings,
      cacheBytes: 512 * 1024,
      checkpointBytes: 256 * 1024,
      expiryIntervalMs: 0,
    };
    let db = await Database.open("a.db", { ...small, ship: SHIP });
    await db.collection("c").insertOne({ _id: -1, n: 0 });
    await db.sync();
    let replica = await openReplica("target", "b.db", { ...small, pollMs: HOUR_MS });
    for (let i = 0; i < 40; i++) {
      const names = Object.fromEntries(Array.from({ length: 3 }, (_, k) => [`f${i}_${k}`, "y".repeat(500)]));
      await db.collection("c").updateOne({ _id: i % 25 }, { $set: { n: i, ...names } }, { upsert: true });
      if (i === 20) await db.collection("c").createIndex("n");
      if (i === 25) await db.collection("other").insertOne({ _id: 1 });
      if (i % 7 === 0) await db.checkpoint();
      if (i === 15) {
        await db.close();
        db = await Database.open("a.db", { ...small, ship: SHIP });
      }
      if (random.nextInt(0, 3) === 0) {
        await replica.close();
        replica = await openReplica("target", "b.db", { ...small, pollMs: HOUR_MS });
      }
      await db.sync();
      await replica.sync();
      expect(await contentOf(replica.collection("c"))).toEqual(await contentOf(db.collection("c")));
    }
    expect(await replica.verify()).toEqual([]);
    expect(await replica.collection("c").find({ n: 39 }).toArray()).toHaveLength(1);
    expect(await replica.hasCollection("other")).toBe(true);
    expect((await replica.stats()).replica).toMatchObject({ behind: 0, lagMs: 0, error: undefined });
    await expect(replica.collection("c").insertOne({})).rejects.toMatchObject({
      code: "DOCDB_REPLICA_WRITE",
      serverCode: 10107,
    });
    await expect(replica.command({ create: "x" })).rejects.toThrow("a replica");
    const transaction = replica.transaction();
    await expect(replica.collection("c", transaction).insertOne({ _id: 77 })).rejects.toThrow("a replica");
    await transaction.abort();
    await replica.close();
    await using reopened = await Database.open("b.db", { ...small });
    await expect(reopened.collection("c").deleteMany({})).rejects.toMatchObject({
      code: "DOCDB_REPLICA_WRITE",
    });
    await reopened.backup("own.db");
    await using own = await Database.open("own.db", small);
    await own.collection("c").insertOne({ _id: 1000 });
    await db.close();
  });
});

it("reads of a replica see a transaction whole or not at all", async () => {
  const vfs = new MemoryVfs();
  const db = await Database.open("a.db", { vfs, ship: { ...SHIP, segmentBytes: 4096 } });
  await db.collection("c").insertOne({ _id: 0 });
  await db.sync();
  const replica = await openReplica("target", "b.db", { vfs, pollMs: HOUR_MS });
  const snapshot = replica.snapshot();
  let seen = 0;
  const look = (async () => {
    for (let i = 0; i < 200; i++) {
      const [a, b] = await Promise.all([
        replica.collection("left").countDocuments(),
        replica.collection("right").countDocuments(),
      ]);
      if (a !== b) seen++;
      await new Promise((next) => setImmediate(next));
    }
  })();
  for (let i = 0; i < 10; i++) {
    const transaction = db.transaction();
    for (let k = 0; k < 20; k++) {
      await db.collection("left", transaction).insertOne({ text: "x".repeat(1000) });
      await db.collection("right", transaction).insertOne({ text: "x".repeat(1000) });
    }
    await transaction.commit();
    await db.sync();
    await replica.sync();
  }
  await look;
  expect(seen).toBe(0);
  expect(await replica.collection("right").countDocuments()).toBe(200);
  expect(await replica.collection("c", snapshot).countDocuments()).toBe(1);
  expect(await replica.collection("left", snapshot).countDocuments()).toBe(0);
  snapshot.close();
  await replica.close();
  await db.close();
});

it("a commit that is larger than memory allows reaches replica and restore", async () => {
  const vfs = new MemoryVfs();
  const db = await Database.open("a.db", { vfs, cacheBytes: 2 ** 20, ship: SHIP });
  await db.sync();
  const replica = await openReplica("target", "b.db", { vfs, cacheBytes: 2 ** 20, pollMs: HOUR_MS });
  const text = "z".repeat(40_000);
  const documents = (async function* () {
    for (let i = 0; i < 900; i++) yield { _id: i, text };
  })();
  await db.collection("c").importFrom(documents);
  await db.collection("d").insertOne({ _id: 1 });
  await db.sync();
  await replica.sync();
  expect(await replica.collection("c").countDocuments()).toBe(900);
  expect(await replica.collection("d").countDocuments()).toBe(1);
  expect(await replica.verify()).toEqual([]);
  await replica.close();
  await db.close();
  await restoreDatabase("target", "r.db", { vfs });
  await using again = await Database.open("r.db", { vfs });
  expect(await again.collection("c").countDocuments()).toBe(900);
});

it("is made anew where the target does not go on from it, and refuses files that are none of its own", async () => {
  const vfs = new MemoryVfs();
  let db = await Database.open("a.db", { vfs, ship: SHIP });
  await db.collection("c").insertOne({ _id: 1 });
  await db.sync();
  const replica = await openReplica("target", "b.db", { vfs, pollMs: HOUR_MS });
  await db.close();
  // Another file in its place: another line.
  await vfs.remove("a.db");
  await vfs.remove("a.db-wal", { recursive: true });
  db = await Database.open("a.db", { vfs, ship: SHIP });
  await db.collection("c").insertOne({ _id: 2 });
  await db.sync();
  await expect(replica.sync()).rejects.toMatchObject({ code: "DOCDB_REPLICA_BEHIND" });
  expect((await replica.stats()).replica!.error).toContain("made anew");
  expect([...(await contentOf(replica.collection("c"))).values()]).toEqual([{ _id: 1 }]);
  await replica.close();
  const anew = await openReplica("target", "b.db", { vfs, pollMs: HOUR_MS });
  expect([...(await contentOf(anew.collection("c"))).values()]).toEqual([{ _id: 2 }]);
  await anew.close();
  await expect(openReplica("target", "a2.db", { vfs: await withOwnFile(vfs) })).rejects.toMatchObject({
    code: "DOCDB_REPLICA_FOREIGN",
  });
  await expect(openReplica("nowhere", "c.db", { vfs })).rejects.toMatchObject({ code: "DOCDB_SHIP_MISSING" });
  await expect(Database.open("b.db", { vfs, ship: "elsewhere" })).rejects.toThrow("a replica is not shipped");
  await db.close();
});

async function withOwnFile(vfs: MemoryVfs): Promise<MemoryVfs> {
  const own = await Database.open("a2.db", { vfs });
  await own.collection("c").insertOne({});
  await own.close();
  return vfs;
}
