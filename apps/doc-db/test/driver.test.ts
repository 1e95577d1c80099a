import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryVfs } from "@millrace/files";
import * as mongodb from "mongodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Database, restoreDatabase, serve } from "../src/extras.ts";
import type * as ours from "../src/index.ts";
import { connect } from "../src/index.ts";
import { findPostgres, startPostgres } from "./postgres/postgres-server.ts";

interface Person extends ours.Document {
  name: string;
  age: number;
}

/** Compiles only when the driver's class has all that our type has. */
type Fits<Theirs extends Ours, Ours> = Theirs extends Ours ? true : never;
type DriverFits = [
  Fits<mongodb.Collection<mongodb.Document>, ours.Collection>,
  Fits<mongodb.Collection<Person>, ours.Collection<Person>>,
  Fits<mongodb.FindCursor<mongodb.WithId<Person>>, ours.FindCursor<ours.WithId<Person>>>,
  Fits<mongodb.AggregationCursor<mongodb.Document>, ours.AggregationCursor<ours.Document>>,
  Fits<mongodb.ClientSession, ours.ClientSession>,
  Fits<Omit<mongodb.Db, "collection" | "createCollection">, Omit<ours.Db, "collection" | "createCollection">>,
  Fits<Omit<mongodb.MongoClient, "db" | "connect">, Omit<ours.MongoClient, "db" | "connect">>,
  Fits<mongodb.InsertManyResult, ours.InsertManyResult>,
  Fits<mongodb.BulkWriteResult, ours.BulkWriteResult>,
  Fits<mongodb.UpdateResult, ours.UpdateResult>,
  Fits<ours.FindOptions["sort"], mongodb.FindOptions["sort"]>,
  Fits<
    Omit<ours.CreateIndexOptions, "session" | "collation">,
    Omit<mongodb.CreateIndexesOptions, "session" | "collation">
  >,
  Fits<
    ours.CollationOptions,
    Omit<mongodb.CollationOptions, "strength" | "caseFirst" | "alternate" | "maxVariable">
  >,
];

/** Opens one face of the same engine; what it gives last closes it. */
type OpenFace = () => Promise<[ours.MongoClient, () => Promise<void>]>;

const postgres = findPostgres();

/** PostgreSQL, where it is installed. */
const TABLES_NAME = "tables of PostgreSQL";
const TABLES: readonly [string, OpenFace][] = [
  [
    TABLES_NAME,
    async () => {
      const server = await startPostgres(postgres!);
      const client = await connect(server.address);
      return [
        client,
        async () => {
          await client.close();
          await server.stop();
        },
      ];
    },
  ],
];

const FACES: readonly [string, OpenFace][] = [
  [
    "a file",
    async () => {
      const client = await connect("millrace:///people.db", { vfs: new MemoryVfs() });
      return [client, () => client.close()];
    },
  ],
  [
    "a server, through MongoDB's own driver",
    async () => {
      const db = await Database.open("people.db", { vfs: new MemoryVfs() });
      const server = await serve(db, { port: 0 });
      const client = await connect(server.address);
      return [
        client,
        async () => {
          await client.close();
          await server.close();
          await db.close();
        },
      ];
    },
  ],
];

