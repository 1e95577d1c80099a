import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { readU32, seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { tempDirectory } from "@millrace/testkit";
import { describe, expect, it } from "vitest";
import { Database, type DatabaseOptions, type Document, restoreDatabase } from "../src/extras.ts";
import { connect } from "../src/index.ts";
import { PAGE_SIZES } from "../src/storage/page-format.ts";
import { KEY } from "./page-variants.ts";
import { docdb, json } from "./run-docdb.ts";

/** Of all lengths: in cells, in overflow pages, with keys of indexes as long as they may be. */
function documents(count: number): Document[] {
  const random = seededRandom(17);
  return Array.from({ length: count }, (_, _id) => ({
    _id,
    n: random.nextInt(0, 50),
    key: String.fromCharCode(97 + (_id % 26)).repeat([3, 300, 1500][_id % 3]!) + _id,
    text: "t".repeat([10, 900, 2500, 9000, 40_000][random.nextInt(0, 99) < 95 ? _id % 3 : 3 + (_id % 2)]!),
  }));
}

const FILES: readonly (readonly [string, DatabaseOptions])[] = [
  ["plain", {}],
  ["compressed and encrypted", { compression: "zstd", key: KEY }],
];

describe.each(PAGE_SIZES)("a file with pages of %i bytes", (pageBytes) => {
  it.each(FILES)(
    "holds what it was given, %s, through checkpoints, reopenings and damage",
    async (_name, options) => {
      const vfs = new MemoryVfs();
      const all = documents(600);
      // Room for 64 pages, of more than there are.
      const given = {
        ...options,
        vfs,
        cacheBytes: Math.max(512 * 1024, 64 * pageBytes),
        checkpointBytes: 256 * 1024,
      };
      const db = await Database.open("p.db", { ...given, pageBytes });
      const c = db.collection("c");
      await c.createIndex("key");
      await c.createIndex("n");
      for (let i = 0; i < 300; i += 50) await c.insertMany(all.slice(i, i + 50));
      // A transaction that memory has no room for.
      await c.importFrom(Readable.from(all.slice(300)));
      await c.deleteMany({ n: { $lt: 10 } });
      const left = all.filter(({ n }) => Number(n) >= 10);
      expect(await db.verify()).toEqual([]);
      await db.close();
      const bytes = new Uint8Array(16);
      await using file = await vfs.open("p.db", "r+");
      await file.read(bytes, 0);
      expect(readU32(bytes, 12)).toBe(pageBytes);
      // One header copy is enough: the other one is found without it. A packed file needs the newer one.
      if (options.key === undefined) await file.write(new Uint8Array(512), 0);
      await using again = await Database.open("p.db", given);
      expect(
        await again
          .collection("c")
          .find({}, { sort: { _id: 1 } })
          .toArray(),
      ).toEqual(left);
      for (const document of left.slice(0, 50))
        expect(await again.collection("c").findOne({ key: document.key! })).toEqual(document);
      expect(await again.checkPages()).toEqual([]);
      expect(await again.verify()).toEqual([]);
      expect(await again.stats()).toMatchObject({ pageBytes });
    },
  );

  it("is refused where other pages are asked for, and by a cache of fewer than 64", async () => {
    const vfs = new MemoryVfs();
    await (await Database.open("p.db", { vfs, pageBytes })).close();
    const other = pageBytes === 4096 ? 8192 : 4096;
    await expect(Database.open("p.db", { vfs, pageBytes: other })).rejects.toThrow(
      `p.db: was made with pages of ${pageBytes} bytes, not ${other}; "docdb compact --page-bytes ${other}" writes it anew`,
    );
    const few = Database.open("p.db", { vfs, cacheBytes: 512 * 1024 });
    if (pageBytes <= 8192) await (await few).close();
    else await expect(few).rejects.toThrow(`expected at least ${64 * pageBytes}`);
  });

  it("is shipped, and restored as it is", async () => {
    const vfs = new MemoryVfs();
    const db = await Database.open("a.db", { vfs, pageBytes, ship: { to: "target", intervalMs: 3_600_000 } });
    await db.collection("c").insertMany(documents(60));
    await db.sync();
    await db.collection("c").deleteOne({ _id: 7 });
    await db.close();
    await restoreDatabase("target", "b.db", { vfs });
    await using restored = await Database.open("b.db", { vfs, create: false });
    expect((await restored.stats()).pageBytes).toBe(pageBytes);
    expect(await restored.collection("c").countDocuments({})).toBe(59);
    expect(await restored.verify()).toEqual([]);
  });
});

it("pages of another size than there are, or without a power of two, are no option", async () => {
  const vfs = new MemoryVfs();
  for (const pageBytes of [2048, 65_536, 10_000, "8192" as never])
    await expect(Database.open("p.db", { vfs, pageBytes })).rejects.toThrow(
      "one of 4096, 8192, 16384, 32768",
    );
  expect(await vfs.exists("p.db")).toBe(false);
});

it("a command chooses the pages of a new file, and gives an old one others", async () => {
  using directory = tempDirectory();
  const db = join(directory.path, "p.db");
  const text = join(directory.path, "p.jsonl");
  await writeFile(
    text,
    documents(200)
      .map((document) => JSON.stringify(document))
      .join("\n"),
  );
  await json("import", "--db", db, "--collection", "c", "--page-bytes", "16KiB", text);
  expect(await json("stats", "--db", db)).toMatchObject({ pageBytes: 16_384 });
  expect((await docdb("stats", "--db", db)).out).toContain("of 16 KiB");
  await json("compact", "--db", db, "--page-bytes", "4096", "--compression", "zstd");
  expect(await json("stats", "--db", db)).toMatchObject({ pageBytes: 4096, compression: "zstd" });
  expect(await json("verify", "--db", db)).toMatchObject({ problems: [] });
  const { code, err } = await docdb("compact", "--db", db, "--page-bytes", "5000");
  expect([code, err]).toEqual([2, expect.stringContaining("one of 4096, 8192, 16384, 32768")]);
  expect(await json("stats", "--db", db)).toMatchObject({ pageBytes: 4096 });
});

it("an address chooses the pages of a new file", async () => {
  using directory = tempDirectory();
  const path = join(directory.path, "p.db");
  await using client = await connect(`millrace://${path}?pageBytes=32768`);
  await client.db().collection("c").insertOne({ a: 1 });
  await client.close();
  await using db = await Database.open(path);
  expect((await db.stats()).pageBytes).toBe(32_768);
});
