import { once } from "node:events";
import { request } from "node:http";
import { seededRandom } from "@millrace/base";
import { describe, expect, it } from "vitest";
import { benchStore, reportStages, serveStore } from "../src/index.ts";
import { StoreMetrics } from "../src/store-metrics.ts";
import { filesIn, makeStore, readAll, readFileBytes, writeFileBytes } from "./stores.ts";

const bytesOf = (length: number): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(length);
  seededRandom(length).fill(bytes);
  return bytes;
};

describe("a served store", () => {
  it("puts, gets, lists and removes objects over HTTP", async () => {
    const { store } = await makeStore({ unitBytes: 4096 });
    await using served = await serveStore(store);
    const at = (name: string): string => `${served.url}/objects/${name}`;
    const put = await fetch(at("a/b%20c"), { method: "PUT", body: bytesOf(100_000) });
    expect([put.status, await put.json()]).toEqual([201, { object: "a/b c", bytes: 100_000 }]);
    expect(await readAll(store, "a/b c")).toEqual(bytesOf(100_000));
    const got = await fetch(at("a/b%20c"));
    expect(new Uint8Array(await got.arrayBuffer())).toEqual(bytesOf(100_000));
    const head = await fetch(at("a/b%20c"), { method: "HEAD" });
    expect(head.headers.get("content-length")).toBe("100000");
    const list = await fetch(`${served.url}/objects/?prefix=a/`);
    expect(await list.json()).toMatchObject({ objects: [{ name: "a/b c", bytes: 100_000 }] });
    expect((await fetch(at("a/b%20c"), { method: "DELETE" })).status).toBe(204);
    expect((await fetch(at("a/b%20c"))).status).toBe(404);
    expect((await fetch(at("x"), { method: "POST" })).status).toBe(405);
    expect((await fetch(`${served.url}/elsewhere`)).status).toBe(404);
    expect((await fetch(at("%ff"))).status).toBe(400);
    const metrics = await (await fetch(`${served.url}/metrics`)).text();
    expect(metrics).toMatch(/store_operations_total\{operation="put",size="64 KiB to 16 MiB"\} 1/);
    await served.close();
    await served.close();
  });

  it.each([
    ["bytes=0-9", 206, [0, 10]],
    ["bytes=990-", 206, [990, 1000]],
    ["bytes=-5", 206, [995, 1000]],
    ["bytes=900-5000", 206, [900, 1000]],
    ["bytes=1000-", 416, [0, 0]],
    ["bytes=-0", 416, [0, 0]],
    ["bytes=5-2", 200, [0, 1000]],
    ["bytes=0-1,4-5", 200, [0, 1000]],
    ["lines=1-2", 200, [0, 1000]],
  ] as const)("answers the range %s with %i", async (range, status, [start, end]) => {
    const { store } = await makeStore();
    await store.put("o", [bytesOf(1000)]);
    await using served = await serveStore(store);
    const answer = await fetch(`${served.url}/objects/o`, { headers: { range } });
    expect(answer.status).toBe(status);
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(bytesOf(1000).slice(start, end));
    if (status === 206) expect(answer.headers.get("content-range")).toBe(`bytes ${start}-${end - 1}/1000`);
  });

  it("asks for the token, and is not open to others without one", async () => {
    const { store } = await makeStore();
    await store.put("o", [bytesOf(10)]);
    await expect(serveStore(store, { host: "0.0.0.0" })).rejects.toThrow("a token");
    await using served = await serveStore(store, { token: "let me in" });
    const ask = async (authorization: string): Promise<number> =>
      (await fetch(`${served.url}/objects/o`, { headers: { authorization } })).status;
    expect([await ask("Bearer let me in"), await ask("Bearer let me"), await ask("")]).toEqual([
      200, 401, 401,
    ]);
    expect((await fetch(`${served.url}/metrics`)).status).toBe(401);
  });

  it("takes no names that lead elsewhere, and stores nothing of an upload that breaks off", async () => {
    const { vfs, store } = await makeStore();
    await using served = await serveStore(store);
    const { hostname, port } = new URL(served.url);
    const upload = request({ hostname, port, path: "/objects/..%2F..%2Fetc", method: "PUT" });
    upload.end("x");
    const [refused] = await once(upload, "response");
    expect(refused.statusCode).toBe(400);
    refused.resume();
    const headers = { "content-length": "1000000" };
    const broken = request({ hostname, port, path: "/objects/o", method: "PUT", headers });
    broken.on("error", () => {});
    broken.write(bytesOf(5000));
    while ((await filesIn(vfs, "shards")).length + (await vfs.list("a/shards")).length === 0) {
      await new Promise((tick) => setTimeout(tick, 1));
    }
    broken.destroy();
    while ((await vfs.list("a/shards")).length > 0) await new Promise((tick) => setTimeout(tick, 1));
    expect(await store.list()).toEqual([]);
  });

  it("breaks off an answer whose bytes are lost, and never ends it as if it were whole", async () => {
    const { vfs, store } = await makeStore({ unitBytes: 4096 });
    await store.put("o", [bytesOf(1_000_000)]);
    for (const path of (await filesIn(vfs, "shards")).slice(0, 3)) {
      const bytes = await readFileBytes(vfs, path);
      await writeFileBytes(vfs, path, bytes.fill(0, bytes.length - 5000, bytes.length - 4000));
    }
    await using served = await serveStore(store);
    const answer = await fetch(`${served.url}/objects/o`);
    await expect(answer.arrayBuffer()).rejects.toThrow();
  });
});

it("a benchmark leaves nothing behind, and says where the time goes", async () => {
  const { vfs, store } = await makeStore({ unitBytes: 4096 });
  const result = await benchStore(store, 2 << 20);
  expect(result).toMatchObject({ bytes: 2 << 20, smallObjects: 200 });
  expect(result.putBytesPerSecond).toBeGreaterThan(0);
  expect(result.stages.map(({ stage }) => stage).sort()).toEqual(["code", "hash", "read", "write"]);
  expect(await filesIn(vfs, "shards")).toEqual([]);
  expect(await store.list()).toEqual([]);
});

it("advice is given for the stages that take most of the time", () => {
  const metrics = new StoreMetrics();
  metrics.addStage("hash", 480);
  metrics.addStage("write", 420);
  metrics.addStage("read", 100);
  const { stages, recommendations } = reportStages(metrics);
  expect(stages.map(({ stage }) => stage)).toEqual(["hash", "write", "read"]);
  expect(recommendations[0]).toMatch(/^hash takes 48 % of the time: do without/);
  expect(recommendations).toHaveLength(2);
});
