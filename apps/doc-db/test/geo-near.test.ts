import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Database, type Document, type Value } from "../src/extras.ts";
import { haversine } from "./helpers.ts";

const EARTH_RADIUS_METRES = 6_378_100;
const CENTRE = [10, 50];
const near = { type: "Point", coordinates: CENTRE };

let db: Database;
const places: { _id: number; at: { type: string; coordinates: number[] }; kind: number; flat: number[] }[] =
  [];

beforeAll(async () => {
  db = await Database.open("near.db", { vfs: new MemoryVfs(), durability: "memory" });
  const random = seededRandom(12);
  for (let _id = 0; _id < 400; _id++) {
    const coordinates = [random.nextInt(-1800, 1800) / 10, random.nextInt(-900, 900) / 10];
    const flat = [random.nextInt(-100, 100), random.nextInt(-100, 100)];
    places.push({ _id, at: { type: "Point", coordinates }, kind: _id % 3, flat });
  }
  const c = db.collection("places");
  await c.createIndex({ at: "2dsphere" });
  await c.insertMany(places);
  await db.collection("flat").createIndex({ flat: "2d" });
  await db.collection("flat").insertMany(places);
});

afterAll(() => db.close());

const metres = ({ at }: (typeof places)[number]): number => haversine(CENTRE, at.coordinates);

