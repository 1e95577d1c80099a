import { isMillraceError, seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { FakeS3, type HttpFault } from "@millrace/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ErasureStore, initStore, openStore, type StoreConfig } from "../src/index.ts";
import { BACKENDS, readAll } from "./stores.ts";

const bytesOf = (length: number, seed = length): Uint8Array =>
  seededRandom(seed).fill(new Uint8Array(length));
const ENVIRONMENT = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "secret" };
const PATIENCE = { attempts: 4, baseDelayMs: 1, idleMs: 1000 };

let server: FakeS3;
let store: ErasureStore;
let config: StoreConfig;
beforeEach(async () => {
  server = new FakeS3();
  const endpoint = await server.listen();
  const locationOf = (name: string): string => `s3://bucket-${name}/deep/er?endpoint=${endpoint}&region=here`;
  const backends = Object.fromEntries(BACKENDS.map((name) => [name, locationOf(name)]));
  config = { unitBytes: 4096, inlineBytes: 0, backends };
  const vfs = new MemoryVfs();
  await initStore(vfs, "store.yaml", config, ENVIRONMENT);
  store = await openStore("store.yaml", { vfs, environment: ENVIRONMENT, patience: PATIENCE });
});
afterEach(() => server[Symbol.asyncDispose]());

describe("a store over buckets of S3", () => {
  it("keeps objects, lists them page by page, repairs and removes them", async () => {
    for (let i = 0; i < 7; i++) await store.put(`o/${i}`, [bytesOf(20_000 + i)]);
    expect((await store.list("o/")).map(({ bytes }) => bytes)).toEqual(
      [0, 1, 2, 3, 4, 5, 6].map((i) => 20_000 + i),
    );
    for (const key of [...server.objects.keys()])
      if (/bucket-[be].*shards/.test(key)) server.objects.delete(key);
    expect(await readAll(store, "o/3")).toEqual(bytesOf(20_003));
    expect(await store.repair()).toMatchObject({ repairedShards: 14 });
    expect(await store.scrub({ orphanAgeMs: 0 })).toMatchObject({ problems: [], orphans: [] });
    for (let i = 0; i < 7; i++) await store.remove(`o/${i}`);
    expect([...server.objects.keys()]).toEqual([]);
  });

  it("writes large shards in parts, and leaves none behind when it is stopped", async () => {
    const length = 45 * 1024 * 1024;
    const chunks = function* (limit: number): Generator<Uint8Array> {
      for (let i = 0; i < limit; i += 1 << 20) yield bytesOf(1 << 20, i >> 20);
    };
    await store.put("large", chunks(length));
    let [bytes, at] = [0, 0];
    for await (const piece of store.get("large", { range: { start: length - (1 << 20) } })) {
      const expected = bytesOf(1 << 20, (length >> 20) - 1);
      expect(Buffer.compare(piece, expected.subarray(at, at + piece.length))).toBe(0);
      at += piece.length;
      bytes += piece.length;
    }
    expect(bytes).toBe(1 << 20);
    expect(server.requests.filter((line) => line.startsWith("POST"))).toHaveLength(12);
    const controller = new AbortController();
    const endless = function* (): Generator<Uint8Array> {
      for (let i = 0; ; i++) {
        if (i === 40) controller.abort();
        yield bytesOf(1 << 20, i % 8);
      }
    };
    await expect(store.put("stopped", endless(), { signal: controller.signal })).rejects.toThrow("aborted");
    expect(await store.scrub({ orphanAgeMs: 0, removeOrphans: true })).toMatchObject({
      removed: 0,
      orphans: [],
    });
  });

  it("finds a large shard whole whose server's last answer is lost", async () => {
    const length = 25 * 1024 * 1024;
    const lost = new Set<string>();
    server.fault = (method, path) => {
      // The second POST of a shard completes its upload.
      const isFirst = method === "POST" && path.startsWith("bucket-b") && !lost.has(path);
      const isBegun = server.requests.filter((line) => line === `POST ${path}`).length > 1;
      if (!isFirst || !isBegun) return undefined;
      lost.add(path);
      return "lost";
    };
    const { failedShards } = await store.put("large", [bytesOf(length)]);
    expect(lost.size).toBe(1);
    expect(failedShards).toEqual([]);
    server.fault = () => undefined;
    expect((await store.verify("large")).problems).toEqual([]);
  });

  it.each<[HttpFault, number]>([
    ["5xx", 3],
    ["cut", 3],
    ["truncated", 3],
    ["silent", 1],
  ])("gets over a server that is %s for a while", async (fault, times) => {
    await store.put("o", [bytesOf(50_000)]);
    const seen = new Map<string, number>();
    server.fault = (method, path) => {
      const count = (seen.get(method + path) ?? 0) + 1;
      seen.set(method + path, count);
      return path.startsWith("bucket-c") && count <= times ? fault : undefined;
    };
    expect(await readAll(store, "o")).toEqual(bytesOf(50_000));
    await store.put("p", [bytesOf(30_000)]);
    server.fault = () => undefined;
    expect(await readAll(store, "p")).toEqual(bytesOf(30_000));
    expect((await store.verify("p")).problems).toEqual([]);
  });

  it("reads from others what two buckets are late with, and asks only for what it needs", async () => {
    await store.put("o", [bytesOf(50_000)]);
    const patience = { attempts: 1, baseDelayMs: 1, idleMs: 600_000 };
    const vfs = new MemoryVfs();
    await vfs.makeDirectory("x");
    const patient = await openStore(config, { vfs, environment: ENVIRONMENT, patience });
    expect(await readAll(patient, "o")).toEqual(bytesOf(50_000));
    // They are asked for their shards, and never answer: whoever waits for them waits for ten minutes.
    server.fault = (_, path) => (/bucket-[be].*shards/.test(path) ? "silent" : undefined);
    expect(await readAll(patient, "o")).toEqual(bytesOf(50_000));
    let left = 0;
    server.fault = (method, path) => {
      const isLate = /bucket-[be].*shards/.test(path) && method === "GET" && left++ >= 4;
      return isLate ? "silent" : undefined;
    };
    // These open, and fall silent when it comes to the units.
    expect(await readAll(patient, "o")).toEqual(bytesOf(50_000));
    expect(left).toBeGreaterThan(4);
    const names = patient.metrics.snapshot().metrics.map(({ name, labels }) => `${name} ${labels.backend}`);
    expect(names).toContain("store_backend_latency_seconds a");
  }, 60_000);

  it.each<HttpFault>(["5xx", "cut", "truncated", "garbled"])(
    "reads around a bucket that stays %s, and says which it is",
    async (fault) => {
      await store.put("o", [bytesOf(50_000)]);
      server.fault = (method, path) => (path.startsWith("bucket-c") && method === "GET" ? fault : undefined);
      const problems: string[] = [];
      const pieces: Uint8Array[] = [];
      const onDamage = ({ backend }: { backend: string | null }): void => {
        problems.push(String(backend));
      };
      for await (const piece of store.get("o", { onDamage })) pieces.push(piece.slice());
      expect(new Uint8Array(Buffer.concat(pieces))).toEqual(bytesOf(50_000));
      // One that is slow to fail is not waited for.
      expect(problems.filter((backend) => backend !== "c")).toEqual([]);
      const { problems: found } = await store.verify("o");
      expect(new Set(found.map(({ backend }) => backend))).toEqual(new Set(["c"]));
    },
  );

  it("keeps the old object when too many buckets fail at a put", async () => {
    await store.put("o", [bytesOf(50_000)]);
    const before = new Map(server.objects);
    server.fault = (method, path) => (/bucket-[cd]/.test(path) && method === "PUT" ? "5xx" : undefined);
    const failure: unknown = await store.put("o", [bytesOf(60_000)]).catch((error: unknown) => error);
    expect(isMillraceError(failure, "STORE_PUT_REFUSED")).toBe(true);
    server.fault = () => undefined;
    expect(await readAll(store, "o")).toEqual(bytesOf(50_000));
    expect([...server.objects.keys()].sort()).toEqual([...before.keys()].sort());
  });

  it("lets one of two puts under a name win, whole, and takes over a lock whose owner died", async () => {
    await Promise.all([store.put("o", [bytesOf(30_000)]), store.put("o", [bytesOf(20_000)])]);
    const found = await readAll(store, "o");
    expect(found).toEqual(bytesOf(found.length));
    expect(await store.scrub({ orphanAgeMs: 0 })).toMatchObject({ objects: 1, problems: [], orphans: [] });
    const dead = JSON.stringify({ owner: "dead", untilMs: Date.now() - 1 });
    server.objects.set("bucket-a/deep/er/lock", Buffer.from(dead));
    await store.put("o", [bytesOf(10_000)]);
    expect(server.objects.has("bucket-a/deep/er/lock")).toBe(false);
  });
});

