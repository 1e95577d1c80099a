import { writeFileSync } from "node:fs";
import { seededRandom } from "@millrace/base";
import { joinPath, MemoryVfs } from "@millrace/files";
import { FakeS3, runCommand, tempDirectory } from "@millrace/testkit";
import { describe, expect, it } from "vitest";
import { type ErasureStore, initStore, openStore, type StoreConfig } from "../src/index.ts";
import { readAll, readFileBytes, writeFileBytes } from "./stores.ts";

const MIB = 1024 * 1024;
const ENVIRONMENT = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "secret", STORE_KEY: "ab".repeat(32) };
const ENCRYPTED: Partial<StoreConfig> = {
  encryption: { key: "env:STORE_KEY", derive: "raw" },
  compression: "zstd",
};
const PATIENCE = { attempts: 1, baseDelayMs: 1, idleMs: 5000 };
const FILE = seededRandom(1).fill(new Uint8Array(26 * MIB));
/** 2+1 shards of 13 MiB and their checksums: two parts of 5 MiB and the rest. */
const SHARD_BYTES = 13 * MIB + 100_000;

const backendsAt = (endpoint: string): Record<string, string> =>
  Object.fromEntries(["a", "b", "c"].map((name) => [name, `s3://bucket-${name}?endpoint=${endpoint}`]));

async function storeWithFile(
  server: FakeS3,
  more: Partial<StoreConfig> = {},
): Promise<{ vfs: MemoryVfs; store: ErasureStore }> {
  const vfs = new MemoryVfs();
  const backends = backendsAt(await server.listen());
  const config = { dataShards: 2, parityShards: 1, backends, ...more };
  await initStore(vfs, "store.yaml", config, ENVIRONMENT);
  await writeFileBytes(vfs, "file", FILE);
  const store = await openStore("store.yaml", { vfs, environment: ENVIRONMENT, patience: PATIENCE });
  return { vfs, store };
}

/** Lets bucket c take so many parts, and no more. */
function failAfterParts(server: FakeS3, parts: number): void {
  let left = parts;
  server.fault = (method, path) =>
    method === "PUT" && /bucket-[bc].*shards/.test(path) && left-- <= 0 ? "5xx" : undefined;
}

