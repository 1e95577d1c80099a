import { cpSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { diskVfs, fileError, MemoryVfs, type Vfs, type VfsFile } from "@millrace/files";
import { type TempDirectory, tempDirectory } from "@millrace/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Database, type DatabaseOptions } from "../src/extras.ts";
import { connect } from "../src/index.ts";
import { PAGE_VARIANTS } from "./page-variants.ts";
import { docdb, json } from "./run-docdb.ts";

/** A disk on which nothing can be made or changed. */
function readOnly(vfs: Vfs): Vfs {
  const refuse = (path: string): never => {
    throw fileError("FILES_NO_PERMISSION", path, "open");
  };
  const refused: Partial<Vfs> = {
    open: async (path, flags): Promise<VfsFile> => (flags === "r" ? vfs.open(path, flags) : refuse(path)),
    openSync: (path, flags) => (flags === "r" ? vfs.openSync(path, flags) : refuse(path)),
    lock: async (path) => refuse(path),
    rename: async (path) => refuse(path),
    remove: async (path) => refuse(path),
    makeDirectory: async (path) => refuse(path),
  };
  return new Proxy(vfs, {
    get: (target, name) => {
      const own = refused[name as keyof Vfs] ?? target[name as keyof Vfs];
      return typeof own === "function" ? own.bind(target) : own;
    },
  });
}

async function made(vfs: Vfs, path: string, options: DatabaseOptions = {}): Promise<void> {
  await using db = await Database.open(path, { ...options, vfs });
  const c = db.collection("c");
  await c.insertMany(Array.from({ length: 500 }, (_, _id) => ({ _id, n: _id % 7, text: "x".repeat(200) })));
  await c.createIndex("n");
}

describe.each([["plain", {}], ...PAGE_VARIANTS] as const)(
  "a %s file that is opened to be read",
  (_name, options) => {
    it("is read where nothing can be written, with its log beside it or without", async () => {
      const vfs = new MemoryVfs();
      await made(vfs, "a.db", options);
      for (const hasLog of [true, false]) {
        if (!hasLog) await vfs.remove("a.db-wal", { recursive: true });
        await expect(Database.open("a.db", { ...options, vfs: readOnly(vfs) })).rejects.toThrow(/permission/);
        await using db = await Database.open("a.db", { ...options, vfs: readOnly(vfs), readOnly: true });
        const c = db.collection("c");
        expect(await c.find({ n: 3 }).toArray()).toHaveLength(71);
        expect(c.getSync(499)).toMatchObject({ n: 2 });
        expect(await c.aggregate([{ $group: { _id: "$n", count: { $sum: 1 } } }]).toArray()).toHaveLength(7);
        expect(await db.verify()).toEqual([]);
        expect(await db.checkPages()).toEqual([]);
        await db.checkpoint();
        const snapshot = db.snapshot();
        expect(await db.collection("c", snapshot).countDocuments({})).toBe(500);
        snapshot.close();
      }
    });

    it("takes no writes", async () => {
      const vfs = new MemoryVfs();
      await made(vfs, "a.db", options);
      const db = await Database.open("a.db", { ...options, vfs, readOnly: true });
      const c = db.collection("c");
      const writes: Record<string, () => unknown> = {
        insertOne: () => c.insertOne({ _id: 1000 }),
        insertSync: () => c.insertManySync([{ _id: 1000 }]),
        updateMany: () => c.updateMany({}, { $inc: { n: 1 } }),
        deleteOne: () => c.deleteOne({ _id: 1 }),
        createIndex: () => c.createIndex("text"),
        importFrom: () => c.importFrom((async function* () {})()),
        command: () => db.command({ create: "d" }),
        changes: () => db.enableChanges(),
        transactSync: () => db.transactSync(() => 1),
        transaction: async () => {
          await db.collection("c", db.transaction()).insertOne({ _id: 1000 });
        },
        rekey: () => db.rekey({ password: "another" }),
      };
      for (const [name, write] of Object.entries(writes)) {
        const attempt = (async () => write())();
        await expect(attempt, name).rejects.toMatchObject({ code: "DOCDB_READ_ONLY", serverCode: 20 });
      }
      expect(await c.countDocuments({})).toBe(500);
      await db.close();
      await using again = await Database.open("a.db", { ...options, vfs });
      expect(await again.verify()).toEqual([]);
    });
  },
);

it("nobody writes to a file while it is read, and nobody reads what somebody has open", async () => {
  const vfs = new MemoryVfs();
  await made(vfs, "a.db");
  const reader = await Database.open("a.db", { vfs, readOnly: true });
  await expect(Database.open("a.db", { vfs })).rejects.toMatchObject({ code: "DOCDB_DATABASE_LOCKED" });
  await reader.close();
  const writer = await Database.open("a.db", { vfs });
  await expect(Database.open("a.db", { vfs, readOnly: true })).rejects.toThrow("close it there first");
  await writer.close();
  await (await Database.open("a.db", { vfs, readOnly: true })).close();
});

it("a file that its log belongs to, one that is missing and one to be shipped are refused", async () => {
  const vfs = new MemoryVfs();
  await expect(Database.open("a.db", { vfs, readOnly: true })).rejects.toThrow("there is no such file");
  expect(await vfs.exists("a.db-wal")).toBe(false);
  const db = await Database.open("a.db", { vfs });
  await db.collection("c").insertOne({ _id: 1 });
  // As a copy of both would look after a crash.
  const file = new Uint8Array((await vfs.stat("a.db")).size);
  await (await vfs.open("a.db", "r")).read(file, 0);
  await (await vfs.open("b.db", "create")).write(file, 0);
  await expect(Database.open("b.db", { vfs, readOnly: true })).rejects.toMatchObject({
    code: "DOCDB_LOG_NEEDED",
    message:
      "b.db: was not closed in order, so that its log b.db-wal has to be applied first; open it once to write",
  });
  await db.close();
  const shipped = Database.open("a.db", { vfs, readOnly: true, ship: "target" });
  await expect(shipped).rejects.toThrow("expected none beside readOnly");
});

describe("a command that reads", () => {
  let directory: TempDirectory;
  let path: string;
  const state = (): string[] =>
    (readdirSync(directory.path, { recursive: true }) as string[]).sort().map((name) => {
      const at = join(directory.path, name);
      return statSync(at).isFile() ? `${name} ${readFileSync(at).toString("base64")}` : name;
    });

  beforeEach(async () => {
    directory = tempDirectory();
    path = join(directory.path, "a.db");
    await made(diskVfs, path);
  });
  afterEach(() => directory[Symbol.dispose]());

  it.each([
    ["find", "find", ["--collection", "c", '{"n": 1}']],
    ["aggregate", "aggregate", ["--collection", "c", '[{"$sort": {"text": 1, "n": -1}}]']],
    ["explain", "explain", ["--collection", "c", '{"n": 1}']],
    ["indexes", "indexes", []],
    ["stats", "stats", []],
    ["verify", "verify", []],
    ["doctor", "doctor", []],
    ["export", "export", ["--collection", "c", "-"]],
  ])("leaves all as it was: %s", async (_name, verb, args) => {
    const before = state();
    const { code, err } = await docdb(verb, "--db", path, ...args);
    expect(code, err).toBe(0);
    expect(state()).toEqual(before);
  });

  it("leaves a backup as it was when a database is made of it", async () => {
    const copy = join(directory.path, "copy.db");
    await json("backup", "--db", path, copy);
    const before = readFileSync(copy);
    await json("restore", "--db", join(directory.path, "new.db"), copy);
    expect(readFileSync(copy)).toEqual(before);
    expect(readdirSync(directory.path).sort()).toEqual(["a.db", "a.db-wal", "copy.db", "new.db"]);
  });

  it("opens a database that was not closed in order as others do", async () => {
    const db = await Database.open(path);
    await db.collection("c").insertOne({ _id: "new" });
    const copy = join(directory.path, "copy.db");
    cpSync(path, copy);
    cpSync(`${path}-wal`, `${copy}-wal`, { recursive: true });
    rmSync(join(`${copy}-wal`, "writer.lock"));
    await db.close();
    expect((await docdb("find", "--db", copy, "--collection", "c", '{"_id": "new"}')).out).toContain('"new"');
  });

  it("sorts what memory has no room for without a file beside the database", async () => {
    const before = state();
    await using db = await Database.open(path, { readOnly: true });
    const sorted = await db
      .collection("c")
      .find({}, { sort: { text: 1, _id: -1 }, sortBytes: 4096 })
      .toArray();
    expect(sorted.map(({ _id }) => _id)).toEqual(Array.from({ length: 500 }, (_, i) => 499 - i));
    await db.close();
    expect(state()).toEqual(before);
  });

  it("and an address may say so", async () => {
    await using client = await connect(`millrace://${path}?readOnly=true`);
    const c = client.db().collection("c");
    expect(await c.countDocuments({})).toBe(500);
    await expect(c.insertOne({ a: 1 })).rejects.toMatchObject({ code: 20 });
    await expect(connect(`millrace://${path}?readOnly=yes`)).rejects.toThrow(
      "readOnly=true or readOnly=false",
    );
  });
});
