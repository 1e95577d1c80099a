import { type SeededRandom, seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { describe, expect, it } from "vitest";
import { ALL_KEYS, pagesOfTree, scanTree } from "../src/btree/scan.ts";
import { createTree } from "../src/btree/tree.ts";
import { ObjectId } from "../src/document/object-id.ts";
import type { Value } from "../src/document/value.ts";
import { Database } from "../src/extras.ts";
import { hasPosting, PostingCursor, type PostingPlace } from "../src/indexes/posting-cursor.ts";
import { documentsIn, MAX_POSTING_BYTES } from "../src/indexes/posting-format.ts";
import { PostingWriter } from "../src/indexes/posting-writer.ts";
import { encodeKey } from "../src/keys/encode-key.ts";
import { indexEntryKey } from "../src/keys/index-keys.ts";
import type { Pager } from "../src/storage/pager.ts";
import { hex, newPager } from "./new-pager.ts";

function placeOf(value: Value, id: Value): PostingPlace {
  const idKey = encodeKey(id);
  return { key: indexEntryKey(encodeKey(value), idKey), idBytes: idKey.length };
}

function read(
  pager: Pager,
  root: number,
  isDescending: boolean,
  after?: PostingPlace,
  most = Number.POSITIVE_INFINITY,
): string[] {
  const found: string[] = [];
  const cursor = new PostingCursor(pager, root, ALL_KEYS, after, isDescending);
  while (found.length < most && cursor.next()) {
    const { key, idBytes } = cursor.place();
    expect(hex(cursor.bytes.subarray(cursor.idStart, cursor.idEnd))).toBe(
      hex(key.subarray(key.length - idBytes)),
    );
    found.push(hex(key));
  }
  return found;
}

const KINDS: readonly (readonly [name: string, id: (random: SeededRandom) => Value])[] = [
  ["dense numbers", (random) => random.nextInt(0, 3000)],
  ["sparse numbers", (random) => random.nextInt(0, 2 ** 31 - 1) * 1000],
  ["numbers up to the largest", (random) => Number.MAX_SAFE_INTEGER - random.nextInt(0, 2000) ** 4],
  ["texts", (random) => `user ${random.nextInt(0, 5000)}`],
  [
    "ObjectIds",
    (random) => new ObjectId((0x65000000 + random.nextInt(0, 5000)).toString(16).padEnd(24, "a")),
  ],
  ["long texts", (random) => String(random.nextInt(0, 300)).repeat(100)],
  [
    "values of every kind",
    (random) =>
      [random.nextInt(-50, 900), random.nextInt(0, 900) / 4, `t${random.nextInt(0, 99)}`, null, true][
        random.nextInt(0, 4)
      ]!,
  ],
];

describe("documents that share the entries of an index", () => {
  it.each(KINDS)("are those of a sorted list, through random changes: %s", async (_name, newId) => {
    const pager = await newPager();
    const root = createTree(pager);
    const random = seededRandom(11);
    const model = new Map<string, PostingPlace>();
    const values: Value[] = [1, 2, "x", "x".repeat(300), null];
    for (let step = 0; step < 90; step++) {
      const isGrowing = step % 80 < 50;
      const changed = new Map<string, PostingPlace>();
      for (let n = random.nextInt(1, 60); n > 0; n--) {
        const place = placeOf(values[random.nextInt(0, values.length - 1)]!, newId(random));
        changed.set(hex(place.key), place);
      }
      const sorted = [...changed].sort(([a], [b]) => (a < b ? -1 : 1));
      const writer = new PostingWriter(pager, root);
      if (isGrowing) {
        // Sorted, as in a batch; or one by one in any order.
        const order = random.next() < 0.5 ? sorted : sorted.sort(() => random.next() - 0.5);
        for (const [key, place] of order) {
          if (model.has(key)) continue;
          writer.add(place.key, place.idBytes);
          model.set(key, place);
        }
        writer.finish();
      } else {
        const some = [...model.values()].filter(() => random.next() < 0.15);
        for (const place of [...some, ...changed.values()])
          expect(writer.remove(place.key, place.idBytes)).toBe(model.delete(hex(place.key)));
      }
      const expected = [...model.keys()].sort();
      expect(read(pager, root, false)).toEqual(expected);
      expect(read(pager, root, true)).toEqual(expected.toReversed());
      for (const [key, place] of sorted.slice(0, 5)) {
        expect(hasPosting(pager, root, place)).toBe(model.has(key));
        expect(read(pager, root, false, place, 3)).toEqual(
          expected.filter((other) => other > key).slice(0, 3),
        );
        expect(read(pager, root, true, place, 3)).toEqual(
          expected
            .filter((other) => other < key)
            .slice(-3)
            .reverse(),
        );
      }
      const entries = scanTree(pager, root, ALL_KEYS, undefined, 1e9, 1e9);
      expect(entries.reduce((sum, { value }) => sum + documentsIn(value), 0)).toBe(model.size);
      expect(Math.max(0, ...entries.map(({ value }) => value.length))).toBeLessThanOrEqual(
        MAX_POSTING_BYTES + 3,
      );
      pager.commit();
      await pager.wal.flush();
      pager.releaseDurable();
    }
    const writer = new PostingWriter(pager, root);
    for (const { key, idBytes } of model.values()) expect(writer.remove(key, idBytes)).toBe(true);
    expect(pagesOfTree(pager, root)).toEqual([root]);
    expect(scanTree(pager, root, ALL_KEYS, undefined, 1, 1)).toEqual([]);
  });

  it.each([
    ["every second one of 20,000", 2, 20_000, 2],
    ["every fiftieth of 500,000", 50, 10_000, 1.2],
    ["a document in a thousand", 1000, 5000, 2.5],
  ])("take few bytes, put in at once or one by one: %s", async (_name, step, count, most) => {
    const pager = await newPager();
    for (const isAtOnce of [true, false]) {
      const root = createTree(pager);
      const writer = new PostingWriter(pager, root);
      for (let i = 0; i < count; i++) {
        const { key, idBytes } = placeOf("value", i * step);
        writer.add(key, idBytes);
        if (!isAtOnce) writer.finish();
      }
      writer.finish();
      expect(read(pager, root, false)).toHaveLength(count);
      const entries = scanTree(pager, root, ALL_KEYS, undefined, 1e9, 1e9);
      const bytes = entries.reduce((sum, { key, value }) => sum + key.length + value.length + 6, 0);
      expect(bytes / count).toBeLessThan(most);
    }
  });
});

it("an index of few values is much smaller than one entry a document was, and holds through a reopening", async () => {
  const vfs = new MemoryVfs();
  let db = await Database.open("p.db", { vfs });
  await db.collection("c").createIndex("group");
  const before = (await db.stats()).pages;
  const documents = Array.from({ length: 20_000 }, (_, i) => ({ _id: i, group: (i * 7919) % 10 }));
  for (let i = 0; i < documents.length; i += 5000)
    await db.collection("c").insertMany(documents.slice(i, i + 5000));
  await db.close();
  db = await Database.open("p.db", { vfs });
  expect(await db.verify()).toEqual([]);
  expect(await db.collection("c").find({ group: 3 }).toArray()).toEqual(
    documents.filter(({ group }) => group === 3),
  );
  const last = db.collection("c").find({ group: { $gte: 8 } }, { sort: { group: -1 }, limit: 3 });
  expect(await last.toArray()).toEqual(
    documents
      .filter(({ group }) => group === 9)
      .slice(-3)
      .reverse(),
  );
  await db.collection("c").deleteMany({ group: { $ne: 4 } });
  expect(await db.verify()).toEqual([]);
  expect(await db.collection("c").countDocuments({ group: { $gte: 0 } })).toBe(2000);
  const { pages } = await db.stats();
  // 48 bytes a document and its slot in the tree; 30 in the index would be 74 pages more.
  expect(pages - before).toBeLessThan(190);
  await db.close();
});
