import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { atomicWrite, diskVfs, inspectInputFile } from "@millrace/files";
import { afterAll, expect, test } from "vitest";

const scratch = mkdtempSync(join(tmpdir(), "millrace-disk-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

test.runIf(existsSync("/dev/full"))(
  "a full device is told as FILES_NO_SPACE by both kinds of write",
  async () => {
    await using file = await diskVfs.open("/dev/full", "r+");
    await expect(file.write(Uint8Array.of(1), 0)).rejects.toMatchObject({
      code: "FILES_NO_SPACE",
      path: "/dev/full",
      syscall: "write",
    });
    expect(() => file.writeSync(Uint8Array.of(1), 0)).toThrow("free some space");
  },
);

test("many openers of a missing file agree on one", async () => {
  const path = join(scratch, "shared");
  const files = await Promise.all(Array.from({ length: 20 }, () => diskVfs.open(path, "create-or-open")));
  await Promise.all(files.map((file, i) => file.write(Uint8Array.of(i + 1), i)));
  for (const file of files) {
    expect(file.sizeSync()).toBe(20);
    await file.close();
  }
});

test("exactly one of many creators succeeds", async () => {
  const path = join(scratch, "exclusive");
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => diskVfs.open(path, "create")));
  const made = results.filter((result) => result.status === "fulfilled");
  expect(made).toHaveLength(1);
  await made[0]!.value.close();
});

test("close waits for the writes that run", async () => {
  const path = join(scratch, "closing");
  const file = await diskVfs.open(path, "create");
  const writing = file.write(new Uint8Array(3_000_000).fill(7), 0);
  await file.close();
  await writing;
  expect((await diskVfs.stat(path)).size).toBe(3_000_000);
});

test("closing at once lets the writes that run end, in their own file", async () => {
  const paths = Array.from({ length: 20 }, (_, i) => join(scratch, `late${i}`));
  const writes = paths.map((path, i) => {
    const file = diskVfs.openSync(path, "create");
    const writing = file.write(new Uint8Array(500_000).fill(i), 0);
    file.closeSync();
    file.closeSync();
    return writing;
  });
  await Promise.all(writes);
  for (const [i, path] of paths.entries()) {
    const bytes = readFileSync(path);
    expect(bytes.length).toBe(500_000);
    expect(bytes.every((byte) => byte === i)).toBe(true);
  }
});

test("syncs of one directory that come together share one, and each is told what becomes of it", async () => {
  const path = join(scratch, "synced");
  const failed = await Promise.allSettled(Array.from({ length: 5 }, () => diskVfs.syncDirectory(path)));
  expect(failed.map((result) => result.status === "rejected" && result.reason.code)).toEqual(
    Array(5).fill("FILES_NOT_FOUND"),
  );
  await diskVfs.makeDirectory(path);
  const order: number[] = [];
  const sync = async (i: number): Promise<void> => {
    await diskVfs.syncDirectory(path);
    order.push(i);
  };
  const early = [0, 1, 2].map(sync);
  await early[0];
  await Promise.all([...early, sync(3), sync(4)]);
  expect(order).toEqual([0, 1, 2, 3, 4]);
});

test.skipIf(process.platform === "win32")("never puts a file in the place of a pipe or device", async () => {
  const directory = mkdtempSync(join(scratch, "pipes-"));
  const pipe = join(directory, "pipe");
  execFileSync("mkfifo", [pipe]);
  const notFile = { code: "FILES_NOT_FILE", path: pipe };
  await expect(atomicWrite(diskVfs, pipe, new Uint8Array(1))).rejects.toMatchObject(notFile);
  await expect(atomicWrite(diskVfs, pipe, new Uint8Array(1), { isSmall: true })).rejects.toMatchObject(
    notFile,
  );
  await expect(inspectInputFile(diskVfs, pipe)).rejects.toMatchObject(notFile);
  expect((await diskVfs.list(directory)).map(({ name, kind }) => [name, kind])).toEqual([["pipe", "other"]]);
});
