import { seededRandom } from "@millrace/base";
import { FaultyVfs } from "@millrace/testkit";
import { expect, test } from "vitest";
import { Database, type Document } from "../src/extras.ts";
import { isDiskFailure } from "./helpers.ts";

const BEFORE = 50;
const IMPORTED = 200;
const options = { cacheBytes: 512 * 1024, checkpointBytes: 1024 * 1024 };

async function* documents(): AsyncGenerator<Document> {
  for (let i = 0; i < IMPORTED; i++) yield { _id: BEFORE + i, value: i, pad: "p".repeat(12_000) };
}

async function prepare(vfs: FaultyVfs, cacheBytes = options.cacheBytes): Promise<Database> {
  const db = await Database.open("t.db", { ...options, cacheBytes, vfs });
  const c = db.collection("c");
  await c.createIndex("value");
  await c.insertMany(Array.from({ length: BEFORE }, (_, i) => ({ _id: i, value: i, pad: "q".repeat(100) })));
  return db;
}

async function importAll(db: Database): Promise<void> {
  await db.collection("c").importFrom(documents());
}

/** In one transaction that fits into the cache, and takes several records of the log. */
async function insertAll(db: Database): Promise<void> {
  await db.collection("c").insertMany(await Array.fromAsync(documents()));
}

/** 0: nothing of the import is there, 1: all of it, in the index too. */
async function outcomeOf(db: Database, how: string): Promise<0 | 1> {
  const c = db.collection("c");
  const count = await c.countDocuments();
  expect([BEFORE, BEFORE + IMPORTED], how).toContain(count);
  expect(await c.countDocuments({ value: { $gte: 0 } }), how).toBe(count);
  expect(
    (await c.find().toArray()).map(({ _id }) => _id),
    how,
  ).toEqual(Array.from({ length: count }, (_, i) => i));
  return count === BEFORE ? 0 : 1;
}

test.each([
  ["an import larger than the cache", importAll, 512 * 1024],
  ["a large insert that fits into the cache", insertAll, 64 * 1024 * 1024],
] as const)("%s is there whole or not at all, wherever the power goes", async (_name, insert, cacheBytes) => {
  const whole = new FaultyVfs(0);
  const db = await prepare(whole, cacheBytes);
  const start = whole.changingCallCount;
  await insert(db);
  const total = whole.changingCallCount - start;
  await db.close();
  const outcomes = [0, 0];
  for (let seed = 1; seed <= 30; seed++) {
    const vfs = new FaultyVfs(seed);
    const random = seededRandom(seed);
    const crashing = await prepare(vfs, cacheBytes);
    // A large insert is one write after many of zeros: most of the crashes are to come at the end.
    vfs.haltAfter(random.nextInt(seed % 4 === 1 ? 0 : total - 4, total + 1));
    await insert(crashing)
      .then(() => crashing.close())
      .catch((error: unknown) => {
        if (!isDiskFailure(error)) throw error;
      });
    await using found = await Database.open("t.db", {
      ...options,
      vfs: vfs.crash(random, seed % 2 === 0 ? { survival: 1 } : {}),
    });
    outcomes[await outcomeOf(found, `seed ${seed}`)]!++;
    await found.collection("c").insertOne({ _id: "after", value: 0 });
  }
  expect(Math.min(...outcomes)).toBeGreaterThan(2);
});

test.each(["write", "sync", "open", "truncate", "syncDirectory", "read"] as const)(
  "a %s that fails leaves an import whole or not there, and what was there before",
  async (call) => {
    for (let seed = 1; seed <= 8; seed++) {
      const vfs = new FaultyVfs(seed);
      const random = seededRandom(seed);
      const db = await prepare(vfs);
      const n = random.nextInt(1, call === "write" || call === "read" ? 900 : 6);
      vfs.failNth({ call, n, error: random.next() < 0.5 ? "ENOSPC" : "EIO", times: 3 });
      let failure: unknown;
      await importAll(db).catch((error: unknown) => {
        failure = error;
      });
      if (failure !== undefined && !isDiskFailure(failure)) throw failure;
      await db.close().catch((error: unknown) => {
        if (!isDiskFailure(error)) throw error;
      });
      // The same disk, cured.
      await using found = await Database.open("t.db", {
        ...options,
        vfs: vfs.crash(random, { survival: 1 }),
      });
      const outcome = await outcomeOf(found, `${call} seed ${seed}: ${String(failure)}`);
      if (failure === undefined) expect(outcome).toBe(1);
    }
  },
);
