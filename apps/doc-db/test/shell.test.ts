import { appendFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { MemoryVfs } from "@millrace/files";
import { runCommand, tempDirectory } from "@millrace/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect, type MongoClient } from "../src/index.ts";
import { ShellHistory } from "../src/shell/history.ts";
import { Shell } from "../src/shell/shell.ts";

let client: MongoClient;
let shell: Shell;
beforeAll(async () => {
  client = await connect("millrace:///shell.db", { vfs: new MemoryVfs() });
  shell = new Shell(client, false);
});
afterAll(() => client.close());

const run = async (line: string): Promise<string> => (await shell.run(line)).text;

describe("the shell", () => {
  it("runs what MongoDB's driver has, and waits for it", async () => {
    expect(await run('db.people.insertMany([{ _id: 1, name: "Ada" }, { _id: 2, name: "Emmy" }])')).toBe(
      '{"acknowledged":true,"insertedCount":2,"insertedIds":{"0":1,"1":2}}',
    );
    expect(await run("db.people.find({ name: /^a/i }).sort({ _id: -1 });")).toBe('{"_id":1,"name":"Ada"}');
    expect(await run("db.people.countDocuments()")).toBe("2");
    expect(await run("(await db.people.findOne({ _id: 2 })).name")).toBe('"Emmy"');
    expect(await run("db.people.aggregate([{ $group: { _id: null, n: { $sum: 1 } } }])")).toBe(
      '{"_id":null,"n":2}',
    );
    expect(await run("db.people.createIndex({ name: 1 })")).toBe('"name_1"');
    expect(
      await run("db.runs.insertOne({ _id: NumberLong('9007199254740993'), d: ISODate('2020-01-01') })"),
    ).toMatch(/"insertedId":\{"\$numberLong":"9007199254740993"\}/);
    expect(await run("db.runs.findOne()")).toBe(
      '{"_id":{"$numberLong":"9007199254740993"},"d":{"$date":"2020-01-01T00:00:00.000Z"}}',
    );
  });

  it("keeps variables, prints, and takes statements over several lines", async () => {
    expect(await run("x = 20")).toBe("20");
    expect(await run("x + 1")).toBe("21");
    expect(await run("{ a: 1 }")).toBe('{"a":1}');
    expect(await run('print("a", { b: 1 }); 5')).toBe('a {"b":1}\n5');
    expect(await shell.run("db.people.updateOne(")).toMatchObject({ isUnfinished: true });
    expect(shell.prompt).toBe("... ");
    expect(await shell.run("  { _id: 1 },")).toMatchObject({ isUnfinished: true });
    expect(await run("  { $set: { born: 1815 } })")).toMatch(/"modifiedCount":1/);
    expect(await run("for (let i = 0; i < 3; i++) {\n print(i) }")).toBe("0\n1\n2");
    await expect(run("db.people.find({ $nope: 1 }).toArray()")).rejects.toMatchObject({ code: 2 });
    await expect(run("1 +* 2")).rejects.toThrow(/Unexpected token/);
    expect(await run("1")).toBe("1");
  });

  it("shows pages, collections and databases, and changes the one in use", async () => {
    await run("db.many.insertMany(Array.from({ length: 45 }, (_, _id) => ({ _id })))");
    const first = await run("db.many.find()");
    expect(first.split("\n")).toHaveLength(21);
    expect(first).toMatch(/type "it" for more$/);
    expect((await run("it")).split("\n")).toHaveLength(21);
    expect((await run("it")).split("\n")).toHaveLength(5);
    expect(await run("it")).toBe("no more documents");
    expect(await run("show collections")).toBe("many\npeople\nruns");
    expect(await run("use other")).toBe("switched to other");
    await run("db.c.insertOne({ _id: 1 })");
    expect(await run("show dbs")).toBe("other\ntest");
    await run("use test");
    expect(shell.prompt).toBe("test> ");
    expect(await run("help")).toMatch(/show collections/);
    expect(await shell.run("exit")).toMatchObject({ isEnd: true });
  });

  it("completes collections and methods", async () => {
    expect(await shell.complete("db.pe")).toEqual([["db.people"], "db.pe"]);
    const [found, word] = await shell.complete("x = db.people.findOneAnd");
    expect(word).toBe("db.people.findOneAnd");
    expect(found).toContain("db.people.findOneAndUpdate");
    expect((await shell.complete("sh"))[0]).toEqual(["show"]);
  });
});

describe("the history of a shell", () => {
  it("keeps the last 1,000 lines for the next session, the newest one first, and for nobody else", async () => {
    using directory = tempDirectory();
    const path = join(directory.path, "history");
    expect(await new ShellHistory(path).read()).toEqual([]);
    for (const line of ["db.a.find()", "  ", "exit"]) await new ShellHistory(path).add(line);
    expect(await new ShellHistory(path).read()).toEqual(["exit", "db.a.find()"]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    appendFileSync(path, Array.from({ length: 1000 }, (_, i) => `${i}\n`).join(""));
    const lines = await new ShellHistory(path).read();
    expect([lines.length, lines[0], lines.at(-1)]).toEqual([1000, "999", "0"]);
  });
});

describe("docdb shell", () => {
  it("runs a script from a pipe, and ends with 1 at its first failure", { timeout: 60_000 }, async () => {
    using directory = tempDirectory();
    const script = "db.c.insertOne({\n  _id: 1 })\ndb.c.find()\nexit\ndb.c.find()\n";
    const done = await runCommand("doc-db", ["shell", "--db", "s.db"], {
      cwd: directory.path,
      input: script,
    });
    expect(done).toEqual({
      code: 0,
      stderr: "",
      stdout: '{"acknowledged":true,"insertedId":1}\n{"_id":1}\n',
    });
    const failed = await runCommand(
      "doc-db",
      ["shell", "--db", "s.db", "--eval", "db.c.insertOne({ _id: 1 })\n5"],
      {
        cwd: directory.path,
      },
    );
    expect(failed).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(/^MongoServerError: .*\n$/),
    });
  });
});
