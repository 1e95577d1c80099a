import { MemoryVfs } from "@millrace/files";
import type * as mongodb from "mongodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeUpdate } from "../src/changes/describe-update.ts";
import { Double } from "../src/document/bson-types.ts";
import { Database, serve } from "../src/extras.ts";
import type * as ours from "../src/index.ts";
import { connect, type Document, type MongoClient } from "../src/index.ts";

type Fits<Theirs extends Ours, Ours> = Theirs extends Ours ? true : never;
const FITS: Fits<mongodb.ChangeStream<mongodb.Document, mongodb.Document>, ours.ChangeStream> = true;

let db: Database;
let close: () => Promise<void>;

/** Both faces look at the same file: what the one writes the other is told. */
const clients: Record<string, MongoClient> = {};

beforeAll(async () => {
  expect(FITS).toBe(true);
  const vfs = new MemoryVfs();
  db = await Database.open("changes.db", { vfs });
  const server = await serve(db, { port: 0 });
  clients.server = await connect(server.address);
  close = async () => {
    await clients.server!.close();
    await server.close();
    await db.close();
  };
});

afterAll(() => close());

const brief = ({
  operationType,
  ns,
  documentKey,
  fullDocument,
  updateDescription,
  to,
}: Document): unknown[] => [
  operationType,
  (ns as Document | undefined)?.coll,
  (documentKey as Document | undefined)?._id,
  fullDocument,
  updateDescription,
  to,
];

async function take(stream: ours.ChangeStream, count: number): Promise<Document[]> {
  const events: Document[] = [];
  while (events.length < count) events.push(await stream.next());
  return events;
}

/** A server waits a second otherwise before it says that there is nothing. */
const QUICK = { maxAwaitTimeMS: 20 };

const FACES: readonly [string, () => Promise<[MongoClient, () => Promise<void>]>][] = [
  [
    "a file",
    async () => {
      const client = await connect("millrace:///own.db", { vfs: new MemoryVfs() });
      return [client, () => client.close()];
    },
  ],
  ["a server, through MongoDB's own driver", async () => [clients.server!, async () => {}]],
];

