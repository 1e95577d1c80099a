import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import {
  describeBadInput,
  fieldsOf,
  runCommand,
  smallDisk,
  type TempDirectory,
  tempDirectory,
} from "@millrace/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Database } from "../src/extras.ts";

let directory: TempDirectory;
beforeAll(() => {
  directory = tempDirectory();
});
afterAll(() => directory[Symbol.dispose]());

const docdb = (...args: string[]) => runCommand("doc-db", args, { cwd: directory.path });
const write = (name: string, content: string | Uint8Array): string => {
  const path = join(directory.path, name);
  writeFileSync(path, content);
  return path;
};

const PEOPLE = [
  { _id: 1, name: "Ada", born: 1815 },
  { _id: 2, name: "Emmy", born: 1882 },
  { _id: 3, name: "Grace", born: 1906 },
];
const LINES = PEOPLE.map((person) => `${JSON.stringify(person)}\n`).join("");

describe("docdb import, find and stats", () => {
  it("give back what was imported, with the fields that are promised", async () => {
    write("people.jsonl", LINES);
    const imported = await docdb(
      "import",
      "--db",
      "people.db",
      "--collection",
      "people",
      "--index",
      "born",
      "people.jsonl",
      "--json",
    );
    expect(imported).toMatchObject({ code: 0, stderr: "" });
    expect(fieldsOf(JSON.parse(imported.stdout))).toMatchInlineSnapshot(`
      {
        "bytes": "number",
        "collection": "string",
        "documents": "number",
        "documentsPerSecond": "number",
        "seconds": "number",
      }
    `);
    expect(JSON.parse(imported.stdout)).toMatchObject({ collection: "people", documents: 3 });

    const found = await docdb(
      "find",
      "--db",
      "people.db",
      "--collection",
      "people",
      '{"born": {"$gt": 1850}}',
      "--sort",
      '{"born": -1}',
      "--limit",
      "1",
    );
    expect(found).toEqual({ code: 0, stderr: "", stdout: `${JSON.stringify(PEOPLE[2])}\n` });
    const json = JSON.parse(
      (await docdb("find", "--db", "people.db", "--collection", "people", "--json")).stdout,
    );
    expect(json).toEqual({ documents: PEOPLE, count: 3 });
    const explained = JSON.parse(
      (
        await docdb(
          "find",
          "--db",
          "people.db",
          "--collection",
          "people",
          '{"born": 1815}',
          "--explain",
          "--json",
        )
      ).stdout,
    );
    expect(explained).toMatchObject({
      explanation: { index: "born_1", documentsExamined: 1, documentsReturned: 1 },
      count: 1,
    });

    const stats = await docdb("stats", "--db", "people.db", "--json");
    expect(fieldsOf(JSON.parse(stats.stdout))).toMatchInlineSnapshot(`
      {
        "cacheHitRate": "number",
        "collections": "array",
        "compression": "string",
        "fileBytes": "number",
        "freePages": "number",
        "isEncrypted": "boolean",
        "pageBytes": "number",
        "pages": "number",
        "ratio": "number",
        "walBytes": "number",
      }
    `);
    expect(JSON.parse(stats.stdout).collections).toEqual([
      { name: "people", documents: 3, bytes: expect.any(Number), indexes: ["born_1"] },
    ]);
    expect((await docdb("stats", "--db", "people.db")).stdout).toMatch(/people +3 +\d+ +born/);
  });

  it.each([
    [
      "an array",
      "array.json",
      ` [\n${PEOPLE.map((person) => JSON.stringify(person, null, 2)).join(",\n")}\n]\n`,
    ],
    ["gzip", "people.jsonl.gz", gzipSync(LINES)],
    [
      "a byte order mark, blank lines and no last newline",
      "mark.jsonl",
      `\ufeff\n${LINES.trim().replaceAll("\n", "\r\n\r\n")}`,
    ],
  ])("take %s too", async (_what, name, content) => {
    write(name, content);
    expect(await docdb("import", "--db", `${name}.db`, "--collection", "p", name)).toMatchObject({
      code: 0,
      stderr: "",
    });
    expect(
      JSON.parse((await docdb("find", "--db", `${name}.db`, "--collection", "p", "--json")).stdout).documents,
    ).toEqual(PEOPLE);
  });

  it("take stdin, and Extended JSON both ways", async () => {
    const line =
      '{"_id":{"$oid":"0123456789abcdef01234567"},"at":{"$date":"2020-01-02T03:04:05.678Z"},"n":{"$numberLong":"9007199254740993"}}\n';
    const outcome = await runCommand(
      "doc-db",
      ["import", "--db", "stdin.db", "--collection", "c", "--format", "jsonl", "-"],
      {
        cwd: directory.path,
        input: line,
      },
    );
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    const filter =
      '{"_id": {"$oid": "0123456789abcdef01234567"}, "n": {"$gt": {"$numberLong": "9007199254740992"}}}';
    expect((await docdb("find", "--db", "stdin.db", "--collection", "c", filter)).stdout).toBe(line);
  });

  it.each([
    ["no JSON", `${LINES}{"a": nope}\n`, "line 4: at byte 108: Unexpected token"],
    ["no object", `${LINES}  7\n`, 'line 4: at byte 110: found "7" where a JSON object should begin'],
    ["a document twice", `${LINES}{"_id": 2}\n`, '{"_id":2} is in the collection already'],
    ["an array that goes on", `[{"a": 1} {"a": 2}]`, 'line 1: at byte 10: found "{"'],
    ["half a surrogate pair", `${LINES}{"a": "\\ud800"}\n`, "well-formed Unicode"],
    ["a type that cannot be stored", `{"a": {"$symbol": "1"}}`, "Extended JSON $symbol"],
  ])("stop at %s, and leave the database as it was", async (_what, content, message) => {
    const input = write("bad.jsonl", content);
    const path = join(directory.path, "kept.db");
    {
      await using db = await Database.open(path);
      await db.collection("c").deleteMany({});
      await db.collection("c").insertOne({ _id: "kept" });
    }
    const outcome = await docdb("import", "--db", path, "--collection", "c", "--index", "a", input);
    expect(outcome.code).not.toBe(0);
    expect(outcome.stdout).toBe("");
    expect(outcome.stderr).toContain(message);
    expect(outcome.stderr.trim().split("\n")).toHaveLength(1);
    await using db = await Database.open(path);
    expect(await db.collection("c").find().toArray()).toEqual([{ _id: "kept" }]);
    expect((await db.stats()).collections).toMatchObject([{ documents: 1, indexes: [] }]);
  });

  it("leave nothing of a new database behind when the import fails, or is interrupted", async () => {
    mkdirSync(join(directory.path, "empty"));
    write("bad.jsonl", `${LINES}nope\n`);
    expect(await docdb("import", "--db", "empty/new.db", "--collection", "c", "bad.jsonl")).toMatchObject({
      code: 1,
    });
    expect(readdirSync(join(directory.path, "empty"))).toEqual([]);
    const outcome = await runCommand("doc-db", ["import", "--db", "empty/new.db", "--collection", "c", "-"], {
      cwd: directory.path,
      input: Array.from({ length: 400_000 }, (_, i) => `{"_id": ${i}}\n`).join(""),
      onStart: async (child) => {
        while (readdirSync(join(directory.path, "empty")).length < 3)
          await new Promise((resolve) => setTimeout(resolve, 2));
        child.kill("SIGINT");
      },
    });
    expect(outcome).toMatchObject({ code: 1, stdout: "" });
    expect(outcome.stderr).toContain("interrupted");
    expect(readdirSync(join(directory.path, "empty"))).toEqual([]);
  });

  it("keep what was there when the disk is full", async ({ skip }) => {
    using disk = smallDisk(4 * 1024 * 1024);
    if (disk === undefined) return skip("a small disk needs root on Linux");
    const path = join(disk.path, "t.db");
    {
      await using db = await Database.open(path);
      await db.collection("c").insertMany(PEOPLE);
    }
    write(
      "large.jsonl",
      Array.from({ length: 20_000 }, (_, i) => `{"_id": ${100 + i}, "pad": "${"p".repeat(500)}"}\n`).join(""),
    );
    const outcome = await docdb(
      "import",
      "--db",
      path,
      "--collection",
      "c",
      "--cache",
      "1MiB",
      "large.jsonl",
    );
    expect(outcome).toMatchObject({ code: 1, stdout: "" });
    expect(outcome.stderr).toMatch(/no space/);
    await using db = await Database.open(path);
    expect(await db.collection("c").find().toArray()).toEqual(PEOPLE);
  });

  it("are refused, in words, while another process has the database open", async () => {
    const path = join(directory.path, "open.db");
    await using db = await Database.open(path);
    await db.collection("c").insertOne({ _id: 1 });
    for (const verb of [
      ["stats"],
      ["find", "--collection", "c"],
      ["import", "--collection", "c", write("one.jsonl", LINES)],
    ]) {
      const outcome = await docdb(...verb, "--db", path);
      expect(outcome).toMatchObject({ code: 1, stdout: "" });
      expect(outcome.stderr).toContain(`${path}: another process or handle has this database open`);
    }
    expect(await db.collection("c").countDocuments()).toBe(1);
  });

  it("do not make a database that is missing, and name a collection that is", async () => {
    for (const verb of [["stats"], ["find", "--collection", "c"]]) {
      const outcome = await docdb(...verb, "--db", "missing.db");
      expect(outcome).toMatchObject({ code: 1, stdout: "" });
      expect(outcome.stderr).toContain("missing.db");
    }
    expect(readdirSync(directory.path).filter((name) => name.startsWith("missing"))).toEqual([]);
    const outcome = await docdb("find", "--db", "people.db", "--collection", "poeple");
    expect(outcome).toMatchObject({ code: 2, stdout: "" });
    expect(outcome.stderr).toContain('no collection "poeple"; there are: people');
  });

  it.each([
    [['{"a": {"$gtt": 1}}'], '"$gt", perhaps'],
    [["{a: 1}"], "expected a JSON object"],
    [["[]"], "a JSON object"],
    [["{}", "--sort", '{"a": 2}'], "1 (ascending) or -1 (descending)"],
  ])("refuse the command line %j with exit 2, before a file is touched", async (args, message) => {
    const outcome = await docdb("find", "--db", "missing.db", "--collection", "c", ...args);
    expect(outcome).toMatchObject({ code: 2, stdout: "" });
    expect(outcome.stderr).toContain(message);
  });
});

