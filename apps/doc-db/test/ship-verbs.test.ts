import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { smallDisk, type TempDirectory, tempDirectory } from "@millrace/testkit";
import { MongoClient } from "mongodb";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { main } from "../src/cli.ts";
import { Database } from "../src/extras.ts";
import { docdb, json } from "./run-docdb.ts";

let directory: TempDirectory;
const at = (name: string): string => join(directory.path, name);
beforeEach(() => {
  directory = tempDirectory();
});
afterEach(() => {
  vi.unstubAllEnvs();
  directory[Symbol.dispose]();
});

const typesOf = (value: object): string =>
  Object.entries(value)
    .map(([key, field]) => `${key}: ${typeof field}`)
    .join(", ");

async function fill(name: string, count: number, options = {}): Promise<void> {
  await using db = await Database.open(at(name), options);
  const first = await db.collection("c").countDocuments();
  for (let _id = first; _id < count; _id++) await db.collection("c").insertOne({ _id });
}

describe("docdb ship and restore --from", () => {
  it("send a database to a directory, and make one of it as it was at a moment or record", async () => {
    await fill("a.db", 10);
    const shipped = await json("ship", "--db", at("a.db"), "--to", at("target"));
    expect(typesOf(shipped)).toBe("target: string, line: number, lsn: number, at: string, bases: number");
    await fill("a.db", 20);
    // The log between is gone where nobody said that it is shipped: a new copy.
    expect(await json("ship", "--db", at("a.db"), "--to", at("target"))).toMatchObject({ lsn: 22 });
    const restored = await json("restore", "--from", at("target"), at("r.db"));
    expect(typesOf(restored)).toBe(
      "file: string, at: string, lsn: number, line: number, records: number, bytes: number",
    );
    expect((await json("find", "--db", at("r.db"), "--collection", "c")).count).toBe(20);
    const until = ["--at", String(shipped.at)];
    expect(await json("restore", "--from", at("target"), ...until, at("s.db"))).toMatchObject({
      lsn: shipped.lsn,
    });
    expect((await json("find", "--db", at("s.db"), "--collection", "c")).count).toBe(10);
    const { out } = await docdb("restore", "--from", at("target"), "--lsn", String(shipped.lsn), at("t.db"));
    expect(out).toContain(String(shipped.at));
    expect(readdirSync(directory.path).filter((name) => name.includes(".part"))).toEqual([]);
  });

  it("say what is wrong with a command line, a target or a file, and leave nothing half-made", async () => {
    await fill("a.db", 3);
    await json("ship", "--db", at("a.db"), "--to", at("target"));
    const from = ["restore", "--from", at("target")];
    const cases: [string[], number, RegExp][] = [
      [["restore", at("x.db")], 2, /--db/],
      [["restore", "--db", at("y.db"), "--lsn", "3", at("x.db")], 2, /need --from/],
      [[...from, "--at", "yesterday", at("x.db")], 2, /2026-11-21T12:00:00Z/],
      [[...from, "--at", "2026-11-21T12:00:00", at("x.db")], 2, /with its zone/],
      [[...from, "--at", "2026-11-21T12:00:00Z", "--lsn", "1", at("x.db")], 2, /one of them/],
      [[...from, "--force", at("x.db")], 2, /leave --db and --force out/],
      [[...from, "--at", "2001-01-01T00:00:00Z", at("x.db")], 1, /is not there; there is all from/],
      [[...from, at("a.db")], 1, /is there already/],
      [["restore", "--from", at("nowhere"), at("x.db")], 1, /no manifest/],
      [["restore", "--from", at("a.db"), at("x.db")], 1, /./],
      [["restore", "--from", "http://x/y", at("x.db")], 2, /s3:\/\/BUCKET/],
      [["ship", "--db", at("missing.db"), "--to", at("t2")], 1, /missing\.db/],
      [["ship", "--db", at("a.db"), "--to", "s3://"], 2, /AWS_ENDPOINT_URL/],
      [["serve", "--db", at("a.db"), "--ship", at("t"), "--replica", at("t")], 2, /one of them/],
      [["serve", "--db", at("a.db"), "--replica", at("target"), "--port", "0"], 1, /database of its own/],
    ];
    for (const [args, code, message] of cases) {
      const { code: found, err } = await docdb(...args);
      expect(err, args.join(" ")).toMatch(message);
      expect(found, args.join(" ")).toBe(code);
      expect(err.trim().split("\n")).toHaveLength(1);
    }
    const names = readdirSync(directory.path).filter((name) => !name.startsWith("a.db"));
    expect(names.sort()).toEqual(["target"]);
  });

  it("take an encrypted database as it is, and its password for the restore", async () => {
    writeFileSync(at("password"), "a long one\n");
    const password = ["--password-file", at("password")];
    await fill("a.db", 5, { password: "a long one" });
    await json("ship", "--db", at("a.db"), "--to", at("target"), ...password);
    const missing = await docdb("restore", "--from", at("target"), at("r.db"));
    expect(missing).toMatchObject({ code: 1, err: expect.stringContaining("encrypted") });
    expect(existsSync(at("r.db"))).toBe(false);
    vi.stubEnv("MILLRACE_DOCDB_PASSWORD", "a long one");
    await json("restore", "--from", at("target"), at("s.db"));
    expect((await json("find", "--db", at("s.db"), "--collection", "c")).count).toBe(5);
  });

  it("leave nothing on a disk that is too full", async (context) => {
    const disk = smallDisk(512 * 1024);
    if (disk === undefined) return context.skip();
    using full = disk;
    await using db = await Database.open(at("a.db"));
    const text = "x".repeat(8000);
    await db.collection("c").insertMany(Array.from({ length: 200 }, (_, _id) => ({ _id, text })));
    await db.close();
    await json("ship", "--db", at("a.db"), "--to", at("target"));
    const out = join(full.path, "r.db");
    expect(await docdb("restore", "--from", at("target"), out)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/space/),
    });
    expect(readdirSync(full.path)).toEqual([]);
    const shipped = await docdb("ship", "--db", at("a.db"), "--to", join(full.path, "t"));
    expect(shipped).toMatchObject({ code: 1, err: expect.stringMatching(/space/) });
  });
});

