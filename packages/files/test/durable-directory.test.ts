import { MemoryVfs, makeDurableDirectory, makeDurableDirectorySync } from "@millrace/files";
import { expect, test } from "vitest";

class NotingVfs extends MemoryVfs {
  readonly synced: string[] = [];

  override syncDirectorySync(path: string): void {
    super.syncDirectorySync(path);
    this.synced.push(path);
  }
}

test.each([
  ["a", ["."]],
  ["/x/b/c", ["/x/b", "/x", "/"]],
  ["x/b", ["x", "."]],
])("%s is made, and every directory with a new name in it is synced", async (path, synced) => {
  const vfs = new NotingVfs();
  await makeDurableDirectory(vfs, path);
  expect((await vfs.stat(path)).kind).toBe("directory");
  expect(vfs.synced).toEqual(synced);
  await makeDurableDirectory(vfs, path);
  expect(vfs.synced).toEqual([...synced, synced[0]]);
});

test("the synchronous call does the same", () => {
  const vfs = new NotingVfs();
  makeDurableDirectorySync(vfs, "x/b");
  expect(vfs.existsSync("x/b")).toBe(true);
  expect(vfs.synced).toEqual(["x", "."]);
});
