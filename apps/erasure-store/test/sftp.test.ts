import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { type TempDirectory, tempDirectory } from "@millrace/testkit";
import ssh2 from "ssh2";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ErasureStore, initStore, openStore, type StoreConfig } from "../src/index.ts";
import { SftpServer } from "./sftp-server.ts";
import { BACKENDS, readAll, writeFileBytes } from "./stores.ts";

const bytesOf = (length: number): Uint8Array => seededRandom(length).fill(new Uint8Array(length));
const ENVIRONMENT = { SFTP_PASSWORD: "pass" };
const PATIENCE = { attempts: 3, baseDelayMs: 1, idleMs: 2000 };

let place: TempDirectory;
let server: SftpServer;
let vfs: MemoryVfs;
let port: number;
let config: StoreConfig;
const user = ssh2.utils.generateKeyPairSync("ecdsa", { bits: 256 });
const open = (environment: Record<string, string> = ENVIRONMENT): Promise<ErasureStore> =>
  openStore("store.yaml", { vfs, environment, patience: PATIENCE });
beforeEach(async () => {
  place = tempDirectory();
  server = new SftpServer(place.path, "pass", user.public);
  port = await server.listen();
  vfs = new MemoryVfs();
  const backendOf = (name: string): { location: string; credentials: string } => ({
    location: `sftp://user@127.0.0.1:${port}/~/deep/${name}?fingerprint=${server.fingerprint}`,
    credentials: "env:SFTP",
  });
  config = {
    unitBytes: 4096,
    inlineBytes: 100,
    backends: Object.fromEntries(BACKENDS.map((name) => [name, backendOf(name)])),
  };
  await initStore(vfs, "store.yaml", config, ENVIRONMENT);
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  place[Symbol.dispose]();
});

describe("a store over SFTP", () => {
  it("keeps, replaces, lists, repairs and removes objects, and shares its lock", async () => {
    const store = await open();
    for (const length of [0, 100, 101, 70_000]) {
      await store.put(`o/${length}`, [bytesOf(5)]);
      await store.put(`o/${length}`, [bytesOf(length)]);
      expect(await readAll(store, `o/${length}`)).toEqual(bytesOf(length));
    }
    expect((await store.list("o/")).map(({ bytes }) => bytes)).toEqual([0, 100, 101, 70_000]);
    const other = await open();
    await Promise.all([store.put("both", [bytesOf(5000)]), other.put("both", [bytesOf(6000)])]);
    const both = await readAll(store, "both");
    expect(both).toEqual(bytesOf(both.length));
    for (const name of ["b", "e"]) {
      for (const shard of readdirSync(`${place.path}/deep/${name}/shards`)) {
        rmSync(`${place.path}/deep/${name}/shards/${shard}`);
      }
    }
    expect(await readAll(store, "o/70000")).toEqual(bytesOf(70_000));
    expect(await store.repair()).toMatchObject({ repairedShards: 6, failed: [], lost: [] });
    writeFileSync(`${place.path}/deep/a/shards/.x.tmp`, "half");
    expect(await store.scrub({ orphanAgeMs: 0, removeOrphans: true })).toMatchObject({
      removed: 1,
      problems: [],
    });
    for (const { name } of await store.list()) await store.remove(name);
    expect(readdirSync(`${place.path}/deep/a/shards`)).toEqual([]);
    expect(readdirSync(`${place.path}/deep/a`).sort()).toEqual(["manifests", "shards"]);
  });

  it.each(["open", "write", "read", "rename", "mkdir", "remove"])(
    "goes on over a new connection when one breaks at a %s",
    async (broken) => {
      const store = await open();
      let left = 2;
      server.allows = (request, path) => request !== broken || !path.includes("/c/") || left-- <= 0;
      await store.put("o", [bytesOf(50_000)]);
      await store.put("o", [bytesOf(60_000)]);
      expect(await readAll(store, "o")).toEqual(bytesOf(60_000));
      expect(await store.scrub({ orphanAgeMs: 0 })).toMatchObject({ lost: 0, orphans: [] });
    },
  );

  it("keeps the version before when the server goes away while a manifest takes its place", async () => {
    const store = await open();
    await store.put("o", [bytesOf(50_000)]);
    const directory = `${place.path}/deep/a/manifests`;
    const [manifest] = readdirSync(directory);
    // What a writer that died between its steps leaves: the new one is there, the old one is not any more.
    renameSync(`${directory}/${manifest}`, `${directory}/${manifest}.next`);
    for (const name of BACKENDS.slice(1)) rmSync(`${place.path}/deep/${name}/manifests/${manifest}`);
    expect(await readAll(store, "o")).toEqual(bytesOf(50_000));
    await store.put("o", [bytesOf(60_000)]);
    expect(await readAll(store, "o")).toEqual(bytesOf(60_000));
    expect(readdirSync(directory)).toEqual([manifest]);
  });

  it("takes over a lock whose owner died long ago", async () => {
    const store = await open();
    const lock = `${place.path}/deep/a/lock`;
    mkdirSync(lock);
    utimesSync(lock, 1e9, 1e9);
    await store.put("o", [bytesOf(5000)]);
    expect(existsSync(lock)).toBe(false);
  });

  it("signs in with a private key, from a file of the environment's or the configuration's naming", async () => {
    await writeFileBytes(vfs, "id", new TextEncoder().encode(user.private));
    await (await open({ SFTP_PRIVATE_KEY: "id" })).put("o", [bytesOf(500)]);
    const backends = Object.fromEntries(
      Object.entries(config.backends).map(([name, backend]) => [
        name,
        { ...(backend as { location: string }), credentials: "file:id" },
      ]),
    );
    const store = await openStore({ ...config, backends }, { vfs, patience: PATIENCE });
    expect(await readAll(store, "o")).toEqual(bytesOf(500));
  });

  it("refuses a server with another key, or without one to compare with, and says which it has", async () => {
    const openAt = async (query: string): Promise<string> => {
      const backends = { x: `sftp://user@127.0.0.1:${port}/~/x${query}` };
      const store = await openStore(
        { dataShards: 1, parityShards: 1, backends: { ...backends, y: "dir:y" } },
        { vfs, patience: PATIENCE, environment: { SFTP_PASSWORD: "pass" } },
      );
      return await store.put("o", [bytesOf(9000)]).then(() => "", String);
    };
    expect(await openAt("")).toContain(`add ?fingerprint=${server.fingerprint}`);
    expect(await openAt("?fingerprint=SHA256:other")).toContain("SHA256:other is expected");
    const wrong = await open({ SFTP_PASSWORD: "x" });
    await expect(wrong.list()).rejects.toThrow("authentication methods failed");
  });
});
