import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { FakeS3 } from "@millrace/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ErasureStore, initStore, openStore } from "../src/index.ts";
import { BACKENDS, readAll } from "./stores.ts";

const bytesOf = (length: number): Uint8Array => seededRandom(length).fill(new Uint8Array(length));
const ENVIRONMENT = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "secret" };
const PATIENCE = { attempts: 4, baseDelayMs: 1, idleMs: 5000 };

let server: FakeS3;
let open: () => Promise<ErasureStore>;
beforeEach(async () => {
  server = new FakeS3();
  const endpoint = await server.listen();
  const vfs = new MemoryVfs();
  const locationOf = (name: string): string => `s3://bucket-${name}?endpoint=${endpoint}`;
  const backends = Object.fromEntries(BACKENDS.map((name) => [name, locationOf(name)]));
  await initStore(vfs, "store.yaml", { unitBytes: 4096, inlineBytes: 100, backends }, ENVIRONMENT);
  open = () => openStore("store.yaml", { vfs, environment: ENVIRONMENT, patience: PATIENCE });
});
afterEach(() => server[Symbol.asyncDispose]());

/** Lets the manifests of the next put wait on their way until `work` is done, in spite of the lock. */
function overtake(copies: number, work: () => Promise<unknown>): { readonly isDone: () => boolean } {
  let held = 0;
  let isDone = false;
  let begun: Promise<unknown> | undefined;
  server.fault = async (method, path): Promise<undefined> => {
    if (method !== "PUT" || !path.includes("/manifests/") || ++held > copies) return undefined;
    // As if the writer had slept until its lock was over.
    for (const key of [...server.objects.keys()]) if (key.endsWith("/lock")) server.objects.delete(key);
    begun ??= work();
    await begun;
    isDone = true;
    return undefined;
  };
  return { isDone: () => isDone };
}

describe.each([
  ["small", 50, 3],
  ["large", 50_000, 6],
])("two writers of a %s object of which one slept through its lock", (_, length, copies) => {
  it.each(["new", "replaced"])(
    "leave what was stored meanwhile, and the other is told (%s)",
    async (kind) => {
      const [slow, quick] = await Promise.all([open(), open()]);
      if (kind === "replaced") await slow.put("o", [bytesOf(length)]);
      const run = overtake(copies, () => quick.put("o", [bytesOf(length + 1)]));
      await expect(slow.put("o", [bytesOf(length + 2)])).rejects.toMatchObject({
        code: "STORE_COMMIT_REFUSED",
        message: expect.stringContaining("another writer has changed it meanwhile"),
      });
      expect(run.isDone()).toBe(true);
      server.fault = () => undefined;
      expect(await readAll(slow, "o")).toEqual(bytesOf(length + 1));
      expect(await slow.scrub({ orphanAgeMs: 0 })).toMatchObject({ objects: 1, problems: [], orphans: [] });
      await slow.put("o", [bytesOf(length + 3)]);
      expect(await readAll(quick, "o")).toEqual(bytesOf(length + 3));
    },
  );
});

it("a manifest that was put is not taken for another's where the answer got lost", async () => {
  const store = await open();
  for (const length of [50, 50_000, 60, 60_000]) {
    const lost = new Set<string>();
    server.fault = (method, path) => {
      if (method !== "PUT" || !path.includes("/manifests/") || lost.has(path)) return undefined;
      lost.add(path);
      return "lost";
    };
    await store.put("o", [bytesOf(length)]);
    expect(lost.size).toBeGreaterThan(2);
    expect(await readAll(store, "o")).toEqual(bytesOf(length));
  }
  expect(await store.scrub({ orphanAgeMs: 0 })).toMatchObject({ objects: 1, problems: [], orphans: [] });
});

it("a server that refuses conditions, or those that hold, is written to without", async () => {
  for (const kind of ["misreadsIfMatch", "refusesConditions"] as const) {
    server[kind] = true;
    const store = await open();
    for (const length of [50, 50_000, 60]) {
      await store.put("o", [bytesOf(length)]);
      expect(await readAll(store, "o")).toEqual(bytesOf(length));
    }
    expect(await store.scrub({ orphanAgeMs: 0 })).toMatchObject({ objects: 1, problems: [], orphans: [] });
  }
});