it("what a server honours is found out when a store is made, and written down", async () => {
  await using simple = new FakeS3();
  simple.isSimple = true;
  const endpoint = await simple.listen();
  const backends = {
    ...Object.fromEntries(["a", "b"].map((name) => [name, `s3://bucket-${name}?endpoint=${endpoint}`])),
    ...Object.fromEntries(["c", "d", "e", "f"].map((name) => [name, config.backends[name]!])),
  };
  const vfs = new MemoryVfs();
  const { honours } = await initStore(vfs, "store.yaml", { ...config, backends }, ENVIRONMENT);
  expect(honours).toMatchObject({ a: ["lists"], b: ["lists"], c: ["locks", "ranges", "lists"] });
  expect(simple.objects.size).toBe(0);
  const opened = await openStore("store.yaml", { vfs, environment: ENVIRONMENT, patience: PATIENCE });
  expect(opened.config.backends.a?.honours).toEqual(["lists"]);
  simple.requests.length = 0;
  await opened.put("o", [bytesOf(20_000)]);
  expect(await readAll(opened, "o")).toEqual(bytesOf(20_000));
  // The lock lies where it keeps others out.
  expect(simple.requests.filter((line) => line.endsWith("/lock"))).toEqual([]);
});

it("two writers at servers that know no conditions leave one of the versions, whole, and nothing that a scrub does not find", async () => {
  server.isSimple = true;
  const vfs = new MemoryVfs();
  await initStore(vfs, "other.yaml", config, ENVIRONMENT);
  const open = (): ReturnType<typeof openStore> =>
    openStore("other.yaml", { vfs, environment: ENVIRONMENT, patience: PATIENCE });
  const [one, two] = await Promise.all([open(), open()]);
  for (let round = 0; round < 8; round++) {
    const puts = await Promise.allSettled([
      one.put("o", [bytesOf(20_000 + round)]),
      two.put("o", [bytesOf(30_000 + round)]),
    ]);
    for (const put of puts) if (put.status === "rejected") expect(isMillraceError(put.reason)).toBe(true);
    const found = await readAll(one, "o");
    expect([20_000 + round, 30_000 + round]).toContain(found.length);
    expect(found).toEqual(bytesOf(found.length));
  }
  await one.scrub({ orphanAgeMs: 0, removeOrphans: true });
  await one.repair();
  const found = await readAll(two, "o");
  expect(found).toEqual(bytesOf(found.length));
  expect(await one.scrub({ orphanAgeMs: 0 })).toMatchObject({ objects: 1, problems: [], orphans: [] });
});

it("credentials that are missing or wrong are said to be", async () => {
  await expect((await openStore(config)).list()).rejects.toThrow("the environment has no AWS_ACCESS_KEY_ID");
  const wrong = { ...ENVIRONMENT, AWS_ACCESS_KEY_ID: "other" };
  const other = await openStore(config, { environment: wrong, patience: PATIENCE });
  await expect(other.list()).rejects.toThrow("the server answers 403");
});
