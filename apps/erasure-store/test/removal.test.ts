import { isMillraceError, seededRandom } from "@millrace/base";
import { MemoryVfs, type Vfs } from "@millrace/files";
import { FaultyVfs } from "@millrace/testkit";
import { describe, expect, it } from "vitest";
import { type ErasureStore, openStore } from "../src/index.ts";
import { BACKENDS, filesIn, filesOf, makeStore, readAll, readFileBytes, writeFileBytes } from "./stores.ts";

const bytesOf = (length: number, seed = length): Uint8Array =>
  seededRandom(seed).fill(new Uint8Array(length));

const codeOf = async (work: Promise<unknown>): Promise<string | undefined> => {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return isMillraceError(error) ? error.code : undefined;
};

/** Takes backends away and brings them back as they were, as disks that are unplugged. */
async function unplug(vfs: Vfs, ...names: readonly string[]): Promise<(where?: Vfs) => Promise<void>> {
  const kept = await Promise.all(
    (await filesOf(vfs, names)).map(async (path) => ({ path, bytes: await readFileBytes(vfs, path) })),
  );
  for (const name of names) await vfs.remove(name, { recursive: true });
  return async (where = vfs) => {
    for (const name of names) {
      for (const area of ["manifests", "shards"]) await where.makeDirectory(`${name}/${area}`);
    }
    for (const { path, bytes } of kept) await writeFileBytes(where, path, bytes);
  };
}

describe.each([
  ["a large object", 0, 300],
  ["a small object", 1000, 300],
])("%s that is removed while backends are away", (_what, inlineBytes, bytes) => {
  it.each([1, 2, 3])(
    "does not come back with %i of them, and nothing of it is left in the end",
    async (count) => {
      const vfs = new MemoryVfs();
      const { store } = await makeStore({ inlineBytes }, vfs);
      await store.put("o", [bytesOf(bytes)]);
      await store.put("other", [bytesOf(200)]);
      const holders = (await filesIn(vfs, "manifests")).map((path) => path.slice(0, 1));
      // Of a small object some with a copy are away, and some with one are there.
      const away = [...new Set(holders)].slice(0, inlineBytes === 0 ? count : Math.min(count, 2));
      const plugIn = await unplug(vfs, ...away);
      await store.remove("o");
      const expectGone = async (): Promise<void> => {
        expect(await codeOf(readAll(store, "o"))).toBe("STORE_OBJECT_UNKNOWN");
        expect(await codeOf(store.remove("o"))).toBe("STORE_OBJECT_UNKNOWN");
        expect((await store.list()).map(({ name }) => name)).toEqual(["other"]);
      };
      await expectGone();
      // A repair while they are away forgets nothing.
      await store.repair();
      await expectGone();
      await plugIn();
      await expectGone();
      expect((await store.verify()).lost).toBe(0);
      expect(await store.rebuildIndex()).toEqual({ rebuilt: [], incomplete: [] });
      await store.repair();
      await expectGone();
      await store.remove("other");
      expect(await filesOf(vfs)).toEqual([]);
    },
  );

  it("can be put again, and the new one is in force whoever comes back", async () => {
    const vfs = new MemoryVfs();
    const { store } = await makeStore({ inlineBytes }, vfs);
    for (let i = 0; i < 5; i++) await store.put("o", [bytesOf(bytes, i)]);
    const [holder] = await filesIn(vfs, "manifests");
    const plugIn = await unplug(vfs, holder!.slice(0, 1));
    await store.remove("o");
    await store.put("o", [bytesOf(bytes, 9)]);
    await plugIn();
    expect(await readAll(store, "o")).toEqual(bytesOf(bytes, 9));
    await store.repair();
    expect(await store.scrub({ orphanAgeMs: 0, removeOrphans: true })).toMatchObject({ lost: 0 });
    expect(await store.scrub({ orphanAgeMs: 0 })).toMatchObject({ problems: [], orphans: [] });
    expect(await readAll(store, "o")).toEqual(bytesOf(bytes, 9));
  });

  it("is found by scrub where its shards came back, and taken away by it", async () => {
    const vfs = new MemoryVfs();
    const { store } = await makeStore({ inlineBytes }, vfs);
    await store.put("o", [bytesOf(bytes)]);
    const [holder] = await filesIn(vfs, "manifests");
    const plugIn = await unplug(vfs, holder!.slice(0, 1));
    await store.remove("o");
    await plugIn();
    expect((await store.scrub({ orphanAgeMs: 0 })).orphans).toHaveLength(inlineBytes === 0 ? 1 : 0);
    await store.scrub({ orphanAgeMs: 0, removeOrphans: true });
    expect(await filesOf(vfs)).toEqual([]);
  });
});

