import { seededRandom } from "@millrace/base";
import { MemoryVfs, type OpenFlags, type VfsFile } from "@millrace/files";
import { FaultyVfs } from "@millrace/testkit";
import { describe, expect, it } from "vitest";
import { Database, openReplica, restoreDatabase } from "../src/extras.ts";
import { countIn, cutShipping, insert, OPTIONS, restoredCount, SHIP } from "./ship-cuts.ts";

describe.each([
  ["plain", {}],
  ["compressed", { compression: "zstd" as const }],
])("a power cut at any call of a %s database and its target", (_, settings) => {
  it("leaves a target that restores all that was shipped, and goes on", async () => {
    const { cuts, partial } = await cutShipping(settings, 14);
    expect(cuts).toBeGreaterThan(10);
    expect(partial).toBeGreaterThan(4);
  });
});

it("a target that fails, at any of its calls, costs no commit, and has everything once it is well again", async () => {
  for (let n = 1; n <= 16; n++) {
    const disk = new FaultyVfs(n);
    const db = await Database.open("a.db", { vfs: disk, ...OPTIONS, ship: SHIP });
    for (const call of ["open", "write", "rename", "sync", "read"] as const)
      disk.failNth({ call, n, error: n % 2 === 0 ? "EIO" : "ENOSPC", path: "target", times: (n % 3) + 1 });
    let told = 0;
    for (let i = 0; i < 20; i++) {
      await insert(db, i);
      if (i % 3 === 0) await db.sync().catch(() => told++);
      if (i === 10) await db.checkpoint();
    }
    if (n < 10) expect(told).toBeGreaterThan(0);
    for (let tries = 0; (await db.stats()).ship!.behind > 0 && tries < 20; tries++)
      await db.sync().catch(() => {});
    await db.sync().catch(() => db.sync().catch(() => db.sync()));
    expect((await db.stats()).ship).toMatchObject({ behind: 0, error: undefined });
    await db.close();
    expect(await restoredCount(disk.crash(seededRandom(n)))).toBe(20);
  }
});

it("keeps the log of a target that is away up to a limit, then says what is lost and goes on with a new copy", async () => {
  const disk = new FaultyVfs(3);
  const clock = (): Date => new Date(now);
  let now = Date.parse("2026-11-21T12:00:00Z");
  const ship = { ...SHIP, logLimitBytes: 12 * 1024 * 1024 };
  const db = await Database.open("a.db", { vfs: disk, ...OPTIONS, clock, ship });
  await insert(db, 0);
  await db.sync();
  disk.failNth({ call: "open", n: 1, error: "EIO", path: "target", times: Number.POSITIVE_INFINITY });
  const add = async (from: number, count: number): Promise<void> => {
    const documents = Array.from({ length: count }, (_, i) => ({ _id: from + i, text: "t".repeat(8000) }));
    for (let at = 0; at < count; at += 100)
      await db.collection("c").insertMany(documents.slice(at, at + 100));
    await db.checkpoint();
    await db.sync().catch(() => {});
  };
  now += 60_000;
  await add(1, 700);
  const { walBytes, ship: away } = await db.stats();
  expect(away!.error).toContain("target");
  expect(away!.behind).toBeGreaterThan(0);
  expect(walBytes).toBeGreaterThan(5_000_000);
  now += 60_000;
  await add(701, 1500);
  expect((await db.stats()).walBytes).toBeLessThan(12 * 1024 * 1024);
  // It is back: the same disk, after its failures.
  now += 60_000;
  const back = disk.crash(seededRandom(1));
  await db.close().catch(() => {});
  const again = await Database.open("a.db", { vfs: back, ...OPTIONS, clock, ship });
  await again.sync();
  expect((await again.stats()).ship).toMatchObject({ line: 2, behind: 0, bases: 2 });
  await again.close();
  expect(await restoredCount(back)).toBe(2201);
  const between = restoreDatabase("target", "x.db", { vfs: back, at: new Date("2026-11-21T12:01:30Z") });
  await expect(between).rejects.toMatchObject({
    code: "DOCDB_SHIP_GAP",
    message: expect.stringContaining("between 2026-11-21T12:00:00.000Z and 2026-11-21T12:03:00.000Z"),
  });
  await restoreDatabase("target", "x.db", { vfs: back, at: new Date("2026-11-21T12:00:00Z") });
});

