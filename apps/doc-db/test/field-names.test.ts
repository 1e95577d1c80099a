import { createHash } from "node:crypto";
import { readU32 } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { expect, it, vi } from "vitest";
import { putInTree } from "../src/btree/tree.ts";
import { loadNames } from "../src/catalog-names.ts";
import { fieldNamesOf } from "../src/document/field-names.ts";
import type { Database, Document } from "../src/extras.ts";
import { CATALOG_PAGE } from "../src/storage/page-format.ts";
import { newPager } from "./new-pager.ts";

const NAMES = ["a rather long name of a field", "another name that is as long", "and a third one"];
const shaped = (id: number): Document => ({
  _id: id,
  [NAMES[0]!]: `value ${id}`,
  [NAMES[1]!]: { inner: id, [NAMES[2]!]: [{ [NAMES[0]!]: 1, [NAMES[1]!]: 2 }, { other: "shape" }] },
});
const shapes = (from: number, to: number): Document[] =>
  Array.from({ length: to - from }, (_, i) => shaped(from + i));

/** As another process does, which knows no names but those of the file. */
async function openElsewhere(vfs: MemoryVfs, path = "names.db"): Promise<Database> {
  vi.resetModules();
  const { Database } = await import("../src/extras.ts");
  return Database.open(path, { vfs });
}

async function occurrences(vfs: MemoryVfs, path: string, text: string): Promise<number> {
  await using file = await vfs.open(path, "r");
  const bytes = Buffer.alloc(await file.size());
  await file.read(bytes, 0);
  let count = 0;
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) count++;
  return count;
}

async function checkAll(db: Database, count: number): Promise<void> {
  for (let id = 0; id < count; id++) expect(db.collection("c").getSync(id)).toEqual(shaped(id));
  expect(await db.collection("c").find().toArray()).toHaveLength(count);
  expect(await db.collection("c").countDocuments({ [`${NAMES[1]!}.inner`]: { $gte: 10 } })).toBe(count - 10);
  expect(await db.verify()).toEqual([]);
}

it("documents of one shape have their names in the file a few times, and another process reads them", async () => {
  const vfs = new MemoryVfs();
  {
    await using db = await openElsewhere(vfs);
    await db.collection("c").insertMany(shapes(0, 500));
  }
  expect(await occurrences(vfs, "names.db", NAMES[1]!)).toBeLessThan(40);
  {
    await using db = await openElsewhere(vfs);
    await checkAll(db, 500);
    // What is the same stays so, however it is stored.
    const result = await db.collection("c").updateMany({}, { $set: { [NAMES[0]!]: "value 7" } });
    expect(result).toMatchObject({ matchedCount: 500, modifiedCount: 499 });
    const again = await db.collection("c").updateMany({}, { $set: { [NAMES[0]!]: "value 7" } });
    expect(again).toMatchObject({ matchedCount: 500, modifiedCount: 0 });
  }
  await using db = await openElsewhere(vfs);
  await db.rescue("saved.db");
  await using saved = await openElsewhere(vfs, "saved.db");
  expect(saved.collection("c").getSync(9)).toEqual({ ...shaped(9), [NAMES[0]!]: "value 7" });
});

it("names that an undone change brought are brought again by the next one", async () => {
  const vfs = new MemoryVfs();
  {
    await using db = await openElsewhere(vfs);
    const failing = db.collection("c").insertMany([...shapes(0, 30), shaped(0)]);
    await expect(failing).rejects.toMatchObject({ code: "DOCDB_KEY_DUPLICATE" });
    const abandoned = db.transaction();
    await db.collection("c", abandoned).insertMany(shapes(0, 30));
    await abandoned.abort();
    await db.collection("c").insertMany(shapes(0, 20));
  }
  {
    await using db = await openElsewhere(vfs);
    await checkAll(db, 20);
    const transaction = db.transaction();
    await db.collection("c", transaction).insertMany(shapes(20, 40));
    await transaction.commit();
  }
  await using db = await openElsewhere(vfs);
  await checkAll(db, 40);
});

it("names that are data are stored with each document, and fill no list", async () => {
  const vfs = new MemoryVfs();
  const document = (i: number): Document => ({ _id: i, [`name number ${i}`]: i, [`other ${i % 3}`]: 1 });
  {
    await using db = await openElsewhere(vfs);
    await db.collection("c").insertMany(Array.from({ length: 300 }, (_, i) => document(i)));
  }
  for (let i = 0; i < 300; i += 37)
    expect(await occurrences(vfs, "names.db", `name number ${i}`)).toBeGreaterThan(0);
  await using db = await openElsewhere(vfs);
  for (let i = 0; i < 300; i++) expect(db.collection("c").getSync(i)).toEqual(document(i));
});

it("a list that is no UTF-8, or not the one of its id, is an error of the file and no other", async () => {
  const { loadFieldNames } = await import("../src/document/field-names.ts");
  const list = Uint8Array.of(4, 0, 0xff, 0xfe, 0x61, 0x62, 3, 0, 0x63, 0x64, 0x65);
  const id = new Uint8Array(createHash("sha256").update(list).digest().subarray(0, 8));
  const error = expect.objectContaining({ code: "DOCDB_NAMES_CORRUPT" });
  expect(() => loadFieldNames(id, list, "names.db")).toThrow(error);
  const good = Uint8Array.of(4, 0, 0x7a, 0x7a, 0x61, 0x62, 3, 0, 0x63, 0x64, 0x65);
  expect(() => loadFieldNames(id, good, "names.db")).toThrow(error);
});

it("a damaged list is left to its documents, and the others are taken in", async () => {
  const pager = await newPager();
  const list = Uint8Array.of(5, 0, ...Buffer.from("other"), 5, 0, ...Buffer.from("names"));
  const id = new Uint8Array(createHash("sha256").update(list).digest().subarray(0, 8));
  const nameOf = (of: Uint8Array): Uint8Array => Uint8Array.of(0, ...of);
  // Lies before it in the catalog.
  putInTree(pager, CATALOG_PAGE, nameOf(new Uint8Array(8)), list.toReversed(), true);
  putInTree(pager, CATALOG_PAGE, nameOf(id), list, true);
  const [low, high] = [readU32(id, 0), readU32(id, 4)];
  expect(fieldNamesOf(low, high)).toBeUndefined();
  loadNames(pager);
  expect(fieldNamesOf(low, high)?.names).toEqual(["other", "names"]);
});
