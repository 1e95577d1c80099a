import { MemoryVfs } from "@millrace/files";
import * as mongodb from "mongodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Database, type DocumentServer, serve } from "../src/extras.ts";
import { connect, type MongoClient, UUID } from "../src/index.ts";

const { BSON } = mongodb;

class Point {
  readonly x = 1;
  readonly norm = (): number => this.x;
  get y(): number {
    return 2;
  }
}

/** One of each kind, as applications have them. */
const VALUES: Readonly<Record<string, unknown>> = {
  uuid: new BSON.UUID("0d8c1c1e-1111-4222-8333-444455556666"),
  shortUuid: new BSON.Binary(Buffer.from("xy"), 4),
  oldUuid: new BSON.Binary(Buffer.alloc(16, 2), 3),
  bytes: Buffer.from("hi"),
  ownSubtype: new BSON.Binary(Buffer.from("ab"), 128),
  small: BSON.Long.fromNumber(5),
  bigint: 5n,
  double: new BSON.Double(5),
  half: 5.5,
  decimal: BSON.Decimal128.fromString("1.10"),
  pattern: /ab+c/im,
  code: new BSON.Code("f()", { a: 1 }),
  stamp: new BSON.Timestamp({ t: 1, i: 2 }),
  min: new BSON.MinKey(),
  id: new BSON.ObjectId("0123456789abcdef01234567"),
  date: new Date(5),
  map: new Map([["a", new Map([["b", 1]])]]),
  ofClass: new Point(),
  converted: { toBSON: () => ({ z: [1, new BSON.Double(2)] }) },
  undefined: undefined,
};

/** A value as an application sees it: its class, its text, what JSON and the package `bson` make of it. */
function seen(value: unknown): unknown {
  const json = JSON.stringify(value);
  const bytes = Buffer.from(BSON.serialize({ value })).toString("hex");
  return [Object(value).constructor?.name, typeof value === "object" ? "" : String(value), json, bytes];
}

let db: Database;
let server: DocumentServer;
let driver: mongodb.MongoClient;
let file: MongoClient;

beforeAll(async () => {
  db = await Database.open("served.db", { vfs: new MemoryVfs() });
  server = await serve(db, { port: 0 });
  driver = await new mongodb.MongoClient(server.address).connect();
  file = await connect("millrace:///values.db", { vfs: new MemoryVfs() });
});

afterAll(async () => {
  await driver.close();
  await file.close();
  await server.close();
  await db.close();
});

describe("values of a file", () => {
  for (const [name, value] of Object.entries(VALUES))
    it(`come back as MongoDB's driver gives them: ${name}`, async () => {
      const found = [];
      for (const client of [file, driver] as readonly MongoClient[]) {
        const c = client.db().collection("values");
        await c.insertOne({ _id: name, value, list: [{ value }] });
        const direct = await c.findOne({ _id: name });
        const changed = await c.findOneAndUpdate({ _id: name }, { $set: { seen: true } });
        const [computed] = await c
          .aggregate([{ $match: { _id: name } }, { $project: { value: 1 } }])
          .toArray();
        const again = await c.countDocuments({ value: value ?? null });
        found.push([
          seen(direct?.value),
          seen((direct!.list as { value: unknown }[])[0]!.value),
          seen(changed?.value),
          seen(computed?.value),
          again > 0,
        ]);
      }
      expect(found[0]).toEqual(found[1]);
    });

  it("are numbers where they were computed as doubles or integers of 64 bits", async () => {
    const c = file.db().collection("computed");
    await c.insertMany([
      { _id: 1, n: 2.5 },
      { _id: 2, n: 1.5 },
    ]);
    await c.updateOne({ _id: 1 }, { $inc: { n: 0.5 } });
    expect(await c.findOne({ _id: 1 })).toEqual({ _id: 1, n: 3 });
    const pipeline = [{ $group: { _id: null, n: { $avg: 3 }, long: { $max: { $toLong: "7" } } } }];
    expect(await c.aggregate(pipeline).toArray()).toEqual([{ _id: null, n: 3, long: 7 }]);
    await c.insertOne({ _id: 3, long: 2n ** 60n });
    expect((await c.findOne({ _id: 3 }))?.long).toBe(2n ** 60n);
  });

  it("have UUIDs with the driver's methods, that find what they stand for", async () => {
    const c = file.db().collection("uuids");
    const text = "0d8c1c1e-1111-4222-8333-444455556666";
    await c.insertOne({ _id: new UUID(text) });
    const found = (await c.findOne({ _id: new BSON.UUID(text) }))!._id as UUID;
    expect([found.toHexString(), found.toString("hex"), found.sub_type, found.length()]).toEqual([
      text,
      text.replaceAll("-", ""),
      4,
      16,
    ]);
    expect(found.equals(text) && found.equals(new BSON.UUID(text)) && !found.equals(new UUID())).toBe(true);
    expect(() => new UUID("0d8c")).toThrow("32 hexadecimal digits");
  });
});

