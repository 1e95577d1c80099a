import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { expect, it } from "vitest";
import { BSONRegExp } from "../src/document/bson-types.ts";
import {
  compareValues,
  compileFilter,
  Database,
  type Document,
  matchesDocument,
  type Value,
} from "../src/extras.ts";
import { PAGE_SIZES } from "../src/storage/page-format.ts";
import { contentOf, idText, randomValue } from "./helpers.ts";

const FIELDS = ["a", "b", "a.b", "a.0"];

it("holds and finds what a map of documents holds, through random changes, indexes and reopenings", async () => {
  for (let seed = 0; seed < 12; seed++) {
    const random = seededRandom(seed);
    const vfs = new MemoryVfs();
    const model = new Map<string, Document>();
    const pageBytes = PAGE_SIZES[seed % PAGE_SIZES.length]!;
    const options = { vfs, pageBytes, cacheBytes: 64 * pageBytes + 256 * 1024, checkpointBytes: 64 * 1024 };
    let db = await Database.open("m.db", options);
    const anyId = (): Value => (random.next() < 0.7 ? random.nextInt(0, 40) : scalar(randomValue(random, 2)));
    for (let step = 0; step < 250; step++) {
      const c = db.collection("c");
      const how = `seed ${seed}, step ${step}`;
      const _id = anyId();
      const key = idText(_id);
      const document: Document = { _id, a: randomValue(random), b: randomValue(random) };
      switch (random.nextInt(0, 11)) {
        case 0:
        case 1:
        case 2:
        case 3:
          if (model.has(key)) await expect(c.insertOne(document), how).rejects.toThrow(/must be unique/);
          else {
            await c.insertOne(document);
            model.set(key, document);
          }
          break;
        case 4:
          expect(await c.replaceOne(document), how).toBe(model.has(key));
          if (model.has(key)) model.set(key, document);
          break;
        case 10: {
          // Every second of them in a way that only some documents take: then none is changed.
          const filter = randomFilter(random);
          const compiled = compileFilter(filter);
          const matching = [...model].filter(([, value]) => matchesDocument(compiled, value));
          const isNumeric = matching.every(([, { n }]) => n === undefined || typeof n === "number");
          if (step % 2 === 0 && !isNumeric) {
            await expect(c.updateMany(filter, { $inc: { n: 1 } }), how).rejects.toMatchObject({
              serverCode: 14,
            });
            break;
          }
          const n = random.next() < 0.2 ? "text" : random.nextInt(0, 9);
          const update = isNumeric && step % 2 === 0 ? { $inc: { n: 1 } } : { $set: { n } };
          expect(await c.updateMany(filter, update), how).toMatchObject({ matchedCount: matching.length });
          for (const [id, value] of matching) {
            model.set(id, { ...value, n: "$inc" in update ? Number(value.n ?? 0) + 1 : n });
          }
          break;
        }
        case 5:
          expect(await c.deleteOne({ _id: { $eq: _id } }), how).toBe(model.delete(key));
          break;
        case 6: {
          // One of them is there already: none is put in.
          const fresh = [
            { _id: `x${step}`, a: 1 },
            { ...document, _id: [...model.values()][0]?._id ?? `x${step}` },
          ];
          await expect(c.insertMany(fresh), how).rejects.toThrow(/must be unique/);
          break;
        }
        case 7:
          if (step % 5 === 0) await c.createIndex(FIELDS[random.nextInt(0, FIELDS.length - 1)]!);
          break;
        case 8:
          if (step % 3 === 0) {
            await db.close();
            db = await Database.open("m.db", options);
          }
          break;
        default: {
          const filter = randomFilter(random);
          const compiled = compileFilter(filter);
          const expected = new Map([...model].filter(([, value]) => matchesDocument(compiled, value)));
          expect(await contentOf(c, filter), `${how} ${JSON.stringify(Object.keys(filter))}`).toEqual(
            expected,
          );
          expect(await c.countDocuments(filter), how).toBe(expected.size);
          const sorted = await c.find(filter, { sort: { "a.b": -1, _id: 1 }, skip: 1, limit: 5 }).toArray();
          expect(sorted.length, how).toBe(Math.max(0, Math.min(5, expected.size - 1)));
        }
      }
      expect(await db.collection("c").get(_id), how).toEqual(model.get(key));
      expect(await db.collection("c").countDocuments(), how).toBe(model.size);
    }
    expect(await contentOf(db.collection("c"))).toEqual(model);
    await db.close();
  }

  function randomFilter(random: ReturnType<typeof seededRandom>): Document {
    const field = FIELDS[random.nextInt(0, FIELDS.length - 1)]!;
    // A regex matches by its own rules, which comparisons refuse.
    const noRegex = (value: Value): Value => (value instanceof BSONRegExp ? 0 : value);
    const value = noRegex(randomValue(random));
    const other = noRegex(randomValue(random));
    const operators: Document[] = [
      { $eq: value },
      { $gt: value },
      { $gte: value, $lte: other },
      { $lt: value },
      { $gt: -3, $lt: 3 },
      { $in: [value, other, 1, null] },
      { $ne: value },
      { $not: { $gte: value } },
      { $exists: random.next() < 0.5 },
    ];
    return { [field]: operators[random.nextInt(0, operators.length - 1)]! };
  }
});

it("sorts as a sort of all documents does", async () => {
  const random = seededRandom(5);
  await using db = await Database.open("s.db", { vfs: new MemoryVfs() });
  const documents = Array.from({ length: 300 }, (_, _id) => ({
    _id,
    a: scalar(randomValue(random)),
    b: random.nextInt(0, 3),
  }));
  await db.collection("c").insertMany(documents);
  const expected = documents.toSorted((x, y) => y.b - x.b || compareValues(x.a, y.a) || x._id - y._id);
  const sort = { b: -1, a: 1, _id: 1 } as const;
  expect(await db.collection("c").find({}, { sort }).toArray()).toEqual(expected);
  expect(await db.collection("c").find({}, { sort, skip: 7, limit: 5 }).toArray()).toEqual(
    expected.slice(7, 12),
  );
});

function scalar(value: Value): Value {
  return Array.isArray(value) ? "array" : value;
}
