import { expect, it } from "vitest";
import { inspectInputFile, MemoryVfs } from "../src/index.ts";

async function vfsWith(path: string, bytes: Uint8Array): Promise<MemoryVfs> {
  const vfs = new MemoryVfs();
  await using file = await vfs.open(path, "create");
  await file.write(bytes, 0);
  return vfs;
}

it("gives the size and the first 4096 bytes", async () => {
  const bytes = Uint8Array.from({ length: 5000 }, (_, i) => i);
  const found = await inspectInputFile(await vfsWith("/a.raw", bytes), "/a.raw");
  expect(found).toEqual({ path: "/a.raw", size: 5000, head: bytes.subarray(0, 4096) });
});

it("takes a file of one byte", async () => {
  const found = await inspectInputFile(await vfsWith("/a", Uint8Array.of(7)), "/a");
  expect([...found.head]).toEqual([7]);
});

it.each([
  ["/missing", "FILES_NOT_FOUND"],
  ["/directory", "FILES_IS_DIRECTORY"],
  ["/empty", "FILES_EMPTY"],
  ["/pointer", "FILES_LFS_POINTER"],
])("refuses %s with %s", async (path, code) => {
  const pointer = new TextEncoder().encode(
    "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n",
  );
  const vfs = await vfsWith("/pointer", pointer);
  await vfs.makeDirectory("/directory");
  await (await vfs.open("/empty", "create")).close();
  await expect(inspectInputFile(vfs, path)).rejects.toMatchObject({ code, path });
});