describe.each(FACES)("change streams of %s", (_, open) => {
  let client: MongoClient;
  let end: () => Promise<void>;
  beforeAll(async () => {
    [client, end] = await open();
  });
  afterAll(() => end());

  it("tell of each kind of change, in the order of commits", async () => {
    const c = client.db().collection("all");
    await c.insertOne({ _id: 0 });
    await using stream = c.watch([], QUICK);
    // A driver opens its stream with the first call.
    expect(await stream.tryNext()).toBeNull();
    await c.insertMany([
      { _id: 1, a: { b: 1, c: 2 }, list: [1, 2] },
      { _id: 2, a: 1 },
    ]);
    await c.updateOne({ _id: 1 }, { $set: { "a.b": 5 }, $unset: { "a.c": 1 }, $push: { list: 3 } });
    await c.updateOne({ _id: 1 }, { $set: { "a.b": 5 } });
    await c.replaceOne({ _id: 2 }, { z: 1 });
    await c.findOneAndUpdate({ _id: 2 }, [{ $set: { y: { $add: ["$z", 1] } } }]);
    await c.updateOne({ _id: 3 }, { $set: { up: true } }, { upsert: true });
    await c.deleteOne({ _id: 1 });
    await c.findOneAndDelete({ _id: 2 });
    expect((await take(stream, 8)).map(brief)).toEqual([
      ["insert", "all", 1, { _id: 1, a: { b: 1, c: 2 }, list: [1, 2] }, undefined, undefined],
      ["insert", "all", 2, { _id: 2, a: 1 }, undefined, undefined],
      [
        "update",
        "all",
        1,
        undefined,
        { updatedFields: { "a.b": 5, list: [1, 2, 3] }, removedFields: ["a.c"], truncatedArrays: [] },
        undefined,
      ],
      ["replace", "all", 2, { _id: 2, z: 1 }, undefined, undefined],
      [
        "update",
        "all",
        2,
        undefined,
        { updatedFields: { y: 2 }, removedFields: [], truncatedArrays: [] },
        undefined,
      ],
      ["insert", "all", 3, { _id: 3, up: true }, undefined, undefined],
      ["delete", "all", 1, undefined, undefined, undefined],
      ["delete", "all", 2, undefined, undefined, undefined],
    ]);
    expect(await stream.tryNext()).toBeNull();
  });

  it("wait for what comes, filtered and shaped by their stages, with documents as they are now", async () => {
    const c = client.db().collection("staged");
    await using stream = c.watch(
      [
        { $match: { "fullDocument.n": { $gt: 1 } } },
        { $addFields: { twice: { $add: ["$fullDocument.n", "$fullDocument.n"] } } },
        { $redact: { $cond: ["$secret", "$$PRUNE", "$$DESCEND"] } },
      ],
      { ...QUICK, fullDocument: "updateLookup" },
    );
    expect(await stream.tryNext()).toBeNull();
    const coming = stream.next();
    await c.insertMany([
      { _id: 1, n: 1 },
      { _id: 2, n: 4 },
    ]);
    expect(await coming).toMatchObject({ operationType: "insert", documentKey: { _id: 2 }, twice: 8 });
    await c.updateOne({ _id: 1 }, { $set: { n: 6 } });
    expect(await stream.next()).toMatchObject({
      operationType: "update",
      fullDocument: { _id: 1, n: 6 },
      twice: 12,
    });
    await c.insertOne({ _id: 3, n: 7, secret: true });
    const hidden = await stream.next();
    expect(hidden).toMatchObject({ operationType: "insert", documentKey: { _id: 3 }, twice: 14 });
    expect(hidden).not.toHaveProperty("fullDocument");
  });

  it("go on behind a token, and refuse one that is none of theirs", async () => {
    const c = client.db().collection("resumed");
    const stream = c.watch([], QUICK);
    expect(await stream.tryNext()).toBeNull();
    await c.insertMany([{ _id: 1 }, { _id: 2 }, { _id: 3 }]);
    expect((await stream.next()).documentKey).toEqual({ _id: 1 });
    const token = stream.resumeToken;
    await stream.close();
    expect(stream.closed).toBe(true);
    await c.insertOne({ _id: 4 });
    for (const options of [{ resumeAfter: token }, { startAfter: token }]) {
      await using again = c.watch([], options);
      const keys = (await take(again, 3)).map(({ documentKey }) => (documentKey as Document)._id);
      expect(keys).toEqual([2, 3, 4]);
    }
    const foreign = { _data: `${"00".repeat(12)}000000000000000100` };
    await using wrong = c.watch([], { resumeAfter: foreign });
    await expect(wrong.next()).rejects.toMatchObject({ code: 260 });
    await using post = c.watch([], { fullDocument: "required" });
    await expect(post.next()).rejects.toMatchObject({ code: 9 });
    await using grouped = c.watch([{ $group: { _id: null } }]);
    await expect(grouped.next()).rejects.toMatchObject({ code: 20 });
  });

  it("end with their collection; those of a database go on", async () => {
    const base = client.db("ending");
    const c = base.collection("c");
    await c.insertOne({ _id: 1 });
    const stream = c.watch([], QUICK);
    await using all = base.watch([], QUICK);
    await using everything = client.watch([], QUICK);
    for (const each of [stream, all, everything]) expect(await each.tryNext()).toBeNull();
    await c.drop();
    expect((await take(stream, 2)).map(({ operationType }) => operationType)).toEqual(["drop", "invalidate"]);
    expect(await stream.hasNext()).toBe(false);
    const after = stream.resumeToken;
    await base.collection("other").insertOne({ _id: 2 });
    await (await base.collection("other").rename("c")).insertOne({ _id: 3 });
    await base.dropDatabase();
    const kinds = (events: Document[]) =>
      events.map(({ operationType, ns, to }) => [
        operationType,
        (ns as Document).coll,
        (to as Document)?.coll,
      ]);
    const expected = [
      ["drop", "c", undefined],
      ["insert", "other", undefined],
      ["rename", "other", "c"],
      ["insert", "c", undefined],
      ["drop", "c", undefined],
    ];
    expect(kinds(await take(all, 5))).toEqual(expected);
    expect(kinds(await take(everything, 5))).toEqual(expected);
    await using again = c.watch([], { startAfter: after });
    expect(await again.next()).toMatchObject({ operationType: "rename" });
  });

  it("tell of a transaction when it is committed, and of none that is taken back", async () => {
    const c = client.db().collection("transacted");
    await c.insertOne({ _id: 0 });
    await using stream = c.watch([], QUICK);
    expect(await stream.tryNext()).toBeNull();
    await using session = client.startSession();
    session.startTransaction();
    await c.insertOne({ _id: 1 }, { session });
    expect(await stream.tryNext()).toBeNull();
    await session.abortTransaction();
    session.startTransaction();
    await c.insertOne({ _id: 2 }, { session });
    await c.deleteOne({ _id: 0 }, { session });
    await session.commitTransaction();
    const events = await take(stream, 2);
    expect(
      events.map(({ operationType, documentKey }) => [operationType, (documentKey as Document)._id]),
    ).toEqual([
      ["insert", 2],
      ["delete", 0],
    ]);
  });
});

