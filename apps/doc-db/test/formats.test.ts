import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { gzipSync } from "node:zlib";
import { type TempDirectory, tempDirectory } from "@millrace/testkit";
import fc from "fast-check";
import { BSON } from "mongodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { main } from "../src/cli.ts";
import type { Document } from "../src/document/value.ts";
import { csvWriter } from "../src/export/text-writers.ts";
import { Database, Double, ObjectId } from "../src/extras.ts";
import { readCsv } from "../src/import/csv-reader.ts";

let directory: TempDirectory;
const at = (name: string): string => join(directory.path, name);
beforeAll(() => {
  directory = tempDirectory();
});
afterAll(() => directory[Symbol.dispose]());

async function docdb(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ["", ""];
  const stdout = { write: (text: string) => (out += text) };
  const code = await main(args, { stdout, stderr: { write: (text: string) => (err += text) } });
  return { code, out, err };
}

async function readAll(text: string, pieces = 7, keepsText = false): Promise<Document[]> {
  const bytes = Buffer.from(text);
  const chunks = async function* () {
    for (let i = 0; i < bytes.length; i += pieces) yield bytes.subarray(i, i + pieces);
  };
  const documents: Document[] = [];
  for await (const document of readCsv(chunks(), "text", keepsText)) documents.push(document);
  return documents;
}

const find = async (db: string, collection: string): Promise<Document[]> => {
  await using database = await Database.open(at(db), { create: false });
  return database
    .collection(collection)
    .find({}, { sort: { _id: 1 } })
    .toArray();
};

describe("comma-separated values", () => {
  it("are read with their types, their paths, and all that quotes may hold", async () => {
    const text =
      'a,b.c,b.d,"e"\r\n1,x,-2.5,true\r\n"1","a ""q"", b",,"two\nlines"\n\n9007199254740993,é,1e3,01\n';
    expect(await readAll(text)).toEqual([
      { a: 1, b: { c: "x", d: -2.5 }, e: true },
      { a: "1", b: { c: 'a "q", b' }, e: "two\nlines" },
      { a: 9007199254740993n, b: { c: "é", d: 1000 }, e: "01" },
    ]);
    expect(await readAll("a,b\n1,true", 1, true)).toEqual([{ a: "1", b: "true" }]);
    expect(await readAll("a\r\r\n")).toEqual([]);
  });

  it("name line and problem of what is none", async () => {
    const wrong: [string, RegExp][] = [
      ["a,b\n1,2,3", /line 2.*3 values; the first row names 2/],
      ['a,b\n1,2\n\n"x\ny",é\n1,2,3\n', /line 6: at byte 18: a row of 3/],
      ['a\n"open', /inside quotes/],
      ['a\n"x"y', /behind a closing quote/],
      ["a,a\n", /"a" twice/],
      ["a,a.b\n1,2", /within a field/],
    ];
    for (const [text, message] of wrong) {
      await expect(readAll(text), text).rejects.toMatchObject({
        code: "DOCDB_IMPORT_CSV",
        message: expect.stringMatching(message),
      });
    }
    await expect(readAll("a\n\u0000", 3)).resolves.toEqual([{ a: "\u0000" }]);
  });

  it("come back as they were written, whatever the text", async () => {
    const cell = fc.oneof(
      fc.string({ unit: "binary" }).filter((text) => text.isWellFormed()),
      fc.integer(),
      fc.boolean(),
      fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0)),
      fc.constantFrom("", "true", "1", "-2", '"', ",", "\r\n", "1e5"),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.record({ x: cell, y: cell }), { maxLength: 8 }), async (rows) => {
        const writer = csvWriter(["x", "y"]);
        const text = writer.begin + rows.map((row, i) => writer.document(row, i)).join("") + writer.end;
        expect(await readAll(text, 5)).toEqual(rows);
      }),
      { numRuns: 300 },
    );
  });
});

