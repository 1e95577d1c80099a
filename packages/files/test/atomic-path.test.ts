import { IoError } from "@millrace/base";
import { atomicPath, atomicWrite, MemoryVfs, type Vfs } from "@millrace/files";
import { expect, test } from "vitest";

const BYTES = Uint8Array.of(1, 2, 3);

async function writeFile(vfs: Vfs, path: string): Promise<number> {
  await using file = await vfs.open(path, "create");
  await file.write(BYTES, 0);
  return 3;
}

async function writeDirectory(vfs: Vfs, path: string): Promise<void> {
  await vfs.makeDirectory(path);
  await writeFile(vfs, `${path}/part`);
}

const namesIn = async (vfs: Vfs, path: string): Promise<string[]> =>
  (await vfs.list(path)).map(({ name }) => name);

async function newVfs(): Promise<MemoryVfs> {
  const vfs = new MemoryVfs();
  await vfs.makeDirectory("d");
  return vfs;
}

test("a file appears when it is whole, in place of the one before", async () => {
  const vfs = await newVfs();
  await atomicWrite(vfs, "d/a", Uint8Array.of(9));
  const made = await atomicPath(vfs, "d/a", async (path) => {
    expect((await vfs.stat("d/a")).size).toBe(1);
    return writeFile(vfs, path);
  });
  expect(made).toBe(3);
  expect((await vfs.stat("d/a")).size).toBe(3);
  expect(await namesIn(vfs, "d")).toEqual(["a"]);
});

test("a directory appears with all that is in it", async () => {
  const vfs = await newVfs();
  await atomicPath(vfs, "d/a", (path) => writeDirectory(vfs, path));
  expect(await namesIn(vfs, "d")).toEqual(["a"]);
  expect(await namesIn(vfs, "d/a")).toEqual(["part"]);
});

test("nothing is left of what failed, and its error names the target", async () => {
  const vfs = await newVfs();
  await atomicWrite(vfs, "d/a", BYTES);
  const failing = atomicPath(vfs, "d/a", async (path) => {
    await writeFile(vfs, path);
    throw new IoError("FILES_NO_SPACE", path, "write", "no space is left");
  });
  await expect(failing).rejects.toMatchObject({ path: "d/a", message: "d/a: no space is left" });
  const inside = atomicPath(vfs, "d/b", async (path) => {
    await writeDirectory(vfs, path);
    throw new IoError("FILES_NO_SPACE", `${path}/part`, "write", "no space is left");
  });
  await expect(inside).rejects.toMatchObject({ path: "d/b/part", message: "d/b/part: no space is left" });
  const other = atomicPath(vfs, "d/c", () => Promise.reject(new TypeError("not of files")));
  await expect(other).rejects.toThrow(TypeError);
  expect(await namesIn(vfs, "d")).toEqual(["a"]);
  expect((await vfs.stat("d/a")).size).toBe(3);
});

test("a directory that is there, or a file where one shall be, is not replaced", async () => {
  const vfs = await newVfs();
  await writeDirectory(vfs, "d/old");
  const overDirectory = atomicPath(vfs, "d/old", (path) => writeFile(vfs, path));
  await expect(overDirectory).rejects.toMatchObject({ code: "FILES_EXISTS" });
  await writeFile(vfs, "d/a");
  const overFile = atomicPath(vfs, "d/a", (path) => writeDirectory(vfs, path));
  await expect(overFile).rejects.toMatchObject({ code: "FILES_EXISTS" });
  expect(await namesIn(vfs, "d")).toEqual(["a", "old"]);
});