/** Does something before a file below a folder is opened. */
class HookedVfs extends MemoryVfs {
  hook: ((path: string) => Promise<void>) | undefined;

  override async open(path: string, flags: OpenFlags): Promise<VfsFile> {
    await this.hook?.(path);
    return super.open(path, flags);
  }
}

it.each([
  ["plain", { key: undefined }],
  ["compressed and encrypted", { compression: "zstd" as const, key: new Uint8Array(32).fill(3) }],
])(
  "a copy that is made while a %s database is changed, page by page and over checkpoints, is whole",
  async (_, settings) => {
    const vfs = new HookedVfs();
    const random = seededRandom(8);
    const options = { vfs, ...OPTIONS, ...settings };
    const db = await Database.open("a.db", { ...options, ship: { ...SHIP, baseIntervalMs: 1 } });
    const c = db.collection("c");
    const blob = (): Uint8Array => random.fill(new Uint8Array(30_000));
    for (let at = 0; at < 600; at += 100)
      await c.insertMany(Array.from({ length: 100 }, (_, i) => ({ _id: at + i, n: 0, blob: blob() })));
    let parts = 0;
    let isBusy = false;
    vfs.hook = async (path) => {
      if (isBusy || !/bases\/.*part/.test(path)) return;
      isBusy = true;
      parts++;
      for (let i = 0; i < 25; i++)
        await c.updateOne({ _id: random.nextInt(0, 599) }, { $set: { n: parts, blob: blob() } });
      await c.deleteMany({ _id: 600 + parts });
      await c.insertOne({ _id: 601 + parts, n: parts });
      await db.checkpoint();
      for (let i = 0; i < 25; i++) await c.updateOne({ _id: random.nextInt(0, 599) }, { $inc: { n: 1 } });
      isBusy = false;
    };
    await db.sync();
    vfs.hook = undefined;
    expect(parts).toBeGreaterThan(2);
    await restoreDatabase("target", "r.db", { vfs, key: settings.key });
    const restored = await Database.open("r.db", options);
    expect(await restored.checkPages()).toEqual([]);
    expect(await restored.verify()).toEqual([]);
    const digest = async (one: Database): Promise<unknown> =>
      one
        .aggregate("test", "c", [
          { $group: { _id: null, n: { $sum: "$n" }, documents: { $sum: 1 }, largest: { $max: "$blob" } } },
        ])
        .toArray();
    expect(await digest(restored)).toEqual(await digest(db));
    await restored.close();
    await db.close();
  },
);