describe("a program on the driver's face of a file", () => {
  it("has ids in its own documents when it has inserted them", async () => {
    const c = file.db().collection("ids");
    const one: Record<string, unknown> = { n: 1 };
    const [two, frozen] = [{ n: 2, _id: null as unknown }, Object.freeze({ n: 3 })];
    expect((await c.insertOne(one)).insertedId).toBe(one._id);
    const { insertedIds } = await c.insertMany([two, frozen]);
    expect(insertedIds[0]).toBe(two._id);
    expect((await c.find().sort({ n: 1 }).toArray()).map(({ _id }) => String(_id))).toEqual(
      [one._id, two._id, insertedIds[1]].map(String),
    );
  });

  it("is told of writes that are none", async () => {
    const c = file.db().collection("none");
    await c.insertOne({ _id: 1, a: 1 });
    await expect(c.insertMany([])).rejects.toMatchObject({ code: 16 });
    await expect(c.insertMany({} as never)).rejects.toMatchObject({ code: 9 });
    expect(() => c.replaceOne({ _id: 1 }, { $set: { a: 2 } })).toThrow("whole document");
    await expect(c.insertOne({ _id: [1] })).rejects.toMatchObject({ name: "MongoServerError", code: 2 });
    await expect(c.insertOne({ _id: 2, set: new Set([1]) })).rejects.toMatchObject({ code: 2 });
    await expect(file.db("a b").collection("c").findOne()).rejects.toMatchObject({ code: 73 });
    expect(await c.find().toArray()).toEqual([{ _id: 1, a: 1 }]);
  });

  it("may give the driver's settings, and is told which of them there are not", async () => {
    const c = file.db().collection("settings");
    await c.insertOne({ _id: 1, a: 1 });
    const settings = {
      readConcern: { level: "local" },
      promoteValues: true,
      maxTimeMS: 1000,
      noCursorTimeout: true,
    };
    expect(await c.find({}, settings as object).toArray()).toEqual([{ _id: 1, a: 1 }]);
    const unpromoted = c.find({}, { promoteValues: false } as object);
    await expect(unpromoted.toArray()).rejects.toThrow("promoteValues");
    const change = { $inc: { a: 1 } };
    expect(
      await c.findOneAndUpdate({ _id: 1 }, change, { includeResultMetadata: true } as object),
    ).toMatchObject({
      value: { _id: 1, a: 1 },
      lastErrorObject: { n: 1, updatedExisting: true },
    });
    expect(
      await c.createIndex([
        ["a", 1],
        ["b", -1],
      ] as never),
    ).toBe("a_1_b_-1");
    expect(await c.createIndex(["c", "d"] as never)).toBe("c_1_d_1");
    expect(await c.createIndex(new Map([["e", -1]]) as never)).toBe("e_-1");
  });
});
