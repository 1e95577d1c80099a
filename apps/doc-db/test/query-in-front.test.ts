import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { expect, it } from "vitest";
import { Database, type Document, from } from "../src/extras.ts";
import { queryInFront } from "../src/mql/pipeline/query-in-front.ts";

const COUNT = 600;

async function people(): Promise<Database> {
  const db = await Database.open("front.db", { vfs: new MemoryVfs(), durability: "memory" });
  const random = seededRandom(3);
  const c = db.collection("c");
  await c.createIndex({ born: 1, _id: 1 });
  await c.createIndex("city");
  await c.insertMany(
    Array.from({ length: COUNT }, (_, _id) => ({
      _id,
      born: random.nextInt(0, 99),
      city: random.nextInt(0, 9),
      tags: [random.nextInt(0, 3), random.nextInt(0, 3)],
    })),
  );
  return db;
}

it("stages in front that a query answers give what they give as stages", async () => {
  await using db = await people();
  const c = db.collection("c");
  const random = seededRandom(4);
  const matches: readonly Document[] = [
    { born: { $gte: 40 } },
    { city: 3 },
    { tags: 2 },
    { $expr: { $lt: ["$born", "$_id"] } },
    {},
  ];
  const match = (): Document => ({ $match: matches[random.nextInt(0, matches.length - 1)]! });
  for (let round = 0; round < 150; round++) {
    const direction = random.next() < 0.5 ? 1 : -1;
    const sort = [
      { born: direction, _id: direction },
      { city: -1, _id: 1 },
      { tags: direction, _id: -1 },
    ][random.nextInt(0, 2)]!;
    const stages: Document[] = [];
    for (let i = random.nextInt(0, 3); i > 0; i--) stages.push(match());
    stages.push({ $sort: sort });
    if (random.next() < 0.5) stages.push({ $skip: random.nextInt(0, 50) });
    if (random.next() < 0.5) stages.push({ $limit: random.nextInt(1, 80) });
    if (random.next() < 0.3) stages.push(match());
    if (random.next() < 0.3) stages.push({ $group: { _id: "$city", first: { $first: "$$ROOT" } } });
    const asStages = await c.aggregate([{ $project: { none: 0 } }, ...stages]).toArray();
    expect(await c.aggregate(stages).toArray(), JSON.stringify(stages)).toEqual(asStages);
  }
});

it("a pipeline reads no more than its query has to", async () => {
  await using db = await people();
  const c = db.collection("c");
  const read = async (stages: readonly Document[]): Promise<readonly [string | undefined, number]> => {
    const cursor = c.aggregate(stages);
    await cursor.toArray();
    const { index, documentsExamined } = await cursor.explain();
    return [index, documentsExamined];
  };
  const all = (await c.find({ city: 3 }).toArray()).length;
  expect(await read([{ $match: {} }, { $match: { city: 3 } }])).toEqual(["city_1", all]);
  const [index, examined] = await read([{ $sort: { born: 1, _id: 1 } }, { $skip: 5 }, { $limit: 5 }]);
  expect(index).toBe("born_1__id_1");
  expect(examined).toBeLessThan(COUNT / 2);
});

it("words, places, and numbers of other types stay where they are", () => {
  const near = { $match: { at: { $near: [0, 0] } } };
  const words = { $match: { $text: { $search: "ada" } } };
  expect(queryInFront([words, near])).toMatchObject({ filter: words.$match, rest: [near] });
  expect(queryInFront([{ $match: { a: 1 } }, near])).toMatchObject({ filter: { a: 1 }, rest: [near] });
  expect(queryInFront([{ $sort: { a: 1n } }, { $limit: 1n }]).rest).toHaveLength(2);
  expect(queryInFront([{ $limit: 1 }, { $skip: 1 }])).toMatchObject({ limit: 1, rest: [{ $skip: 1 }] });
});

it("the fluent builder explains what it ran", async () => {
  await using db = await people();
  const query = from<{ _id: number; born: number; city: number }>(db, "c");
  const found = await query.where("born", "<", 50).where("city", "=", 4).groupBy(["born"], {}).explain();
  expect(found).toMatchObject({ index: expect.stringContaining("city_1"), winningPlan: { stage: "FETCH" } });
  const last = await query.orderBy("born", "descending").orderBy("_id", "descending").limit(3).explain();
  expect(last).toMatchObject({ index: "born_1__id_1", documentsReturned: 3 });
  expect(last.documentsExamined).toBeLessThan(COUNT / 2);
});