describe.each(postgres === undefined ? FACES : [...FACES, ...TABLES])(
  "the driver's face of %s",
  (face, open) => {
    let client: ours.MongoClient;
    let people: ours.Collection<Person>;
    let close: () => Promise<void>;

    beforeAll(async () => {
      const fits: DriverFits = [true, true, true, true, true, true, true, true, true, true, true, true, true];
      expect(fits.every(Boolean)).toBe(true);
      [client, close] = await open();
      people = client.db().collection<Person>("people");
      await people.insertMany([
        { _id: 1, name: "Ada", age: 36 },
        { _id: 2, name: "Emmy", age: 53 },
        { _id: 3, name: "Grace", age: 85 },
      ]);
    });

    afterAll(() => close());

    it("inserts, and tells what failed as the driver does", async () => {
      const c = client.db().collection("inserts");
      const { insertedId } = await c.insertOne({ a: 1 });
      expect(await c.findOne({ _id: insertedId })).toEqual({ _id: insertedId, a: 1 });
      const ordered = await c
        .insertMany([{ _id: 1 }, { _id: 1 }, { _id: 2 }])
        .catch((error: unknown) => error);
      expect(ordered).toMatchObject({
        name: "MongoBulkWriteError",
        code: 11000,
        insertedCount: 1,
        writeErrors: [{ index: 1, code: 11000 }],
      });
      const unordered = await c
        .insertMany([{ _id: 1 }, { _id: 3 }, { _id: 1 }, { _id: 4 }], { ordered: false })
        .catch((error: unknown) => error);
      expect(unordered).toMatchObject({
        insertedCount: 2,
        result: { insertedIds: { 1: 3, 3: 4 } },
        writeErrors: [{ index: 0 }, { index: 2 }],
      });
      const single = await c.insertOne({ _id: 4 }).catch((error: unknown) => error);
      expect(single).toMatchObject({
        name: "MongoServerError",
        code: 11000,
        keyPattern: { _id: 1 },
        keyValue: { _id: 4 },
      });
    });

    it("finds with all that a cursor can be told", async () => {
      const cursor = people
        .find({ age: { $gt: 30 } })
        .sort({ age: -1 })
        .skip(1)
        .limit(2)
        .project({ name: 1, _id: 0 });
      expect(await cursor.toArray()).toEqual([{ name: "Emmy" }, { name: "Ada" }]);
      expect(cursor.closed).toBe(true);
      cursor.rewind();
      expect(await cursor.next()).toEqual({ name: "Emmy" });
      expect(await cursor.hasNext()).toBe(true);
      expect(
        await cursor
          .clone()
          .map(({ name }) => String(name).length)
          .toArray(),
      ).toEqual([4, 3]);
      expect(await cursor.next()).toEqual({ name: "Ada" });
      expect(await cursor.next()).toBeNull();
      const seen: string[] = [];
      const take = ({ name }: Person): boolean => seen.push(name) < 2;
      await people
        .find()
        .sort([["_id", "asc"]])
        .forEach(take);
      expect(seen).toEqual(["Ada", "Emmy"]);
      expect(
        await people.findOne({ name: "ADA" }, { collation: { locale: "en", strength: 2 } }),
      ).toMatchObject({ _id: 1 });
      expect(await people.findOne({ name: "nobody" })).toBeNull();
      expect(await people.countDocuments({ age: { $gte: 53 } })).toBe(2);
      expect(await people.estimatedDocumentCount()).toBe(3);
      expect(await people.distinct("age", { _id: { $lt: 3 } })).toEqual([36, 53]);
      await expect(people.find({ $nope: 1 }).toArray()).rejects.toMatchObject({
        name: "MongoServerError",
        code: 2,
      });
    });

    it("updates, replaces, deletes and gives what was there", async () => {
      const c = client.db().collection("changes");
      expect(await c.updateOne({ _id: 1 }, { $inc: { n: 1 } }, { upsert: true })).toEqual({
        acknowledged: true,
        matchedCount: 0,
        modifiedCount: 0,
        upsertedCount: 1,
        upsertedId: 1,
      });
      expect(await c.updateMany({}, [{ $set: { m: { $add: ["$n", 1] } } }])).toMatchObject({
        matchedCount: 1,
        modifiedCount: 1,
      });
      expect(
        await c.findOneAndUpdate(
          { _id: 1 },
          { $set: { n: 7 } },
          { returnDocument: "after", projection: { n: 1 } },
        ),
      ).toEqual({ _id: 1, n: 7 });
      expect(await c.replaceOne({ _id: 1 }, { other: true })).toMatchObject({ modifiedCount: 1 });
      expect(await c.findOneAndReplace({ _id: 1 }, { last: 1 })).toEqual({ _id: 1, other: true });
      await expect((async () => c.updateOne({}, { plain: 1 }))()).rejects.toThrow(/operators/);
      await c.insertMany([
        { _id: 2, n: 5 },
        { _id: 3, n: 9 },
      ]);
      expect(await c.findOneAndDelete({}, { sort: { n: -1 } })).toEqual({ _id: 3, n: 9 });
      expect(await c.deleteOne({ _id: 2 })).toEqual({ acknowledged: true, deletedCount: 1 });
      expect(await c.deleteMany({})).toEqual({ acknowledged: true, deletedCount: 1 });
      const result = await c.bulkWrite([
        { insertOne: { document: { _id: 1, n: 1 } } },
        { updateOne: { filter: { _id: 2 }, update: { $set: { n: 2 } }, upsert: true } },
        { updateMany: { filter: {}, update: { $inc: { n: 1 } } } },
        { replaceOne: { filter: { _id: 1 }, replacement: { n: 0 } } },
        { deleteMany: { filter: { n: 3 } } },
      ]);
      expect(result).toEqual({
        insertedCount: 1,
        matchedCount: 3,
        modifiedCount: 3,
        deletedCount: 1,
        upsertedCount: 1,
        insertedIds: { 0: 1 },
        upsertedIds: { 1: 2 },
      });
      const failed = await c
        .bulkWrite([
          { insertOne: { document: { _id: 5 } } },
          { insertOne: { document: { _id: 1 } } },
          { deleteOne: { filter: {} } },
        ])
        .catch((error: unknown) => error);
      expect(failed).toMatchObject({
        code: 11000,
        result: { insertedCount: 1, deletedCount: 0 },
        writeErrors: [{ index: 1 }],
      });
    });

    it("makes, lists, uses and drops indexes", async () => {
      const c = client.db().collection("indexed");
      await c.insertMany(Array.from({ length: 50 }, (_, _id) => ({ _id, a: _id % 5, b: -_id })));
      expect(await c.createIndex({ a: 1, b: -1 })).toBe("a_1_b_-1");
      expect(await c.createIndexes([{ key: { b: 1 }, unique: true }, { key: { a: "hashed" } }])).toEqual([
        "b_1",
        "a_hashed",
      ]);
      expect((await c.listIndexes().toArray()).map(({ name }) => name)).toEqual([
        "_id_",
        "a_1_b_-1",
        "b_1",
        "a_hashed",
      ]);
      const explained = await c.find({ a: 3 }).sort({ b: 1 }).explain();
      // PostgreSQL says in its own words what it does.
      const ofFile = {
        queryPlanner: {
          winningPlan: {
            stage: "FETCH",
            inputStage: { stage: "IXSCAN", indexName: "a_1_b_-1", direction: "backward" },
          },
        },
        executionStats: { nReturned: 10, totalKeysExamined: 10, totalDocsExamined: 10 },
      };
      const ofTables = { queryPlanner: { winningPlan: { stage: "POSTGRES" } } };
      expect(explained).toMatchObject(face === TABLES_NAME ? ofTables : ofFile);
      const counted = c.aggregate([{ $match: { a: 3 } }, { $sort: { b: 1 } }, { $count: "n" }]);
      expect(await counted.explain()).toMatchObject(face === TABLES_NAME ? ofTables : ofFile);
      expect((await c.find({ a: 3 }).sort({ b: 1 }).toArray()).map(({ b }) => b)).toEqual([
        -48, -43, -38, -33, -28, -23, -18, -13, -8, -3,
      ]);
      await expect(c.createIndex({ a: 1, b: -1 }, { name: "again" })).rejects.toMatchObject({
        code: 85,
        codeName: "IndexOptionsConflict",
      });
      await c.dropIndex("b_1");
      expect(await c.indexExists("b_1")).toBe(false);
      await c.dropIndexes();
      expect(await c.listIndexes().toArray()).toHaveLength(1);
    });

    it("keeps collections with validators, by database", async () => {
      const db = client.db("other");
      const c = await db.createCollection("checked", {
        validator: { $jsonSchema: { required: ["n"], properties: { n: { bsonType: "int" } } } },
      });
      await c.insertOne({ _id: 1, n: 1 });
      await expect(c.insertOne({ _id: 2 })).rejects.toMatchObject({ code: 121 });
      await expect(c.updateOne({ _id: 1 }, { $set: { n: "text" } })).rejects.toMatchObject({ code: 121 });
      expect(await c.find().toArray()).toEqual([{ _id: 1, n: 1 }]);
      expect((await db.listCollections().toArray()).map(({ name }) => name)).toEqual(["checked"]);
      expect(await (await c.rename("renamed")).countDocuments()).toBe(1);
      await expect(client.db("other").collection("renamed").insertOne({})).rejects.toMatchObject({
        code: 121,
      });
      expect(await db.stats()).toMatchObject({ collections: 1, objects: 1 });
      await expect(db.command({ nope: 1 })).rejects.toMatchObject({ code: 59, codeName: "CommandNotFound" });
      await db.dropDatabase();
      expect(await db.listCollections().toArray()).toEqual([]);
      expect(await people.estimatedDocumentCount()).toBe(3);
    });

    it("takes the values that the driver takes", async () => {
      const c = client.db().collection("values");
      const id = new mongodb.ObjectId();
      await c.insertMany([
        {
          _id: id,
          text: "Ada",
          when: new Date(5),
          long: mongodb.Long.fromString("9007199254740993"),
          gone: undefined,
        },
        { _id: new mongodb.UUID(), text: "adam", bytes: new mongodb.Binary(Buffer.from([1])), list: [/^x/i] },
      ]);
      expect(await c.countDocuments({ text: /^ada/i })).toBe(2);
      expect(await c.countDocuments({ text: { $in: [/m$/, "Ada"] } })).toBe(2);
      expect(await c.countDocuments({ text: { $not: /^A/ } })).toBe(1);
      expect(await c.countDocuments({ long: { $gt: mongodb.Long.fromString("9007199254740992") } })).toBe(1);
      const found = await c.findOne({ _id: id });
      expect(String(found?._id)).toBe(id.toHexString());
      expect((found!._id as mongodb.ObjectId).toHexString()).toBe(id.toHexString());
      expect((found!._id as mongodb.ObjectId).equals(id)).toBe(true);
      expect(found?.gone).toBeNull();
      expect(found?.when).toEqual(new Date(5));
      const counted = await c.aggregate([{ $match: { text: /m/ } }, { $count: "n" }]).toArray();
      expect(counted).toEqual([{ n: 1 }]);
      expect((await c.updateOne({ _id: id }, { $set: { other: new mongodb.Int32(7) } })).modifiedCount).toBe(
        1,
      );
      expect(await c.distinct("other")).toEqual([7]);
    });

    it("runs pipelines, $lookup in the same database", async () => {
      await client
        .db()
        .collection("towns")
        .insertMany([{ _id: "London", of: 1 }]);
      const found = await people
        .aggregate([
          { $match: { _id: 1 } },
          { $lookup: { from: "towns", localField: "_id", foreignField: "of", as: "towns" } },
          { $project: { name: 1, towns: "$towns._id" } },
        ])
        .toArray();
      expect(found).toEqual([{ _id: 1, name: "Ada", towns: ["London"] }]);
    });

    it("runs stages that group, fill, walk and look near, and tells the numbers of their errors", async () => {
      const c = client.db().collection("staged");
      const at = (x: number): ours.Document => ({ type: "Point", coordinates: [x, 0] });
      await c.insertMany([
        { _id: 1, n: 1, to: 2, at: at(1), v: 10 },
        { _id: 2, n: 4, to: 3, at: at(3), v: null },
        { _id: 3, n: 5, to: null, at: at(2), secret: true },
      ]);
      const run = (...stages: ours.Document[]): Promise<ours.Document[]> => c.aggregate(stages).toArray();
      expect(await run({ $sample: { size: 2 } }, { $count: "n" })).toEqual([{ n: 2 }]);
      expect(await run({ $bucketAuto: { groupBy: "$n", buckets: 2 } })).toEqual([
        { _id: { min: 1, max: 5 }, count: 2 },
        { _id: { min: 5, max: 5 }, count: 1 },
      ]);
      const graph = {
        from: "staged",
        startWith: "$to",
        connectFromField: "to",
        connectToField: "_id",
        as: "on",
      };
      const [first] = await run({ $match: { _id: 1 } }, { $graphLookup: { ...graph, depthField: "depth" } });
      expect((first!.on as ours.Document[]).map(({ _id, depth }) => [_id, Number(depth)])).toEqual([
        [2, 0],
        [3, 1],
      ]);
      expect(await run({ $redact: { $cond: ["$secret", "$$PRUNE", "$$KEEP"] } }, { $count: "n" })).toEqual([
        { n: 2 },
      ]);
      const filled = await run({ $fill: { sortBy: { _id: 1 }, output: { v: { method: "locf" } } } });
      expect(filled.map(({ v }) => v)).toEqual([10, 10, 10]);
      const dense = await run({ $densify: { field: "n", range: { step: 1, bounds: "full" } } });
      expect(dense.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5]);
      const nearest = await run({ $geoNear: { near: at(2.1), key: "at", distanceField: "far" } });
      expect(nearest.map(({ _id }) => _id)).toEqual([3, 2, 1]);
      expect(nearest[0]!.far).toBeCloseTo((0.1 / 180) * Math.PI * 6_378_100, 3);
      await expect(run({ $sample: { size: 0 } })).rejects.toMatchObject({ code: 28747 });
      await expect(run({ $nothing: 1 })).rejects.toMatchObject({ code: 40324 });
    });

    it("commits and takes back transactions, and begins them again when another one was faster", async () => {
      const c = client.db().collection("accounts");
      await c.insertMany([
        { _id: "a", n: 100 },
        { _id: "b", n: 0 },
      ]);
      await using session = client.startSession();
      session.startTransaction();
      await c.updateOne({ _id: "a" }, { $inc: { n: -10 } }, { session });
      expect(await c.findOne({ _id: "a" }, { session })).toMatchObject({ n: 90 });
      expect(await c.findOne({ _id: "a" })).toMatchObject({ n: 100 });
      await session.abortTransaction();
      expect(await c.findOne({ _id: "a" })).toMatchObject({ n: 100 });
      const transfer = (): Promise<void> =>
        client.withSession((own) =>
          own.withTransaction(async () => {
            await c.updateOne({ _id: "a" }, { $inc: { n: -1 } }, { session: own });
            await c.updateOne({ _id: "b" }, { $inc: { n: 1 } }, { session: own });
          }),
        );
      await Promise.all(Array.from({ length: 8 }, transfer));
      expect(await c.find().toArray()).toEqual([
        { _id: "a", n: 92 },
        { _id: "b", n: 8 },
      ]);
    });
  },
);

