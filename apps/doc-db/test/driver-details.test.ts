import { MemoryVfs } from "@millrace/files";
import * as mongodb from "mongodb";
import { describe, expect, it } from "vitest";
import { Database, serve } from "../src/extras.ts";
import type * as ours from "../src/index.ts";
import { connect } from "../src/index.ts";

/** Runs with a client of each face of the engine. */
const FACES: readonly [string, (work: (client: ours.MongoClient) => Promise<void>) => Promise<void>][] = [
  [
    "a file",
    async (work) => {
      await using client = await connect("millrace:///details.db", { vfs: new MemoryVfs() });
      await work(client);
    },
  ],
  [
    "a server, through MongoDB's own driver",
    async (work) => {
      await using db = await Database.open("details.db", { vfs: new MemoryVfs() });
      await using server = await serve(db, { port: 0 });
      const client = await new mongodb.MongoClient(server.address).connect();
      await work(client as unknown as ours.MongoClient).finally(() => client.close());
    },
  ],
];

describe.each(FACES)("what other programs ask of the driver, on %s", (_name, on) => {
  it("knows the variables of `let` in filters, pipelines, projections and updates", () =>
    on(async (client) => {
      const c = client.db("lets").collection("c");
      await c.insertMany([1, 2, 3].map((_id) => ({ _id, n: _id * 10 })));
      const isK = { $expr: { $eq: ["$_id", "$$k"] } };
      const options = { let: { k: { $add: [1, 1] }, text: { $literal: "$$k" }, nothing: null } };
      expect(await c.find(isK, options).toArray()).toEqual([{ _id: 2, n: 20 }]);
      expect(await c.findOne({ $and: [isK] }, { ...options, projection: { k: "$$k", t: "$$text" } })).toEqual(
        {
          _id: 2,
          k: 2,
          t: "$$k",
        },
      );
      const stages = [{ $match: isK }, { $project: { sum: { $add: ["$n", "$$k"] }, none: "$$nothing" } }];
      expect(await c.aggregate(stages, options).toArray()).toEqual([{ _id: 2, sum: 22, none: null }]);
      await c.updateOne(isK, [{ $set: { n: "$$k" } }], options);
      // An update of operators holds values, not expressions.
      await c.updateMany(isK, { $set: { name: "$$k" } }, options);
      expect(
        await c.findOneAndUpdate(isK, [{ $set: { m: "$$k" } }], { ...options, returnDocument: "after" }),
      ).toEqual({ _id: 2, n: 2, name: "$$k", m: 2 });
      expect((await c.deleteMany(isK, options)).deletedCount).toBe(1);
      await expect(c.find({ $expr: "$$k" }).toArray()).rejects.toMatchObject({ code: 17276 });
      await expect(c.find(isK, { let: { K: 1 } }).toArray()).rejects.toMatchObject({ code: 9 });
    }));

  it("gives all fields beside a score, and finds what drivers refer by", () =>
    on(async (client) => {
      const c = client.db().collection("references");
      await c.createIndex({ text: "text" });
      const author = { $ref: "authors", $id: 7 };
      await c.insertMany([
        { _id: 1, text: "mills", author },
        { _id: 2, text: "races", author: { $ref: "authors", $id: 8 } },
      ]);
      const score = { $meta: "textScore" };
      const found = { _id: 1, text: "mills", author: expect.anything(), score: expect.any(Number) };
      expect(await c.findOne({ $text: { $search: "mill" } }, { projection: { score } })).toEqual(found);
      expect(
        await c.findOne({ $text: { $search: "mill" } }, { projection: { score, _id: 0, text: 1 } }),
      ).toEqual({
        text: "mills",
        score: expect.any(Number),
      });
      expect(await c.countDocuments({ author })).toBe(1);
      expect(await c.countDocuments({ "author.$id": { $in: [7, 8] } })).toBe(2);
    }));

  it("begins a stream of changes at a time, and says what it does not keep", () =>
    on(async (client) => {
      const c = client.db().collection<{ _id: number; n?: number }>("timed");
      await using first = c.watch();
      await first.tryNext();
      for (const _id of [1, 2, 3]) await c.insertOne({ _id });
      await c.updateOne({ _id: 3 }, { $set: { n: 1 } });
      await first.next();
      const { clusterTime } = await first.next();
      const options = { startAtOperationTime: clusterTime, fullDocumentBeforeChange: "whenAvailable" };
      await using second = c.watch([], options as ours.ChangeStreamOptions);
      const events = [await second.next(), await second.next(), await second.next()];
      expect(
        events.map(({ operationType, fullDocumentBeforeChange: before, documentKey }) => [
          operationType,
          documentKey,
          before,
        ]),
      ).toEqual([
        ["insert", { _id: 2 }, undefined],
        ["insert", { _id: 3 }, undefined],
        ["update", { _id: 3 }, null],
      ]);
      await using third = c.watch([], { fullDocumentBeforeChange: "required" });
      await expect(third.next()).rejects.toMatchObject({ code: 47 });
    }));

  it("ends what takes longer than maxTimeMS", () =>
    on(async (client) => {
      const db = client.db();
      const c = db.collection("slow");
      await c.insertMany(Array.from({ length: 500 }, (_, n) => ({ n, text: "x".repeat(8000) })));
      const body = {
        $reduce: { input: { $range: [0, 300] }, initialValue: 0, in: { $add: ["$$value", "$$this"] } },
      };
      const filter = { $expr: { $lt: [body, 0] } };
      const find = (maxTimeMS: number) => db.command({ find: "slow", filter, maxTimeMS });
      await expect(find(1)).rejects.toMatchObject({ code: 50, codeName: "MaxTimeMSExpired" });
      await expect(find(-1)).rejects.toMatchObject({ code: 2 });
      expect(await find(0)).toMatchObject({ cursor: { firstBatch: [] } });
      const update = {
        update: "slow",
        updates: [{ q: filter, u: { $set: { n: 0 } }, multi: true }],
        maxTimeMS: 1,
      };
      const reply = await db.command(update).catch((error: unknown) => error);
      expect(JSON.stringify(reply)).toContain("exceeded its time limit");
    }));

  it("tells the sizes of a collection, as a command and as a stage", () =>
    on(async (client) => {
      const c = client.db("sizes").collection("c");
      await c.insertMany(Array.from({ length: 10 }, (_, n) => ({ n, text: "x".repeat(1000) })));
      await c.createIndex({ n: 1 });
      const { ns, count, size, nindexes } = await client.db("sizes").command({ collStats: "c" });
      expect([ns, count, nindexes]).toEqual(["sizes.c", 10, 2]);
      const stage = { $collStats: { count: {}, storageStats: { scale: 1024 } } };
      const [stats] = await c.aggregate([stage, { $project: { localTime: 0, host: 0 } }]).toArray();
      const kib = Math.trunc(Number(size) / 1024);
      expect(kib).toBeGreaterThan(8);
      expect(stats).toMatchObject({
        ns,
        count,
        storageStats: { count, size: kib, storageSize: kib, nindexes },
      });
      for (const [pipeline, code] of [
        [[{ $match: {} }, { $collStats: {} }], 40602],
        [[{ $collStats: { latencyStats: {} } }], 40415],
        [[{ $collStats: { storageStats: { scale: 0 } } }], 51024],
      ] as const)
        await expect(c.aggregate(pipeline as never).toArray()).rejects.toMatchObject({ code });
    }));

  it("refuses kinds of collections and cursors that there are not by their names", () =>
    on(async (client) => {
      const db = client.db();
      for (const options of [
        { capped: true, size: 4096 },
        { viewOn: "c" },
        { timeseries: { timeField: "t" } },
      ])
        await expect(db.createCollection("other", options as object)).rejects.toMatchObject({
          code: 115,
          codeName: "CommandNotSupported",
          message: expect.stringContaining(Object.keys(options)[0]!),
        });
      await db.createCollection("c");
      await expect(db.command({ find: "c", tailable: true })).rejects.toMatchObject({ code: 2 });
      await expect(db.command({ find: "c", showRecordId: true })).rejects.toMatchObject({ code: 115 });
    }));
});

