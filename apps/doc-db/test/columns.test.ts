import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { expect, it } from "vitest";
import { compileFilter, Database, type Document, matchesDocument, type Value } from "../src/extras.ts";
import { idText } from "./helpers.ts";

const open = (cacheBytes = 1024 * 1024): Promise<Database> =>
  Database.open("columns.db", { vfs: new MemoryVfs(), durability: "memory", cacheBytes });

const FILTERS: readonly Document[] = [
  { n: { $gt: 1 } },
  { n: { $in: [1, 2.5, null] }, flag: true },
  { flag: false, when: { $gte: new Date(2000) } },
  { city: "Ulm" },
  { $or: [{ city: { $gt: "K" } }, { n: { $exists: false } }], flag: { $ne: null } },
  { n: { $type: "double" } },
  { odd: { $gte: 0 } },
];

it("scans by columns find what a look at each document finds, whatever is changed between them", async () => {
  for (let seed = 0; seed < 4; seed++) {
    const random = seededRandom(seed);
    const pick = (values: readonly (Value | undefined)[]): Value | undefined =>
      values[random.nextInt(0, values.length - 1)];
    const made = (_id: number): Document => {
      const fields = {
        n: pick([0, 1, 2.5, -0, Number.NaN, null, undefined]),
        flag: pick([true, false, undefined]),
        city: pick(["Ulm", "Köln", "Bonn", "", null]),
        when: pick([new Date(1000), new Date(3000), undefined]),
        // Every second time with values that columns do not hold.
        odd: seed % 2 === 0 ? 1 : pick([1, [2, 3], { a: 1 }, 5n, "long ".repeat(50)]),
        text: "x".repeat(random.nextInt(0, 8) === 0 ? 9000 : random.nextInt(0, 300)),
      };
      const present = Object.entries(fields).filter(([, value]) => value !== undefined);
      return { _id, ...(Object.fromEntries(present) as Document) };
    };
    const model = new Map<number, Document>();
    await using db = await open();
    const people = db.collection("people");
    for (let _id = 0; _id < 300; _id++) model.set(_id, made(_id));
    await people.insertMany([...model.values()]);
    const check = async (how: string, reader = people): Promise<void> => {
      for (const filter of FILTERS) {
        const compiled = compileFilter(filter);
        const expected = [...model.values()].filter((document) => matchesDocument(compiled, document));
        const text = `${how}: ${JSON.stringify(filter)}`;
        expect(await reader.countDocuments(filter), text).toBe(expected.length);
        const found = await reader.find(filter).toArray();
        expect(new Map(found.map((document) => [idText(document._id!), document])), text).toEqual(
          new Map(expected.map((document) => [idText(document._id!), document])),
        );
        const groups = await reader
          .aggregate([
            { $match: filter },
            { $group: { _id: "$city", count: { $sum: 1 }, last: { $max: "$when" } } },
          ])
          .toArray();
        expect(
          groups.reduce((sum, { count }) => sum + Number(count), 0),
          text,
        ).toBe(expected.length);
        for (const { _id, last } of groups) {
          const times = expected
            .filter(({ city }) => (city ?? null) === _id)
            .map(({ when }) => when as Date | undefined)
            .filter((when) => when !== undefined);
          const latest = times.length === 0 ? null : new Date(Math.max(...times.map(Number)));
          expect(last, text).toEqual(latest);
        }
      }
    };
    for (let step = 0; step < 25; step++) {
      const how = `seed ${seed}, step ${step}`;
      const id = random.nextInt(0, 400);
      const document = made(id);
      switch (random.nextInt(0, 4)) {
        case 0:
          await people.deleteMany({ _id: { $gte: id, $lt: id + 10 } });
          for (let gone = id; gone < id + 10; gone++) model.delete(gone);
          break;
        case 1:
          await people.updateMany({ flag: true, n: { $gt: 0 } }, { $set: { city: "Bonn" } });
          for (const [_id, one] of model)
            if (one.flag === true && Number(one.n) > 0) model.set(_id, { ...one, city: "Bonn" });
          break;
        case 2:
          if (model.has(id)) await people.replaceOne(document);
          else await people.insertOne(document);
          model.set(id, document);
          break;
        case 3: {
          // What is taken back was never there, for those outside and afterwards.
          const transaction = db.transaction();
          const own = db.collection("people", transaction);
          await own.updateMany({}, { $set: { city: "Rom", n: 7 } });
          expect(await own.countDocuments({ city: "Rom" }), how).toBe(model.size);
          await check(`${how}, beside a transaction`);
          await transaction.abort();
          break;
        }
        default: {
          const before = [...model.values()].filter(({ city }) => city === "Ulm").length;
          const snapshot = db.snapshot();
          await people.updateMany({ city: "Ulm" }, { $set: { city: "Köln" } });
          for (const [_id, one] of model) if (one.city === "Ulm") model.set(_id, { ...one, city: "Köln" });
          expect(await db.collection("people", snapshot).countDocuments({ city: "Ulm" }), how).toBe(before);
          expect(await people.countDocuments({ city: "Ulm" }), how).toBe(0);
          snapshot.close();
        }
      }
      await check(how);
    }
    const { columns } = await db.stats();
    expect(columns.rows).toBeGreaterThan(10_000);
  }
});