it("is refused while fewer backends are there than must keep it in mind", async () => {
  const vfs = new MemoryVfs();
  const { store } = await makeStore({}, vfs);
  await store.put("o", [bytesOf(300)]);
  const plugIn = await unplug(vfs, "a", "b", "c", "d");
  expect(await codeOf(store.remove("o"))).toBe("STORE_BACKENDS_ABSENT");
  await plugIn();
  expect(await readAll(store, "o")).toEqual(bytesOf(300));
  expect(await store.verify()).toMatchObject({ problems: [] });
});

it("holds when a backend fails just then, and comes back", async () => {
  const vfs = new FaultyVfs(1);
  const { store } = await makeStore({}, vfs);
  await store.put("o", [bytesOf(300)]);
  const kept = await filesOf(vfs, ["c"]);
  const bytes = await Promise.all(kept.map((path) => readFileBytes(vfs, path)));
  vfs.failNth({ call: "remove", n: 1, path: "c/", error: "EIO", times: Number.POSITIVE_INFINITY });
  await store.remove("o");
  for (const [i, path] of kept.entries()) await writeFileBytes(vfs, path, bytes[i]!);
  expect(await codeOf(readAll(store, "o"))).toBe("STORE_OBJECT_UNKNOWN");
  const calm = await openStore("store.yaml", { vfs: vfs.crash(seededRandom(1), { survival: 1 }) });
  await calm.repair();
  expect(await codeOf(readAll(calm, "o"))).toBe("STORE_OBJECT_UNKNOWN");
  expect(await calm.scrub({ orphanAgeMs: 0 })).toMatchObject({ orphans: [], problems: [], objects: 0 });
});

it("and a put hidden from every copy of the version before still win over it", async () => {
  const vfs = new MemoryVfs();
  const { store } = await makeStore({ inlineBytes: 1000 }, vfs);
  for (let i = 0; i < 5; i++) await store.put("o", [bytesOf(50, i)]);
  const holders = (await filesIn(vfs, "manifests")).map((path) => path.slice(0, 1));
  const plugIn = await unplug(vfs, ...holders);
  // Together with others that are committed at the same time.
  const names = ["x", "o", "y"];
  await Promise.all(names.map((name) => store.put(name, [bytesOf(60)])));
  await plugIn();
  for (const name of names) expect(await readAll(store, name)).toEqual(bytesOf(60));
});

it.each([0, 1000])(
  "leaves the object or nothing that could come back, after the power went at any moment (small up to %i)",
  async (inlineBytes) => {
    for (let halt = 0; ; halt++) {
      const vfs = new FaultyVfs(halt);
      const { store } = await makeStore({ inlineBytes }, vfs);
      await store.put("o", [bytesOf(300)]);
      const plugIn = await unplug(vfs, BACKENDS[halt % 6]!);
      vfs.haltAfter(halt);
      const outcome = await store.remove("o").catch((error: unknown) => error);
      const after = vfs.crash(seededRandom(halt), { survival: 0.5 });
      const again: ErasureStore = await openStore("store.yaml", { vfs: after });
      const isThere = (await codeOf(readAll(again, "o"))) !== "STORE_OBJECT_UNKNOWN";
      await plugIn(after);
      if (!(outcome instanceof Error)) expect(isThere).toBe(false);
      await again.repair();
      const found = await again.list();
      if (found.length > 0) expect(await readAll(again, "o")).toEqual(bytesOf(300));
      if (!isThere) expect(found).toEqual([]);
      await again.scrub({ orphanAgeMs: 0, removeOrphans: true });
      expect(await again.scrub({ orphanAgeMs: 0 })).toMatchObject({
        orphans: [],
        halfWritten: 0,
        problems: [],
      });
      if (!(outcome instanceof Error)) break;
    }
  },
);
