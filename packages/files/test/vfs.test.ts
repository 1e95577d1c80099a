import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { diskVfs, MemoryVfs, type Vfs, type VfsFile } from "@millrace/files";
import { afterAll, describe, expect, test } from "vitest";

const scratch = mkdtempSync(join(tmpdir(), "millrace-files-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

let nextRoot = 0;
/** Every implementation of the Vfs passes the same suite. */
const IMPLEMENTATIONS: [string, () => Promise<{ vfs: Vfs; root: string }>][] = [
  [
    "disk",
    async () => {
      const root = join(scratch, String(nextRoot++));
      await diskVfs.makeDirectory(root);
      return { vfs: diskVfs, root };
    },
  ],
  ["memory", async () => ({ vfs: new MemoryVfs(), root: "/" })],
  [
    "disk, by its synchronous calls",
    async () => {
      const root = join(scratch, String(nextRoot++));
      diskVfs.makeDirectorySync(root);
      return { vfs: bySyncCalls(diskVfs), root };
    },
  ],
  ["memory, by its synchronous calls", async () => ({ vfs: bySyncCalls(new MemoryVfs()), root: "/" })],
];

/** The same file system, with synchronous calls under the names of the others. */
function bySyncCalls(vfs: Vfs): Vfs {
  return {
    list: (path) => vfs.list(path),
    stat: (path) => vfs.stat(path),
    freeBytes: (path) => vfs.freeBytes(path),
    lock: (path) => vfs.lock(path),
    open: async (path, flags) => fileBySyncCalls(vfs.openSync(path, flags)),
    rename: async (from, to) => vfs.renameSync(from, to),
    remove: async (path, options) => vfs.removeSync(path, options),
    exists: async (path) => vfs.existsSync(path),
    makeDirectory: async (path) => vfs.makeDirectorySync(path),
    syncDirectory: async (path) => vfs.syncDirectorySync(path),
    openSync: vfs.openSync,
    renameSync: vfs.renameSync,
    removeSync: vfs.removeSync,
    existsSync: vfs.existsSync,
    makeDirectorySync: vfs.makeDirectorySync,
    syncDirectorySync: vfs.syncDirectorySync,
  };
}

function fileBySyncCalls(file: VfsFile): VfsFile {
  return {
    path: file.path,
    read: async (into, position) => file.readSync(into, position),
    write: async (from, position) => file.writeSync(from, position),
    size: async () => file.sizeSync(),
    truncate: async (size) => file.truncateSync(size),
    allocate: (size) => file.allocate(size),
    sync: async () => file.syncSync(),
    close: async () => file.closeSync(),
    readSync: (into, position) => file.readSync(into, position),
    writeSync: (from, position) => file.writeSync(from, position),
    sizeSync: () => file.sizeSync(),
    truncateSync: (size) => file.truncateSync(size),
    syncSync: () => file.syncSync(),
    closeSync: () => file.closeSync(),
    [Symbol.asyncDispose]: async () => file.closeSync(),
  };
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe.each(IMPLEMENTATIONS)("%s", (_name, make) => {
  test("reads back what was written, at any position, with zeros in the hole", async () => {
    const { vfs, root } = await make();
    await using file = await vfs.open(join(root, "a"), "create");
    await file.write(bytes(1, 2, 3), 5);
    file.writeSync(bytes(9), 0);
    const into = new Uint8Array(10).fill(255);
    expect(await file.read(into, 0)).toBe(8);
    expect([...into]).toEqual([9, 0, 0, 0, 0, 1, 2, 3, 255, 255]);
    expect(file.readSync(into, 7)).toBe(1);
    expect(await file.read(into, 8)).toBe(0);
    expect(await file.read(into, 800)).toBe(0);
    expect(await file.size()).toBe(8);
    expect(file.sizeSync()).toBe(8);
    await file.write(new Uint8Array(0), 50);
    expect(file.sizeSync()).toBe(8);
  });

  test("truncates, lengthens by zeros and allocates without shortening", async () => {
    const { vfs, root } = await make();
    await using file = await vfs.open(join(root, "a"), "create");
    await file.write(bytes(1, 2, 3, 4), 0);
    await file.truncate(2);
    file.truncateSync(4);
    const into = new Uint8Array(4);
    await file.read(into, 0);
    expect([...into]).toEqual([1, 2, 0, 0]);
    await file.allocate(3);
    expect(await file.size()).toBe(4);
    await file.allocate(600_000);
    expect(await file.size()).toBe(600_000);
    const tail = new Uint8Array(8).fill(1);
    await file.read(tail, 599_992);
    expect([...tail]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    await file.sync();
    file.syncSync();
  });

  test("opens by the flags' promises", async () => {
    const { vfs, root } = await make();
    const path = join(root, "a");
    await expect(vfs.open(path, "r")).rejects.toMatchObject({ code: "FILES_NOT_FOUND", path });
    await expect(vfs.open(path, "r+")).rejects.toMatchObject({ code: "FILES_NOT_FOUND" });
    const made = await vfs.open(path, "create-or-open");
    await made.write(bytes(1), 0);
    await made.close();
    await expect(vfs.open(path, "create")).rejects.toMatchObject({ code: "FILES_EXISTS" });
    const again = await vfs.open(path, "create-or-open");
    expect(await again.size()).toBe(1);
    await again.close();
    const readOnly = await vfs.open(path, "r");
    await expect(readOnly.write(bytes(1), 0)).rejects.toHaveProperty("syscall", "write");
    await readOnly.close();
    const emptied = await vfs.open(path, "create-or-truncate");
    expect(await emptied.size()).toBe(0);
    await emptied.close();
    await expect(vfs.open(root, "r")).rejects.toMatchObject({ code: "FILES_IS_DIRECTORY" });
    await expect(vfs.open(root, "r+")).rejects.toMatchObject({ code: "FILES_IS_DIRECTORY" });
    await expect(vfs.open(join(path, "b"), "create")).rejects.toMatchObject({ code: "FILES_NOT_DIRECTORY" });
  });

  test("closes twice, and refuses use after it", async () => {
    const { vfs, root } = await make();
    const file = await vfs.open(join(root, "a"), "create");
    await file.close();
    await file.close();
    await expect(file.read(bytes(0), 0)).rejects.toMatchObject({ code: "FILES_FILE_CLOSED" });
    expect(() => file.sizeSync()).toThrow("closed");
    expect(() => file.writeSync(bytes(1), 0)).toThrow("closed");
  });

  test("rejects positions that are no byte offsets", async () => {
    const { vfs, root } = await make();
    await using file = await vfs.open(join(root, "a"), "create");
    for (const position of [-1, 0.5, Number.NaN]) {
      await expect(file.write(bytes(1), position)).rejects.toMatchObject({ code: "FILES_OPTION_RANGE" });
      expect(() => file.readSync(bytes(1), position)).toThrow("expected an integer");
    }
  });

  test("renames over an existing file, and keeps open handles on what they opened", async () => {
    const { vfs, root } = await make();
    await using old = await vfs.open(join(root, "to"), "create");
    await old.write(bytes(1), 0);
    const made = await vfs.open(join(root, "from"), "create");
    await made.write(bytes(2, 2), 0);
    await made.close();
    await vfs.rename(join(root, "from"), join(root, "to"));
    expect(await vfs.list(root)).toEqual([{ name: "to", kind: "file" }]);
    expect((await vfs.stat(join(root, "to"))).size).toBe(2);
    expect(old.sizeSync()).toBe(1);
    await expect(vfs.rename(join(root, "x"), join(root, "y"))).rejects.toMatchObject({
      code: "FILES_NOT_FOUND",
    });
  });

  test("makes, lists, moves and removes directories", async () => {
    const { vfs, root } = await make();
    await vfs.makeDirectory(join(root, "d/e"));
    await vfs.makeDirectory(join(root, "d/e"));
    await (await vfs.open(join(root, "d/f"), "create")).close();
    expect(await vfs.list(join(root, "d"))).toEqual([
      { name: "e", kind: "directory" },
      { name: "f", kind: "file" },
    ]);
    await vfs.syncDirectory(join(root, "d"));
    expect((await vfs.stat(join(root, "d"))).kind).toBe("directory");
    await expect(vfs.remove(join(root, "d"))).rejects.toMatchObject({ code: "FILES_NOT_EMPTY" });
    await expect(vfs.list(join(root, "d/f"))).rejects.toMatchObject({ code: "FILES_NOT_DIRECTORY" });
    await expect(vfs.makeDirectory(join(root, "d/f"))).rejects.toMatchObject({ code: "FILES_EXISTS" });
    await vfs.rename(join(root, "d"), join(root, "g"));
    expect(await vfs.exists(join(root, "d"))).toBe(false);
    expect(await vfs.exists(join(root, "g/f"))).toBe(true);
    expect(await vfs.exists(join(root, "g/f/x"))).toBe(false);
    await vfs.remove(join(root, "g"), { recursive: true });
    expect(await vfs.list(root)).toEqual([]);
    await expect(vfs.remove(join(root, "g"))).rejects.toMatchObject({ code: "FILES_NOT_FOUND" });
    await expect(vfs.syncDirectory(join(root, "g"))).rejects.toMatchObject({ code: "FILES_NOT_FOUND" });
  });

  test("locks out a second user until the first releases", async () => {
    const { vfs, root } = await make();
    const path = join(root, "lock");
    const lock = await vfs.lock(path);
    await expect(vfs.lock(path)).rejects.toMatchObject({ code: "FILES_LOCKED", path });
    await lock.release();
    await lock.release();
    await using again = await vfs.lock(path);
    expect(again.path).toBe(path);
    await lock.release();
    await expect(vfs.lock(path)).rejects.toMatchObject({ code: "FILES_LOCKED" });
    await expect(vfs.lock(join(root, "none/lock"))).rejects.toMatchObject({ code: "FILES_NOT_FOUND" });
  });
});

test("the disk knows its free space, memory does not", async () => {
  expect(await diskVfs.freeBytes(scratch)).toBeGreaterThan(0);
  expect(await new MemoryVfs().freeBytes("/")).toBeUndefined();
});
