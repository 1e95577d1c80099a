import { spawn } from "node:child_process";
import { connect as connectSocket, type Socket } from "node:net";
import { join } from "node:path";
import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { tempDirectory } from "@millrace/testkit";
import { BSON, MongoClient, ReturnDocument } from "mongodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeBson } from "../src/bson/encode.ts";
import type { Document } from "../src/document/value.ts";
import { Database, type DocumentServer, serve } from "../src/extras.ts";
import { readFrames, readRequest } from "../src/server/frames.ts";

let db: Database;
let server: DocumentServer;
let client: MongoClient;

beforeAll(async () => {
  db = await Database.open("served.db", { vfs: new MemoryVfs() });
  server = await serve(db, { port: 0 });
  client = await new MongoClient(server.address).connect();
});

afterAll(async () => {
  await client.close();
  await server.close();
  await db.close();
});

/** The bytes of an OP_MSG. */
function message(command: Document, id = 1): Buffer {
  const body = encodeBson(command);
  const head = Buffer.alloc(21);
  for (const [i, word] of [21 + body.length, id, 0, 2013, 0].entries()) head.writeInt32LE(word, 4 * i);
  return Buffer.concat([head, body]);
}

/** Sends bytes, and gives the answers until the server ends the connection or `count` have come. */
async function talk(bytes: Uint8Array, count = 1): Promise<Record<string, unknown>[]> {
  const socket: Socket = connectSocket(server.port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write(bytes);
  const replies: Record<string, unknown>[] = [];
  try {
    for await (const frame of readFrames(socket, () => 1e8)) {
      replies.push(BSON.deserialize(Buffer.from(frame).subarray(frame[12] === 1 ? 36 : 21)));
      if (replies.length === count) break;
    }
  } catch {
    // Reset by the server: what it said before is what counts.
  }
  socket.destroy();
  return replies;
}

describe("a server, to MongoDB's own driver", () => {
  it("keeps every type as it was sent", async () => {
    const c = client.db("types").collection("c", { promoteValues: false, bsonRegExp: true });
    const document = {
      _id: new BSON.ObjectId(),
      double: new BSON.Double(5),
      int: new BSON.Int32(5),
      long: BSON.Long.fromString("9007199254740993"),
      decimal: BSON.Decimal128.fromString("1.10"),
      date: new Date(-1),
      uuid: new BSON.UUID(),
      bytes: new BSON.Binary(Buffer.from([1, 2])),
      regex: new BSON.BSONRegExp("^a", "i"),
      code: new BSON.Code("f()"),
      stamp: BSON.Timestamp.fromBits(1, 2),
      min: new BSON.MinKey(),
      max: new BSON.MaxKey(),
      nested: [{ a: null }, [true, "grün"]],
    };
    await c.insertOne(document as never);
    const found = await c.findOne({ _id: document._id });
    const canonical = (value: unknown) => BSON.EJSON.stringify(value, { relaxed: false });
    expect(canonical(found)).toBe(canonical(document));
  });

  it("sends large results in batches, of which each cursor keeps its place", async () => {
    const c = client.db().collection<{ _id: number; text: string }>("batches");
    await c.insertMany(Array.from({ length: 1000 }, (_, _id) => ({ _id, text: "x".repeat(200) })));
    const [a, b] = [c.find({}, { batchSize: 7 }).sort({ _id: -1 }), c.find().sort({ _id: 1 })];
    for (let i = 0; i < 300; i++) {
      expect((await a.next())?._id).toBe(999 - i);
      expect((await b.next())?._id).toBe(i);
    }
    await a.close();
    expect((await b.toArray()).length).toBe(700);
    expect(await c.find({}, { limit: 5, batchSize: 2 }).toArray()).toHaveLength(5);
    expect(await c.aggregate([{ $sort: { _id: 1 } }], { batchSize: 10 }).toArray()).toHaveLength(1000);
    // Twenty documents of one MiB do not fit into one batch.
    await c.insertMany(Array.from({ length: 20 }, (_, i) => ({ _id: 2000 + i, text: "y".repeat(2 ** 20) })));
    expect(await c.find({ _id: { $gte: 2000 } }).toArray()).toHaveLength(20);
  });

  it("tells of a cursor that is gone, and takes back transactions that were left alone", async () => {
    const c = client.db().collection("left");
    await c.insertMany(Array.from({ length: 10 }, (_, n) => ({ n })));
    const cursor = c.find({}, { batchSize: 2 });
    await cursor.next();
    await server.sweep(Date.now() + 11 * 60_000);
    await expect(cursor.toArray()).rejects.toMatchObject({ code: 43, codeName: "CursorNotFound" });
    const session = client.startSession();
    session.startTransaction();
    await c.insertOne({ n: 100 }, { session });
    await server.sweep(Date.now() + 61_000);
    await expect(c.insertOne({ n: 101 }, { session })).rejects.toMatchObject({ code: 251 });
    await session.endSession();
    expect(await c.countDocuments()).toBe(10);
  });

  it("ends a transaction with its first failure", async () => {
    const c = client.db().collection<{ _id: number }>("failing");
    await c.insertOne({ _id: 1 });
    const session = client.startSession();
    session.startTransaction();
    await c.insertOne({ _id: 2 }, { session });
    await expect(c.insertOne({ _id: 1 }, { session })).rejects.toMatchObject({ code: 11000 });
    await expect(c.insertOne({ _id: 3 }, { session })).rejects.toMatchObject({ code: 251 });
    await session.abortTransaction();
    await session.endSession();
    expect(await c.find().toArray()).toEqual([{ _id: 1 }]);
  });

  it("explains what each command reads", async () => {
    const base = client.db();
    const c = base.collection("explained");
    await c.insertMany(Array.from({ length: 30 }, (_, n) => ({ n })));
    await c.createIndex({ n: 1 });
    const query = { n: { $lt: 3 } };
    const explained = [
      await c.find(query).explain(),
      await c.aggregate([{ $match: query }, { $count: "n" }]).explain(),
      await base.command({ explain: { count: "explained", query } }),
      await base.command({ explain: { distinct: "explained", key: "n", query } }),
      await base.command({
        explain: { update: "explained", updates: [{ q: query, u: { $set: { m: 1 } } }] },
      }),
      await base.command({ explain: { delete: "explained", deletes: [{ q: query, limit: 0 }] } }),
      await base.command({ explain: { findAndModify: "explained", query, remove: true } }),
    ];
    for (const each of explained)
      expect(each).toMatchObject({
        queryPlanner: { winningPlan: { inputStage: { stage: "IXSCAN", indexName: "n_1" } } },
        executionStats: { nReturned: 3 },
      });
    expect(await c.countDocuments({ m: 1 })).toBe(0);
  });

  it("answers what drivers and shells ask besides", async () => {
    const admin = client.db().admin();
    await client.db("seen").collection("c").insertOne({ a: 1 });
    expect((await admin.listDatabases()).databases.map(({ name }) => name)).toContain("seen");
    expect(await admin.ping()).toEqual({ ok: 1 });
    expect((await admin.serverInfo()).version).toBe("7.0.0");
    const c = client.db("seen").collection("c");
    const modified = await c.findOneAndUpdate(
      { a: 1 },
      { $set: { b: 2 } },
      { returnDocument: ReturnDocument.AFTER, includeResultMetadata: true },
    );
    expect(modified).toMatchObject({ value: { a: 1, b: 2 }, lastErrorObject: { updatedExisting: true } });
    expect(await c.insertOne({ a: 2 }, { writeConcern: { w: 0 } })).toMatchObject({ acknowledged: false });
    await expect(client.db("seen").command({ nope: 1 })).rejects.toMatchObject({ code: 59 });
    await expect(client.db("seen").command({ find: 1 })).rejects.toMatchObject({ code: 73 });
    await client.db("seen").dropDatabase();
    expect(await client.db("seen").listCollections().toArray()).toEqual([]);
  });

  it("has the collections that the file has, those without a database in the one called test", async () => {
    await db.collection("people").insertOne({ _id: 1 });
    expect(await client.db("test").collection("people").findOne()).toEqual({ _id: 1 });
    await client
      .db("other")
      .collection("people")
      .insertOne({ _id: 2 as never });
    expect(await db.collection("other.people").find().toArray()).toEqual([{ _id: 2 }]);
  });
});

describe("a server with a user", () => {
  it("takes the right name and password, by SCRAM-SHA-256, and nothing else", async () => {
    await using other = await Database.open("user.db", { vfs: new MemoryVfs() });
    await using guarded = await serve(other, { port: 0, user: { name: "a,b=c", password: "pæss: wörd" } });
    const login = async (name: string, password: string): Promise<unknown> => {
      const stranger = new MongoClient(guarded.address, { auth: { username: name, password } });
      try {
        await stranger.db().collection("c").insertOne({ a: 1 });
        return await stranger.db().collection("c").countDocuments();
      } catch (error) {
        return (error as { code: unknown }).code;
      } finally {
        await stranger.close();
      }
    };
    expect(await login("a,b=c", "pæss: wörd")).toBe(1);
    expect(await login("a,b=c", "wrong")).toBe(18);
    expect(await login("nobody", "pæss: wörd")).toBe(18);
    await using open = await new MongoClient(guarded.address).connect();
    await expect(open.db().collection("c").findOne()).rejects.toMatchObject({ code: 13 });
    await expect(open.db().command({ startTransaction: 1 })).rejects.toMatchObject({ code: 13 });
  });

  it("is asked for where others can reach the server", async () => {
    await expect(serve(db, { host: "0.0.0.0", port: 0 })).rejects.toMatchObject({ code: "DOCDB_SERVE_OPEN" });
    await expect(serve(db, { port: server.port })).rejects.toMatchObject({ code: "DOCDB_SERVE_FAILED" });
    await using reachable = await serve(db, {
      host: "0.0.0.0",
      port: 0,
      user: { name: "a", password: "b" },
    });
    expect(reachable.port).toBeGreaterThan(0);
  });
});

describe("docdb serve", () => {
  it("says where it listens, serves, and closes the file when it is told to end", {
    timeout: 60_000,
  }, async () => {
    using directory = tempDirectory();
    const path = join(directory.path, "served.db");
    const bin = join(import.meta.dirname, "../bin/millrace-docdb.js");
    const args = ["--conditions=@millrace/source", bin, "serve", "--db", path, "--port", "0"];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    const { promise: address, resolve } = Promise.withResolvers<string>();
    child.stderr.on("data", (chunk) => {
      said += chunk;
      const found = /mongodb:\S+/.exec(said);
      if (found !== null) resolve(found[0]);
    });
    const { promise: code, resolve: end } = Promise.withResolvers<number | null>();
    child.on("close", (status) => {
      resolve("");
      end(status);
    });
    const driver = new MongoClient(await address);
    await driver.db().collection("people").insertOne({ name: "Ada" });
    await driver.close();
    child.kill("SIGTERM");
    expect(await code, said).toBe(0);
    await using again = await Database.open(path, { create: false });
    expect(await again.collection("people").countDocuments()).toBe(1);
  });
});

describe("a server, to anything else", () => {
  it("answers messages that come in pieces or many at once, in their order", async () => {
    const bytes = Buffer.concat([1, 2, 3].map((id) => message({ ping: 1, $db: "admin" }, id)));
    expect(await talk(bytes, 3)).toEqual([{ ok: 1 }, { ok: 1 }, { ok: 1 }]);
    const frames: Uint8Array[] = [];
    const pieces = async function* () {
      for (const byte of bytes) yield Uint8Array.of(byte);
    };
    for await (const frame of readFrames(pieces(), () => 1000)) frames.push(frame);
    expect(frames.map((frame) => readRequest(frame))).toMatchObject([{ id: 1 }, { id: 2 }, { id: 3 }]);
  });

  it("refuses compressed messages, and says so", async () => {
    const bytes = message({ ping: 1, $db: "admin" });
    bytes.writeInt32LE(2012, 12);
    expect(await talk(bytes, 2)).toMatchObject([
      { ok: 0, code: 17, errmsg: expect.stringMatching(/OP_COMPRESSED/) },
    ]);
  });

  it("checks the checksum of a message that has one", async () => {
    const bytes = message({ ping: 1, $db: "admin" });
    bytes[16] = 1;
    const whole = Buffer.concat([bytes, Buffer.alloc(4)]);
    whole.writeInt32LE(whole.length, 0);
    expect(await talk(whole)).toEqual([]);
  });

  it("survives 2,000 connections with damaged bytes, and goes on serving", async () => {
    const random = seededRandom(11);
    const commands: Document[] = [
      { ping: 1, $db: "admin" },
      { find: "fuzz", filter: { a: { $gt: 1 } }, $db: "test" },
      { insert: "fuzz", documents: [{ a: 1 }], $db: "test" },
      { aggregate: "fuzz", pipeline: [{ $match: { a: 1 } }], cursor: {}, $db: "test" },
      { saslStart: 1, mechanism: "SCRAM-SHA-256", payload: new Uint8Array(9), $db: "admin" },
      { getMore: 5n, collection: "fuzz", $db: "test" },
      { hello: 1, speculativeAuthenticate: { saslStart: 1 }, $db: "admin" },
    ];
    const attack = async (): Promise<void> => {
      const bytes = message(commands[random.nextInt(0, commands.length - 1)]!);
      for (let i = random.nextInt(1, 4); i > 0; i--)
        bytes[random.nextInt(0, bytes.length - 1)] = random.nextInt(0, 255);
      const socket = connectSocket(server.port, "127.0.0.1");
      const { promise, resolve } = Promise.withResolvers<void>();
      socket
        .on("error", () => {})
        .on("close", resolve)
        .on("data", () => socket.destroy());
      // Half a message is waited for; the end of the bytes ends that.
      socket.end(random.next() < 0.2 ? bytes.subarray(0, random.nextInt(0, bytes.length)) : bytes);
      socket.resume();
      await promise;
    };
    for (let round = 0; round < 40; round++) await Promise.all(Array.from({ length: 50 }, attack));
    expect(await client.db().command({ ping: 1 })).toEqual({ ok: 1 });
    // What the socket's end has not told yet.
    await expect.poll(() => server.connections).toBeLessThan(20);
  });

  it("answers queries that are damaged in their meaning", async () => {
    const bad: Document[] = [
      { $db: "test" },
      { find: "c" },
      { find: "c", $db: "a b" },
      { find: "c", $db: "test", lsid: { id: 1 } },
      { find: "c", $db: "test", filter: { $nope: 1 } },
      { find: "c", $db: "test", batchSize: -1 },
      { getMore: 1, collection: "c", $db: "test" },
      { insert: "c", documents: 5, $db: "test" },
      { commitTransaction: 1, txnNumber: 1n, autocommit: false, $db: "admin" },
      { __proto__: null, constructor: 1, $db: "test" } as unknown as Document,
    ];
    for (const command of bad) {
      const [reply] = await talk(message(command));
      expect(reply, Object.keys(command).join()).toMatchObject({ ok: 0, code: expect.any(Number) });
    }
  });
});
