import { MemoryVfs, type Vfs } from "@millrace/files";
import { FaultyVfs } from "@millrace/testkit";
import { describe, expect, it } from "vitest";
import { dumpDatabase, restoreDump } from "../src/export/dump.ts";
import { Database } from "../src/extras.ts";
import { replaceDatabase } from "../src/maintenance/backup.ts";

const PAGE = 8192;

async function filled(vfs: Vfs, count = 2000): Promise<Database> {
  const db = await Database.open("full.db", { vfs });
  const people = db.collection("people");
  await db.command({ create: "people", validator: { n: { $gte: 0 } } });
  await people.insertMany(
    Array.from({ length: count }, (_, _id) => ({ _id, n: _id % 7, text: "x".repeat(300) })),
  );
  await people.insertOne({ _id: "large", n: 1, text: "y".repeat(30_000) });
  await people.createIndex({ n: 1 });
  await people.createIndex({ text: 1 }, { name: "t", unique: false });
  await db.collection("small").insertMany([{ _id: 1 }, { _id: 2 }]);
  return db;
}

async function flipPage(vfs: MemoryVfs, path: string, number: number): Promise<void> {
  await using file = await vfs.open(path, "r+");
  const byte = new Uint8Array(1);
  await file.read(byte, number * PAGE + 4000);
  byte[0]! ^= 0xff;
  await file.write(byte, number * PAGE + 4000);
}

/** Numbers of pages by their types. */
async function pagesOf(vfs: MemoryVfs, path: string): Promise<Map<number, number[]>> {
  await using file = await vfs.open(path, "r");
  const types = new Map<number, number[]>();
  const head = new Uint8Array(8);
  for (let number = 2; number * PAGE < (await file.size()); number++) {
    await file.read(head, number * PAGE);
    types.set(head[4]!, [...(types.get(head[4]!) ?? []), number]);
  }
  return types;
}

describe("a backup", () => {
  it("is one moment of the database, in one file, while others write", async () => {
    const vfs = new MemoryVfs();
    await using db = await filled(vfs);
    const copying = db.backup("copy.db");
    const writing = (async () => {
      for (let i = 0; i < 50; i++) await db.collection("people").updateMany({ n: 3 }, { $inc: { moved: 1 } });
    })();
    const result = await copying;
    await writing;
    expect(result).toMatchObject({ collections: 2, documents: 2003 });
    expect(await vfs.exists("copy.db-wal")).toBe(false);
    await using copy = await Database.open("copy.db", { vfs, create: false });
    expect(await copy.verify()).toEqual([]);
    expect(await copy.checkPages()).toEqual([]);
    const moved = await copy.collection("people").distinct("moved");
    expect(moved.length).toBeLessThanOrEqual(1);
    const specs = await copy.collection("people").listIndexes();
    expect(specs).toEqual(await db.collection("people").listIndexes());
    await expect(copy.collection("people").insertOne({ n: -1 })).rejects.toMatchObject({ serverCode: 121 });
    await expect(db.backup("copy.db")).rejects.toMatchObject({ code: "DOCDB_BACKUP_EXISTS" });
  });

  it("is smaller where much was deleted, and takes the place of its source", async () => {
    const vfs = new MemoryVfs();
    const db = await filled(vfs);
    await db.collection("people").deleteMany({ n: { $gt: 0 } });
    const before = (await db.stats()).pages;
    await db.backup("compact.db");
    await db.close();
    await replaceDatabase(vfs, "full.db", "compact.db");
    await using after = await Database.open("full.db", { vfs, create: false });
    expect((await after.stats()).pages).toBeLessThan(before / 3);
    expect(await after.collection("people").countDocuments()).toBe(286);
    expect(await after.verify()).toEqual([]);
  });

  it("leaves its source usable where it cannot take its place", async () => {
    for (const fault of [
      { call: "remove", n: 1 },
      { call: "syncDirectory", n: 1 },
      { call: "rename", n: 1 },
      { call: "syncDirectory", n: 2 },
    ] as const) {
      const vfs = new FaultyVfs(1);
      const db = await filled(vfs);
      await db.backup("compact.db");
      await db.close();
      vfs.failNth({ ...fault, error: "EIO" });
      await expect(replaceDatabase(vfs, "full.db", "compact.db"), fault.call).rejects.toThrow();
      await using after = await Database.open("full.db", { vfs, create: false });
      expect(await after.collection("people").countDocuments()).toBeGreaterThan(0);
      expect(await after.verify(), fault.call).toEqual([]);
    }
  });

  it("tells how far it is, and so do a check of all pages, a rescue and a dump that is read", async () => {
    const vfs = new MemoryVfs();
    await using db = await Database.open("far.db", { vfs, durability: "memory" });
    for (const name of ["a", "b"])
      await db
        .collection(name)
        .insertMany(Array.from({ length: 3000 }, (_, _id) => ({ _id, pad: "p".repeat(500) })));
    const told: number[] = [];
    const onProgress = (bytes: number, totalBytes: number): void => {
      expect(bytes).toBeLessThanOrEqual(totalBytes);
      told.push(bytes / totalBytes);
    };
    await db.backup("copy.db", undefined, { onProgress });
    expect(told.length).toBeGreaterThan(5);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    expect(told.at(-1)).toBe(1);
    told.length = 0;
    expect(await db.checkPages(undefined, onProgress)).toEqual([]);
    expect(told.length).toBeGreaterThan(1);
    expect(told.at(-1)).toBe(1);
    told.length = 0;
    expect((await db.rescue("saved.db", undefined, onProgress)).problems).toEqual([]);
    expect(told.length).toBeGreaterThan(2);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    expect(told.at(-1)).toBe(1);
    told.length = 0;
    const { signal } = new AbortController();
    await dumpDatabase(db, vfs, "dump", signal);
    await using again = await Database.open("again.db", { vfs, durability: "memory" });
    expect(await restoreDump(again, vfs, "dump", signal, onProgress)).toMatchObject({ documents: 6000 });
    expect(told.length).toBeGreaterThan(2);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    expect(told.at(-1)).toBe(1);
  });

  it("leaves nothing behind when it is stopped", async () => {
    const vfs = new MemoryVfs();
    await using db = await filled(vfs);
    await expect(db.backup("stopped.db", AbortSignal.abort())).rejects.toMatchObject({
      code: expect.stringMatching(/ABORTED$/),
    });
    expect(
      (await vfs.list(".")).map(({ name }) => name).filter((name) => name.startsWith("stopped")),
    ).toEqual([]);
  });
});

