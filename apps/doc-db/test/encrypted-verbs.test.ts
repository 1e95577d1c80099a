import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TempDirectory, tempDirectory } from "@millrace/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { docdb, json } from "./run-docdb.ts";

let directory: TempDirectory;
let db: string;
let old: string;
const at = (name: string): string => join(directory.path, name);

beforeAll(() => {
  directory = tempDirectory();
  db = at("people.db");
  old = at("old.txt");
  writeFileSync(old, "a password\nand a second line\n");
  writeFileSync(at("new.txt"), "another one\n");
  writeFileSync(
    at("people.jsonl"),
    Array.from({ length: 400 }, (_, i) => `{"_id": ${i}, "name": "Wolkenkuckucksheim ${i % 7}"}\n`).join(""),
  );
});
afterAll(() => directory[Symbol.dispose]());
afterEach(() => vi.unstubAllEnvs());

describe("docdb with an encrypted file", () => {
  it("makes, reads, checks, copies and shows it with a password from a file or the environment", async () => {
    const how = ["--db", db, "--password-file", old];
    await json("import", ...how, "--collection", "people", "--compression", "zstd", at("people.jsonl"));
    expect(readFileSync(db).includes("Wolkenkuckucksheim")).toBe(false);
    expect(await json("stats", ...how)).toMatchObject({
      isEncrypted: true,
      compression: "zstd",
      ratio: expect.any(Number),
    });
    expect((await docdb("stats", ...how)).out).toMatch(/AES-256-GCM/);
    expect((await docdb("doctor", ...how)).out).toMatch(/encrypted by AES-256-GCM; compression zstd/);
    vi.stubEnv("MILLRACE_DOCDB_PASSWORD", "a password");
    expect(await json("find", "--db", db, "--collection", "people", '{"_id": 3}')).toMatchObject({
      count: 1,
    });
    expect(await json("verify", "--db", db)).toMatchObject({ problems: [] });
    await json("backup", "--db", db, at("copy.db"));
    await json("repair", "--db", db, at("saved.db"));
    await json("restore", at("copy.db"), "--db", db, "--force");
    const script = 'await db.people.countDocuments({ name: "Wolkenkuckucksheim 3" })';
    expect((await docdb("shell", "--db", at("saved.db"), "--eval", script)).out).toMatch(/57/);
    for (const name of ["copy.db", "saved.db"])
      expect(readFileSync(at(name)).includes("Wolkenkuckucksheim")).toBe(false);
  });

  it("says in a line what is missing or wrong", async () => {
    const missing = await docdb("find", "--db", db, "--collection", "people");
    expect(missing).toMatchObject({ code: 1, out: "" });
    expect(missing.err).toMatch(/is encrypted; give its password/);
    const wrong = await docdb("stats", "--db", db, "--password-file", at("new.txt"));
    expect(wrong).toMatchObject({ code: 1, out: "" });
    expect(wrong.err).toMatch(/this is not its password/);
    expect(wrong.err).not.toMatch(/another one/);
    expect(await docdb("stats", "--db", db, "--password-file", at("none.txt"))).toMatchObject({ code: 2 });
    expect(await docdb("rekey", "--db", db, "--password-file", old)).toMatchObject({ code: 2 });
  });

  it("takes another password, gives up encryption, and takes it again with other compression", async () => {
    const changed = ["--password-file", old, "--new-password-file", at("new.txt")];
    expect(await json("rekey", "--db", db, ...changed)).toEqual({ db, isRekeyed: true });
    expect(await docdb("stats", "--db", db, "--password-file", old)).toMatchObject({ code: 1 });
    await json("rekey", "--db", db, "--password-file", at("new.txt"), "--decrypt");
    expect(readFileSync(db).length).toBeGreaterThan(0);
    vi.stubEnv("MILLRACE_DOCDB_PASSWORD", "not asked for, as the file is not encrypted");
    expect(await json("stats", "--db", db)).toMatchObject({ isEncrypted: false, compression: "zstd" });
    const again = await docdb("rekey", "--db", db, "--decrypt");
    expect(again).toMatchObject({ code: 2, err: expect.stringContaining("is not encrypted") });
    const compacted = await json("compact", "--db", db, "--compression", "none");
    expect(compacted).toMatchObject({ documents: 400 });
    expect(readFileSync(db).includes("Wolkenkuckucksheim")).toBe(true);
    vi.stubEnv("MILLRACE_DOCDB_NEW_PASSWORD", "the third");
    expect(await json("rekey", "--db", db, "--encrypt")).toMatchObject({ documents: 400 });
    vi.stubEnv("MILLRACE_DOCDB_PASSWORD", "the third");
    expect(await json("stats", "--db", db)).toMatchObject({ isEncrypted: true, compression: "none" });
    expect(await json("verify", "--db", db)).toMatchObject({ problems: [] });
    const twice = await docdb("rekey", "--db", db, "--encrypt");
    expect(twice).toMatchObject({ code: 2, err: expect.stringContaining("to give it another password") });
  });
});