describe("$geoNear", () => {
  const found = (stage: Document, ...others: Document[]): Promise<Document[]> =>
    db
      .collection("places")
      .aggregate([{ $geoNear: stage }, ...others])
      .toArray();

  const check = (documents: readonly Document[], expected: typeof places, factor = 1): void => {
    const inOrder = expected.toSorted((a, b) => metres(a) - metres(b));
    expect(documents.map(({ _id }) => _id)).toEqual(inOrder.map(({ _id }) => _id));
    for (const { _id, far } of documents)
      expect(Number((far as Document).metres) / (metres(places[Number(_id)]!) * factor)).toBeCloseTo(1, 9);
  };

  it("gives what the haversine formula gives, by the only index or by a key, all of it or a part", async () => {
    const distanceField = "far.metres";
    check(await found({ near, distanceField }), places);
    const ring = { near, key: "at", distanceField, minDistance: 1_000_000, maxDistance: 6_000_000 };
    const within = places.filter((place) => metres(place) >= 1_000_000 && metres(place) <= 6_000_000);
    expect(within.length).toBeGreaterThan(20);
    check(await found(ring), within);
    const some = within.filter(({ kind }) => kind === 1);
    check(await found({ ...ring, query: { kind: 1 }, distanceMultiplier: 0.001 }), some, 0.001);
    const few = within.toSorted((a, b) => metres(a) - metres(b)).slice(2, 7);
    check(await found(ring, { $skip: 2 }, { $limit: 5 }), few);
    const counted = await found(ring, { $match: { kind: 1 } }, { $count: "n" });
    expect(counted).toEqual([{ n: some.length }]);
    const [farthest] = await found(ring, { $group: { _id: null, far: { $max: "$far.metres" } } });
    expect(Number(farthest!.far) / Math.max(...within.map(metres))).toBeCloseTo(1, 9);
  });

  it("looks only into the index for what is within a distance", async () => {
    const cursor = db.collection("places").aggregate([{ $geoNear: { near, maxDistance: 1_000_000 } }]);
    const all = await cursor.toArray();
    const { index, documentsExamined } = await cursor.explain();
    expect(index).toBe("at_2dsphere");
    expect(documentsExamined).toBeGreaterThanOrEqual(all.length);
    expect(documentsExamined).toBeLessThan(places.length / 4);
  });

  it("tells which place of several was the nearest", async () => {
    const c = db.collection("several");
    await c.createIndex({ at: "2dsphere" });
    const [far, close] = [
      [100, 0],
      [11, 50],
    ];
    await c.insertMany([
      {
        _id: 1,
        at: [
          { type: "Point", coordinates: far },
          { type: "Point", coordinates: close },
        ],
      },
    ]);
    const stage = { near, distanceField: "d", includeLocs: "found.at" };
    const [document] = await c.aggregate([{ $geoNear: stage }]).toArray();
    expect(document!.found).toEqual({ at: { type: "Point", coordinates: close } });
    const computed = {
      near: { $literal: near },
      distanceField: "d",
      maxDistance: { $multiply: [1000, 1000] },
    };
    expect(await c.aggregate([{ $geoNear: computed }, { $project: { d: 1 } }]).toArray()).toEqual([
      { _id: 1, d: document!.d },
    ]);
    expect(Number(document!.d) / haversine(CENTRE, close)).toBeCloseTo(1, 9);
  });

  it("measures pairs on the plane, or in radians on the sphere", async () => {
    const run = (stage: Document): Promise<Document[]> =>
      db
        .collection("flat")
        .aggregate([{ $geoNear: stage }])
        .toArray();
    const inPlane = await run({ near: [3, 4], distanceField: "d", maxDistance: 50 });
    const distance = ({ flat: [x, y] }: (typeof places)[number]): number => Math.hypot(x! - 3, y! - 4);
    const expected = places
      .filter((place) => distance(place) <= 50)
      .sort((a, b) => distance(a) - distance(b));
    expect(inPlane.map(({ d }) => Number(d))).toEqual(expected.map(distance));
    const onSphere = await db
      .collection("places")
      .aggregate([{ $geoNear: { near: CENTRE, distanceField: "d", spherical: true } }, { $limit: 3 }])
      .toArray();
    const nearest = places.map(metres).sort((a, b) => a - b);
    for (const [i, { d }] of onSphere.entries())
      expect((Number(d) * EARTH_RADIUS_METRES) / nearest[i]!).toBeCloseTo(1, 9);
  });

  it("works in pipelines within others by its key, and without an index", async () => {
    const stage = { near, key: "at", distanceField: "far.metres", maxDistance: 6_000_000 };
    const [document] = await db
      .collection("flat")
      .aggregate([
        { $limit: 1 },
        { $lookup: { from: "places", pipeline: [{ $geoNear: stage }], as: "found" } },
      ])
      .toArray();
    const within = places.filter((place) => metres(place) <= 6_000_000);
    check(document!.found as readonly Document[], within);
    check(
      await db
        .collection("flat")
        .aggregate([{ $geoNear: stage }])
        .toArray(),
      within,
    );
    expect(
      await db
        .collection("none")
        .aggregate([{ $geoNear: { near } }])
        .toArray(),
    ).toEqual([]);
  });

  const valid = { near, distanceField: "d" };
  const refused: readonly (readonly [string, readonly Document[], number])[] = [
    ["no object", [{ $geoNear: 1 }], 10065],
    ["no near", [{ $geoNear: { distanceField: "d" } }], 5860400],
    ["a near that is no place", [{ $geoNear: { ...valid, near: "here" } }], 5860401],
    ["a near that depends on documents", [{ $geoNear: { ...valid, near: "$at" } }], 5860402],
    ["a distance that depends on documents", [{ $geoNear: { ...valid, maxDistance: "$a" } }], 7555702],
    ["a distanceField that is no path", [{ $geoNear: { ...valid, distanceField: 1 } }], 16606],
    ["an includeLocs that is no path", [{ $geoNear: { ...valid, includeLocs: 1 } }], 16607],
    ["a key that is no path", [{ $geoNear: { ...valid, key: 1 } }], 14],
    ["a negative factor", [{ $geoNear: { ...valid, distanceMultiplier: -1 } }], 2],
    ["a negative distance", [{ $geoNear: { ...valid, maxDistance: -1 } }], 2],
    [
      "a query that looks near a place",
      [{ $geoNear: { ...valid, query: { at: { $near: [1, 2] } } } }],
      5626500,
    ],
    ["an option that there is not", [{ $geoNear: { ...valid, num: 5 } }], 9],
    ["another stage before it", [{ $limit: 1 }, { $geoNear: valid }], 40603],
    ["a $facet around it", [{ $facet: { a: [{ $geoNear: valid }] } }], 40600],
    [
      "a $lookup around it without a key",
      [{ $lookup: { from: "flat", pipeline: [{ $geoNear: valid }], as: "a" } }],
      27,
    ],
  ];
  it.each(refused)("refuses %s", async (_name, stages, serverCode) => {
    const run = async (): Promise<Document[]> => db.collection("places").aggregate(stages).toArray();
    await expect(run()).rejects.toMatchObject({ serverCode });
  });

  it("refuses to choose among indexes, or to go without one", async () => {
    const c = db.collection("two");
    await c.insertOne({ _id: 1 } as { _id: Value });
    const run = (): Promise<Document[]> => c.aggregate([{ $geoNear: valid }]).toArray();
    await expect(run()).rejects.toMatchObject({ serverCode: 27 });
    await c.createIndex({ a: "2dsphere" });
    expect(await run()).toEqual([]);
    await c.createIndex({ b: "2dsphere" });
    await expect(run()).rejects.toMatchObject({ serverCode: 27 });
  });
});
