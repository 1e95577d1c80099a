import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { expect, it } from "vitest";
import { initStore, openStore } from "../src/index.ts";
import { FakeWebDav } from "./fake-webdav.ts";
import { BACKENDS, readAll } from "./stores.ts";

const bytesOf = (length: number): Uint8Array => seededRandom(length).fill(new Uint8Array(length));
const ENVIRONMENT = { DAV_USERNAME: "user", DAV_PASSWORD: "pass" };
const PATIENCE = { attempts: 3, baseDelayMs: 1, idleMs: 1000 };

it("a store over WebDAV keeps, lists, repairs and removes objects, and shares its lock", async () => {
  await using server = new FakeWebDav();
  const endpoint = await server.listen();
  const vfs = new MemoryVfs();
  const backendOf = (name: string): { location: string; credentials: string } => ({
    location: `webdav:${endpoint}/${name}`,
    credentials: "env:DAV",
  });
  const backends = Object.fromEntries(BACKENDS.map((name) => [name, backendOf(name)]));
  const config = { unitBytes: 4096, inlineBytes: 100, backends };
  await initStore(vfs, "store.yaml", config, ENVIRONMENT);
  const open = (): ReturnType<typeof openStore> =>
    openStore("store.yaml", { vfs, environment: ENVIRONMENT, patience: PATIENCE });
  const store = await open();
  for (const length of [0, 100, 101, 70_000]) {
    await store.put(`o/${length}`, [bytesOf(length)]);
    expect(await readAll(store, `o/${length}`)).toEqual(bytesOf(length));
  }
  expect((await store.list("o/")).map(({ bytes }) => bytes)).toEqual([0, 100, 101, 70_000]);
  const other = await open();
  await Promise.all([store.put("both", [bytesOf(5000)]), other.put("both", [bytesOf(6000)])]);
  const both = await readAll(store, "both");
  expect(both).toEqual(bytesOf(both.length));
  for (const path of [...server.files.keys()]) if (/^\/[be]\/shards/.test(path)) server.files.delete(path);
  expect(await readAll(store, "o/70000")).toEqual(bytesOf(70_000));
  expect(await store.repair()).toMatchObject({ repairedShards: 6, failed: [], lost: [] });
  server.files.set("/a/shards/.x.tmp", Buffer.from("half"));
  server.collections.add("/a/.lock.dead.tmp");
  server.collections.add("/a/lock");
  server.files.set("/a/lock/until", Buffer.from(String(Date.now() - 1)));
  expect(await store.scrub({ orphanAgeMs: 0, removeOrphans: true })).toMatchObject({
    removed: 2,
    problems: [],
  });
  for (const { name } of await store.list()) await store.remove(name);
  expect([...server.files.keys()]).toEqual([]);
  const wrong = await openStore("store.yaml", { vfs, environment: { ...ENVIRONMENT, DAV_PASSWORD: "x" } });
  await expect(wrong.list()).rejects.toThrow("the server answers 401");
});

it("a shard for WebDAV is gathered in the temporary directory where it is large, and nothing of it stays there", async () => {
  await using server = new FakeWebDav();
  const endpoint = await server.listen();
  const vfs = new MemoryVfs();
  const backends = { a: { location: `webdav:${endpoint}/a`, credentials: "env:DAV" }, b: "dir:b" };
  const performance = { temp_directory: "scratch" };
  await vfs.makeDirectory("place");
  const config = { dataShards: 1, parityShards: 1, unitBytes: 65_536, performance, backends };
  await initStore(vfs, "place/store.yaml", config, ENVIRONMENT);
  const store = await openStore("place/store.yaml", { vfs, environment: ENVIRONMENT, patience: PATIENCE });
  const length = 10_000_000;
  await store.put("o", [bytesOf(length)]);
  // The first 8 MiB stay in memory.
  expect(store.temporarySpace.peakBytes).toBeGreaterThan(1_000_000);
  expect(store.temporarySpace).toMatchObject({ usedBytes: 0, files: 0 });
  expect(await vfs.list("place/scratch")).toEqual([]);
  expect(Buffer.compare(await readAll(store, "o"), bytesOf(length))).toBe(0);
  const endless = function* (): Generator<Uint8Array> {
    for (let i = 0; i < 30; i++) yield bytesOf(1_000_000);
    throw new Error("the input broke");
  };
  await expect(store.put("o", endless())).rejects.toThrow("the input broke");
  expect(store.temporarySpace).toMatchObject({ usedBytes: 0, files: 0 });
  expect(await vfs.list("place/scratch")).toEqual([]);
});
