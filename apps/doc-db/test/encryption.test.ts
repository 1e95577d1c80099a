import { MemoryVfs, type Vfs } from "@millrace/files";
import { afterEach, describe, expect, it, vi } from "vitest";
import { connect } from "../src/driver/connect.ts";
import { Database, type DatabaseOptions } from "../src/extras.ts";
import { Nonces } from "../src/storage/aes-gcm.ts";
import { KEY, PAGE_VARIANTS } from "./page-variants.ts";

const SMALL = { cacheBytes: 512 * 1024, checkpointBytes: 64 * 1024 };
/** In documents, names of collections and fields: none of it may be in a file. */
const SECRETS = ["Wolkenkuckucksheim", "geheimfeld", "geheimsammlung", "geheimindex"];

async function filesOf(vfs: Vfs, directory = "."): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const { name, kind } of await vfs.list(directory)) {
    const path = directory === "." ? name : `${directory}/${name}`;
    if (kind === "directory") {
      for (const [inner, bytes] of await filesOf(vfs, path)) files.set(inner, bytes);
      continue;
    }
    await using file = await vfs.open(path, "r");
    const bytes = Buffer.alloc(await file.size());
    await file.read(bytes, 0);
    files.set(path, bytes);
  }
  return files;
}

/** Files with one of the secrets, and how many there are. */
async function leaks(vfs: Vfs): Promise<{ count: number; names: string[]; leaking: string[] }> {
  const files = await filesOf(vfs);
  const leaking = [...files].filter(([, bytes]) => SECRETS.some((text) => bytes.includes(text)));
  return { count: files.size, names: [...files.keys()], leaking: leaking.map(([name]) => name) };
}

/** Does what writes every kind of file, and looks into all of them meanwhile. */
async function writeEverywhere(
  vfs: MemoryVfs,
  options: DatabaseOptions,
): Promise<{ kinds: string[]; leaking: string[] }> {
  const seen = new Set<string>();
  const leaking = new Set<string>();
  const look = async (): Promise<void> => {
    const found = await leaks(vfs);
    for (const name of found.names) seen.add(name.replace(/\/.*|-\d+$/, ""));
    for (const name of found.leaking) leaking.add(name);
  };
  const db = await Database.open("t.db", { ...SMALL, vfs, ...options });
  const c = db.collection("geheimsammlung");
  await c.createIndex({ geheimfeld: 1 }, { name: "geheimindex" });
  await c.insertMany(
    Array.from({ length: 300 }, (_, _id) => ({ _id, geheimfeld: `Wolkenkuckucksheim ${_id}` })),
  );
  await look();
  await c.importFrom(
    (async function* () {
      for (let i = 0; i < 3000; i++) {
        if (i === 2900) await look();
        yield { _id: 1000 + i, geheimfeld: `Wolkenkuckucksheim ${i}`, pad: "Wolkenkuckucksheim ".repeat(15) };
      }
    })(),
  );
  await db.checkpoint();
  let read = 0;
  for await (const { geheimfeld } of c.find({}, {
    sort: { pad: 1 },
    sortBytes: 100_000,
    allowDiskUse: true,
  } as never)) {
    expect(geheimfeld).toMatch(/^Wolkenkuckucksheim/);
    if (read++ === 10) await look();
  }
  expect(read).toBe(3300);
  await db.backup("copy.db");
  await look();
  await db.close();
  await look();
  return { kinds: [...seen].sort(), leaking: [...leaking] };
}

afterEach(() => vi.restoreAllMocks());