for (const [name, prepare] of [
  ["import", undefined],
  [
    "import into a database that is there",
    async (outputs: string) => {
      await using db = await Database.open(join(outputs, "t.db"));
      await db.collection("c").createIndex("n");
      await db.collection("c").insertMany(PEOPLE);
    },
  ],
] as const) {
  describeBadInput({
    app: "doc-db",
    name,
    args: (input, outputs) => [
      "import",
      "--db",
      join(outputs, "t.db"),
      "--collection",
      "c",
      "--cache",
      "1MiB",
      input,
    ],
    extension: ".jsonl",
    goodInput: new TextEncoder().encode(
      Array.from({ length: 4000 }, (_, i) => `{"n": ${i}, "pad": "${"p".repeat(500)}"}\n`).join(""),
    ),
    truncateAt: 50_000,
    fullDiskBytes: 1280 * 1024,
    ...(prepare === undefined ? {} : { prepare }),
  });
}

{
  using made = tempDirectory();
  const path = join(made.path, "good.db");
  {
    await using db = await Database.open(path);
    await db.collection("c").insertMany(PEOPLE);
  }
  const goodInput = new Uint8Array(readFileSync(path));
  expect(statSync(path).size % 8192).toBe(0);
  for (const verb of [["stats"], ["find", "--collection", "c"], ["aggregate", "[]", "--collection", "c"]]) {
    describeBadInput({
      app: "doc-db",
      name: verb[0]!,
      args: (input) => [...verb, "--db", input],
      extension: ".db",
      goodInput,
      truncateAt: goodInput.length >> 1,
    });
  }
}