/** Runs `serve` until it is ended. */
async function served(...args: string[]): Promise<{ address: string; end: () => Promise<number> }> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const stderr = {
    write: (text: string) => {
      const [, address] = /listening on (\S+)/.exec(text) ?? [];
      if (address !== undefined) resolve(address);
      else reject(new Error(text));
    },
  };
  const ending = main(["serve", ...args, "--port", "0"], { stdout: { write: () => {} }, stderr });
  const end = (): Promise<number> => {
    process.emit("SIGTERM");
    return ending;
  };
  return { address: await promise, end };
}

it("`serve --replica` follows what `serve --ship` sends, and refuses writes by name", {
  timeout: 30_000,
}, async () => {
  const primary = await served("--db", at("a.db"), "--ship", at("target"));
  await using writer = await new MongoClient(primary.address).connect();
  await writer
    .db("test")
    .collection("c")
    .insertOne({ _id: 1 as never });
  await expect.poll(() => existsSync(at("target/manifest.json")), { timeout: 10_000 }).toBe(true);
  await expect
    .poll(() => existsSync(at("target/bases")) && readdirSync(at("target/bases")).length, { timeout: 10_000 })
    .toBe(1);
  let replica: Awaited<ReturnType<typeof served>> | undefined;
  await expect
    .poll(
      async () => {
        replica ??= await served("--db", at("b.db"), "--replica", at("target")).catch(() => undefined);
        return replica !== undefined;
      },
      { timeout: 10_000 },
    )
    .toBe(true);
  await using reader = await new MongoClient(replica!.address, { retryWrites: false }).connect();
  const there = reader.db("test").collection("c");
  await writer
    .db("test")
    .collection("c")
    .insertOne({ _id: 2 as never });
  await expect.poll(() => there.countDocuments(), { timeout: 10_000 }).toBe(2);
  await expect(there.insertOne({ _id: 3 as never })).rejects.toMatchObject({ code: 10107 });
  expect(await there.countDocuments()).toBe(2);
  await reader.close();
  await writer.close();
  const [first, second] = await Promise.all([primary.end(), replica!.end()]);
  expect([first, second]).toEqual([0, 0]);
});
