import { isMillraceError, seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { expect } from "vitest";
import { Database, type Document } from "../src/extras.ts";

/** More than any record of these changes has at its end. */
const RECORD_ZEROS = 2048;
const OPTIONS = { cacheBytes: 512 * 1024, expiryIntervalMs: 0 };

async function bytesOf(vfs: MemoryVfs, path: string): Promise<Uint8Array> {
  await using file = await vfs.open(path, "r");
  const bytes = new Uint8Array(await file.size());
  await file.read(bytes, 0);
  return bytes;
}

/** Puts files in without going by what is there. */
function diskWith(files: ReadonlyMap<string, Uint8Array>): MemoryVfs {
  const vfs = new MemoryVfs();
  vfs.makeDirectorySync("f.db-wal");
  for (const [path, bytes] of files) vfs.openSync(path, "create").writeSync(bytes, 0);
  return vfs;
}

const document = (_id: number): Document => ({
  _id,
  n: _id % 7,
  t: ["ada", "byron lace", "count"][_id % 3]!,
  v: [_id % 5, _id % 3],
  pad: "p".repeat(_id % 10 === 0 ? 9000 : 300),
});

/** What became of flipped bits. */
export interface FlippedBits {
  /** An error, or what verify says. */
  readonly found: number;
  /** Everything was as before. */
  readonly harmless: number;
  /** The last changes of the log were gone. */
  readonly cut: number;
}

/**
 * Flips a bit anywhere in a file and its log, and reads everything by every way: it is what it was, or an error says
 * where the damage is. Of the log's end a flip cannot be told from a torn write: the last changes are gone then.
 */
export async function flipBits(flips: number, seed: number): Promise<FlippedBits> {
  const source = new MemoryVfs();
  const db = await Database.open("f.db", { ...OPTIONS, vfs: source });
  const c = db.collection("c");
  await c.createIndex({ n: 1 });
  await c.createIndex({ t: "text" });
  await c.createIndex({ v: "vector" }, { dimensions: 2, m: 2, efConstruction: 8 });
  await c.insertMany(Array.from({ length: 30 }, (_, _id) => document(_id)));
  await db.checkpoint();
  for (let _id = 30; _id < 40; _id++) await c.insertOne(document(_id));
  const files = new Map<string, Uint8Array>();
  files.set("f.db", await bytesOf(source, "f.db"));
  for (const { name } of await source.list("f.db-wal")) {
    const bytes = await bytesOf(source, `f.db-wal/${name}`);
    // Without most of the zeros that the log writes ahead; a record may end with some.
    const end = bytes.findLastIndex((byte) => byte !== 0) + RECORD_ZEROS;
    files.set(`f.db-wal/${name}`, bytes.slice(0, end));
  }
  await db.close();
  const all = Array.from({ length: 40 }, (_, _id) => document(_id));
  const total = [...files.values()].reduce((sum, { length }) => sum + length, 0);
  const random = seededRandom(seed);
  const seen = { found: 0, harmless: 0, cut: 0 };
  for (let flip = 0; flip < flips; flip++) {
    const { path, bytes, at } = placeOf(files, random.nextInt(0, total - 1));
    const bit = random.nextInt(0, 7);
    bytes[at] = bytes[at]! ^ (1 << bit);
    const how = `bit ${bit} of byte ${at} of ${path}`;
    try {
      const damaged = await Database.open("f.db", { ...OPTIONS, vfs: diskWith(files) });
      const one = damaged.collection("c");
      const documents = one.find().toArraySync();
      const byIndex = [0, 1, 2, 3, 4, 5, 6].flatMap((n) => one.find({ n }).toArraySync());
      const count = await one.countDocuments();
      expect(documents, how).toEqual(all.slice(0, documents.length));
      expect([byIndex.length, count], how).toEqual([documents.length, documents.length]);
      if (path === "f.db") expect(documents.length, how).toBe(40);
      else expect(documents.length, how).toBeGreaterThanOrEqual(30);
      const problems = [...(await damaged.verify()), ...(await damaged.checkPages())];
      if (problems.length > 0) seen.found++;
      else if (documents.length < 40) seen.cut++;
      else seen.harmless++;
    } catch (error) {
      if (!isMillraceError(error) || !/CORRUPT|MISSING|UNKNOWN|SHORT|FOREIGN/.test(error.code))
        throw new Error(how, { cause: error });
      seen.found++;
    }
    bytes[at] = bytes[at]! ^ (1 << bit);
  }
  return seen;
}

/** A byte of all files together. */
function placeOf(
  files: ReadonlyMap<string, Uint8Array>,
  place: number,
): { path: string; bytes: Uint8Array; at: number } {
  let at = place;
  for (const [path, bytes] of files) {
    if (at < bytes.length) return { path, bytes, at };
    at -= bytes.length;
  }
  throw new RangeError(`no byte ${place}`);
}