it("tells what is missing, damaged, or shipped by somebody else", async () => {
  const vfs = new MemoryVfs();
  const db = await Database.open("a.db", { vfs, ...OPTIONS, ship: SHIP });
  for (let i = 0; i < 9; i++) {
    await insert(db, i);
    await db.sync();
  }
  const [line] = await vfs.list("target/log");
  const segments = (await vfs.list(`target/log/${line!.name}`)).map(
    ({ name }) => `target/log/${line!.name}/${name}`,
  );
  expect(segments.length).toBeGreaterThan(6);
  const bytesOf = async (path: string): Promise<Uint8Array> => {
    await using file = await vfs.open(path, "r");
    const bytes = new Uint8Array(await file.size());
    await file.read(bytes, 0);
    return bytes;
  };
  const overwrite = async (path: string, bytes: Uint8Array): Promise<void> => {
    await using file = await vfs.open(path, "create-or-truncate");
    await file.write(bytes, 0);
  };
  const restore = (moment = {}): Promise<unknown> => restoreDatabase("target", "r.db", { vfs, ...moment });
  const parts = (await vfs.list("target/bases")).map(({ name }) => `target/bases/${name}/00000000.part`);
  for (const path of [segments[4]!, parts[0]!, "target/manifest.json"]) {
    const bytes = await bytesOf(path);
    for (const at of [3, 40, bytes.length >> 1, bytes.length - 2]) {
      const flipped = bytes.slice();
      flipped[at]! ^= 4;
      await overwrite(path, flipped);
      await expect(restore(), `${path} at ${at}`).rejects.toMatchObject({
        code: expect.stringMatching(/^DOCDB_SHIP_(CORRUPT|VERSION)$/),
      });
      await overwrite(path, bytes.slice(0, at));
      await expect(restore(), `${path} cut at ${at}`).rejects.toMatchObject({ code: "DOCDB_SHIP_CORRUPT" });
    }
    await vfs.remove(path);
    const code = path.endsWith("json") ? "DOCDB_SHIP_MISSING" : "DOCDB_SHIP_GAP";
    await expect(restore()).rejects.toMatchObject({ code });
    await overwrite(path, bytes);
  }
  expect((await vfs.list(".")).map(({ name }) => name).sort()).toEqual(["a.db", "a.db-wal", "target"]);
  await restore();
  await expect(restore()).rejects.toMatchObject({ code: "DOCDB_BACKUP_EXISTS" });
  await expect(restoreDatabase("target", "s.db", { vfs, lsn: 10_000 })).rejects.toMatchObject({
    code: "DOCDB_SHIP_MOMENT",
  });
  const { lsn } = await restoreDatabase("target", "s.db", { vfs, lsn: 6 });
  expect(lsn).toBe(6);

  const other = await Database.open("other.db", { vfs, ...OPTIONS, ship: SHIP });
  await insert(other, 0);
  await other.sync();
  await insert(db, 9);
  await expect(db.sync()).rejects.toMatchObject({ code: "DOCDB_SHIP_TAKEN" });
  await insert(db, 10);
  await db.close();
  await other.close();
  await expect(Database.open("z.db", { vfs, ship: "ftp://x" })).rejects.toMatchObject({
    code: "DOCDB_SHIP_TARGET",
  });
  await expect(Database.open("z.db", { vfs, ship: { to: "" } })).rejects.toMatchObject({
    code: "DOCDB_SHIP_TARGET",
  });
  await expect(openReplica("s3://b/p?endpoint=x", "z.db", { vfs })).rejects.toMatchObject({
    code: "DOCDB_SHIP_TARGET",
  });
});

it("leaves out what is older than it is to be kept, and every moment since can be restored", async () => {
  const vfs = new MemoryVfs();
  let now = Date.parse("2026-11-21T12:00:00Z");
  const clock = (): Date => new Date(now);
  const ship = { ...SHIP, baseIntervalMs: 10_000, keepMs: 30_000 };
  const db = await Database.open("a.db", { vfs, ...OPTIONS, clock, ship });
  const start = now;
  for (let i = 0; i < 100; i++, now += 1000) {
    await insert(db, i);
    await db.sync();
    if (i % 5 === 0) await db.checkpoint();
  }
  const { bases } = (await db.stats()).ship!;
  expect(bases).toBeLessThanOrEqual(5);
  expect((await vfs.list("target/bases")).length).toBe(bases);
  const [line] = await vfs.list("target/log");
  expect((await vfs.list(`target/log/${line!.name}`)).length).toBeLessThan(60);
  await db.close();
  for (let i = 70; i < 100; i++) {
    await restoreDatabase("target", "restored.db", { vfs, at: new Date(start + i * 1000) });
    const restored = await Database.open("restored.db", { vfs, ...OPTIONS });
    expect(await countIn(restored)).toBe(i + 1);
    await restored.close();
    for (const path of ["restored.db", "restored.db-wal"]) await vfs.remove(path, { recursive: true });
  }
  await expect(
    restoreDatabase("target", "r.db", { vfs, at: new Date(start + 10_000) }),
  ).rejects.toMatchObject({
    code: "DOCDB_SHIP_MOMENT",
  });
});
