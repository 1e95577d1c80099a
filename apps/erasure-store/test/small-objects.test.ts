import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { expect, it } from "vitest";
import { openStore } from "../src/index.ts";
import { BACKENDS, filesIn, filesOf, makeStore, readAll, readFileBytes } from "./stores.ts";

const SMALL = { inlineBytes: 100 };
const bytesOf = (length: number, seed = length): Uint8Array =>
  seededRandom(seed).fill(new Uint8Array(length));

/** A copy of a store without some backends. */
async function without(vfs: MemoryVfs, lost: readonly string[]): Promise<MemoryVfs> {
  const copy = new MemoryVfs();
  for (const backend of BACKENDS.filter((name) => !lost.includes(name))) {
    for (const area of ["manifests", "shards"]) await copy.makeDirectory(`${backend}/${area}`);
  }
  for (const path of ["store.yaml", ...(await filesOf(vfs))]) {
    if (lost.some((name) => path.startsWith(`${name}/`))) continue;
    await using file = await copy.open(path, "create");
    await file.write(await readFileBytes(vfs, path), 0);
  }
  return copy;
}

it("lie on as many backends as may be lost and one more, and survive the loss of any two", async () => {
  const vfs = new MemoryVfs();
  const { store } = await makeStore(SMALL, vfs);
  for (let i = 0; i < 5; i++) await store.put(`o${i}`, [bytesOf(50, i)]);
  expect(await filesIn(vfs, "manifests")).toHaveLength(5 * 3);
  expect(await store.verify()).toMatchObject({ objects: 5, badManifests: 0, problems: [] });
  for (const [i, a] of BACKENDS.entries()) {
    for (const b of BACKENDS.slice(i + 1)) {
      const left = await openStore("store.yaml", { vfs: await without(vfs, [a, b]) });
      expect(await left.list()).toHaveLength(5);
      for (let n = 0; n < 5; n++) expect(await readAll(left, `o${n}`)).toEqual(bytesOf(50, n));
    }
  }
});

it("are copied anew by a repair when a backend is gone, and no older copy comes back with it", async () => {
  const vfs = new MemoryVfs();
  const { store } = await makeStore(SMALL, vfs);
  await store.put("o", [bytesOf(50)]);
  const [first] = await filesIn(vfs, "manifests");
  const backend = first!.slice(0, 1);
  await vfs.rename(backend, "away");
  expect(await store.verify()).toMatchObject({ badManifests: 1 });
  expect(await store.repair()).toMatchObject({ repairedObjects: 1, failed: [] });
  expect(await filesIn(vfs, "manifests")).toHaveLength(3);
  await store.put("o", [bytesOf(60)]);
  await vfs.rename("away", backend);
  expect(await readAll(store, "o")).toEqual(bytesOf(60));
  // The copy that came back is of an older version: it is told, and goes.
  expect(await store.verify()).toMatchObject({ badManifests: 1 });
  await store.repair();
  expect(await filesIn(vfs, "manifests")).toHaveLength(3);
  expect(await store.verify()).toMatchObject({ badManifests: 0, problems: [] });
  expect(await readAll(store, "o")).toEqual(bytesOf(60));
});

it("take a large object's copies away with its shards", async () => {
  const { vfs, store } = await makeStore(SMALL);
  await store.put("o", [bytesOf(300)]);
  expect(await filesIn(vfs, "manifests")).toHaveLength(6);
  await store.put("o", [bytesOf(50)]);
  expect(await filesOf(vfs)).toHaveLength(3);
  expect(await readAll(store, "o")).toEqual(bytesOf(50));
});

it("are committed together, each as if it were alone", async () => {
  const { vfs, store } = await makeStore(SMALL);
  const stopped = new AbortController();
  stopped.abort();
  const puts = Array.from({ length: 150 }, (_, i) =>
    store.put(`o${i % 40}`, [bytesOf(50, i)], { signal: i === 7 ? stopped.signal : undefined }),
  );
  const outcomes = await Promise.allSettled(puts);
  const failed = outcomes.flatMap(({ status }, i) => (status === "rejected" ? [i] : []));
  expect(failed).toEqual([7]);
  for (let name = 0; name < 40; name++) {
    const found = await readAll(store, `o${name}`);
    const possible = [0, 1, 2, 3].map((round) => bytesOf(50, name + 40 * round));
    expect(possible).toContainEqual(found);
    // Each put counts as a version of its own.
    const rounds = name < 30 ? 4 : 3;
    expect((await store.stat(`o${name}`)).generation).toBe(name === 7 ? rounds - 1 : rounds);
  }
  expect(await store.verify()).toMatchObject({ objects: 40, problems: [] });
  expect((await filesOf(vfs)).filter((path) => !path.endsWith(".json"))).toEqual([]);
});

it("that cannot be written do not take others with them", async () => {
  const { vfs, store } = await makeStore({ ...SMALL, inlineBytes: 1000 });
  for (const name of ["a", "b", "c"]) await vfs.remove(name, { recursive: true });
  await store.put("o", [bytesOf(10)]);
  await vfs.remove("d", { recursive: true });
  const outcomes = await Promise.allSettled([store.put("o", [bytesOf(11)]), store.put("p", [bytesOf(12)])]);
  for (const outcome of outcomes) {
    expect(outcome).toMatchObject({ status: "rejected", reason: { code: "STORE_COMMIT_REFUSED" } });
  }
  expect(await readAll(store, "o")).toEqual(bytesOf(10));
});
