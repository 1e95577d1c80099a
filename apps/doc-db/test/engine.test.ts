import { readU64, seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { FaultyVfs } from "@millrace/testkit";
import { describe, expect, it } from "vitest";
import { Database } from "../src/extras.ts";
import { PageStore } from "../src/storage/page-store.ts";

const PAGE_BYTES = 8192;

async function flipByte(vfs: MemoryVfs, position: number): Promise<void> {
  await using file = await vfs.open("t.db", "r+");
  const byte = new Uint8Array(1);
  await file.read(byte, position);
  byte[0] = byte[0]! ^ 0x10;
  await file.write(byte, position);
}

describe("what an insert costs", () => {
  it("does not grow with the number of documents", async () => {
    await using db = await Database.open("t.db", {
      vfs: new MemoryVfs(),
      durability: "memory",
      checkpointBytes: 2 ** 30,
    });
    const c = db.collection("c");
    await c.createIndex("value");
    const random = seededRandom(1);
    const next = (_id: number) => ({ _id, value: random.nextInt(0, 1e6), pad: "p".repeat(100) });
    let id = 0;
    const growTo = async (count: number): Promise<void> => {
      const batch = [];
      while (id < count) batch.push(next(id++));
      await c.insertMany(batch);
    };
    const pagesPerInsert = async (): Promise<number> => {
      const before = (await db.stats()).loggedPages;
      for (let i = 0; i < 200; i++) await c.insertOne(next(id++));
      return ((await db.stats()).loggedPages - before) / 200;
    };
    await growTo(1000);
    const few = await pagesPerInsert();
    await growTo(50_000);
    const many = await pagesPerInsert();
    // A leaf of the documents, one of the index, the collection's page, and now and then a split.
    expect(few).toBeLessThan(4);
    expect(many).toBeLessThan(few + 0.5);
  });

  it("is shared by documents that wait together: one commit and one sync for all of them", async () => {
    await using db = await Database.open("t.db", { vfs: new MemoryVfs() });
    const before = await db.stats();
    await Promise.all(Array.from({ length: 100 }, (_, _id) => db.collection("c").insertOne({ _id })));
    const after = await db.stats();
    expect(after.commits - before.commits).toBe(1);
    expect(after.logSyncs - before.logSyncs).toBeLessThan(4);
  });

  it("is far less than a page for a small document, in the file and in the log", async () => {
    await using db = await Database.open("t.db", { vfs: new MemoryVfs() });
    for (let i = 0; i < 2000; i++)
      await db.collection("c").insertOne({ _id: i, name: "fifty bytes of text, about" });
    const { pages, loggedBytes } = await db.stats();
    expect((pages * PAGE_BYTES) / 2000).toBeLessThan(150);
    expect(loggedBytes / 2000).toBeLessThan(1200);
  });
});

/** The header's sequence: each checkpoint writes one of its two copies. */
async function headersWritten(vfs: MemoryVfs): Promise<number> {
  await using file = await vfs.open("t.db", "r");
  const sequences = [24, 8192 + 24].map(async (at) => {
    const bytes = new Uint8Array(8);
    await file.read(bytes, at);
    return readU64(bytes, 0);
  });
  return Math.max(...(await Promise.all(sequences)));
}

describe("a checkpoint", () => {
  it("lets no change in while it runs, however the calls fall", async () => {
    for (let seed = 0; seed < 40; seed++) {
      const vfs = new FaultyVfs(seed);
      const db = await Database.open("t.db", { vfs, durability: "memory" });
      const c = db.collection("c");
      await c.insertOne({ _id: "first" });
      const random = seededRandom(seed);
      const running: Promise<unknown>[] = [];
      for (let i = 0; i < 60; i++) {
        running.push(random.next() < 0.3 ? db.checkpoint() : c.insertOne({ _id: i }));
        for (let turns = random.nextInt(0, 4); turns > 0; turns--) await undefined;
      }
      await Promise.all(running);
      await db.checkpoint();
      const count = await c.countDocuments();
      await using found = await Database.open("t.db", { vfs: vfs.crash(random, { survival: 0 }) });
      expect(await found.collection("c").countDocuments()).toBe(count);
    }
  });

  it.each([
    ["once, in a cache with room for all of them", 8 * 1024 * 1024, 2, 30],
    ["again and again in a small one, so that the log stays small", 512 * 1024, 60, 1000],
  ])(
    "lets changed pages into the log as a whole %s",
    async (_name, cacheBytes, leastCheckpoints, mostLogged) => {
      const vfs = new MemoryVfs();
      const options = { vfs, durability: "relaxed", cacheBytes, checkpointBytes: 128 * 1024 } as const;
      await using db = await Database.open("t.db", options);
      const c = db.collection("c");
      await c.insertMany(Array.from({ length: 2000 }, (_, _id) => ({ _id, n: 0, pad: "p".repeat(1000) })));
      await db.checkpoint();
      const before = await db.stats();
      const headersBefore = await headersWritten(vfs);
      let largestLog = 0;
      for (let i = 0; i < 10_000; i++) {
        c.updateOneSync({ _id: (i * 7919) % 2000 }, { $inc: { n: 1 } });
        if (i % 100 === 0) largestLog = Math.max(largestLog, (await db.stats()).walBytes);
      }
      const after = await db.stats();
      expect((after.loggedBytes - before.loggedBytes) / 1024 / 1024).toBeLessThan(mostLogged);
      expect((await headersWritten(vfs)) - headersBefore).toBeGreaterThanOrEqual(leastCheckpoints);
      expect(largestLog).toBeLessThan(options.checkpointBytes + cacheBytes + 2 * 4 * 1024 * 1024);
    },
  );
});

describe("memory", () => {
  it("keeps page buffers of about poolBytes to be used again, and none where that is 0", async () => {
    const idle: number[] = [];
    for (const poolBytes of [0, 1024 * 1024]) {
      const store = new PageStore(
        await new MemoryVfs().open("p.db", "create-or-truncate"),
        4 * 1024 * 1024,
        poolBytes,
      );
      for (let number = 0; number < 448; number++) store.createZeroed(number);
      for (let number = 0; number < 448; number++) store.drop(number);
      store.endOperation();
      idle.push(store.pool.stats().retainedBytes);
    }
    expect(idle).toEqual([0, 1024 * 1024]);
    await expect(Database.open("t.db", { vfs: new MemoryVfs(), poolBytes: -1 })).rejects.toThrow(/poolBytes/);
  });

  it("stays within cacheBytes while the database grows far beyond it, and counts load no documents", async () => {
    const vfs = new MemoryVfs();
    const cacheBytes = 512 * 1024;
    {
      await using db = await Database.open("t.db", { vfs, cacheBytes, durability: "memory" });
      const documents = async function* () {
        for (let i = 0; i < 2000; i++)
          yield { _id: (i * 7919) % 2000, value: i % 100, pad: "p".repeat(3000) };
      };
      await db.collection("c").importFrom(documents(), { indexes: ["value"] });
      const { pages, cacheBytes: held } = await db.stats();
      expect(pages * PAGE_BYTES).toBeGreaterThan(cacheBytes * 10);
      expect(held).toBeLessThanOrEqual(cacheBytes);
    }
    await using db = await Database.open("t.db", { vfs, cacheBytes });
    expect(await db.collection("c").countDocuments()).toBe(2000);
    expect((await db.stats()).cacheBytes).toBeLessThan(10 * PAGE_BYTES);
    expect(await db.collection("c").countDocuments({ value: 7 })).toBe(20);
    expect((await db.stats()).cacheBytes).toBeLessThanOrEqual(cacheBytes);
    expect((await vfs.list(".")).map(({ name }) => name)).toEqual(["t.db", "t.db-wal"]);
  });
});

describe("a change larger than the cache", () => {
  it("is one transaction all the same: documents put in, replaced and taken out", async () => {
    const vfs = new MemoryVfs();
    const options = { vfs, cacheBytes: 512 * 1024 };
    const large = (_id: number, letter: string) => ({ _id, pad: letter.repeat(3 * 1024 * 1024) });
    {
      await using db = await Database.open("t.db", options);
      const c = db.collection("c");
      await c.insertMany([{ _id: 0 }, large(1, "a"), large(2, "b")]);
      await expect(c.insertMany([large(3, "c"), large(1, "d")])).rejects.toThrow(/must be unique/);
      expect(await c.replaceOne({ _id: 1, pad: "small" })).toBe(true);
      expect(await c.replaceOne(large(1, "e"))).toBe(true);
      expect(await c.deleteOne({ _id: 2 })).toBe(true);
    }
    await using db = await Database.open("t.db", options);
    expect(await db.collection("c").find().toArray()).toEqual([{ _id: 0 }, large(1, "e")]);
    const { pages, freePages } = await db.stats();
    expect(await db.collection("c").deleteMany({})).toBe(2);
    // What is left: headers, meta page, catalog, the collection and the root of its documents.
    expect(await db.stats()).toMatchObject({ pages, freePages: pages - 6 });
    expect(freePages).toBeLessThan(pages - 300);
  });

  it("is not seen before it is whole", async () => {
    await using db = await Database.open("t.db", { vfs: new MemoryVfs() });
    const c = db.collection("c");
    await c.insertOne({ _id: "before" });
    const seen: Promise<number>[] = [];
    const documents = async function* () {
      for (let _id = 0; _id < 10; _id++) {
        seen.push(c.countDocuments());
        yield { _id };
      }
    };
    await c.importFrom(documents());
    expect(new Set(await Promise.all(seen))).toEqual(new Set([11]));
  });
});

describe("damage", () => {
  const made = async (): Promise<MemoryVfs> => {
    const vfs = new MemoryVfs();
    await using db = await Database.open("t.db", { vfs });
    await db
      .collection("c")
      .insertMany(Array.from({ length: 500 }, (_, _id) => ({ _id, pad: "p".repeat(100) })));
    return vfs;
  };

  it("to a page is found when it is read, and named with its offset", async () => {
    const vfs = await made();
    const { size } = await vfs.stat("t.db");
    let found = 0;
    for (let page = 2; page < size / PAGE_BYTES; page++) {
      const position = page * PAGE_BYTES + 100 + page;
      await flipByte(vfs, position);
      try {
        await using db = await Database.open("t.db", { vfs });
        await db.collection("c").find().toArray();
        await db.stats();
      } catch (error) {
        found++;
        expect(error).toMatchObject({ code: "DOCDB_PAGE_CORRUPT", byteOffset: page * PAGE_BYTES });
        expect(String(error)).toContain(`page ${page} (`);
      }
      await flipByte(vfs, position);
    }
    expect(found).toBe(size / PAGE_BYTES - 2);
  });

  it("to one header copy does no harm, to both is refused", async () => {
    for (const copy of [0, 1]) {
      const vfs = await made();
      await flipByte(vfs, copy * PAGE_BYTES + 33);
      await using db = await Database.open("t.db", { vfs });
      expect(await db.collection("c").find().toArray()).toHaveLength(500);
    }
    const vfs = await made();
    await flipByte(vfs, 33);
    await flipByte(vfs, PAGE_BYTES + 33);
    await expect(Database.open("t.db", { vfs })).rejects.toMatchObject({ code: "DOCDB_HEADER_CORRUPT" });
  });

  it("by cutting the file off is refused at any length, and said so", async () => {
    const vfs = await made();
    const { size } = await vfs.stat("t.db");
    for (let cut = size - 1; cut >= 0; cut -= 3001) {
      await using file = await vfs.open("t.db", "r+");
      await file.truncate(cut);
      await expect(Database.open("t.db", { vfs })).rejects.toMatchObject({
        code: expect.stringMatching(/^DOCDB_(FILE_SHORT|FORMAT_UNKNOWN|HEADER_CORRUPT)$/),
      });
    }
  });

  it("by losing the file is refused, and a file that was closed in order needs no log", async () => {
    const vfs = await made();
    await vfs.rename("t.db", "u.db");
    await expect(Database.open("t.db", { vfs })).rejects.toMatchObject({ code: "DOCDB_FILE_MISSING" });
    for (let round = 0; round < 2; round++) {
      await using db = await Database.open("u.db", { vfs });
      await db.collection("c").insertOne({ _id: 1000 + round });
      expect(await db.collection("c").countDocuments()).toBe(501 + round);
    }
  });

  it.each([1, 100])("by losing a log that is needed is refused, after %i inserts", async (count) => {
    const vfs = new FaultyVfs(1);
    const db = await Database.open("t.db", { vfs, checkpointBytes: 64 * 1024 });
    for (let i = 0; i < count; i++) await db.collection("c").insertOne({ _id: i, pad: "p".repeat(2000) });
    const after = vfs.crash(seededRandom(1));
    await after.remove("t.db-wal", { recursive: true });
    await expect(Database.open("t.db", { vfs: after })).rejects.toMatchObject({ code: "DOCDB_LOG_MISSING" });
  });
});

describe("a database that is open", () => {
  it("is refused to everybody else, in words", async () => {
    const vfs = new MemoryVfs();
    await using db = await Database.open("t.db", { vfs });
    await expect(Database.open("t.db", { vfs })).rejects.toMatchObject({
      code: "DOCDB_DATABASE_LOCKED",
      message: expect.stringContaining("t.db: another process or handle has this database open"),
    });
    await db.close();
    await db.close();
    await expect(db.stats()).rejects.toMatchObject({ code: "DOCDB_DATABASE_CLOSED" });
    await (await Database.open("t.db", { vfs })).close();
  });

  it.each(["write", "sync"] as const)(
    "accepts nothing after a %s failed, and has the acknowledged when opened again",
    async (call) => {
      const vfs = new FaultyVfs(1);
      const db = await Database.open("t.db", { vfs });
      const c = db.collection("c");
      await c.insertOne({ _id: 1 });
      vfs.failNth({ call, n: 1, error: "ENOSPC", path: "wal" });
      await expect(c.insertOne({ _id: 2 })).rejects.toMatchObject({ code: "FILES_NO_SPACE" });
      await expect(c.insertOne({ _id: 3 })).rejects.toMatchObject({ code: "DOCDB_DATABASE_FAILED" });
      await expect(c.get(1)).rejects.toMatchObject({ code: "DOCDB_DATABASE_FAILED" });
      await db.close();
      await using again = await Database.open("t.db", { vfs });
      expect(await again.collection("c").get(1)).toEqual({ _id: 1 });
      expect(await again.collection("c").get(3)).toBeUndefined();
    },
  );

  it("undoes a transaction that fails in the middle: documents, indexes and counts", async () => {
    await using db = await Database.open("t.db", { vfs: new MemoryVfs() });
    const c = db.collection("c");
    await c.createIndex("mail", { unique: true });
    await c.insertOne({ _id: 1, mail: "a" });
    const before = await db.stats();
    const many = Array.from({ length: 50 }, (_, i) => ({
      _id: 10 + i,
      mail: `m${i}`,
      pad: "p".repeat(3000),
    }));
    await expect(c.insertMany([...many, { _id: 99, mail: "a" }])).rejects.toMatchObject({
      code: "DOCDB_KEY_DUPLICATE",
    });
    const large = many.map((document) => ({ ...document, pad: "p".repeat(100_000) }));
    await expect(c.insertMany([...large, { _id: 99, mail: "a" }])).rejects.toMatchObject({
      code: "DOCDB_KEY_DUPLICATE",
    });
    const after = await db.stats();
    expect(after).toMatchObject({
      collections: before.collections,
      pages: before.pages,
      freePages: before.freePages,
    });
    expect(await c.countDocuments({ mail: { $gte: "" } })).toBe(1);
    await c.insertMany(many);
    expect(await c.find({ mail: "m7" }).toArray()).toMatchObject([{ _id: 17 }]);
  });

  it("finds a document with many matching elements once, by the index that it says", async () => {
    await using db = await Database.open("t.db", { vfs: new MemoryVfs() });
    const c = db.collection("c");
    await c.createIndex("tags");
    await c.insertMany([{ _id: 1, tags: [1, 2, 3] }, { _id: 2, tags: 2 }, { _id: 3, tags: [] }, { _id: 4 }]);
    const cursor = c.find({ tags: { $in: [3, 2, 1] } });
    expect((await cursor.toArray()).map(({ _id }) => _id)).toEqual([1, 2]);
    expect(await cursor.explain()).toMatchObject({
      index: "tags_1",
      ranges: 3,
      keysExamined: 4,
      documentsReturned: 2,
    });
    expect(await (await c.find({ other: 1 })).explain()).toMatchObject({ index: undefined });
    expect((await c.find({ tags: null }).toArray()).map(({ _id }) => _id)).toEqual([4]);
  });

  it("says so when a sort needs more memory than it may take", async () => {
    await using db = await Database.open("t.db", { vfs: new MemoryVfs() });
    const c = db.collection("c");
    await c.insertMany(Array.from({ length: 100 }, (_, _id) => ({ _id, pad: "p".repeat(1000) })));
    await expect(
      c.find({}, { sort: { pad: 1 }, sortBytes: 50_000, allowDiskUse: false }).toArray(),
    ).rejects.toMatchObject({
      code: "DOCDB_SORT_TOO_LARGE",
    });
    expect(await c.find({}, { sort: { _id: -1 }, sortBytes: 50_000, limit: 3 }).toArray()).toHaveLength(3);
  });

  it.each([
    [{ a: { $gtt: 1 } }, /DOCDB_OPERATOR_UNKNOWN|"\$gt", perhaps/],
    [{ $where: "1" }, /filter operator: got "\$where"/],
    [{ a: { $in: 1 } }, /expected an array/],
    [{ $or: [] }, /at least one filter/],
    [{ a: { $not: 1 } }, /object of operators/],
  ])("refuses the filter %j by name", async (filter, message) => {
    await using db = await Database.open("t.db", { vfs: new MemoryVfs() });
    expect(() => db.collection("c").find(filter)).toThrow(message);
  });

  it("refuses names, ids and options that cannot be", async () => {
    await using db = await Database.open("t.db", { vfs: new MemoryVfs() });
    expect(() => db.collection("")).toThrow(/collection name/);
    await expect(db.collection("c").insertOne({ _id: [1] })).rejects.toThrow(/no array/);
    await expect(db.collection("c").insertOne({ _id: "x".repeat(2000) })).rejects.toThrow(
      /at most 1024 bytes/,
    );
    await expect(Database.open("u.db", { vfs: new MemoryVfs(), cacheBytes: 1 })).rejects.toThrow(
      /cacheBytes/,
    );
    await expect(Database.open("no/u.db", { vfs: new MemoryVfs() })).rejects.toMatchObject({
      code: "FILES_NOT_FOUND",
    });
    await expect(Database.open("u.db", { vfs: new MemoryVfs(), create: false })).rejects.toMatchObject({
      code: "FILES_NOT_FOUND",
    });
  });
});
