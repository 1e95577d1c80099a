import { isMillraceError, seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { MemoryBudget } from "@millrace/stream";
import fc from "fast-check";
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

describe("put and get", () => {
  // A unit has 16 bytes, a stripe of four 64.
  it.each([0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 1000, 4096])(
    "give %i bytes back, from all shards and with two backends gone",
    async (length) => {
      const { vfs, store } = await makeStore();
      const bytes = bytesOf(length);
      expect(await store.put("o", [bytes])).toMatchObject({ object: "o", bytes: length, failedShards: [] });
      expect(await readAll(store, "o")).toEqual(bytes);
      expect(await store.verify()).toMatchObject({ objects: 1, shards: 6, problems: [] });
      await vfs.remove("b", { recursive: true });
      await vfs.remove("e", { recursive: true });
      expect(await readAll(store, "o")).toEqual(bytes);
    },
  );

  it("give any bytes back, in any shape, with any losses that parity allows", async () => {
    const property = fc.asyncProperty(
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 0, max: 3000 }),
      fc.integer({ min: 1, max: 8 }),
      fc.constantFrom("vandermonde" as const, "cauchy" as const),
      fc.nat(),
      async (dataShards, parityShards, length, eights, codeFamily, seed) => {
        const random = seededRandom(seed);
        const names = Array.from({ length: dataShards + parityShards }, (_, i) => `disk${i}`);
        const backends = Object.fromEntries(names.map((name) => [name, `dir:${name}`]));
        const unitBytes = eights * 8;
        const { vfs, store } = await makeStore({ dataShards, parityShards, codeFamily, unitBytes, backends });
        const bytes = bytesOf(length, seed);
        await store.put("o", [bytes.subarray(0, length >> 1), bytes.subarray(length >> 1)]);
        for (let i = 0; i < parityShards; i++) {
          const [name] = names.splice(random.nextInt(0, names.length - 1), 1);
          await vfs.remove(name!, { recursive: true });
        }
        expect(Buffer.compare(await readAll(store, "o"), bytes)).toBe(0);
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });

  it("survive the loss of each pair of backends, and no loss of three", async () => {
    for (let a = 0; a < 6; a++) {
      for (let b = a + 1; b < 6; b++) {
        const { vfs, store } = await makeStore();
        await store.put("o", [bytesOf(300)]);
        await vfs.remove(BACKENDS[a]!, { recursive: true });
        await vfs.remove(BACKENDS[b]!, { recursive: true });
        expect(await readAll(store, "o")).toEqual(bytesOf(300));
        expect(await store.verify()).toMatchObject({
          missing: 2,
          corrupt: 0,
          badManifests: 2,
          recoverable: 1,
          lost: 0,
        });

        await vfs.remove(BACKENDS[(b + 1) % 6 === a ? (b + 2) % 6 : (b + 1) % 6]!, { recursive: true });
        const failure: unknown = await store.getFile("o", "out").catch((error: unknown) => error);
        expect(isMillraceError(failure, "STORE_OBJECT_LOST")).toBe(true);
        expect(String(failure)).toMatch(/3 of 6 shards can be read.*4 are needed.*shard \d on backend/);
        expect(await vfs.exists("out")).toBe(false);
        expect(await store.verify()).toMatchObject({ missing: 3, recoverable: 0, lost: 1 });
      }
    }
  });

  it("keep shards apart that have equal bytes", async () => {
    const { vfs, store } = await makeStore();
    await store.put("zeros", [new Uint8Array(640)]);
    expect(await filesIn(vfs, "shards")).toHaveLength(6);
    expect(await readAll(store, "zeros")).toEqual(new Uint8Array(640));
  });

  it("read a file, and write one that appears whole", async () => {
    const { vfs, store } = await makeStore();
    await writeFileBytes(vfs, "in", bytesOf(500));
    await store.put("dir/in", "in");
    expect(await store.getFile("dir/in", "out")).toEqual({ object: "dir/in", bytes: 500 });
    expect(await readFileBytes(vfs, "out")).toEqual(bytesOf(500));
    await expect(store.put("x", "nothing")).rejects.toThrow("no such file");
    await expect(store.getFile("dir/in", "a")).rejects.toThrow("is a directory");
    expect(await store.list()).toEqual([{ name: "dir/in", bytes: 500, shards: 6, shardsPresent: 6 }]);
  });

  it("replace an object and leave nothing of the old one", async () => {
    const { vfs, store } = await makeStore();
    await store.put("o", [bytesOf(300)]);
    const before = await filesOf(vfs);
    await store.put("o", [bytesOf(200)]);
    const after = await filesOf(vfs);
    expect(await readAll(store, "o")).toEqual(bytesOf(200));
    expect(after).toHaveLength(before.length);
    expect(after.filter((path) => path.includes("/shards/") && before.includes(path))).toEqual([]);
  });

  it("keep each object as it was put when the configuration changes", async () => {
    const { vfs, store } = await makeStore();
    await store.put("o", [bytesOf(300)], { dataShards: 2, parityShards: 4, codeFamily: "cauchy" });
    const other = await openStore({ ...SMALL_CONFIG, unitBytes: 64, parityShards: 1 }, { vfs });
    for (const backend of ["a", "b", "c", "d"]) await vfs.remove(backend, { recursive: true });
    expect(await readAll(other, "o")).toEqual(bytesOf(300));
  });

  it("let one of two puts under a name win, whole", async () => {
    for (let round = 0; round < 10; round++) {
      const { vfs, store } = await makeStore();
      const other = await openStore("store.yaml", { vfs });
      await Promise.all([
        store.put("o", [bytesOf(300)]),
        other.put("o", [bytesOf(200)]),
        store.put("p", [bytesOf(9)]),
      ]);
      const found = await readAll(store, "o");
      expect([200, 300]).toContain(found.length);
      expect(found).toEqual(bytesOf(found.length));
      expect(await store.verify()).toMatchObject({ objects: 2, problems: [] });
      expect(await filesIn(vfs, "shards")).toHaveLength(12);
    }
  });

  it("let a reader finish while the object is replaced", async () => {
    const { store } = await makeStore();
    await store.put("o", [bytesOf(3000)]);
    const pieces: Uint8Array[] = [];
    for await (const piece of store.get("o")) {
      if (pieces.length === 0) await store.put("o", [bytesOf(100)]);
      pieces.push(piece.slice());
    }
    expect(new Uint8Array(Buffer.concat(pieces))).toEqual(bytesOf(3000));
    expect(await readAll(store, "o")).toEqual(bytesOf(100));
  });

  it("stay within the memory budget, whatever the size of the object", async () => {
    const budget = new MemoryBudget(256 * 1024);
    const { vfs, store } = await makeStore({ unitBytes: 4096 }, new MemoryVfs(), budget);
    const chunks = function* (): Generator<Uint8Array> {
      for (let i = 0; i < 64; i++) yield bytesOf(64 * 1024, i);
    };
    await store.put("large", chunks());
    expect(budget.statistics.peakBytes).toBeGreaterThan(0);
    await vfs.remove("c", { recursive: true });
    let bytes = 0;
    for await (const piece of store.get("large")) bytes += piece.length;
    expect(bytes).toBe(4 * 1024 * 1024);
    expect((await store.verify()).lost).toBe(0);
    expect(budget.statistics).toMatchObject({ usedBytes: 0, waiting: 0, limitBytes: 256 * 1024 });
    expect(budget.statistics.peakBytes).toBeLessThanOrEqual(256 * 1024);
    const small = await openStore("store.yaml", { vfs, budget: new MemoryBudget(1000) });
    await expect(small.put("x", [bytesOf(1)])).rejects.toThrow("a stripe of 6 units");
  });

  it("give all memory back when a reader leaves early, and when a put is aborted", async () => {
    const budget = new MemoryBudget(64 * 1024);
    const { vfs, store } = await makeStore({}, new MemoryVfs(), budget);
    await store.put("o", [bytesOf(5000)]);
    for await (const _ of store.get("o")) break;
    expect(budget.statistics.usedBytes).toBe(0);
    const before = await filesOf(vfs);
    const controller = new AbortController();
    const chunks = function* (): Generator<Uint8Array> {
      for (let i = 0; ; i++) {
        if (i === 20) controller.abort();
        yield bytesOf(64, i);
      }
    };
    await expect(store.put("o", chunks(), { signal: controller.signal })).rejects.toThrow("aborted");
    expect(budget.statistics.usedBytes).toBe(0);
    expect(await filesOf(vfs)).toEqual(before);
    expect(await readAll(store, "o")).toEqual(bytesOf(5000));
    await expect(store.getFile("o", "out", { signal: AbortSignal.abort() })).rejects.toThrow("aborted");
    await expect(store.verify("", { signal: AbortSignal.abort() })).rejects.toThrow("aborted");
  });

  it("report how far they are", async () => {
    const { vfs, store } = await makeStore();
    await writeFileBytes(vfs, "in", bytesOf(700));
    const reports: string[] = [];
    const onProgress = (report: { bytes: number; totalBytes: number | null }): void => {
      reports.push(`${report.bytes}/${report.totalBytes}`);
    };
    await store.put("o", "in", { onProgress });
    await store.getFile("o", "out", { onProgress });
    expect(reports).toContain("700/700");
  });
});

it("keep what is committed when something fails after that", async () => {
  const { store } = await makeStore();
  const onProgress = ({ isFinal }: { isFinal: boolean }): void => {
    if (isFinal) throw new Error("the caller's own");
  };
  await expect(store.put("o", [bytesOf(300)], { onProgress })).rejects.toThrow("the caller's own");
  expect(await readAll(store, "o")).toEqual(bytesOf(300));
  expect(await store.verify()).toMatchObject({ problems: [] });
});