describe("a damaged database", () => {
  it("is named page by page, and gives what is left when a leaf is broken", async () => {
    const vfs = new MemoryVfs();
    await (await filled(vfs)).close();
    const leaves = (await pagesOf(vfs, "full.db")).get(3)!;
    let lost = 0;
    for (const number of [leaves[20]!, leaves[40]!]) await flipPage(vfs, "full.db", number);
    await using db = await Database.open("full.db", { vfs });
    const problems = await db.checkPages();
    expect(problems).toHaveLength(2);
    expect(problems[0]).toMatch(/page/);
    const { collections, problems: told } = await db.rescue("saved.db");
    expect(told.length).toBeGreaterThan(0);
    const people = collections.find(({ name }) => name === "people")!;
    lost = people.expected! - people.saved;
    expect(people.expected).toBe(2001);
    expect(lost).toBeLessThan(60);
    await using saved = await Database.open("saved.db", { vfs });
    expect(await saved.verify()).toEqual([]);
    expect(await saved.collection("people").countDocuments()).toBe(2001 - lost);
    expect(await saved.collection("small").countDocuments()).toBe(2);
    expect(await saved.collection("people").findOne({ _id: "large" })).toMatchObject({
      text: "y".repeat(30_000),
    });
  });

  it("gives documents without their collection when the pages above them are broken", async () => {
    const vfs = new MemoryVfs();
    await (await filled(vfs)).close();
    for (const number of (await pagesOf(vfs, "full.db")).get(4)!) await flipPage(vfs, "full.db", number);
    await using db = await Database.open("full.db", { vfs });
    const { collections } = await db.rescue("saved.db");
    expect(collections.find(({ name }) => name === "people")).toMatchObject({ saved: 0, expected: 2001 });
    expect(collections.find(({ name }) => name === "lost_and_found")).toMatchObject({ saved: 2001 });
    await using saved = await Database.open("saved.db", { vfs });
    expect(await saved.collection("lost_and_found").findOne({ _id: 77 })).toMatchObject({ n: 0 });
    expect(await saved.verify()).toEqual([]);
  });

  it("gives all of its documents when nothing is broken", async () => {
    const vfs = new MemoryVfs();
    await using db = await filled(vfs, 300);
    const { collections, problems } = await db.rescue("saved.db");
    expect(problems).toEqual([]);
    expect(collections).toEqual([
      { name: "people", saved: 301, expected: 301 },
      { name: "small", saved: 2, expected: 2 },
    ]);
  });
});
