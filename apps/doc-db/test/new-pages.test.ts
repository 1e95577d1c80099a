import { seededRandom } from "@millrace/base";
import { MemoryVfs, type Vfs } from "@millrace/files";
import { CHANGING_CALLS, FaultyVfs } from "@millrace/testkit";
import { describe, expect, it } from "vitest";
import { Database, type Document, openReplica } from "../src/extras.ts";
import { contentOf, endAfterFailure, leftOf } from "./helpers.ts";

/** Large pages, so that 512 KiB are few calls of the disk. */
const OPTIONS = {
  pageBytes: 32_768,
  cacheBytes: 32 * 1024 * 1024,
  checkpointBytes: 16 * 1024 * 1024,
  expiryIntervalMs: 0,
};
const BATCH = 150;
const TEXT = "t".repeat(6000);
const batch = (first: number): Document[] =>
  Array.from({ length: BATCH }, (_, i) => ({ _id: first + i, n: (first + i) % 11, text: TEXT }));

describe("full pages of a large insertion", () => {
  it.each(["waiting", "at once"])("are written once, and there after a crash: %s", async (way) => {
    const vfs = new MemoryVfs();
    await using db = await Database.open("t.db", { ...OPTIONS, vfs });
    const c = db.collection("c");
    await c.createIndex("n");
    for (let first = 0; first < 3 * BATCH; first += BATCH) {
      if (way === "waiting") await c.insertMany(batch(first));
      else c.insertManySync(batch(first));
    }
    const { placedBytes, loggedBytes } = await db.stats();
    const bytes = 3 * BATCH * TEXT.length;
    expect(placedBytes).toBeGreaterThan(bytes * 0.9);
    expect(loggedBytes).toBeLessThan(bytes * 0.2);
    await using found = await Database.open("t.db", { ...OPTIONS, vfs: await leftOf(vfs) });
    expect(await contentOf(found.collection("c"))).toEqual(await contentOf(c));
    expect(await found.verify()).toEqual([]);
    expect(await found.checkPages()).toEqual([]);
  });

  it.each([
    ["a log that is not synced", { durability: "relaxed" }],
    ["compressed pages", { compression: "zstd" }],
    ["a log that is shipped", { ship: { to: "target", intervalMs: 3_600_000 } }],
  ] as const)("go through the log with %s", async (_name, options) => {
    await using db = await Database.open("t.db", { ...OPTIONS, ...options, vfs: new MemoryVfs() });
    await db.collection("c").insertMany(batch(0));
    expect((await db.stats()).placedBytes).toBe(0);
  });

  it("are looked for by a recovery: damage is told, but for what came later as a whole", async () => {
    const vfs = new MemoryVfs();
    await using db = await Database.open("t.db", { ...OPTIONS, vfs });
    const c = db.collection("c");
    await c.insertMany(batch(0));
    await c.updateOne({ _id: 0 }, { $set: { n: 5 } });
    const left = await leftOf(vfs);
    const size = (await left.stat("t.db")).size;
    let told = 0;
    let harmless = 0;
    for (let at = 4 * OPTIONS.pageBytes + 100; at < size; at += OPTIONS.pageBytes) {
      for (const damage of ["a bit", "zeros", "an older page"] as const) {
        const damaged = await leftOf(left);
        await using file = await damaged.open("t.db", "r+");
        const page = new Uint8Array(OPTIONS.pageBytes);
        await file.read(page, at - 100);
        if (damage === "a bit") page[100]! ^= 4;
        else if (damage === "zeros") page.fill(0);
        else await file.read(page, 3 * OPTIONS.pageBytes);
        await file.write(page, at - 100);
        try {
          await using found = await Database.open("t.db", { ...OPTIONS, vfs: damaged });
          expect(await contentOf(found.collection("c"))).toEqual(await contentOf(c));
          expect(await found.verify()).toEqual([]);
          harmless++;
        } catch (error) {
          expect(error).toMatchObject({ code: "DOCDB_PAGE_CORRUPT", byteOffset: at - 100 });
          told++;
        }
      }
    }
    expect(told).toBeGreaterThan(60);
    // The page that was changed, and those that were in the log from the beginning.
    expect(harmless).toBeGreaterThanOrEqual(3);
  });

  it("of the time without shipping make a shipper begin with a new copy", async () => {
    const vfs = new MemoryVfs();
    const ship = { to: "target", intervalMs: 3_600_000 };
    {
      await using db = await Database.open("t.db", { ...OPTIONS, vfs, ship });
      await db.collection("c").insertMany(batch(0));
      await db.sync();
    }
    const unshipped = await Database.open("t.db", { ...OPTIONS, vfs });
    await unshipped.collection("c").insertMany(batch(BATCH));
    expect((await unshipped.stats()).placedBytes).toBeGreaterThan(0);
    // The process ends, its log is there.
    const left = await leftOf(vfs);
    await copyDirectory(vfs, left, "target");
    await unshipped.close();
    await using db = await Database.open("t.db", { ...OPTIONS, vfs: left, ship });
    await db.sync();
    await using replica = await openReplica("target", "r.db", { vfs: left, cacheBytes: OPTIONS.cacheBytes });
    await replica.sync();
    expect(await contentOf(replica.collection("c"))).toEqual(await contentOf(db.collection("c")));
    expect(await replica.verify()).toEqual([]);
  });
});