it("the first scan of some fields makes no columns, the second one does, a change costs the leaf's alone", async () => {
  await using db = await open(4 * 1024 * 1024);
  const people = db.collection("people");
  const count = 2000;
  await people.insertMany(
    Array.from({ length: count }, (_, i) => ({ _id: i, n: i % 10, text: "y".repeat(200) })),
  );
  const scan = async (): Promise<{ rows: number; made: number }> => {
    const { rows, made } = (await db.stats()).columns;
    expect(await people.countDocuments({ n: { $lt: 3 } })).toBe(600);
    const { columns } = await db.stats();
    return { rows: columns.rows - rows, made: columns.made - made };
  };
  expect(await scan()).toEqual({ rows: 0, made: 0 });
  expect(await scan()).toEqual({ rows: count, made: count });
  expect(await scan()).toEqual({ rows: count, made: 0 });
  await people.updateOne({ _id: 700 }, { $inc: { n: 10 } });
  await people.updateOne({ _id: 700 }, { $inc: { n: -10 } });
  const { rows, made } = await scan();
  expect(rows).toBe(count);
  expect(made).toBeGreaterThan(0);
  expect(made).toBeLessThan(50);
});

it("columns stay within an eighth of the cache, and scans are right without them", async () => {
  const cacheBytes = 512 * 1024;
  await using db = await open(cacheBytes);
  const people = db.collection("people");
  for (let first = 0; first < 30_000; first += 5000)
    await people.insertMany(
      Array.from({ length: 5000 }, (_, i) => ({ _id: first + i, a: i % 7, b: i % 5, c: i % 3 })),
    );
  for (let round = 0; round < 3; round++) {
    for (const field of ["a", "b", "c"]) {
      expect(await people.countDocuments({ [field]: { $gte: 2 } })).toBeGreaterThan(5000);
      expect((await db.stats()).columns.bytes).toBeLessThanOrEqual(cacheBytes / 8);
    }
  }
});

it("a cursor whose columns make room for those of others goes on with documents as they are by then", async () => {
  await using db = await open(64 * 1024 * 1024);
  const people = db.collection("people");
  const count = 5000;
  const fields = Array.from({ length: 34 }, (_, i) => `field${i}`);
  await people.insertMany(
    Array.from({ length: count }, (_, _id) => ({
      _id,
      n: 0,
      ...Object.fromEntries(fields.map((name) => [name, _id % 2])),
    })),
  );
  // Columns have at most eight fields, so that this one is answered from the documents.
  const missing = Array.from({ length: 9 }, (_, i) => [`none${i}`, { $exists: false }]);
  const filters: readonly Document[] = [{ n: 0 }, { n: 0, ...(Object.fromEntries(missing) as Document) }];
  for (let scan = 0; scan < 2; scan++) expect(await people.countDocuments({ n: 0 })).toBe(count);
  const cursors = filters.map((filter) => people.find(filter)[Symbol.asyncIterator]());
  const firsts = await Promise.all(cursors.map((cursor) => cursor.next()));
  expect(firsts.map(({ value }) => (value as Document)._id)).toEqual([0, 0]);
  for (const name of fields) {
    for (let scan = 0; scan < 2; scan++)
      expect(await people.countDocuments({ [name]: { $gte: 1 } })).toBe(count / 2);
  }
  await people.updateMany({ _id: { $gte: count - 100 } }, { $set: { n: 1 } });
  const [byColumns, byDocuments] = await Promise.all(
    cursors.map(async (cursor) => {
      const ids: Value[] = [];
      for await (const { _id } of cursor) ids.push(_id!);
      return ids;
    }),
  );
  expect(byColumns).toEqual(byDocuments);
  expect(byColumns).toHaveLength(count - 101);
});
