import { isMillraceError, seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { FaultyVfs } from "@millrace/testkit";
import { describe, expect, it } from "vitest";
import { openStore } from "../src/index.ts";
import {
  BACKENDS,
  filesIn,
  filesOf,
  makeStore,
  readAll,
  readFileBytes,
  SMALL_CONFIG,
  writeFileBytes,
} from "./stores.ts";

const bytesOf = (length: number, seed = length): Uint8Array =>
  seededRandom(seed).fill(new Uint8Array(length));

/** A store with a few objects of several stripes. */
async function filledStore(...args: Parameters<typeof makeStore>): ReturnType<typeof makeStore> {
  const made = await makeStore(...args);
  for (const name of ["x", "y", "z/1"]) await made.store.put(name, [bytesOf(300, name.length)]);
  return made;
}

describe("repair", () => {
  it("makes the very bytes anew that were lost, on disks that were replaced", async () => {
    const { vfs, store } = await filledStore();
    const before = new Map<string, Uint8Array>();
    for (const path of await filesIn(vfs, "shards")) before.set(path, await readFileBytes(vfs, path));
    for (const name of ["b", "e"]) await vfs.remove(name, { recursive: true });
    expect(await store.verify()).toMatchObject({ missing: 6, recoverable: 3 });
    const result = await store.repair("", { replaced: ["b", "e"] });
    expect(result).toEqual({
      objects: 3,
      repairedObjects: 3,
      repairedShards: 6,
      absent: [],
      lost: [],
      failed: [],
    });
    expect(await store.verify()).toMatchObject({ objects: 3, problems: [] });
    for (const [path, bytes] of before) expect(await readFileBytes(vfs, path)).toEqual(bytes);
    expect(await store.repair()).toMatchObject({ repairedObjects: 0, repairedShards: 0 });
  });

  it("mends damage in every part of a shard, in place", async () => {
    const { vfs, store } = await makeStore();
    await store.put("o", [bytesOf(150)]);
    const [path] = await filesIn(vfs, "shards");
    const bytes = await readFileBytes(vfs, path!);
    for (let at = 0; at < bytes.length; at += 7) {
      await writeFileBytes(vfs, path!, bytes.with(at, bytes[at]! ^ 16));
      expect(await store.repair()).toMatchObject({ repairedShards: 1 });
      expect(await readFileBytes(vfs, path!)).toEqual(bytes);
    }
  });

  it("uses other disks where those of the shards are away, as far as domains allow", async () => {
    const backends = Object.fromEntries([...BACKENDS, "g"].map((name) => [name, `dir:${name}`]));
    const { vfs, store } = await makeStore({ backends });
    await store.put("o", [bytesOf(300)]);
    const used = (await store.stat("o")).backends;
    await vfs.remove(used[0]!, { recursive: true });
    expect(await store.repair()).toMatchObject({ repairedObjects: 1, repairedShards: 1, failed: [] });
    const now = (await store.stat("o")).backends;
    expect(now).not.toContain(used[0]);
    expect(new Set(now).size).toBe(6);
    for (const name of now.slice(1, 3)) await vfs.remove(name!, { recursive: true });
    expect(await readAll(store, "o")).toEqual(bytesOf(300));
  });

  it("says which backends are not there, and how an empty place becomes one", async () => {
    const backends = { a: "dir:a", b: "dir:b", c: "dir:c" };
    const { vfs, store } = await makeStore({ dataShards: 2, parityShards: 1, backends });
    await store.put("o", [bytesOf(300)]);
    await vfs.remove("b", { recursive: true });
    const { absent, failed } = await store.repair();
    expect(absent).toEqual(["b"]);
    expect(failed.map(({ problem }) => problem)).toEqual([
      "1 shards found no backend that took them; b is not there: bring it back, or make its new empty place a backend with repair --replaced b",
    ]);
    await expect(store.repair("", { replaced: ["q"] })).rejects.toThrow("one of a, b, c");
    expect(await store.repair("", { replaced: ["b"] })).toMatchObject({ absent: [], failed: [] });
  });

  it("pays the debt of a put that a backend did not take", async () => {
    const { vfs, store } = await makeStore();
    await vfs.remove("c", { recursive: true });
    expect((await store.put("o", [bytesOf(300)])).failedShards).toHaveLength(1);
    expect(await store.repair("", { replaced: ["c"] })).toMatchObject({ repairedShards: 1 });
    expect(await store.verify()).toMatchObject({ problems: [] });
  });

  it("tends the object nearest to loss first, and says which are lost", async () => {
    const { vfs, store } = await filledStore();
    const damage = async (name: string, shards: number): Promise<void> => {
      const { backends } = await store.stat(name);
      for (const [i, backend] of backends.slice(0, shards).entries()) {
        const path = (await filesOf(vfs, [backend!])).find(
          (file) => file.includes("/shards/") && file.endsWith(`.${i}`),
        );
        await vfs.remove(path!);
      }
    };
    const { vfs: other, store: single } = await makeStore();
    await single.put("o", [bytesOf(300)]);
    for (const path of (await filesIn(other, "shards")).slice(0, 3)) await other.remove(path);
    expect(await single.repair()).toMatchObject({ lost: ["o"], repairedShards: 0 });
    expect(await filesIn(other, "shards")).toHaveLength(3);
    await damage("x", 1);
    const { missing } = await store.verify();
    expect(missing).toBe(1);
    expect(await store.repair("x")).toMatchObject({ objects: 1, repairedShards: 1 });
  });

  it("survives a target that fails", async () => {
    const vfs = new FaultyVfs(1);
    const { store } = await makeStore({}, vfs);
    await store.put("o", [bytesOf(300)]);
    const lost = (await filesIn(vfs, "shards"))[0]!;
    await vfs.remove(lost);
    const call = { call: "write", error: "ENOSPC", times: Number.POSITIVE_INFINITY } as const;
    vfs.failNth({ ...call, n: 1, path: lost.slice(0, 1) });
    const { failed, lost: gone } = await store.repair();
    expect({ failed: failed.length, gone }).toEqual({ failed: 1, gone: [] });
    expect(await readAll(store, "o")).toEqual(bytesOf(300));
  });

  it("needs no key", async () => {
    const config = { encryption: { key: "env:SECRET", derive: "raw" } } as const;
    const vfs = new MemoryVfs();
    await makeStore(config, vfs);
    const environment = { SECRET: "ab".repeat(32) };
    const writer = await openStore("store.yaml", { vfs, environment });
    await writer.put("o", [bytesOf(300)]);
    await vfs.remove((await filesIn(vfs, "shards"))[2]!);
    const keyless = await openStore("store.yaml", { vfs });
    expect(await keyless.repair()).toMatchObject({ repairedShards: 1 });
    expect(await keyless.verify()).toMatchObject({ problems: [] });
    await expect(readAll(keyless, "o")).rejects.toThrow("the environment has no SECRET");
    expect(await readAll(writer, "o")).toEqual(bytesOf(300));
  });
});

describe("scrub", () => {
  it("finds shards that no object owns, and removes them when told to", async () => {
    const { vfs, store } = await filledStore();
    const [manifest] = (await filesIn(vfs, "manifests")).filter((path) => path.startsWith("a/"));
    const key = manifest!.slice("a/manifests/".length, -".json".length);
    for (const name of BACKENDS) await vfs.remove(`${name}/manifests/${key}.json`);
    await writeFileBytes(vfs, "b/shards/rubbish", bytesOf(10));
    await writeFileBytes(vfs, "b/shards/.x.0123456789abcdef.tmp", bytesOf(10));
    expect((await store.scrub()).orphans.map(({ shard }) => shard)).toEqual(["rubbish"]);
    const found = await store.scrub({ orphanAgeMs: 0 });
    expect(found.orphans).toHaveLength(7);
    expect(found).toMatchObject({ objects: 2, removed: 0, problems: [] });
    expect(await store.scrub({ orphanAgeMs: 0, removeOrphans: true })).toMatchObject({ removed: 8 });
    expect(await store.scrub({ orphanAgeMs: 0 })).toMatchObject({ orphans: [], objects: 2, problems: [] });
    expect(await filesIn(vfs, "shards")).toHaveLength(12);
  });

  it("leaves alone what an object can be rebuilt from", async () => {
    const { vfs, store } = await makeStore();
    await store.put("o", [bytesOf(300)]);
    for (const path of await filesIn(vfs, "manifests")) await writeFileBytes(vfs, path, bytesOf(10));
    await store.scrub({ orphanAgeMs: 0, removeOrphans: true });
    expect(await store.rebuildIndex()).toEqual({ rebuilt: ["o"], incomplete: [] });
    expect(await readAll(store, "o")).toEqual(bytesOf(300));
  });
});

describe("rebuilding the index", () => {
  it("brings every object back from shards alone, and the newest put of each", async () => {
    const { vfs, store } = await filledStore();
    const old = await Promise.all(
      (await filesIn(vfs, "shards")).map(async (path) => ({ path, bytes: await readFileBytes(vfs, path) })),
    );
    await new Promise((tick) => setTimeout(tick, 2));
    await store.put("x", [bytesOf(200)]);
    for (const { path, bytes } of old) await writeFileBytes(vfs, path, bytes);
    for (const path of await filesIn(vfs, "manifests")) await vfs.remove(path);
    // One shard of each is lost, one damaged.
    const shards = await filesOf(vfs, ["b"]);
    for (const path of shards) await vfs.remove(path);
    expect(await store.rebuildIndex()).toEqual({ rebuilt: ["x", "y", "z/1"], incomplete: [] });
    expect(await readAll(store, "x")).toEqual(bytesOf(200));
    expect(await readAll(store, "y")).toEqual(bytesOf(300, 1));
    await store.repair();
    expect(await store.verify()).toMatchObject({ objects: 3, problems: [] });
  });

  it("says which objects have too few shards", async () => {
    const { vfs, store } = await makeStore();
    await store.put("o", [bytesOf(300)]);
    for (const name of ["a", "b", "c"]) await vfs.remove(name, { recursive: true });
    for (const name of ["d", "e", "f"]) await vfs.remove((await filesOf(vfs, [name]))[0]!);
    expect(await store.rebuildIndex()).toEqual({ rebuilt: [], incomplete: ["o"] });
  });
});

describe("rebalancing", () => {
  it("says which backends are not there, and what has no room where it belongs", async () => {
    const { vfs, store } = await filledStore();
    const more = { ...SMALL_CONFIG.backends, g: "dir:g" };
    const wider = await openStore({ ...SMALL_CONFIG, backends: more }, { vfs });
    const { movedShards, absent, failed } = await wider.rebalance();
    expect({ movedShards, absent }).toEqual({ movedShards: 0, absent: ["g"] });
    expect(failed[0]!.problem).toBe(
      "1 shards found no room where they belong; g is not there: bring it back, or make its new empty place a backend with repair --replaced g",
    );
    expect(await store.verify()).toMatchObject({ problems: [] });
  });

  it("moves what a new backend should have, manifests too", async () => {
    const { vfs, store } = await filledStore();
    const more = { ...SMALL_CONFIG.backends, g: "dir:g" };
    for (const area of ["manifests", "shards"]) await vfs.makeDirectory(`g/${area}`);
    const wider = await openStore({ ...SMALL_CONFIG, backends: more }, { vfs });
    const { movedShards, failed } = await wider.rebalance();
    expect(failed).toEqual([]);
    const onNew = (await filesOf(vfs, ["g"])).filter((path) => path.includes("/shards/"));
    expect(onNew).toHaveLength(movedShards);
    expect(movedShards).toBeGreaterThan(0);
    expect(await wider.rebalance()).toMatchObject({ movedShards: 0 });
    expect(await wider.scrub({ orphanAgeMs: 0 })).toMatchObject({ problems: [], orphans: [] });
    for (const name of ["x", "y", "z/1"]) expect((await readAll(store, name)).length).toBe(300);
    expect(await filesIn(vfs, "shards")).toHaveLength(18 - movedShards);
  });
});

it("a wrong key is told from a damaged object", async () => {
  const vfs = new MemoryVfs();
  await makeStore({ encryption: { key: "env:SECRET", derive: "raw" } }, vfs);
  const store = await openStore("store.yaml", { vfs, environment: { SECRET: "ab".repeat(32) } });
  await store.put("o", [bytesOf(300)]);
  const other = await openStore("store.yaml", { vfs, environment: { SECRET: "cd".repeat(32) } });
  const failure: unknown = await readAll(other, "o").catch((error: unknown) => error);
  expect(isMillraceError(failure, "STORE_KEY_WRONG")).toBe(true);
});