describe("an encrypted database", () => {
  it("has nothing of its content readable in any file, while it is written and after", async () => {
    const kinds = ["copy.db", "t.db", "t.db-scratch", "t.db-spill", "t.db-wal"];
    expect(await writeEverywhere(new MemoryVfs(), { key: KEY })).toEqual({ kinds, leaking: [] });
    expect(await writeEverywhere(new MemoryVfs(), { key: KEY, compression: "zstd" })).toEqual({
      kinds,
      leaking: [],
    });
    // The test can find what it looks for.
    const plain = await writeEverywhere(new MemoryVfs(), {});
    expect(plain.kinds).toEqual(kinds);
    expect(new Set(plain.leaking.map((name) => name.replace(/\/.*|-\d+$/, "")))).toEqual(new Set(kinds));
  });

  it("never has one nonce twice, over openings and crashes", async () => {
    const given: string[] = [];
    const next = Nonces.prototype.next;
    vi.spyOn(Nonces.prototype, "next").mockImplementation(function (this: Nonces) {
      const nonce = next.call(this);
      given.push(Buffer.from(nonce).toString("hex"));
      return nonce;
    });
    const vfs = new MemoryVfs();
    for (let round = 0; round < 6; round++) {
      const db = await Database.open("t.db", { ...SMALL, vfs, key: KEY, compression: "zstd" });
      await db.collection("c").insertMany(Array.from({ length: 50 }, (_, i) => ({ _id: round * 50 + i, i })));
      if (round % 2 === 0) await db.checkpoint();
      await db.close();
    }
    expect(given.length).toBeGreaterThan(30);
    expect(new Set(given).size).toBe(given.length);
    // The numbers of the openings differ, not the random part alone.
    expect(new Set(given.map((nonce) => nonce.slice(0, 8))).size).toBe(6);
  });

  it("opens with its password alone, and says what is wrong with another one", async () => {
    const vfs = new MemoryVfs();
    const open = (options: DatabaseOptions): Promise<Database> => Database.open("t.db", { vfs, ...options });
    {
      await using db = await open({ password: "Pass\u00e9" });
      await db.collection("c").insertOne({ _id: 1 });
    }
    const files = (await filesOf(vfs)).size;
    await expect(open({})).rejects.toMatchObject({ code: "DOCDB_PASSWORD_MISSING" });
    await expect(open({ password: "pass" })).rejects.toMatchObject({ code: "DOCDB_PASSWORD_WRONG" });
    await expect(open({ key: KEY })).rejects.toMatchObject({ code: "DOCDB_PASSWORD_WRONG" });
    expect((await filesOf(vfs)).size).toBe(files);
    // The same letters, written by another keyboard.
    await using db = await open({ password: "Passe\u0301" });
    expect(await db.collection("c").countDocuments()).toBe(1);
    expect(await db.stats()).toMatchObject({ isEncrypted: true, compression: "none" });
  });

  it("refuses passwords that would protect nothing, and those of files that are not encrypted", async () => {
    const vfs = new MemoryVfs();
    await (await Database.open("plain.db", { vfs })).close();
    const refused = (options: DatabaseOptions): Promise<unknown> =>
      Database.open("plain.db", { vfs, ...options }).then(
        (db) => db.close().then(() => "opened"),
        (error: { code: string }) => error.code,
      );
    expect(await refused({ password: "x" })).toBe("DOCDB_PASSWORD_UNUSED");
    expect(await refused({ password: "" })).toBe("DOCDB_OPTION_VALUE");
    expect(await refused({ key: new Uint8Array(16) })).toBe("DOCDB_OPTION_VALUE");
    expect(await refused({ key: KEY, password: "x" })).toBe("DOCDB_OPTION_VALUE");
    expect(await refused({ compression: "zstd" })).toBe("DOCDB_COMPRESSION_FIXED");
    expect(await refused({ compression: "lzma" as never })).toBe("DOCDB_OPTION_VALUE");
    expect(await refused({ compression: "none" })).toBe("opened");
    await expect(
      Database.open("plain.db", { vfs }).then(async (db) => {
        await using _ = db;
        await db.rekey({ password: "x" });
      }),
    ).rejects.toMatchObject({ code: "DOCDB_PASSWORD_UNUSED" });
  });

  it("finds a header and log records that somebody without the key changed", async () => {
    const vfs = new MemoryVfs();
    const options = { ...SMALL, vfs, key: KEY };
    await (await Database.open("t.db", options)).close();
    await using file = await vfs.open("t.db", "r+");
    const header = new Uint8Array(512);
    const { crc32c, writeU32 } = await import("@millrace/base");
    for (const copy of [0, 8192]) {
      await file.read(header, copy);
      // Another number of pages, and the checksum put right.
      writeU32(header, 40, 3);
      writeU32(header, 508, crc32c(header, 0, 0, 508));
      await file.write(header, copy);
    }
    await expect(Database.open("t.db", options)).rejects.toMatchObject({ code: "DOCDB_HEADER_CORRUPT" });
  });
});

