import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { diskVfs } from "@millrace/files";
import { afterAll, expect, test } from "vitest";

const scratch = mkdtempSync(join(tmpdir(), "millrace-lock-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

let nextPath = 0;
const newPath = (): string => join(scratch, `lock-${nextPath++}`);

/** A pid that was in use and is free again. */
const DEAD_PID = spawnSync(process.execPath, ["-e", "0"]).pid;

test("the file names its owner, and is gone after the release", async () => {
  const path = newPath();
  const lock = await diskVfs.lock(path);
  expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ pid: process.pid, host: hostname() });
  await lock.release();
  expect(readdirSync(scratch)).toEqual([]);
});

test("takes over from a process that is gone, leaving no other files", async () => {
  const path = newPath();
  writeFileSync(path, JSON.stringify({ pid: DEAD_PID, host: hostname(), started: "1@x", token: "t" }));
  await using lock = await diskVfs.lock(path);
  expect(JSON.parse(readFileSync(lock.path, "utf8")).pid).toBe(process.pid);
  expect(readdirSync(scratch)).toHaveLength(1);
});

test.runIf(process.platform === "linux")("takes over when the pid was given to another process", async () => {
  const path = newPath();
  writeFileSync(path, JSON.stringify({ pid: process.pid, host: hostname(), started: "1@x", token: "t" }));
  await (await diskVfs.lock(path)).release();
});

test.each([
  ["of another host", JSON.stringify({ pid: DEAD_PID, host: "elsewhere.invalid", started: "", token: "" })],
  ["that is unreadable", "{"],
  ["of another format", "[]"],
])("keeps off a lock %s, and says what to do", async (_name, text) => {
  const path = newPath();
  writeFileSync(path, text);
  await expect(diskVfs.lock(path)).rejects.toMatchObject({
    code: "FILES_LOCKED",
    message: expect.stringContaining("remove"),
  });
  expect(readFileSync(path, "utf8")).toBe(text);
});

test("does not remove a lock that somebody else took meanwhile", async () => {
  const path = newPath();
  const lock = await diskVfs.lock(path);
  writeFileSync(path, "another's");
  await lock.release();
  expect(readFileSync(path, "utf8")).toBe("another's");
});

test("does not count any more when it was released while its disk was away", async () => {
  mkdirSync(join(scratch, "mounted"));
  const inside = join(scratch, "mounted", "lock");
  const lock = await diskVfs.lock(inside);
  renameSync(join(scratch, "mounted"), join(scratch, "away"));
  await lock.release();
  renameSync(join(scratch, "away"), join(scratch, "mounted"));
  const again = await diskVfs.lock(inside);
  await expect(diskVfs.lock(inside)).rejects.toMatchObject({ code: "FILES_LOCKED" });
  await again.release();
  expect(existsSync(inside)).toBe(false);
  rmSync(join(scratch, "mounted"), { recursive: true });
});

test("takes away what a process left that was killed before its lock had its name", async () => {
  const path = newPath();
  const leave = (name: string, pid: number): string => {
    const text = JSON.stringify({ pid, host: hostname(), started: "1@x", token: name });
    writeFileSync(`${path}.${name}.tmp`, text);
    return `${path}.${name}.tmp`;
  };
  const left = leave("dead", DEAD_PID!);
  writeFileSync(`${path}.torn.tmp`, "{");
  const elsewhere = `${path}.elsewhere.tmp`;
  writeFileSync(elsewhere, JSON.stringify({ pid: 1, host: "another-host", started: "", token: "t" }));
  await (await diskVfs.lock(path)).release();
  expect(existsSync(left)).toBe(false);
  // One that is half-written, or another host's, may be somebody's who lives.
  expect([existsSync(`${path}.torn.tmp`), existsSync(elsewhere)]).toEqual([true, true]);
  rmSync(`${path}.torn.tmp`);
  rmSync(elsewhere);
});