describe("a put that resumes", () => {
  it("goes on where it was stopped, part by part and shard by shard", async () => {
    await using server = new FakeS3();
    const { vfs, store } = await storeWithFile(server);
    failAfterParts(server, 3);
    await expect(store.put("o", "file", { resume: true })).rejects.toThrow("was not stored");
    expect(await vfs.list("store.yaml.uploads")).toHaveLength(1);
    server.fault = () => undefined;
    server.putBytes = 0;
    expect((await store.put("o", "file", { resume: true })).failedShards).toEqual([]);
    // Three parts of b and c were there, and one of a at least.
    expect(server.putBytes).toBeLessThan(3 * SHARD_BYTES - 4 * 5 * MIB);
    expect(Buffer.compare(await readAll(store, "o"), FILE)).toBe(0);
    expect(await vfs.list("store.yaml.uploads")).toEqual([]);
    expect(await store.scrub({ orphanAgeMs: 0, removeOrphans: true })).toMatchObject({
      problems: [],
      orphans: [],
      removed: 0,
    });
  });

  it("sends nothing again of shards that are complete", async () => {
    await using server = new FakeS3();
    const { store } = await storeWithFile(server);
    server.fault = (method, path) => (method === "PUT" && path.includes("manifests") ? "5xx" : undefined);
    await expect(store.put("o", "file", { resume: true })).rejects.toThrow("was not stored");
    server.fault = () => undefined;
    server.putBytes = 0;
    await store.put("o", "file", { resume: true });
    expect(server.putBytes).toBeLessThan(100_000);
    expect(Buffer.compare(await readAll(store, "o"), FILE)).toBe(0);
  });

  it("begins anew when the file is another, or is put in another shape", async () => {
    await using server = new FakeS3();
    const { vfs, store } = await storeWithFile(server);
    failAfterParts(server, 3);
    await expect(store.put("o", "file", { resume: true })).rejects.toThrow("was not stored");
    server.fault = () => undefined;
    const other = seededRandom(2).fill(new Uint8Array(24 * MIB));
    await writeFileBytes(vfs, "file", other);
    await store.put("o", "file", { resume: true });
    expect(Buffer.compare(await readAll(store, "o"), other)).toBe(0);
    // What the first put left is found.
    const { halfWritten, orphans } = await store.scrub({ orphanAgeMs: 0 });
    expect(halfWritten + orphans.length).toBe(3);
    expect(await store.scrub({ orphanAgeMs: 0, removeOrphans: true })).toMatchObject({ removed: 3 });
    expect(Buffer.compare(await readAll(store, "o"), other)).toBe(0);
  });

  it("begins anew after a put that was stopped behind its commit, whose shards stay the object's", async () => {
    await using server = new FakeS3();
    const { vfs, store } = await storeWithFile(server);
    server.fault = (method, path) => (method === "PUT" && path.includes("manifests") ? "5xx" : undefined);
    await expect(store.put("o", "file", { resume: true })).rejects.toThrow("was not stored");
    const [note] = await vfs.list("store.yaml.uploads");
    const record = await readFileBytes(vfs, `store.yaml.uploads/${note!.name}`);
    server.fault = () => undefined;
    await store.put("o", "file", { resume: true });
    await writeFileBytes(vfs, `store.yaml.uploads/${note!.name}`, record);
    const shards = [...server.objects.keys()].filter((key) => key.includes("shards"));
    failAfterParts(server, 3);
    await expect(store.put("o", "file", { resume: true })).rejects.toThrow("was not stored");
    expect([...server.objects.keys()]).toEqual(expect.arrayContaining(shards));
    expect(Buffer.compare(await readAll(store, "o"), FILE)).toBe(0);
  });

  it("is one at a time for an object", async () => {
    await using server = new FakeS3();
    const { store } = await storeWithFile(server);
    const both = await Promise.allSettled([
      store.put("o", "file", { resume: true }),
      store.put("o", "file", { resume: true }),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(Buffer.compare(await readAll(store, "o"), FILE)).toBe(0);
  });

  it("takes everything back that is not to be resumed", async () => {
    await using server = new FakeS3();
    const { vfs, store } = await storeWithFile(server);
    failAfterParts(server, 3);
    await expect(store.put("o", "file")).rejects.toThrow("was not stored");
    expect(await vfs.list("store.yaml.uploads")).toEqual([]);
    expect([...server.objects.keys()].filter((key) => key.includes("shards"))).toEqual([]);
    expect(await store.scrub({ orphanAgeMs: 0, removeOrphans: true })).toMatchObject({ removed: 0 });
  });
});

describe("a put of what is encrypted", () => {
  it("goes on, too, with the key that it began with", async () => {
    await using server = new FakeS3();
    const { vfs, store } = await storeWithFile(server, ENCRYPTED);
    failAfterParts(server, 3);
    await expect(store.put("o", "file", { resume: true })).rejects.toThrow("was not stored");
    expect((await vfs.list("store.yaml.uploads")).map(({ name }) => name.replace(/.*\./, ""))).toEqual([
      "json",
      "segments",
    ]);
    server.fault = () => undefined;
    server.putBytes = 0;
    await store.put("o", "file", { resume: true });
    expect(server.putBytes).toBeLessThan(3 * SHARD_BYTES - 4 * 5 * MIB);
    expect(Buffer.compare(await readAll(store, "o"), FILE)).toBe(0);
    expect(await vfs.list("store.yaml.uploads")).toEqual([]);
    expect((await store.verify()).problems).toEqual([]);
  });

  it("never encrypts another text under a number that was used, though the file looks the same", async () => {
    await using server = new FakeS3();
    const { vfs, store } = await storeWithFile(server, ENCRYPTED);
    failAfterParts(server, 3);
    await expect(store.put("o", "file", { resume: true })).rejects.toThrow("was not stored");
    server.fault = () => undefined;
    const { modifiedMs } = await vfs.stat("file");
    const changed = FILE.slice();
    changed[5] = changed[5]! ^ 1;
    await writeFileBytes(vfs, "file", changed);
    const stat = vfs.stat.bind(vfs);
    vfs.stat = async (path) => ({ ...(await stat(path)), ...(path === "file" && { modifiedMs }) });
    server.putBytes = 0;
    await expect(store.put("o", "file", { resume: true })).rejects.toMatchObject({
      code: "STORE_RESUME_CHANGED",
    });
    expect(server.putBytes).toBe(0);
    await store.put("o", "file");
    expect(Buffer.compare(await readAll(store, "o"), changed)).toBe(0);
  });

  it("begins anew, with another key, where its notes are gone or of another upload", async () => {
    await using server = new FakeS3();
    const { vfs, store } = await storeWithFile(server, ENCRYPTED);
    for (const damage of ["gone", "other"]) {
      failAfterParts(server, 3);
      await expect(store.put("o", "file", { resume: true })).rejects.toThrow("was not stored");
      server.fault = () => undefined;
      const { name } = (await vfs.list("store.yaml.uploads")).find((one) => one.name.endsWith(".segments"))!;
      const path = `store.yaml.uploads/${name}`;
      if (damage === "gone") await vfs.remove(path);
      else await writeFileBytes(vfs, path, new Uint8Array(100));
      server.putBytes = 0;
      await store.put("o", "file", { resume: true });
      expect(server.putBytes).toBeGreaterThan(3 * SHARD_BYTES - 5 * MIB);
      expect(Buffer.compare(await readAll(store, "o"), FILE)).toBe(0);
      await store.remove("o");
    }
  });

  it("leaves no notes of what is small", async () => {
    await using server = new FakeS3();
    const { vfs, store } = await storeWithFile(server, ENCRYPTED);
    await writeFileBytes(vfs, "small", new Uint8Array(100));
    await store.put("o", "small");
    expect(await readAll(store, "o")).toEqual(new Uint8Array(100));
    expect(await vfs.list("store.yaml.uploads")).toEqual([]);
  });
});

it("`put --resume` goes on after a put was killed", async () => {
  await using server = new FakeS3();
  using place = tempDirectory();
  const at = (name: string): string => joinPath(place.path, name);
  writeFileSync(at("file"), FILE);
  const endpoint = await server.listen();
  const flags = Object.entries(backendsAt(endpoint)).flatMap(([name, location]) => [
    "--backend",
    `${name}=${location}`,
  ]);
  const run = (args: string[], kill?: () => Promise<void>): ReturnType<typeof runCommand> =>
    runCommand("erasure-store", [args[0]!, "--config", at("store.yaml"), ...args.slice(1)], {
      env: ENVIRONMENT,
      ...(kill && {
        onStart: async (child) => {
          await kill();
          child.kill("SIGKILL");
        },
      }),
    });
  expect((await run(["init", "--data-shards", "2", "--parity-shards", "1", ...flags])).code).toBe(0);
  const { promise: isHalf, resolve } = Promise.withResolvers<void>();
  server.fault = (method) => {
    if (method !== "PUT" || server.putBytes < 18 * MIB) return undefined;
    resolve();
    return "silent";
  };
  expect((await run(["put", at("file"), "o"], () => isHalf)).code).toBe(null);
  server.fault = () => undefined;
  const before = server.putBytes;
  const { code, stderr } = await run(["put", at("file"), "o", "--resume", "--json"]);
  expect(stderr.includes("not written") ? stderr : "").toBe("");
  expect(code).toBe(0);
  expect(server.putBytes - before).toBeLessThan(3 * SHARD_BYTES - 10 * MIB);
  const got = await run(["get", "o", at("out")]);
  expect(got.code).toBe(0);
  expect((await run(["verify"])).code).toBe(0);
});
