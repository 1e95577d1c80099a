import { seededRandom } from "@millrace/base";
import { describe, expect, it } from "vitest";
import { filesOf, makeStore, readAll } from "./stores.ts";

const bytesOf = (length: number, seed = length): Uint8Array =>
  seededRandom(seed).fill(new Uint8Array(length));

describe("ls and rm", () => {
  it("take a prefix for a list, and exactly one name to remove", async () => {
    const { vfs, store } = await makeStore();
    for (const name of ["foo", "foobar", "foo/bar", "other"]) await store.put(name, [bytesOf(10)]);
    expect((await store.list("foo")).map(({ name }) => name)).toEqual(["foo", "foo/bar", "foobar"]);
    await store.remove("foo");
    expect((await store.list()).map(({ name }) => name)).toEqual(["foo/bar", "foobar", "other"]);
    expect(await readAll(store, "foobar")).toEqual(bytesOf(10));
    await expect(store.remove("foo")).rejects.toThrow('no object "foo"');
    for (const name of ["foo/bar", "foobar", "other"]) await store.remove(name);
    expect(await filesOf(vfs)).toEqual([]);
  });

  it.each(["", "/etc/passwd", "../x", "a/../b", "a//b", "a/", ".", "a\nb", "x".repeat(1025), "\ud800"])(
    "refuse the name %j",
    async (name) => {
      const { vfs, store } = await makeStore();
      await expect(store.put(name, [bytesOf(1)])).rejects.toThrow("object name");
      expect(await filesOf(vfs)).toEqual([]);
    },
  );

  it("take names with spaces, other scripts and backslashes, and long ones", async () => {
    const { store } = await makeStore();
    const names = [
      "a b",
      "héllo/wörld",
      "日本語",
      "back\\slash",
      "..hidden",
      "C:x",
      "x".repeat(1024),
      "FOO",
      "foo",
    ];
    for (const [i, name] of names.entries()) await store.put(name, [bytesOf(i + 1)]);
    for (const [i, name] of names.entries()) expect(await readAll(store, name)).toEqual(bytesOf(i + 1));
    expect((await store.list()).map(({ name }) => name)).toEqual([...names].sort());
  });
});
