import { rmSync } from "node:fs";
import { join } from "node:path";
import { seededRandom } from "@millrace/base";
import type { BenchmarkCase, BenchmarkCases } from "../../case.ts";
import { keptDirectory } from "../../kept-files.ts";
import {
  OBJECT_BYTES,
  par2Create,
  plainWrites,
  readWhole,
  removeShards,
  withStore,
} from "../../store-contenders.ts";

const RANGE_BYTES = 64 * 1024;
const LONG_BYTES = 1024 * 1024 * 1024;
const LARGE_BYTES = 10 * 1024 * 1024 * 1024;
const SMALL_OBJECTS = 512;
const SMALL_BYTES = 4096;
const AT_A_TIME = 32;
const LOST = ["b", "e"];

const put = (durability: "os" | "disk", objectBytes = OBJECT_BYTES) =>
  withStore("millrace", durability, async ({ store, directory, chunks }) => {
    await store.put("o", chunks());
    await readWhole(store, "o");
    removeShards(directory);
    let n = 0;
    return async () => {
      await store.put(`o/${n++}`, chunks(objectBytes));
      return () => removeShards(directory);
    };
  });

const get = (lost: readonly string[]) =>
  withStore("millrace", "os", async ({ store, directory, chunks }) => {
    await store.put("o", chunks());
    for (const backend of lost) rmSync(join(directory, backend), { recursive: true });
    return () => readWhole(store, "o");
  });

/** A range of an object of which two shards are gone, at another place each time. */
const rangeOf = (objectBytes: number): BenchmarkCase => ({
  unit: "ranges of 64 KiB",
  amount: 1,
  ours: withStore("millrace", "os", async ({ store, directory, chunks }) => {
    await store.put("o", chunks(objectBytes));
    for (const backend of LOST) rmSync(join(directory, backend), { recursive: true });
    const random = seededRandom(1);
    return async () => {
      const start = random.nextInt(0, objectBytes - RANGE_BYTES);
      let bytes = 0;
      const range = { start, end: start + RANGE_BYTES };
      for await (const piece of store.get("o", { range })) bytes += piece.length;
      if (bytes !== RANGE_BYTES) throw new Error(`${bytes} bytes were read, not ${RANGE_BYTES}`);
    };
  }),
  peers: [],
  reach: { perSecond: 100 },
});

const smallPuts = (durability: "os" | "disk") =>
  withStore(
    "millrace",
    durability,
    async ({ store }) => {
      const bytes = new Uint8Array(SMALL_BYTES).fill(7);
      let next = 0;
      return async () => {
        const end = next + SMALL_OBJECTS;
        const putSome = async (): Promise<void> => {
          while (next < end) await store.put(`o/${next++}`, [bytes]);
        };
        await Promise.all(Array.from({ length: AT_A_TIME }, putSome));
      };
    },
    keptDirectory,
  );

export const cases: BenchmarkCases = {
  put: {
    unit: "bytes",
    amount: OBJECT_BYTES,
    ours: put("os"),
    peers: [plainWrites("plain files", false)],
    reach: { perSecond: 2.5e9 },
  },
  // Read, coded and hashed on one thread, while others write what came before: in a long object two are always busy.
  "put-two-threads": {
    unit: "bytes",
    amount: LONG_BYTES,
    ours: put("os", LONG_BYTES),
    peers: [],
    reach: { perSecond: 3.5e9 },
    isHeavy: true,
  },
  "put-beside-par2": {
    unit: "bytes",
    amount: OBJECT_BYTES,
    // Neither syncs.
    ours: put("os"),
    peers: [par2Create],
    reach: { ratio: 15 },
  },
  "put-beside-ceph": {
    unit: "bytes",
    amount: OBJECT_BYTES,
    // Ceph keeps objects in memory there, as the page cache does ours.
    ours: put("os"),
    peers: [{ name: "Ceph, EC 4+2 (rados bench)", script: "ceph_rados.py", args: [String(OBJECT_BYTES)] }],
    reach: { ratio: 5 },
  },
  "put-synced": {
    unit: "bytes",
    amount: OBJECT_BYTES,
    ours: put("disk"),
    peers: [plainWrites("plain files, synced", true)],
    reach: { ratio: 0.9 },
  },
  get: { unit: "bytes", amount: OBJECT_BYTES, ours: get([]), peers: [], reach: { perSecond: 4e9 } },
  "get-two-lost": {
    unit: "bytes",
    amount: OBJECT_BYTES,
    ours: get(LOST),
    peers: [],
    reach: { perSecond: 2.5e9 },
  },
  "get-to-file": {
    unit: "bytes",
    amount: OBJECT_BYTES,
    ours: withStore("millrace", "os", async ({ store, directory, chunks }) => {
      await store.put("o", chunks());
      return async () => {
        await store.getFile("o", join(directory, "out"));
        return () => rmSync(join(directory, "out"));
      };
    }),
    peers: [],
    reach: { perSecond: 3e9 },
  },
  "range-two-lost": rangeOf(OBJECT_BYTES),
  "range-of-10-gib-two-lost": { ...rangeOf(LARGE_BYTES), isFull: true, isHeavy: true },
  "put-4-kib": {
    unit: "objects",
    amount: SMALL_OBJECTS,
    ours: smallPuts("os"),
    peers: [],
    reach: { perSecond: 3000 },
  },
  "put-4-kib-synced": {
    unit: "objects",
    amount: SMALL_OBJECTS,
    ours: smallPuts("disk"),
    peers: [],
    reach: { perSecond: 800 },
  },
};