describe("a server's commands about itself", () => {
  it("are answered as tools expect it", async () => {
    await using db = await Database.open("tools.db", { vfs: new MemoryVfs() });
    await using server = await serve(db, { port: 0, user: { name: "ada", password: "secret" } });
    const address = server.address.replace("//", "//ada:secret@");
    const client = await new mongodb.MongoClient(address).connect();
    try {
      await client
        .db("shop")
        .collection<{ _id: number }>("things")
        .insertMany([{ _id: 1 }, { _id: 2 }]);
      const admin = client.db("admin");
      expect(await admin.command({ serverStatus: 1 })).toMatchObject({
        process: "millrace-docdb",
        version: "7.0.0",
      });
      expect(await admin.command({ hostInfo: 1 })).toMatchObject({ system: { cpuAddrSize: 64 }, ok: 1 });
      expect(await admin.command({ connectionStatus: 1 })).toMatchObject({
        authInfo: { authenticatedUsers: [{ user: "ada", db: "admin" }] },
      });
      expect(await admin.command({ getParameter: 1, featureCompatibilityVersion: 1 })).toMatchObject({
        featureCompatibilityVersion: { version: "7.0" },
      });
      expect(await admin.command({ dataSize: "shop.things" })).toMatchObject({ numObjects: 2, ok: 1 });
      expect(await client.db("shop").command({ validate: "things" })).toMatchObject({
        ns: "shop.things",
        nrecords: 2,
        nIndexes: 1,
        valid: true,
      });
      await expect(client.db("shop").command({ validate: "nothing" })).rejects.toMatchObject({ code: 26 });
      await expect(admin.command({ replSetGetStatus: 1 })).rejects.toMatchObject({ code: 76 });
      expect(await admin.command({ fsync: 1 })).toMatchObject({ ok: 1 });
    } finally {
      await client.close();
    }
  });
});