{
  using made = tempDirectory();
  const path = join(made.path, "large.db");
  {
    await using db = await Database.open(path);
    await db
      .collection("c")
      .insertMany(Array.from({ length: 900 }, (_, _id) => ({ _id, pad: "p".repeat(900) })));
  }
  const goodInput = new Uint8Array(readFileSync(path));
  describeBadInput({
    app: "doc-db",
    name: "export",
    args: (input, outputs) => ["export", "--collection", "c", "--db", input, join(outputs, "out.jsonl")],
    extension: ".db",
    goodInput,
    truncateAt: goodInput.length >> 1,
    fullDiskBytes: 256 * 1024,
  });
}

describe("docdb aggregate and export", () => {
  it("compute and write what import reads back", async () => {
    const db = join(directory.path, "round.db");
    const lines = '{"_id": 1, "n": {"$numberLong": "5"}}\n{"_id": 2, "n": {"$numberDecimal": "0.10"}}\n';
    await docdb("import", "--db", db, "--collection", "c", write("round.jsonl", lines));
    const sum = '[{"$group": {"_id": null, "sum": {"$sum": "$n"}}}]';
    const aggregated = await docdb("aggregate", "--json", "--db", db, "--collection", "c", sum);
    expect(JSON.parse(aggregated.stdout)).toEqual({
      documents: [{ _id: null, sum: { $numberDecimal: "5.10" } }],
      count: 1,
    });
    expect(fieldsOf(JSON.parse(aggregated.stdout))).toEqual({ documents: "array", count: "number" });
    const path = join(directory.path, "out.jsonl");
    const exported = await docdb("export", "--json", "--db", db, "--collection", "c", path);
    expect(fieldsOf(JSON.parse(exported.stdout))).toEqual({
      collection: "string",
      documents: "number",
      bytes: "number",
    });
    expect(readFileSync(path, "utf8")).toBe(lines.replaceAll(": ", ":").replaceAll(", ", ","));
    const copied = await docdb("aggregate", "--json", "--db", db, "--collection", "c", '[{"$out": "copy"}]');
    expect(JSON.parse(copied.stdout)).toEqual({ documents: [], count: 0 });
    const stages = '[{"$indexStats": {}}, {"$project": {"name": 1}}]';
    const listed = await docdb("aggregate", "--json", "--db", db, "--collection", "copy", stages);
    expect(JSON.parse(listed.stdout)).toEqual({ documents: [{ name: "_id_" }], count: 1 });
    const bad = await docdb("aggregate", "--db", db, "--collection", "c", "{}");
    expect([bad.code, bad.stderr.split("\n").length]).toEqual([2, 2]);
  });
});