async function copyDirectory(from: Vfs, to: Vfs, directory: string): Promise<void> {
  await to.makeDirectory(directory);
  for (const { name, kind } of await from.list(directory)) {
    const path = `${directory}/${name}`;
    if (kind === "directory") {
      await copyDirectory(from, to, path);
      continue;
    }
    await using source = await from.open(path, "r");
    const bytes = new Uint8Array(await source.size());
    await source.read(bytes, 0);
    await using target = await to.open(path, "create");
    await target.write(bytes, 0);
  }
}

/** Insertions, each followed by changes of its pages; what is to be there after each step, and which was acknowledged. */
async function work(disk: FaultyVfs): Promise<{ states: string[]; acknowledged: number }> {
  const model = new Map<number, number>();
  const states = [textOf(model)];
  let acknowledged = 0;
  let opened: Database | undefined;
  const step = async (change: () => Promise<unknown>, intend: () => void): Promise<void> => {
    intend();
    states.push(textOf(model));
    await change();
    acknowledged = states.length - 1;
  };
  try {
    const db = await Database.open("t.db", { ...OPTIONS, vfs: disk });
    opened = db;
    const c = db.collection("c");
    for (let first = 0; first < 3 * BATCH; first += BATCH) {
      await step(
        () => c.insertMany(batch(first)),
        () => {
          for (const { _id, n } of batch(first)) model.set(Number(_id), Number(n));
        },
      );
      await step(
        () => c.updateOne({ _id: first + 7 }, { $set: { n: 100 } }),
        () => model.set(first + 7, 100),
      );
      if (first === BATCH) await db.checkpoint();
      // Two at once: the second has to be behind the pages of the first.
      const both = [c.insertMany(batch(first + 10_000)), c.updateOne({ _id: first + 7 }, { $inc: { n: 1 } })];
      for (const { _id, n } of batch(first + 10_000)) model.set(Number(_id), Number(n));
      states.push(textOf(model));
      model.set(first + 7, 101);
      states.push(textOf(model));
      const failed = (await Promise.allSettled(both)).find(({ status }) => status === "rejected");
      if (failed?.status === "rejected") throw failed.reason;
      acknowledged = states.length - 1;
    }
    await db.close();
  } catch (error) {
    await endAfterFailure(opened, error, "insertions");
  }
  return { states, acknowledged };
}

function textOf(model: ReadonlyMap<number, number>): string {
  return [...model].sort(([a], [b]) => a - b).join(";");
}

async function check(disk: Vfs, { states, acknowledged }: Awaited<ReturnType<typeof work>>, how: string) {
  await using db = await Database.open("t.db", { ...OPTIONS, vfs: disk });
  const found = new Map<number, number>();
  for (const { _id, n } of db.collection("c").find().toArraySync()) found.set(Number(_id), Number(n));
  const at = states.indexOf(textOf(found), acknowledged);
  expect(at, `${how}: ${found.size} documents`).toBeGreaterThanOrEqual(acknowledged);
  expect(await db.verify(), how).toEqual([]);
  expect(await db.checkPages(), how).toEqual([]);
  return at;
}

describe("a database whose commits put pages into the file", () => {
  it("keeps what it acknowledged through power cuts at its calls", async () => {
    const whole = new FaultyVfs(1);
    await work(whole);
    const calls = whole.changingCallCount;
    expect(calls).toBeGreaterThan(100);
    const reached = new Set<number>();
    let cuts = 0;
    for (let call = 0; call <= calls; call++) {
      const disk = new FaultyVfs(call);
      disk.haltAfter(call);
      const lived = await work(disk);
      for (let outcome = 0; outcome < 2; outcome++, cuts++) {
        const left = disk.crash(seededRandom(10 * call + outcome));
        reached.add(await check(left, lived, `call ${call}, outcome ${outcome}`));
      }
    }
    expect(cuts).toBeGreaterThan(200);
    expect(reached.size).toBeGreaterThan(8);
  });

  it("loses nothing that it acknowledged, whichever write or sync fails", async () => {
    const whole = new FaultyVfs(2);
    await work(whole);
    let failures = 0;
    for (const error of ["ENOSPC", "EIO"] as const) {
      for (const call of CHANGING_CALLS) {
        const count = whole.callCount(call);
        for (let n = 1; n <= count; n += Math.ceil(count / 25), failures++) {
          const disk = new FaultyVfs(2);
          disk.failNth({ call, n, error });
          const lived = await work(disk);
          await check(disk.crash(seededRandom(n)), lived, `${error} at ${call} ${n}`);
        }
      }
    }
    expect(failures).toBeGreaterThan(60);
  });
});
