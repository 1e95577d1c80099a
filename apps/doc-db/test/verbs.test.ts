import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { type TempDirectory, tempDirectory } from "@millrace/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { main } from "../src/cli.ts";
import { Database, serve } from "../src/extras.ts";
import { docdb, json } from "./run-docdb.ts";

let directory: TempDirectory;
let path: string;
const at = (name: string): string => join(directory.path, name);

beforeAll(async () => {
  directory = tempDirectory();
  path = at("people.db");
  await using db = await Database.open(path);
  await db.watch().then((reader) => reader.close());
  const people = db.collection("people");
  await people.insertMany(
    Array.from({ length: 500 }, (_, _id) => ({ _id, born: 1800 + (_id % 100), text: "x".repeat(200) })),
  );
  await people.createIndex("born");
  await people.updateOne({ _id: 7 }, { $set: { name: "Ada" } });
});
afterAll(() => directory[Symbol.dispose]());

const fieldsOf = (value: object): string =>
  Object.entries(value)
    .map(
      ([key, field]) => `${key}: ${Array.isArray(field) ? "array" : field === null ? "null" : typeof field}`,
    )
    .join(", ");

describe("docdb's verbs of upkeep", () => {
  it("list, make and drop indexes", async () => {
    const made = await json(
      "indexes",
      "--db",
      path,
      "--collection",
      "people",
      "--create",
      '{"name": 1}',
      "--options",
      '{"sparse": true}',
    );
    expect(fieldsOf(made)).toBe("indexes: array");
    expect(made.indexes).toContainEqual({
      collection: "people",
      v: 2,
      key: { name: 1 },
      name: "name_1",
      sparse: true,
    });
    const { out } = await docdb("indexes", "--db", path, "--collection", "people", "--drop", "name_1");
    expect(out).toMatch(/people +born_1 +\{"born":1\}/);
    expect(out).not.toMatch(/name_1/);
    expect((await docdb("indexes", "--db", path, "--drop", "x")).code).toBe(2);
  });

  it("explain a query", async () => {
    const explained = await json("explain", "--db", path, "--collection", "people", '{"born": 1815}');
    expect(explained).toMatchObject({
      index: "born_1",
      keysExamined: 5,
      documentsExamined: 5,
      documentsReturned: 5,
    });
    expect(fieldsOf(explained)).toBe(
      "index: string, ranges: number, keysExamined: number, documentsExamined: number, documentsReturned: number, milliseconds: number, winningPlan: object",
    );
    const { out } = await docdb("explain", "--db", path, "--collection", "people", '{"text": "y"}');
    expect(out).toMatch(/none: all documents are read/);
  });

  it("tell which changes a file has kept", async () => {
    const { count, changes } = await json("tail", "--db", path, "--collection", "people");
    expect(count).toBe(501);
    const last = (changes as { _id: object }[]).at(-1)!;
    expect(last).toMatchObject({
      operationType: "update",
      updateDescription: { updatedFields: { name: "Ada" } },
    });
    const before = (changes as { _id: object }[]).at(-3)!;
    const after = await docdb(
      "tail",
      "--db",
      path,
      "--collection",
      "people",
      "--after",
      JSON.stringify(before._id),
    );
    expect(after.out.trim().split("\n")).toHaveLength(2);
    expect((await docdb("tail")).code).toBe(2);
  });

  it("tell of changes of a server as they come", { timeout: 20_000 }, async () => {
    await using db = await Database.open(at("served.db"));
    await using server = await serve(db, { port: 0 });
    let out = "";
    const stdout = { write: (text: string) => (out += text) };
    const ending = main(["tail", "--uri", server.address, "--collection", "c"], { stdout, stderr: stdout });
    // A stream tells of what comes once it is open; nobody else is told when that is.
    for (let _id = 1; !out.includes("\n"); _id++) {
      await db.collection("c").insertOne({ _id });
      await sleep(20);
    }
    process.emit("SIGTERM");
    expect(await ending).toBe(0);
    const [first] = out.split("\n");
    expect(JSON.parse(first!)).toMatchObject({ operationType: "insert", ns: { coll: "c" } });
  });

  it("back up, verify, restore and compact", async () => {
    const backup = await json("backup", "--db", path, at("monday.db"));
    expect(fieldsOf(backup)).toBe("collections: number, documents: number, bytes: number");
    expect(backup.documents).toBe(1001);
    expect(existsSync(at("monday.db-wal"))).toBe(false);
    expect(await docdb("backup", "--db", path, at("monday.db"))).toMatchObject({
      code: 1,
      err: expect.stringMatching(/is there already/),
    });
    await json("restore", at("monday.db"), "--db", at("again.db"));
    expect((await docdb("restore", at("monday.db"), "--db", at("again.db"))).code).toBe(1);
    {
      await using db = await Database.open(at("again.db"));
      await db.collection("people").deleteMany({ born: { $gt: 1801 } });
    }
    const compacted = await json("compact", "--db", at("again.db"));
    expect(fieldsOf(compacted)).toBe(
      "collections: number, documents: number, bytesBefore: number, bytes: number",
    );
    const verified = await json("verify", "--db", at("again.db"));
    expect(fieldsOf(verified)).toBe("pages: number, collections: number, documents: number, problems: array");
    await json("restore", at("monday.db"), "--db", at("again.db"), "--force");
    await using db = await Database.open(at("again.db"), { create: false });
    expect(await db.collection("people").countDocuments()).toBe(500);
    expect(await db.verify()).toEqual([]);
    expect(readdirSync(directory.path).filter((name) => /\.(part|restore|compact)/.test(name))).toEqual([]);
  });

  it("find damage, and save what is left", async () => {
    await json("backup", "--db", path, at("broken.db"));
    const bytes = readFileSync(at("broken.db"));
    // A leaf of documents: the first page of that type behind the catalog that is nearly full.
    const page = [...Array(bytes.length / 8192).keys()].find(
      (i) => i > 3 && bytes[i * 8192 + 4] === 3 && bytes.readUInt16LE(i * 8192 + 24) > 10,
    )!;
    bytes[page * 8192 + 8000]! ^= 1;
    writeFileSync(at("broken.db"), bytes);
    const verified = await docdb("verify", "--db", at("broken.db"));
    expect(verified).toMatchObject({ code: 1, out: expect.stringMatching(/1 problems; "repair"/) });
    const doctor = await docdb("doctor", "--db", at("broken.db"));
    expect(doctor).toMatchObject({ code: 1, out: expect.stringMatching(/content +bad/) });
    const restored = await docdb("restore", at("broken.db"), "--db", at("never.db"));
    expect(restored).toMatchObject({ code: 1, err: expect.stringMatching(/nothing was changed/) });
    expect(existsSync(at("never.db"))).toBe(false);
    const repaired = await docdb("repair", "--db", at("broken.db"), at("saved.db"), "--json");
    expect(repaired.code).toBe(1);
    const told = JSON.parse(repaired.out);
    expect(fieldsOf(told)).toBe("collections: array, problems: array");
    expect((await docdb("verify", "--db", at("saved.db"))).code).toBe(0);
  });

  it("export text to stdout", async () => {
    const lines = await docdb(
      "export",
      "--db",
      path,
      "--collection",
      "people",
      "--filter",
      '{"_id": {"$lt": 2}}',
      "-",
    );
    expect(lines).toMatchObject({ code: 0, err: "" });
    expect(
      lines.out
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)._id),
    ).toEqual([0, 1]);
    for (const more of [["--format", "bson"], ["--json"]])
      expect(await docdb("export", "--db", path, "--collection", "people", ...more, "-")).toMatchObject({
        code: 2,
        out: "",
      });
    expect((await docdb("export", "--db", path, "-")).code).toBe(2);
  });

  it("never write over the database, and name a packed file that is cut off", async () => {
    const before = readFileSync(path);
    for (const verb of ["export", "repair"]) {
      const collection = verb === "export" ? ["--collection", "people"] : [];
      const { code, err } = await docdb(verb, "--db", path, ...collection, path);
      expect([code, err]).toEqual([2, expect.stringContaining("would take the place of")]);
    }
    expect((await docdb("restore", path, "--db", path, "--force")).err).toContain("would take the place of");
    expect(Buffer.compare(readFileSync(path), before)).toBe(0);
    writeFileSync(at("cut.jsonl.gz"), gzipSync('{"a": 1}\n').subarray(0, 20));
    const { code, err } = await docdb(
      "import",
      "--db",
      at("cut.db"),
      "--collection",
      "x",
      at("cut.jsonl.gz"),
    );
    expect([code, err]).toEqual([1, expect.stringContaining("cut.jsonl.gz: gzip: at byte 20")]);
    expect(existsSync(at("cut.db"))).toBe(false);
  });

  it("save what a file has that was cut off, once it is as long again", async () => {
    await json("backup", "--db", path, at("short.db"));
    const bytes = statSync(at("short.db")).size;
    truncateSync(at("short.db"), bytes - 40_000);
    const short = await docdb("repair", "--db", at("short.db"), at("found.db"));
    expect(short).toMatchObject({ code: 1, err: expect.stringContaining(`truncate -s ${bytes}`) });
    truncateSync(at("short.db"), bytes);
    const told = await docdb("repair", "--db", at("short.db"), at("found.db"), "--json");
    const [people] = JSON.parse(told.out).collections;
    expect(people.saved).toBeGreaterThan(100);
    expect(people.saved).toBeLessThan(500);
    expect((await docdb("verify", "--db", at("found.db"))).code).toBe(0);
  });

  it("say what is to be done about a healthy database: nothing", async () => {
    const { findings } = await json("doctor", "--db", path);
    const states = (findings as { state: string }[]).map(({ state }) => state);
    expect(states.length).toBeGreaterThan(4);
    expect(new Set(states)).toEqual(new Set(["good"]));
  });

  it("measure this machine, and leave nothing behind", async () => {
    mkdirSync(at("bench"));
    const { measured, documents } = await json(
      "bench",
      "--documents",
      "1000",
      "--durability",
      "memory",
      "--directory",
      at("bench"),
    );
    expect(documents).toBe(1000);
    const rates = (measured as { perSecond: number }[]).map(({ perSecond }) => perSecond);
    expect(rates).toHaveLength(8);
    for (const rate of rates) expect(rate).toBeGreaterThan(0);
    expect(readdirSync(at("bench"))).toEqual([]);
    expect((await docdb("bench", "--durability", "perhaps")).code).toBe(2);
  });

  it("run migrations once, in order, each whole or not at all", async () => {
    mkdirSync(at("migrations"));
    const migration = (name: string, body: string): void =>
      writeFileSync(at(`migrations/${name}`), `export async function up({ db, session }) { ${body} }\n`);
    migration(
      "2-names.mjs",
      'await db.collection("m").updateMany({}, { $set: { named: true } }, { session });',
    );
    migration("1-first.mjs", 'await db.collection("m").insertOne({ _id: 1 }, { session });');
    migration(
      "10-fails.mjs",
      'await db.collection("m").insertOne({ _id: 2 }, { session }); throw new Error("no");',
    );
    const dry = await json("migrate", "--db", path, at("migrations"), "--dry-run");
    expect(dry).toEqual({ migrations: ["1-first.mjs", "2-names.mjs", "10-fails.mjs"], done: 0, before: 0 });
    const failed = await docdb("migrate", "--db", path, at("migrations"));
    expect(failed).toMatchObject({
      code: 1,
      err: expect.stringContaining("docdb: 10-fails.mjs: no; nothing of"),
    });
    await using db = await Database.open(path);
    expect(await db.collection("m").find().toArray()).toEqual([{ _id: 1, named: true }]);
    expect(await db.collection("migrations").distinct("_id")).toEqual(["1-first.mjs", "2-names.mjs"]);
  });

  it("refuse what is no database in one line, and leave it as it was", async () => {
    writeFileSync(at("empty.db"), "");
    writeFileSync(at("text.db"), "this is no database, whatever its name says\n".repeat(1000));
    mkdirSync(at("folder.db"));
    await json("backup", "--db", path, at("cut.db"));
    truncateSync(at("cut.db"), 20_000);
    const verbs = [
      ["indexes"],
      ["explain", "--collection", "people"],
      ["verify"],
      ["repair", at("out.db")],
      ["compact"],
      ["backup", at("out.db")],
      ["doctor"],
      ["tail"],
    ];
    for (const name of ["none.db", "empty.db", "text.db", "folder.db", "cut.db"]) {
      for (const [verb, ...args] of verbs) {
        const { code, out, err } = await docdb(verb!, ...args, "--db", at(name));
        expect([1, 2], `${verb} ${name}: ${err}`).toContain(code);
        expect(out).toBe("");
        expect(err.trim().split("\n"), `${verb} ${name}`).toHaveLength(1);
        expect(err, `${verb} ${name}`).not.toMatch(/unexpected:/);
      }
      expect(existsSync(at("out.db"))).toBe(false);
      const restored = await docdb("restore", at(name), "--db", at("out.db"));
      expect(restored.code).not.toBe(0);
      expect(existsSync(at("out.db"))).toBe(false);
    }
    expect(existsSync(at("none.db"))).toBe(false);
    expect(readFileSync(at("text.db"), "utf8")).toMatch(/^this is no database/);
  });
});

describe("docdb on what cannot be", () => {
  it("says where, what and what to do, and leaves nothing behind", async () => {
    using temp = await tempDirectory();
    const dup = join(temp.path, "dup.jsonl");
    writeFileSync(dup, '{"_id": 1}\n{"_id": 1}\n');
    const fresh = join(temp.path, "fresh.db");
    const cases: [string[], number, RegExp][] = [
      [["import", "--db", fresh, "--collection", "c", dup], 1, /dup\.jsonl: a document is there twice.*_id_/],
      [
        ["export", "--db", path, join(temp.path, "all.jsonl")],
        2,
        /--collection: needed.*all\.jsonl is one file/,
      ],
      [["bench", "--directory", join(temp.path, "none")], 1, /none: there is no such file or directory/],
      [["import", "--db", fresh, temp.path], 1, /name the directory above those of the databases/],
    ];
    for (const [argv, code, message] of cases) {
      const { err, code: found } = await docdb(...argv);
      expect([found, err]).toEqual([code, expect.stringMatching(message)]);
    }
    expect(readdirSync(temp.path)).toEqual(["dup.jsonl"]);
  });
});
