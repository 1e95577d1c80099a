import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Database, type Document, type Value } from "../src/extras.ts";

let db: Database;
const sales: { _id: number; shop: string; day: number; at: Date; sum: number }[] = [];

beforeAll(async () => {
  db = await Database.open("windows.db", { vfs: new MemoryVfs(), durability: "memory" });
  const random = seededRandom(11);
  for (let i = 0; i < 400; i++) {
    const day = random.nextInt(0, 60);
    const at = new Date(day * 86_400_000);
    sales.push({ _id: i, shop: `shop ${i % 3}`, day, at, sum: random.nextInt(1, 50) });
  }
  await db.collection("sales").insertMany(sales);
});

afterAll(() => db.close());

async function windowed(output: Document, sortBy: Document = { day: 1, _id: 1 }): Promise<Document[]> {
  const stage = { $setWindowFields: { partitionBy: "$shop", sortBy, output } };
  return db.collection("sales").aggregate([stage]).toArray();
}

/** The sales of each shop in the order of day and number: what a spreadsheet would have. */
const shops = [0, 1, 2].map((n) =>
  sales.filter(({ shop }) => shop === `shop ${n}`).sort((a, b) => a.day - b.day || a._id - b._id),
);

type Oracle = (shop: (typeof shops)[0], at: number) => Value;
const total = (part: readonly { sum: number }[]): number => part.reduce((sum, one) => sum + one.sum, 0);

const cases: readonly (readonly [string, Document, Oracle])[] = [
  ["numbers them", { $documentNumber: {} }, (_, at) => at + 1],
  ["sums all of a partition", { $sum: "$sum" }, (shop) => total(shop)],
  [
    "sums up to the current one",
    { $sum: "$sum", window: { documents: ["unbounded", "current"] } },
    (shop, at) => total(shop.slice(0, at + 1)),
  ],
  [
    "sums from the current one on",
    { $sum: "$sum", window: { documents: ["current", "unbounded"] } },
    (shop, at) => total(shop.slice(at)),
  ],
  [
    "takes the smallest of a few",
    { $min: "$sum", window: { documents: [-2, 3] } },
    (shop, at) => Math.min(...shop.slice(Math.max(0, at - 2), at + 4).map(({ sum }) => sum)),
  ],
  ["counts none before the first", { $sum: 1, window: { documents: [-3, -1] } }, (_, at) => Math.min(3, at)],
  [
    "looks back",
    { $shift: { output: "$sum", by: -2, default: "none" } },
    (shop, at) => shop[at - 2]?.sum ?? "none",
  ],
  ["looks ahead", { $shift: { output: "$sum", by: 1 } }, (shop, at) => shop[at + 1]?.sum ?? null],
];

describe("$setWindowFields", () => {
  it.each(cases)("%s", async (_name, output, oracle) => {
    const found = new Map((await windowed({ value: output })).map(({ _id, value }) => [_id, value]));
    for (const shop of shops) {
      for (const [at, { _id }] of shop.entries()) expect(found.get(_id)).toEqual(oracle(shop, at));
    }
  });

  it.each([1, -1])("ranks peers alike, in order %i", async (order) => {
    const found = await windowed({ rank: { $rank: {} }, dense: { $denseRank: {} } }, { day: order });
    for (const { _id, rank, dense } of found) {
      const { shop, day } = sales[_id as number]!;
      const before = sales.filter((one) => one.shop === shop && (one.day - day) * order < 0);
      expect([rank, dense]).toEqual([before.length + 1, new Set(before.map((one) => one.day)).size + 1]);
    }
  });

  it.each([
    ["numbers", "$day", "day", undefined],
    ["dates", "$at", "at", "day"],
  ])("takes ranges of %s", async (_name, _path, field, unit) => {
    for (const order of [1, -1]) {
      const window = unit === undefined ? { range: [-3, 5] } : { range: [-3, 5], unit };
      const found = await windowed({ value: { $sum: "$sum", window } }, { [field]: order });
      for (const { _id, value } of found) {
        const { shop, day } = sales[_id as number]!;
        const near = sales.filter((one) => {
          const distance = (one.day - day) * order;
          return one.shop === shop && distance >= -3 && distance <= 5;
        });
        expect(value).toBe(total(near));
      }
    }
  });

  it("takes time in proportion to the documents for running sums", async () => {
    const many = Array.from({ length: 20_000 }, (_, i) => ({ _id: i, one: 1 }));
    await db.collection("many").insertMany(many);
    const output = { value: { $sum: "$one", window: { documents: ["unbounded", "current"] } } };
    const stage = { $setWindowFields: { sortBy: { _id: 1 }, output } };
    const found = await db.collection("many").aggregate([stage]).toArray();
    expect(found.every(({ _id, value }) => value === (_id as number) + 1)).toBe(true);
  });

  it.each([
    [{ v: { $sum: 1, window: { documents: [2, 1] } } }, { day: 1 }, "not above the upper one"],
    [{ v: { $sum: 1, window: { range: [0, 1] } } }, { day: 1, _id: 1 }, "a sortBy of one field"],
    [{ v: { $sum: 1, window: { range: [0, 1], unit: "moon" } } }, { at: 1 }, "one of millisecond"],
    [{ v: { $sum: 1, window: { range: [0, 1] } } }, { shop: 1 }, "numbers to be sorted by"],
    [{ v: { $rank: {}, window: { documents: [0, 0] } } }, { day: 1 }, "no window"],
    [{ v: { $shift: { output: 1 } } }, { day: 1 }, "an integer"],
  ] as readonly (readonly [Document, Document, string])[])("refuses %j", async (output, sortBy, message) => {
    await expect(async () => windowed(output, sortBy)).rejects.toThrow(message);
  });
});
