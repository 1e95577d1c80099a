/** Damage to files whose pages are compressed or encrypted, and processes that are killed while they write them. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { readU16, readU32, seededRandom } from "@millrace/base";
import { MemoryVfs, type VfsFile } from "@millrace/files";
import { tempDirectory } from "@millrace/testkit";
import { describe, expect, it } from "vitest";
import { Database } from "../src/extras.ts";
import { leftOf } from "./helpers.ts";
import { PAGE_VARIANTS } from "./page-variants.ts";

const FLIPS = 150;
/** Each of them takes a recovery. */
const FLIPS_BEFORE_RECOVERY = 40;

/** Of words that compress, but not to nothing. */
function textOf(id: number): string {
  const random = seededRandom(id);
  return Array.from({ length: id * 4 }, () => random.nextInt(0, 9999)).join(" ");
}

async function flip(file: VfsFile, at: number, bit: number): Promise<void> {
  const byte = new Uint8Array(1);
  await file.read(byte, at);
  byte[0]! ^= 1 << bit;
  await file.write(byte, at);
}

/** A disk with a closed file, or one whose changes are in its log. */
async function filled(options: object, isClosed: boolean): Promise<MemoryVfs> {
  const vfs = new MemoryVfs();
  const db = await Database.open("t.db", { vfs, ...options });
  const c = db.collection("c");
  await c.createIndex("n");
  for (let _id = 0; _id < 60; _id++) await c.insertOne({ _id, n: _id % 7, text: textOf(_id) });
  if (isClosed) await db.close();
  return isClosed ? vfs : leftOf(vfs);
}

/** Opens and reads all. @returns whether damage was found @throws when something else is there than was written */
async function isDamageFound(vfs: MemoryVfs, options: object): Promise<boolean> {
  let db: Database | undefined;
  try {
    db = await Database.open("t.db", { vfs, ...options });
    const documents = await db.collection("c").find().toArray();
    for (const { _id, n, text } of documents) {
      const id = Number(_id);
      if (n !== id % 7 || text !== textOf(id)) throw new Error(`document ${id} is another one`);
    }
    if (documents.length === 60 && (await db.collection("c").countDocuments({ n: { $gte: 0 } })) === 60)
      return (await db.checkPages()).length > 0;
    throw new Error(`${documents.length} documents are there`);
  } catch (error) {
    const code = String((error as { code?: string }).code);
    if (!/^(DOCDB_(PAGE|HEADER|LOG|FORMAT|VERSION|FILE|PASSWORD)_|WAL_)/.test(code)) throw error;
    return true;
  } finally {
    await db?.close().catch(() => {});
  }
}

describe.each(PAGE_VARIANTS)("a %s file", (_name, options) => {
  it.each([true, false])(
    "gives its documents or an error for any bit that is flipped (closed: %s)",
    async (isClosed) => {
      const whole = await filled(options, isClosed);
      expect(await isDamageFound(await leftOf(whole), options)).toBe(false);
      const random = seededRandom(9);
      let found = 0;
      const flips = isClosed ? FLIPS : FLIPS_BEFORE_RECOVERY;
      for (let i = 0; i < flips; i++) {
        const vfs = await leftOf(whole);
        const path = isClosed || i % 2 === 0 ? "t.db" : `t.db-wal/${(await vfs.list("t.db-wal"))[0]!.name}`;
        await using file = await vfs.open(path, "r+");
        // Headers are a small part of all bytes.
        const size = path === "t.db" ? await file.size() : 60_000;
        const at =
          path === "t.db" && i % 8 === 0
            ? (i % 16) * 1024 + random.nextInt(0, 511)
            : random.nextInt(0, size - 1);
        await flip(file, at, random.nextInt(0, 7));
        if (await isDamageFound(vfs, options)) found++;
      }
      expect(found).toBeGreaterThan(flips / 8);
    },
  );

  it("says so when both copies of the page map's root are broken, and reads on when one is", async () => {
    const vfs = await filled(options, true);
    await using file = await vfs.open("t.db", "r+");
    const [first, second] = [new Uint8Array(512), new Uint8Array(512)];
    await file.read(first, 0);
    await file.read(second, readU32(first, 12));
    // The copy with the higher sequence counts.
    const header = readU32(first, 24) > readU32(second, 24) ? first : second;
    const at = readU32(header, 56) * 512;
    await flip(file, at + 7, 1);
    {
      await using db = await Database.open("t.db", { vfs, ...options });
      expect(await db.collection("c").countDocuments({ n: 3 })).toBe(9);
      expect((await db.checkPages()).join()).toMatch(/copy 1 of page 0/);
    }
    await flip(file, at + Math.ceil(readU16(header, 60) / 512) * 512 + 7, 1);
    const readAll = async (): Promise<unknown> => {
      await using db = await Database.open("t.db", { vfs, ...options });
      return await db.collection("c").find().toArray();
    };
    await expect(readAll()).rejects.toMatchObject({
      code: "DOCDB_PAGE_CORRUPT",
      message: expect.stringMatching(/page map/),
    });
  });
});

it("a process that is killed while it inserts into an encrypted file loses nothing that it acknowledged", async () => {
  using directory = tempDirectory();
  const path = join(directory.path, "t.db");
  const options = { compression: "zstd", password: "p" } as const;
  const script = join(import.meta.dirname, "insert-forever.ts");
  const acknowledged: number[] = [];
  for (let round = 0; round < 2; round++) {
    const child = spawn(process.execPath, [
      "--conditions=@millrace/source",
      script,
      path,
      String(round * 1_000_000),
      JSON.stringify(options),
    ]);
    let output = "";
    const signal = await new Promise((resolve) => {
      child.stdout.on("data", (chunk: Buffer) => {
        output += chunk.toString();
        if (output.length > 4000) child.kill("SIGKILL");
      });
      child.on("close", (_code, by) => resolve(by));
    });
    expect(signal).toBe("SIGKILL");
    acknowledged.push(...output.split("\n").slice(0, -1).map(Number));
    await using db = await Database.open(path, options);
    const c = db.collection("c");
    for (const id of acknowledged) expect((await c.get(id))?.value, `document ${id}`).toBe(id % 17);
    expect(await db.verify()).toEqual([]);
  }
  expect(acknowledged.length).toBeGreaterThan(500);
});