describe("docdb import and export", () => {
  it("take and give CSV, with columns that are named or found", async () => {
    writeFileSync(at("people.csv.gz"), gzipSync('_id,name,born\n1,Ada,1815\n2,"Emmy, N.",1882\n'));
    const imported = await docdb(
      "import",
      "--db",
      at("a.db"),
      "--collection",
      "people",
      at("people.csv.gz"),
      "--json",
    );
    expect(imported).toMatchObject({ code: 0 });
    expect(await find("a.db", "people")).toEqual([
      { _id: 1, name: "Ada", born: 1815 },
      { _id: 2, name: "Emmy, N.", born: 1882 },
    ]);
    await docdb("export", "--db", at("a.db"), "--collection", "people", at("out.csv"));
    expect(readFileSync(at("out.csv"), "utf8")).toBe('_id,name,born\r\n1,Ada,1815\r\n2,"Emmy, N.",1882\r\n');
    await docdb(
      "export",
      "--db",
      at("a.db"),
      "--collection",
      "people",
      at("out.csv"),
      "--fields",
      "born,none",
    );
    expect(readFileSync(at("out.csv"), "utf8")).toBe("born,none\r\n1815,\r\n1882,\r\n");
  });

  it("give one JSON array, which they take again", async () => {
    await docdb("export", "--db", at("a.db"), "--collection", "people", at("out.json"));
    expect(JSON.parse(readFileSync(at("out.json"), "utf8"))).toHaveLength(2);
    await docdb(
      "export",
      "--db",
      at("a.db"),
      "--collection",
      "people",
      at("none.json"),
      "--filter",
      '{"_id": 9}',
    );
    expect(JSON.parse(readFileSync(at("none.json"), "utf8"))).toEqual([]);
    expect((await docdb("import", "--db", at("b.db"), "--collection", "p", at("out.json"))).code).toBe(0);
    expect(await find("b.db", "p")).toEqual(await find("a.db", "people"));
  });

  it("read and write BSON as the driver's library does", async () => {
    const documents = Array.from({ length: 500 }, (_, _id) => ({
      _id,
      long: BSON.Long.fromNumber(_id * 2 ** 33),
      id: new BSON.ObjectId(),
      text: "ü".repeat(_id),
    }));
    writeFileSync(at("c.bson"), Buffer.concat(documents.map((document) => BSON.serialize(document))));
    expect((await docdb("import", "--db", at("c.db"), "--collection", "c", at("c.bson"))).code).toBe(0);
    expect((await docdb("export", "--db", at("c.db"), "--collection", "c", at("d.bson"))).code).toBe(0);
    expect(readFileSync(at("d.bson")).equals(readFileSync(at("c.bson")))).toBe(true);
    writeFileSync(at("cut.bson"), readFileSync(at("c.bson")).subarray(0, 5000));
    const cut = await docdb("import", "--db", at("cut.db"), "--collection", "c", at("cut.bson"));
    expect(cut).toMatchObject({ code: 1, err: expect.stringMatching(/inside a document/) });
    expect(readdirSync(directory.path)).not.toContain("cut.db");
    writeFileSync(at("text.bson"), "no BSON at all");
    expect((await docdb("import", "--db", at("cut.db"), "--collection", "c", at("text.bson"))).code).toBe(1);
  });

  it("read what mongodump wrote, and write directories as it does", async () => {
    mkdirSync(at("dump/shop"), { recursive: true });
    mkdirSync(at("dump/test"));
    writeFileSync(at("dump/shop/a%2Fb.bson"), BSON.serialize({ _id: 1, n: new BSON.Int32(5) }));
    const metadata = {
      options: { validator: { n: { $gt: { $numberInt: "0" } } } },
      indexes: [
        { v: { $numberInt: "2" }, key: { _id: { $numberInt: "1" } }, name: "_id_", ns: "shop.a/b" },
        {
          v: { $numberInt: "2" },
          key: { n: { $numberInt: "-1" } },
          name: "n_-1",
          unique: true,
          ns: "shop.a/b",
        },
      ],
      uuid: "00",
      collectionName: "a/b",
      type: "collection",
    };
    writeFileSync(at("dump/shop/a%2Fb.metadata.json"), JSON.stringify(metadata));
    writeFileSync(at("dump/test/empty.bson"), "");
    const taken = await docdb("import", "--db", at("dump.db"), at("dump"), "--json");
    expect(JSON.parse(taken.out)).toMatchObject({ collections: 2, documents: 1 });
    {
      await using db = await Database.open(at("dump.db"));
      const c = db.collection("shop.a/b");
      expect(await c.listIndexes()).toContainEqual({ v: 2, key: { n: -1 }, name: "n_-1", unique: true });
      await expect(c.insertOne({ n: -1 })).rejects.toMatchObject({ serverCode: 121 });
      await c.insertOne({ _id: 2, n: 7 });
    }
    const given = await docdb("export", "--db", at("dump.db"), at("again"), "--json");
    expect(JSON.parse(given.out)).toMatchObject({ collections: 2, documents: 2 });
    const bytes = readFileSync(at("again/shop/a%2Fb.bson"));
    expect(BSON.deserialize(bytes.subarray(0, bytes.readInt32LE(0)))).toEqual({ _id: 1, n: 5 });
    const kept = BSON.EJSON.parse(readFileSync(at("again/shop/a%2Fb.metadata.json"), "utf8"));
    expect(kept).toMatchObject({ options: { validator: { n: { $gt: 0 } } }, collectionName: "a/b" });
    await docdb("import", "--db", at("third.db"), at("again"));
    expect(await find("third.db", "shop.a/b")).toEqual(await find("dump.db", "shop.a/b"));
    mkdirSync(at("nothing"));
    expect(await docdb("import", "--db", at("never.db"), at("nothing"))).toMatchObject({
      code: 1,
      err: expect.stringMatching(/mongodump/),
    });
    expect(await docdb("import", "--db", at("never.db"), at("out.csv"))).toMatchObject({ code: 2 });
    expect(readdirSync(directory.path)).not.toContain("never.db");
  });

  it("take tables of SQLite, and give one that SQLite reads", async () => {
    const sqlite = new DatabaseSync(at("in.sqlite"));
    sqlite.exec("CREATE TABLE t (_id INTEGER PRIMARY KEY, name TEXT, size REAL, raw BLOB, big INTEGER)");
    sqlite.exec("INSERT INTO t VALUES (1, 'Ada', 1.5, x'0102', 9223372036854775807), (2, NULL, 2, NULL, -1)");
    sqlite.exec("CREATE TABLE other (x)");
    sqlite.close();
    const which = await docdb("import", "--db", at("s.db"), "--collection", "t", at("in.sqlite"));
    expect(which).toMatchObject({ code: 2, err: expect.stringMatching(/t, other/) });
    expect(
      (await docdb("import", "--db", at("s.db"), "--collection", "t", "--table", "t", at("in.sqlite"))).code,
    ).toBe(0);
    expect(await find("s.db", "t")).toEqual([
      { _id: 1, name: "Ada", size: 1.5, raw: Uint8Array.of(1, 2), big: 9223372036854775807n },
      { _id: 2, name: null, size: 2, raw: null, big: -1 },
    ]);
    {
      await using db = await Database.open(at("s.db"));
      const id = ObjectId.fromHex("507f1f77bcf86cd799439011");
      await db
        .collection("t")
        .insertOne({ _id: 3, id, at: new Date(0), list: [1, { a: 2 }], size: new Double(3) });
    }
    expect((await docdb("export", "--db", at("s.db"), "--collection", "t", at("out.sqlite"))).code).toBe(0);
    const out = new DatabaseSync(at("out.sqlite"), { readOnly: true });
    const rows = out
      .prepare("SELECT _id, name, typeof(size) s, hex(raw) raw, CAST(big AS TEXT) big, id, at, list FROM t")
      .all();
    out.close();
    expect(rows.map((row) => ({ ...row }))).toEqual([
      {
        _id: 1,
        name: "Ada",
        s: "real",
        raw: "0102",
        big: "9223372036854775807",
        id: null,
        at: null,
        list: null,
      },
      { _id: 2, name: null, s: "integer", raw: "", big: "-1", id: null, at: null, list: null },
      {
        _id: 3,
        name: null,
        s: "real",
        raw: "",
        big: null,
        id: "507f1f77bcf86cd799439011",
        at: "1970-01-01T00:00:00.000Z",
        list: '[1,{"a":2}]',
      },
    ]);
    writeFileSync(
      at("no.sqlite"),
      "no SQLite at all, but long enough to be looked at as if it was one".repeat(20),
    );
    const no = await docdb("import", "--db", at("n.db"), "--collection", "t", at("no.sqlite"));
    expect(no).toMatchObject({ code: 1, err: expect.stringMatching(/no\.sqlite/) });
    expect(readdirSync(directory.path).filter((name) => name.endsWith(".part") || name === "n.db")).toEqual(
      [],
    );
  });
});
