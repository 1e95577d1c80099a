import { type SeededRandom, seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { expect, it } from "vitest";
import { BSONRegExp } from "../src/document/bson-types.ts";
import { valueToJson } from "../src/document/extended-json.ts";
import { compileFilter, Database, type Document, matchesDocument, type Value } from "../src/extras.ts";
import { parseCollation, withCollation } from "../src/mql/collation.ts";
import { compileSort, type SortSpec } from "../src/query/sort.ts";
import { contentOf, idText, randomValue } from "./helpers.ts";

/** Every kind of index; the model knows nothing of them. */
const INDEXES: readonly { key: Document; options?: Record<string, Value> }[] = [
  { key: { a: 1 } },
  { key: { a: -1 } },
  { key: { a: 1, b: -1 } },
  { key: { b: 1, "a.b": 1, n: -1 } },
  { key: { "a.b": 1, "a.c": -1 } },
  { key: { n: -1, b: 1 }, options: { sparse: true } },
  { key: { n: 1 }, options: { partialFilterExpression: { n: { $gte: 2 } }, name: "partial" } },
  { key: { n: 1, b: "hashed" } },
  { key: { t: "hashed" } },
  { key: { "$**": 1 } },
  { key: { "$**": -1 }, options: { wildcardProjection: { a: 0 }, name: "wild" } },
  { key: { n: 1, "a.$**": 1 } },
  { key: { t: 1 }, options: { collation: { locale: "en", strength: 2 }, name: "folded" } },
  { key: { place: "2dsphere" } },
  { key: { n: 1, place: "2dsphere" } },
  { key: { flat: "2d" } },
  { key: { t: "text" } },
];
const WORDS = ["ada", "Ada", "adá", "byron", "Byron's", "count", "counting", "the", "x9"];
const COLLATION = { locale: "en", strength: 2 };

function place(random: SeededRandom): Value {
  const point = (): [number, number] => [random.nextInt(-180, 180), random.nextInt(-85, 85)];
  const kind = random.nextInt(0, 5);
  if (kind === 0) return null;
  if (kind === 1) {
    const [x, y] = point();
    return {
      type: "LineString",
      coordinates: [
        [x, y],
        [Math.max(-180, x - 20), Math.max(-85, y - 4)],
      ],
    };
  }
  return { type: "Point", coordinates: point() };
}

function randomDocument(random: SeededRandom, _id: Value): Document {
  const plain = (value: Value): Value => (value instanceof BSONRegExp ? 0 : value);
  const words = Array.from(
    { length: random.nextInt(0, 3) },
    () => WORDS[random.nextInt(0, WORDS.length - 1)]!,
  );
  const document: Record<string, Value> = { _id };
  if (random.next() < 0.8) document.a = plain(randomValue(random));
  if (random.next() < 0.8) document.b = plain(scalar(randomValue(random, 2)));
  if (random.next() < 0.7) document.n = random.nextInt(0, 4);
  if (random.next() < 0.8) document.t = words.join(" ");
  if (random.next() < 0.6) document.place = place(random);
  if (random.next() < 0.5) document.flat = [random.nextInt(-50, 50), random.nextInt(-50, 50)];
  return document;
}

function scalar(value: Value): Value {
  return Array.isArray(value) ? "array" : value;
}

function randomCondition(random: SeededRandom): Document {
  const value = ((): Value => {
    const random_ = randomValue(random);
    return random_ instanceof BSONRegExp ? 1 : random_;
  })();
  const n = random.nextInt(0, 4);
  const word = WORDS[random.nextInt(0, WORDS.length - 1)]!;
  const centre = [random.nextInt(-180, 180), random.nextInt(-85, 85)];
  const [x, y] = [random.nextInt(-50, 40), random.nextInt(-50, 40)];
  const conditions: Document[] = [
    { a: value },
    { a: { $in: [value, 1, "a"] } },
    { a: { $gt: -3 } },
    { a: { $lte: 3, $gt: -4 } },
    { "a.b": value },
    { "a.c": { $gte: value } },
    { "a.b": { $exists: true } },
    { b: value },
    { b: { $lt: value } },
    { b: null },
    { n },
    { n: { $gte: n } },
    { n: { $in: [n, 1] } },
    { n: { $exists: random.next() < 0.5 } },
    { t: word },
    { t: { $gte: word } },
    { place: { $geoWithin: { $centerSphere: [centre, random.next()] } } },
    {
      place: {
        $geoIntersects: {
          $geometry: { type: "LineString", coordinates: [centre, [-centre[0]! / 2, centre[1]! / 2 + 1]] },
        },
      },
    },
    {
      flat: {
        $geoWithin: {
          $box: [
            [x, y],
            [x + 20, y + 20],
          ],
        },
      },
    },
    { flat: { $geoWithin: { $center: [[x, y], 12] } } },
  ];
  return conditions[random.nextInt(0, conditions.length - 1)]!;
}

function randomFilter(random: SeededRandom): Document {
  const one = (): Document => randomCondition(random);
  switch (random.nextInt(0, 4)) {
    case 0:
      return { $or: [one(), { $and: [one(), one()] }, one()] };
    case 1:
      return { $and: [one(), one()] };
    case 2:
      return { $and: [one(), { $or: [one(), one()] }] };
    default:
      return one();
  }
}

const SORTS: readonly SortSpec[] = [
  { a: 1 },
  { n: -1, b: 1 },
  { n: 1, b: -1 },
  { b: 1, n: 1 },
  { _id: -1 },
  { b: -1, "a.b": -1, n: 1 },
];

/** Compares every answer with that of a scan over plain objects, under every index, after every change. */
it("finds by every kind of index what a look at all documents finds, through random changes", async () => {
  const used = new Set<string>();
  for (let seed = 0; seed < 20; seed++) {
    const random = seededRandom(seed);
    const vfs = new MemoryVfs();
    const options = { vfs, cacheBytes: 512 * 1024, checkpointBytes: 64 * 1024 };
    let db = await Database.open("m.db", options);
    const model = new Map<string, Document>();
    for (let step = 0; step < 140; step++) {
      const c = db.collection("c");
      const how = `seed ${seed}, step ${step}`;
      const _id = random.nextInt(0, 40);
      expect(await db.verify(), how).toEqual([]);
      switch (random.nextInt(0, 9)) {
        case 0:
        case 1:
        case 2: {
          const document = randomDocument(random, _id);
          const isNew = !model.has(idText(_id));
          const made = isNew ? c.insertOne(document) : c.replaceOne(document);
          const isTaken = await made.then(
            () => true,
            // Arrays in two fields, or a place that an index does not take: then nothing is changed.
            (error: { serverCode?: number }) =>
              [171, 16755, 16766].includes(error.serverCode ?? 0) ? false : Promise.reject(error),
          );
          if (isTaken) model.set(idText(_id), document);
          break;
        }
        case 3:
          expect(await c.deleteOne({ _id }), how).toBe(model.delete(idText(_id)));
          break;
        case 4: {
          const { key, options: more } = INDEXES[random.nextInt(0, INDEXES.length - 1)]!;
          await c.createIndex(key, more).catch((error: { serverCode?: number }) => {
            if (![85, 86, 171, 16755, 16766].includes(error.serverCode ?? 0)) throw error;
          });
          break;
        }
        case 5: {
          const names = (await c.listIndexes()).slice(1);
          if (names.length > 0 && step % 4 === 0)
            await c.dropIndex(String(names[random.nextInt(0, names.length - 1)]!.name));
          break;
        }
        case 6:
          if (step % 7 === 0) {
            await db.close();
            db = await Database.open("m.db", options);
          }
          break;
        default: {
          const filter = randomFilter(random);
          const isFolded = random.next() < 0.3;
          const collation = isFolded ? parseCollation(COLLATION) : undefined;
          const compiled = compileFilter(filter, collation);
          const expected = [...model.values()].filter((document) => matchesDocument(compiled, document));
          const sort = SORTS[random.nextInt(0, SORTS.length - 1)]!;
          const more = isFolded ? { collation: COLLATION } : {};
          const cursor = c.find(filter, { ...more, sort });
          const found = await cursor.toArray();
          const { index } = await cursor.explain();
          for (const name of index?.split(",") ?? []) used.add(name);
          const what = `${how} ${JSON.stringify(valueToJson(filter))} by ${index}`;
          expect(
            found.map(({ _id }) => Number(_id)).sort((a, b) => a - b),
            what,
          ).toEqual(expected.map(({ _id }) => Number(_id)).sort((a, b) => a - b));
          const sorter = withCollation(collation, () => compileSort(sort));
          for (let i = 1; i < found.length; i++)
            expect(
              sorter.compare(sorter.keyOf(found[i - 1]!), sorter.keyOf(found[i]!)),
              what,
            ).toBeLessThanOrEqual(0);
          const specs = (await c.listIndexes()).slice(1);
          // Every other index that holds all documents, by force.
          for (const spec of specs.filter((each) =>
            Object.values(each.key as Document).every((order) => order === 1 || order === -1),
          )) {
            const isWhole =
              spec.sparse !== true &&
              spec.partialFilterExpression === undefined &&
              !JSON.stringify(spec.key).includes("$**");
            if (!isWhole) continue;
            const forced = await c.find(filter, { ...more, hint: spec.name! }).toArray();
            expect(forced.length, `${what}, hint ${String(spec.name)}`).toBe(expected.length);
          }
        }
      }
    }
    expect(await contentOf(db.collection("c"))).toEqual(model);
    await db.close();
  }
  // Each kind had its part; hints and text apart.
  expect([...used].sort()).toMatchInlineSnapshot(`
    [
      "$**_1",
      "a.b_1_a.c_-1",
      "a_-1",
      "a_1",
      "a_1_b_-1",
      "b_1_a.b_1_n_-1",
      "flat_2d",
      "folded",
      "n_-1_b_1",
      "n_1_a.$**_1",
      "n_1_b_hashed",
      "n_1_place_2dsphere",
      "partial",
      "place_2dsphere",
      "t_hashed",
      "wild",
    ]
  `);
});

it("finds words by a text index as a look at all documents does", async () => {
  const random = seededRandom(4);
  await using db = await Database.open("t.db", { vfs: new MemoryVfs() });
  const c = db.collection("c");
  await c.createIndex({ t: "text" });
  const documents = Array.from({ length: 120 }, (_, _id) => randomDocument(random, _id));
  for (const { place: _, ...document } of documents) await c.insertOne(document as Document);
  for (const document of documents.filter(({ _id }) => Number(_id) % 3 === 0))
    await c.deleteOne({ _id: document._id! });
  await c.updateMany({ _id: { $mod: [3, 1] } }, { $set: { t: "count of nothing" } });
  const texts = new Map(
    documents
      .filter(({ _id }) => Number(_id) % 3 !== 0)
      .map(({ _id, t }) => [Number(_id), Number(_id) % 3 === 1 ? "count of nothing" : String(t ?? "")]),
  );
  const matching = (pattern: RegExp): number[] =>
    [...texts]
      .filter(([, text]) => pattern.test(text))
      .map(([id]) => id)
      .sort((a, b) => a - b);
  const find = async ($search: string, more = {}): Promise<number[]> =>
    (await c.find({ $text: { $search, ...more } }).toArray())
      .map(({ _id }) => Number(_id))
      .sort((a, b) => a - b);
  expect(await find("ADA")).toEqual(matching(/ad[aá]/i));
  expect(await find("counted")).toEqual(matching(/count/));
  expect(await find("the")).toEqual([]);
  expect(await find("ada -byron")).toEqual(matching(/^(?!.*byron).*ad[aá]/i));
  expect(await find("Ada", { $caseSensitive: true })).toEqual(matching(/\bAd[aá]/));
  expect(await find("adá", { $diacriticSensitive: true })).toEqual(matching(/adá/));
  const ranked = await c
    .find(
      { $text: { $search: "ada count" } },
      { projection: { s: { $meta: "textScore" } }, sort: { s: { $meta: "textScore" } } },
    )
    .toArray();
  expect(ranked.map(({ s }) => s)).toEqual(ranked.map(({ s }) => Number(s)).sort((a, b) => b - a));
  expect(ranked.every(({ s }) => Number(s) > 0)).toBe(true);
});
