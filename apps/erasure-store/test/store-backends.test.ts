import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { isRonomonInstalled } from "@millrace/reed-solomon";
import { describe, expect, it } from "vitest";
import { initStore } from "../src/index.ts";
import { BACKENDS, filesIn, filesOf, makeStore, readAll, readFileBytes, writeFileBytes } from "./stores.ts";

const bytesOf = (length: number, seed = length): Uint8Array =>
  seededRandom(seed).fill(new Uint8Array(length));

describe("backends that fail", () => {
  it("cost a put one shard each, while more than the data shards remain", async () => {
    const { vfs, store } = await makeStore();
    await store.put("o", [bytesOf(300)]);
    await vfs.remove("d", { recursive: true });
    const { failedShards } = await store.put("o", [bytesOf(200)]);
    expect(failedShards).toEqual([
      { shard: expect.any(Number), backend: "d", problem: "its directory is not there" },
    ]);
    expect(await readAll(store, "o")).toEqual(bytesOf(200));
    expect(await store.verify()).toMatchObject({ missing: 1, recoverable: 1, lost: 0 });
    expect(await vfs.exists("d")).toBe(false);

    await vfs.remove("e", { recursive: true });
    const before = await filesOf(vfs);
    await expect(store.put("o", [bytesOf(100)])).rejects.toThrow(
      "4 of 6 shards could be written, 5 are needed",
    );
    expect(await filesOf(vfs)).toEqual(before);
    expect(await readAll(store, "o")).toEqual(bytesOf(200));
  });

  it("do not bring an older version back with them", async () => {
    const { vfs, store } = await makeStore();
    await store.put("o", [bytesOf(300)]);
    const kept = await Promise.all(
      (await filesOf(vfs, ["a"])).map(async (path) => ({ path, bytes: await readFileBytes(vfs, path) })),
    );
    await vfs.remove("a", { recursive: true });
    await store.put("o", [bytesOf(200)]);
    for (const directory of ["a/manifests", "a/shards"]) await vfs.makeDirectory(directory);
    for (const { path, bytes } of kept) await writeFileBytes(vfs, path, bytes);
    expect(await readAll(store, "o")).toEqual(bytesOf(200));
    expect(await store.verify()).toMatchObject({ missing: 1, badManifests: 1, recoverable: 1 });
    // The next put knows of the old version by its manifest, and removes its shards, too.
    await store.put("o", [bytesOf(100)]);
    expect(await store.verify()).toMatchObject({ problems: [] });
    expect(await filesIn(vfs, "shards")).toHaveLength(6);
  });

  it("are too few when one of them would hold more shards than may be lost", async () => {
    const vfs = new MemoryVfs();
    const two = { backends: { a: "dir:a", b: "dir:b" } };
    await expect(initStore(vfs, "store.yaml", two)).rejects.toThrow(
      /got 2, expected 3 or more: with 4\+2 shards one backend would hold 3/,
    );
    expect(await vfs.list(".")).toEqual([]);
    const { store } = await makeStore({ backends: { a: "dir:a", b: "dir:b", c: "dir:c" } }, vfs);
    await store.put("o", [bytesOf(300)]);
    await expect(store.put("p", [bytesOf(300)], { parityShards: 1 })).rejects.toThrow("expected 5 or more");
    await vfs.remove("b", { recursive: true });
    expect(await readAll(store, "o")).toEqual(bytesOf(300));
  });

  it("are named when none is there", async () => {
    const { vfs, store } = await makeStore();
    await store.put("o", [bytesOf(9)]);
    for (const backend of BACKENDS) await vfs.remove(backend, { recursive: true });
    await expect(store.list()).rejects.toThrow("no backend is there");
    await expect(readAll(store, "o")).rejects.toThrow("backend f is not there");
  });
});

const hasRonomon = await isRonomonInstalled();
describe.skipIf(!hasRonomon)(
  `the native engine${hasRonomon ? "" : " (skipped: it is not installed)"}`,
  () => {
    it("is recorded with the object, and used to read it", async () => {
      const { vfs, store } = await makeStore();
      await store.put("o", [bytesOf(1001)], { codeFamily: "ronomon-cauchy" });
      await vfs.remove("a", { recursive: true });
      await vfs.remove("b", { recursive: true });
      expect(await readAll(store, "o")).toEqual(bytesOf(1001));
      await expect(
        store.put("p", [bytesOf(1)], { dataShards: 25, parityShards: 5, codeFamily: "ronomon-cauchy" }),
      ).rejects.toThrow("dataShards");
    });
  },
);