describe("the feed of changes", () => {
  it("is the model of what happened: replayed, it gives the collection", async () => {
    await using own = await Database.open("replayed.db", { vfs: new MemoryVfs() });
    const reader = await own.watch({ database: "test", collection: "c" });
    const c = own.collection("c");
    const copy = new Map<unknown, unknown>();
    let seed = 1;
    const random = (below: number): number => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return Math.floor((seed / 2 ** 31) * below);
    };
    for (let i = 0; i < 400; i++) {
      const _id = random(30);
      const kind = random(4);
      if (kind === 0) await c.insertOne({ _id, n: i }).catch(() => {});
      else if (kind === 1) await c.updateOne({ _id }, { $set: { [`f${random(3)}`]: i }, $unset: { n: 1 } });
      else if (kind === 2) await c.replaceOne({ _id, whole: i });
      else await c.deleteMany({ _id });
    }
    for (let events = await reader.read(0); events.length > 0; events = await reader.read(0)) {
      for (const { operationType, documentKey, fullDocument, updateDescription } of events) {
        const id = (documentKey as Document)._id;
        if (operationType === "delete") copy.delete(id);
        else if (operationType !== "update") copy.set(id, fullDocument);
        else {
          const { updatedFields, removedFields } = updateDescription as {
            updatedFields: object;
            removedFields: string[];
          };
          const changed: Record<string, unknown> = { ...(copy.get(id) as object), ...updatedFields };
          for (const name of removedFields) delete changed[name];
          copy.set(id, changed);
        }
      }
    }
    reader.close();
    const there = await c.find({}, { sort: { _id: 1 } }).toArray();
    expect([...copy.entries()].sort(([a], [b]) => Number(a) - Number(b)).map(([, value]) => value)).toEqual(
      there,
    );
    expect(there.length).toBeGreaterThan(5);
    expect(await own.verify()).toEqual([]);
  });

  it("is as durable as what it tells of, and is only there when somebody asked for it", async () => {
    const vfs = new MemoryVfs();
    const first = await Database.open("kept.db", { vfs });
    await first.collection("c").insertOne({ _id: 0 });
    expect(await first.hasCollection("local.changes")).toBe(false);
    const reader = await first.watch();
    const { token } = reader;
    await first.collection("c").insertOne({ _id: 1 });
    reader.close();
    await first.close();
    await using again = await Database.open("kept.db", { vfs });
    const resumed = await again.watch({}, [], { resumeAfter: token });
    expect(await resumed.read(0)).toMatchObject([{ operationType: "insert", documentKey: { _id: 1 } }]);
    resumed.close();
  });

  it("forgets its oldest changes, and tells those who come too late", async () => {
    await using own = await Database.open("capped.db", { vfs: new MemoryVfs() });
    await own.enableChanges(100);
    const reader = await own.watch();
    const { token } = reader;
    await own.collection("c").insertMany(Array.from({ length: 250 }, (_, _id) => ({ _id })));
    expect(await own.collection("local.changes").countDocuments()).toBe(100);
    await expect(own.watch({}, [], { resumeAfter: token })).rejects.toMatchObject({ serverCode: 286 });
    await expect(reader.read(0)).rejects.toMatchObject({ serverCode: 286 });
    reader.close();
  });
});

describe("what an update changed", () => {
  it("is told by paths, types included", () => {
    expect(describeUpdate({ a: 1, b: { c: 1, d: 2 } }, { a: new Double(1), b: { c: 1 } })).toEqual({
      updatedFields: { a: new Double(1) },
      removedFields: ["b.d"],
      truncatedArrays: [],
    });
    // "x.y" as one name cannot be told from a path.
    expect(describeUpdate({ a: { "x.y": 1 } }, { a: { "x.y": 2 } }).updatedFields).toEqual({
      a: { "x.y": 2 },
    });
  });
});