describe("rekey", () => {
  it("takes the new password from then on, and the old one no more", async () => {
    const vfs = new MemoryVfs();
    {
      await using db = await Database.open("t.db", { vfs, password: "old", compression: "zstd" });
      await db.collection("c").insertOne({ _id: 1 });
      await db.backup("before.db");
      await db.rekey({ password: "new" });
      await db.collection("c").insertOne({ _id: 2 });
      await db.backup("after.db");
    }
    for (const path of ["t.db", "after.db"]) {
      await expect(Database.open(path, { vfs, password: "old" })).rejects.toMatchObject({
        code: "DOCDB_PASSWORD_WRONG",
      });
      await using db = await Database.open(path, { vfs, password: "new" });
      expect(await db.collection("c").countDocuments()).toBe(2);
    }
    // Neither header copy has the old one's wrapping.
    await using before = await vfs.open("before.db", "r");
    const wrapped = Buffer.alloc(32);
    await before.read(wrapped, 144);
    const bytes = (await filesOf(vfs)).get("t.db")!;
    expect(bytes.subarray(0, 16_384).includes(wrapped)).toBe(false);
    await using copy = await Database.open("before.db", { vfs, password: "old" });
    expect(await copy.collection("c").countDocuments()).toBe(1);
  });

  it("encrypts, decrypts and compresses a copy", async () => {
    const vfs = new MemoryVfs();
    await using db = await Database.open("t.db", { vfs });
    await db
      .collection("c")
      .insertMany(Array.from({ length: 500 }, (_, _id) => ({ _id, text: "text ".repeat(50) })));
    await db.checkpoint();
    await db.backup("locked.db", undefined, { key: KEY, compression: "deflate" });
    await using locked = await Database.open("locked.db", { vfs, key: KEY });
    const stats = await locked.stats();
    expect(stats).toMatchObject({ isEncrypted: true, compression: "deflate" });
    expect(stats.fileBytes).toBeLessThan((await db.stats()).fileBytes / 3);
    await locked.backup("free.db", undefined, { isEncrypted: false, compression: "none" });
    await using free = await Database.open("free.db", { vfs });
    expect(await free.collection("c").countDocuments()).toBe(500);
    expect(await free.stats()).toMatchObject({ isEncrypted: false, compression: "none" });
  });
});

describe.each(PAGE_VARIANTS)("a %s file", (_name, options) => {
  it("tells the page and byte of damage, and gives the other documents to a rescue", async () => {
    const vfs = new MemoryVfs();
    {
      await using db = await Database.open("t.db", { vfs, ...options });
      await db
        .collection("c")
        .insertMany(
          Array.from({ length: 2000 }, (_, _id) => ({ _id, n: _id % 7, text: `${_id} `.repeat(80) })),
        );
      await db.collection("c").createIndex("n");
    }
    await using file = await vfs.open("t.db", "r+");
    const byte = new Uint8Array(1);
    const at = 16_384 + 80 * 512;
    await file.read(byte, at);
    byte[0]! ^= 0x10;
    await file.write(byte, at);
    await using db = await Database.open("t.db", { vfs, ...options });
    const problems = await db.checkPages();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/t\.db.*byte \d+.*page \d+/);
    const { collections, problems: told } = await db.rescue("saved.db");
    expect(told.length).toBeGreaterThan(0);
    expect(collections[0]!.saved).toBeGreaterThan(1800);
    await using saved = await Database.open("saved.db", { vfs, ...options });
    expect(await saved.verify()).toEqual([]);
    expect(await saved.stats()).toMatchObject({ isEncrypted: options.key !== undefined });
  });

  it("is there after it was closed and came without its log, and is not longer than it has to be", async () => {
    const vfs = new MemoryVfs();
    {
      await using db = await Database.open("t.db", { vfs, ...SMALL, ...options });
      for (let i = 0; i < 300; i++) await db.collection("c").insertOne({ _id: i, pad: "p".repeat(i * 20) });
      await db.collection("c").deleteMany({ _id: { $gt: 10 } });
    }
    await vfs.remove("t.db-wal", { recursive: true });
    for (let round = 0; round < 3; round++) {
      await using db = await Database.open("t.db", { vfs, ...SMALL, ...options });
      expect(await db.collection("c").countDocuments()).toBe(11 + round);
      await db.collection("c").insertOne({ _id: 1000 + round });
      expect(await db.verify()).toEqual([]);
    }
  });
});

describe("connect", () => {
  it("takes compression in the address, and the password beside it", async () => {
    const vfs = new MemoryVfs();
    {
      await using client = await connect("millrace://t.db?compression=zstd", { vfs, password: "p" });
      await client.db().collection("c").insertOne({ a: 1 });
    }
    await using db = await Database.open("t.db", { vfs, password: "p" });
    expect(await db.stats()).toMatchObject({ compression: "zstd", isEncrypted: true });
    await expect(connect("millrace://u.db?password=p", { vfs })).rejects.toMatchObject({
      code: "DOCDB_ADDRESS_INVALID",
    });
    await expect(connect("millrace://u.db?compression=fast", { vfs })).rejects.toMatchObject({
      code: "DOCDB_OPTION_VALUE",
    });
  });
});
