import { seededRandom } from "@millrace/base";
import { describeRecordings, recordingPath } from "@millrace/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BSONRegExp, type Document, matchesDocument, ObjectId, type Value } from "../../src/extras.ts";
import { PostgresDatabase } from "../../src/postgres/postgres-database.ts";
import { compileFilter } from "../../src/query/filter.ts";
import { randomValue } from "../helpers.ts";
import { readCases } from "../mql/case-file.ts";
import { runCase } from "../mql/run-case.ts";
import { postgresRunners } from "./postgres-cases.ts";
import { findPostgres, type PostgresServer, startPostgres } from "./postgres-server.ts";

const programs = findPostgres();

/** Every so many of the cases; all of them run in the slow lane. */
const EVERY = 20;

describe.skipIf(programs === undefined)(
  "collections in PostgreSQL (skipped where that is not installed)",
  () => {
    let server: PostgresServer;
    let db: PostgresDatabase;

    beforeAll(async () => {
      server = await startPostgres(programs!);
      db = await PostgresDatabase.open(server.address);
    }, 60_000);

    afterAll(async () => {
      await server?.stop();
      await db?.close();
    });

    async function found(collection: string, filter: Document = {}, options = {}): Promise<Document[]> {
      return db.find("test", collection, filter, options).toArray();
    }

    it("keeps documents to the bit, and shows them to SQL as JSONB", async () => {
      const document = {
        _id: new ObjectId(new Uint8Array(12).fill(7)),
        whole: 1,
        long: 2n ** 60n,
        part: 0.1,
        date: new Date(5),
        text: "a\u0000b",
        list: [1, [2], { b: null }],
        z: 1,
        a: 2,
      };
      await db.command({ insert: "kept", documents: [document] });
      expect(await found("kept")).toEqual([document]);
      const [shown] = await db
        .command({ aggregate: "kept", pipeline: [{ $project: { _id: 0, a: 1 } }] })
        .then(({ cursor }) => (cursor as Document).firstBatch as readonly Document[]);
      expect(shown).toEqual({ a: 2 });
    });

    it("finds what the filter alone finds, whatever PostgreSQL looked at before", async () => {
      const random = seededRandom(9);
      const documents = Array.from(
        { length: 300 },
        (_, i): Document => ({
          _id: i,
          a: randomValue(random),
          b: randomValue(random),
          c: randomValue(random),
        }),
      );
      await db.command({ insert: "random", documents });
      await db.command({ createIndexes: "random", indexes: [{ key: { a: 1 }, name: "a_1" }] });
      const values = documents
        .flatMap((document) => Object.values(document))
        // Comparisons refuse regular expressions.
        .filter((value) => !(value instanceof BSONRegExp));
      const pick = (): Value => values[random.nextInt(0, values.length - 1)]!;
      const fields = [...new Set(documents.flatMap((document) => Object.keys(document)))].concat(
        "a.b",
        "b.a",
        "a.0",
      );
      const operators = ["$eq", "$gt", "$gte", "$lt", "$lte", "$ne"];
      const one = (): Document => {
        const field = fields[random.nextInt(0, fields.length - 1)]!;
        const kind = random.nextInt(0, 9);
        if (kind === 0) return { [field]: { $in: [pick(), pick()] } };
        if (kind === 1) return { [field]: { $exists: random.nextInt(0, 1) === 1 } };
        if (kind === 2) return { $or: [{ [field]: { $eq: pick() } }, { _id: random.nextInt(0, 300) }] };
        return { [field]: { [operators[random.nextInt(0, 5)]!]: pick() } };
      };
      let matches = 0;
      for (let round = 0; round < 400; round++) {
        const filter = round % 3 === 0 ? { $and: [one(), one()] } : one();
        const compiled = compileFilter(filter);
        const expected = documents
          .filter((document) => matchesDocument(compiled, document))
          .map(({ _id }) => _id);
        const got = (await found("random", filter)).map(({ _id }) => _id);
        expect({ filter, ids: got.sort() }).toEqual({ filter, ids: expected.sort() });
        matches += expected.length;
      }
      expect(matches).toBeGreaterThan(1000);
    }, 60_000);

    it("sorts, skips, limits, counts, groups and joins", async () => {
      const documents = Array.from({ length: 50 }, (_, i) => ({ _id: i, g: i % 5, v: (i * 7) % 50 }));
      await db.command({ insert: "numbers", documents });
      const sorted = await found(
        "numbers",
        { g: { $lt: 3 } },
        { sort: { v: -1 }, skip: 2, limit: 3, projection: { v: 1 } },
      );
      const expected = documents.filter(({ g }) => g < 3).sort((a, b) => b.v - a.v);
      expect(sorted).toEqual(expected.slice(2, 5).map(({ _id, v }) => ({ _id, v })));
      expect(await db.command({ count: "numbers", query: { g: 1 } })).toMatchObject({ n: 10 });
      expect(await db.command({ distinct: "numbers", key: "g" })).toMatchObject({ values: [0, 1, 2, 3, 4] });
      const pipeline = [
        { $match: { g: 2 } },
        { $lookup: { from: "numbers", localField: "g", foreignField: "_id", as: "group" } },
        { $group: { _id: "$group.v", n: { $sum: 1 } } },
      ];
      const { cursor } = await db.command({ aggregate: "numbers", pipeline, cursor: {} });
      expect((cursor as Document).firstBatch).toEqual([{ _id: [14], n: 10 }]);
      await expect(
        db.command({ aggregate: "numbers", pipeline: [{ $out: "x" }], cursor: {} }),
      ).rejects.toMatchObject({
        serverCode: 238,
      });
    });

    it("updates, inserts and deletes many at once, each once", async () => {
      const documents = Array.from({ length: 1200 }, (_, i) => ({ _id: i, n: 1 }));
      await db.command({ insert: "many", documents });
      const updates = [{ q: { n: 1 }, u: { $inc: { n: 1 }, $set: { s: true } }, multi: true }];
      expect(await db.command({ update: "many", updates })).toEqual({ n: 1200, nModified: 1200, ok: 1 });
      expect(await db.command({ update: "many", updates })).toEqual({ n: 0, nModified: 0, ok: 1 });
      const upsert = [{ q: { _id: 5000 }, u: { $set: { n: 9 } }, upsert: true }];
      expect(await db.command({ update: "many", updates: upsert })).toMatchObject({
        upserted: [{ _id: 5000 }],
      });
      const modify = {
        findAndModify: "many",
        query: {},
        sort: { _id: -1 },
        update: { $inc: { n: 1 } },
        new: true,
      };
      expect(await db.command(modify)).toMatchObject({ value: { _id: 5000, n: 10 } });
      const deletes = [{ q: { _id: { $gte: 3 } }, limit: 0 }];
      expect(await db.command({ delete: "many", deletes })).toMatchObject({ n: 1198 });
      expect(await db.command({ count: "many" })).toMatchObject({ n: 3 });
    });

    it("adds up what many clients add at once", async () => {
      await db.command({ insert: "sums", documents: [{ _id: 1, n: 0 }] });
      const add = { update: "sums", updates: [{ q: { _id: 1 }, u: { $inc: { n: 1 } } }] };
      await Promise.all(Array.from({ length: 40 }, () => db.command(add)));
      expect(await found("sums")).toEqual([{ _id: 1, n: 40 }]);
    });

    it("keeps values unique, of arrays each element, and says which is not", async () => {
      await db.command({
        insert: "users",
        documents: [
          { _id: 1, mail: ["a", "b"] },
          { _id: 2, mail: "c" },
        ],
      });
      const index = { key: { mail: 1 }, name: "mail", unique: true };
      await db.command({ createIndexes: "users", indexes: [index] });
      const insert = (document: Document): Promise<Document> =>
        db.command({ insert: "users", documents: [document] });
      expect(await insert({ _id: 3, mail: "b" })).toMatchObject({
        n: 0,
        writeErrors: [{ index: 0, code: 11000, keyPattern: { mail: 1 }, keyValue: { mail: "b" } }],
      });
      expect(await insert({ _id: 2, mail: "z" })).toMatchObject({
        writeErrors: [{ keyPattern: { _id: 1 } }],
      });
      const several = {
        insert: "users",
        documents: [{ _id: 4, mail: "d" }, { _id: 4 }, { _id: 5, mail: "e" }],
      };
      expect(await db.command({ ...several, ordered: false })).toMatchObject({
        n: 2,
        writeErrors: [{ index: 1 }],
      });
      // What is given back can be had again.
      await db.command({ update: "users", updates: [{ q: { _id: 1 }, u: { $set: { mail: "a" } } }] });
      expect(await insert({ _id: 6, mail: "b" })).toEqual({ n: 1, ok: 1 });
      await db.command({ delete: "users", deletes: [{ q: { _id: 6 }, limit: 1 }] });
      expect(await insert({ _id: 7, mail: "b" })).toEqual({ n: 1, ok: 1 });
      await db.command({ insert: "twice", documents: [{ a: 1 }, { a: 1 }] });
      const late = { createIndexes: "twice", indexes: [{ key: { a: 1 }, name: "a", unique: true }] };
      await expect(db.command(late)).rejects.toMatchObject({ serverCode: 11000 });
      expect((await db.command({ listIndexes: "twice" })).cursor).toMatchObject({
        firstBatch: [{ name: "_id_" }],
      });
    });

    it("runs transactions over calls", async () => {
      const insert = { insert: "ledger", documents: [{ _id: 1 }] };
      const first = db.transaction();
      await db.command(insert, "test", first);
      expect(await db.find("test", "ledger", {}, {}, first).toArray()).toHaveLength(1);
      expect(await found("ledger")).toEqual([]);
      // A failure inside leaves the transaction as it was before the call.
      expect(await db.command(insert, "test", first)).toMatchObject({ writeErrors: [{ code: 11000 }] });
      await first.commit();
      expect(await found("ledger")).toEqual([{ _id: 1 }]);
      const second = db.transaction();
      await db.command({ delete: "ledger", deletes: [{ q: {}, limit: 0 }] }, "test", second);
      await second.abort();
      expect(await found("ledger")).toHaveLength(1);
    });

    it("lists, renames and drops collections of any database", async () => {
      const name = 'odd "name"';
      await db.command({ insert: name, documents: [{ _id: 1 }] }, "other");
      await db.command({ renameCollection: `other.${name}`, to: "third.moved" }, "admin");
      expect(await db.find("third", "moved", {}).toArray()).toEqual([{ _id: 1 }]);
      const { databases } = await db.command({ listDatabases: 1 });
      expect((databases as readonly Document[]).map((one) => one.name)).toEqual(
        expect.arrayContaining(["test", "third"]),
      );
      expect(await db.command({ collStats: "moved" }, "third")).toMatchObject({ count: 1, nindexes: 1 });
      await db.command({ dropDatabase: 1 }, "third");
      expect(await db.command({ listCollections: 1 }, "third")).toMatchObject({ cursor: { firstBatch: [] } });
      await expect(db.command({ insert: "x".repeat(64), documents: [{}] })).rejects.toThrow("63 bytes");
      await expect(db.command({ drop: "nothing" })).rejects.toMatchObject({ serverCode: 26 });
      await expect(db.command({ watch: 1 })).rejects.toMatchObject({ serverCode: 59 });
    });

    it("refuses by name what it cannot do", async () => {
      for (const index of [
        { key: { t: "text" }, name: "t" },
        { key: { d: 1 }, name: "d", expireAfterSeconds: 5 },
      ]) {
        await expect(db.command({ createIndexes: "refused", indexes: [index] })).rejects.toMatchObject({
          serverCode: 238,
        });
      }
      for (const stage of [{ $out: "other" }, { $merge: "other" }, { $indexStats: {} }]) {
        await expect(db.command({ aggregate: "refused", pipeline: [stage] })).rejects.toMatchObject({
          serverCode: 238,
        });
      }
      await expect(db.watch()).rejects.toMatchObject({ serverCode: 238 });
      await db.command({ create: "strict", validator: { a: { $type: "int" } } });
      expect(await db.command({ insert: "strict", documents: [{ a: "x" }] })).toMatchObject({
        writeErrors: [{ code: 121 }],
      });
    });

    it("says that a server is not there", async () => {
      await expect(PostgresDatabase.open("postgres://127.0.0.1:1/none")).rejects.toMatchObject({
        code: "DOCDB_POSTGRES_FAILED",
      });
    });

    describeRecordings("a part of the cases of DocumentDB's functional tests", () => {
      it("passes as it does on a file", async () => {
        const runners = postgresRunners(db);
        const cases = readCases(recordingPath("mql/cases.jsonl.gz")).filter(({ kind }) => kind in runners);
        const counts = { here: 0, onFile: 0 };
        for (let i = 0; i < cases.length; i += EVERY) {
          if ((await runCase(cases[i]!, runners)).isPassed) counts.here++;
          if ((await runCase(cases[i]!)).isPassed) counts.onFile++;
        }
        expect(counts.onFile).toBeGreaterThan(100);
        expect(counts.here / counts.onFile).toBeGreaterThan(0.95);
      }, 60_000);
    });
  },
);