it("opens files on the disk by their address, and names one that is none", async () => {
  const directory = await mkdtemp(join(tmpdir(), "docdb-"));
  const address = `millrace://${join(directory, "a b.db")}?db=mine`;
  await using client = await connect(address);
  await client.db().collection("c").insertOne({ _id: 1 });
  await client.close();
  await using again = await connect(address);
  expect(await again.db("mine").collection("c").find().toArray()).toEqual([{ _id: 1 }]);
  await expect(connect("sqlite:///x")).rejects.toMatchObject({ code: "DOCDB_ADDRESS_INVALID" });
  await again.close();
  await rm(directory, { recursive: true });
});

it("ships a file where its address, or the options, say to", async () => {
  const vfs = new MemoryVfs();
  const hourMs = 3_600_000;
  for (const [i, [query, options]] of (
    [
      [`?ship=target-0&shipIntervalMs=${hourMs}`, {}],
      ["", { ship: { to: "target-1", intervalMs: hourMs } }],
      ["?ship=target-2", { ship: { to: "elsewhere", intervalMs: hourMs } }],
      [`?shipIntervalMs=${hourMs}`, { ship: "target-3" }],
    ] as const
  ).entries()) {
    const client = await connect(`millrace:///s${i}.db${query}`, { vfs, ...options });
    await client.db().collection("c").insertOne({ _id: i });
    // What is not shipped yet is when it is closed.
    await client.close();
    await restoreDatabase(`target-${i}`, `r${i}.db`, { vfs });
    await using restored = await connect(`millrace:///r${i}.db`, { vfs });
    expect(await restored.db().collection("c").find().toArray()).toEqual([{ _id: i }]);
  }
  expect(await vfs.exists("elsewhere")).toBe(false);
  for (const bad of ["?shipIntervalMs=5", "?ship=t&shipIntervalMs=soon", "?ship=t&shipIntervalMs=-1"])
    await expect(connect(`millrace:///x.db${bad}`, { vfs })).rejects.toMatchObject({
      code: "DOCDB_ADDRESS_INVALID",
    });
  for (const bad of ["?ship=", "?ship=t&shipIntervalMs=0"])
    await expect(connect(`millrace:///x.db${bad}`, { vfs })).rejects.toThrow(/ship/);
});
