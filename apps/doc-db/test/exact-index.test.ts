import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { expect, it } from "vitest";
import { Double } from "../src/document/bson-types.ts";
import { Decimal128 } from "../src/document/decimal128.ts";
import { compileFilter, Database, type Document, matchesDocument, type Value } from "../src/extras.ts";

const NUMBERS: readonly Value[] = [
  0,
  -0,
  1,
  1.5,
  -2,
  256,
  2 ** 31,
  2 ** 53,
  -(2 ** 53),
  0.1,
  1e-300,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  2n ** 53n + 1n,
  -7n,
  new Double(1),
  Decimal128.parse("0.1"),
  Decimal128.parse("1.50"),
  Decimal128.parse("1e400"),
];
const OTHERS: readonly Value[] = [
  "",
  "a",
  "a\0b",
  "ab",
  "b".repeat(700),
  "b".repeat(80),
  true,
  false,
  null,
  new Date(5),
  { x: 1 },
];

it.each([1, -1])(
  "queries that an index's keys answer alone find what a look at each document finds (%i)",
  async (direction) => {
    await using db = await Database.open("e.db", { vfs: new MemoryVfs(), durability: "memory" });
    const c = db.collection("c");
    await c.createIndex({ v: direction });
    const values = [...NUMBERS, ...OTHERS, undefined];
    const documents: Document[] = Array.from({ length: 400 }, (_, _id) => {
      const v = values[_id % values.length];
      return v === undefined ? { _id } : { _id, v };
    });
    await c.insertMany(documents);
    const random = seededRandom(direction + 1);
    const pick = (from: readonly Value[]): Value => from[random.nextInt(0, from.length - 1)]!;
    const check = async (filter: Document): Promise<void> => {
      const compiled = compileFilter(filter);
      const expected = documents
        .filter((document) => matchesDocument(compiled, document))
        .map(({ _id }) => _id);
      const text = JSON.stringify(filter, (_, value) => (typeof value === "bigint" ? `${value}n` : value));
      const found = (await c.find(filter).toArray()).map(({ _id }) => _id);
      expect(
        found.sort((a, b) => Number(a) - Number(b)),
        text,
      ).toEqual(expected);
      expect(await c.countDocuments(filter), text).toBe(expected.length);
    };
    for (const value of [...NUMBERS, ...OTHERS]) await check({ v: value });
    for (let step = 0; step < 600; step++) {
      const filter: Record<string, Value> = {};
      for (const operator of [
        ["$gt", "$gte"],
        ["$lt", "$lte"],
      ] as const)
        if (random.next() < 0.75)
          filter[operator[random.nextInt(0, 1)]!] = pick(random.next() < 0.9 ? NUMBERS : OTHERS);
      if (Object.keys(filter).length > 0) await check({ v: filter });
    }
  },
);

it("a count of an index's keys looks at no document, and a range leaves its open ends out", async () => {
  await using db = await Database.open("e.db", {
    vfs: new MemoryVfs(),
    durability: "memory",
    cacheBytes: 512 * 1024,
  });
  const c = db.collection("c");
  await c.createIndex("v");
  await c.insertMany(
    Array.from({ length: 5000 }, (_, _id) => ({ _id, v: _id % 100, text: "t".repeat(500) })),
  );
  await db.checkpoint();
  const pagesRead = async (): Promise<number> => (await db.stats()).io.pagesRead;
  const before = await pagesRead();
  expect(await c.countDocuments({ v: { $gt: 10, $lt: 90 } })).toBe(79 * 50);
  expect((await pagesRead()) - before).toBeLessThan(30);
  const cursor = c.find({ v: { $gt: 10, $lt: 12 } });
  expect(await cursor.toArray()).toHaveLength(50);
  expect(await cursor.explain()).toMatchObject({ keysExamined: 50, documentsExamined: 50 });
});
