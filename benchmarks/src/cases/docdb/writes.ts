import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { BenchmarkCase, BenchmarkCases, Contender, Work } from "../../case.ts";
import { fill, filled, further, type PrepareWork, STORES } from "../../docdb/contenders.ts";
import { cacheBytesFor, type OpenStore, type Safety } from "../../docdb/document-store.ts";
import { benchDirectory } from "../../wal-peers.ts";

/** Documents that are there before one more comes, and those of a bulk insert. */
const COUNT = 100_000;
/** Of one run: SQLite writes pages back after each third of that, which is a part of what a write costs. */
const SINGLE = 1000;
const WAITING = 100;
/** More than are ever inserted while a case is timed. */
const SPARE = 600_000;

/** A fresh database in each run, the documents made before. */
function bulk(count: number, [name, open]: readonly [string, OpenStore]): Contender {
  const prepare = async (): Promise<Work> => {
    const directory = benchDirectory();
    const documents = further(count, 0, count);
    let run = 0;
    return async () => {
      const path = join(directory, String(run++));
      mkdirSync(path);
      const store = await open(path, "disk", cacheBytesFor(count));
      for (let i = 0; i < count; i += 5000) await store.insertMany(documents.slice(i, i + 5000));
      await store.close();
      return () => rmSync(path, { recursive: true });
    };
  };
  return { name, prepare };
}

function bulkCase(count: number): BenchmarkCase {
  const [ours, ...peers] = STORES.map((store) => bulk(count, store));
  return {
    unit: "documents",
    amount: count,
    ours: ours!,
    peers,
    reach: { ratio: 1.5, peers: ["lmdb"] },
    isHeavy: true,
    isFull: count > COUNT,
  };
}

/** A case of 100,000 documents, or of a million. */
function writeCase(
  amount: number,
  safety: Safety,
  ratio: number,
  peers: readonly string[] | undefined,
  prepare: (count: number) => PrepareWork,
  count: number,
): BenchmarkCase {
  const [ours, ...others] = STORES.map((store) => filled(store, count, safety, prepare(count)));
  return {
    unit: "documents",
    amount,
    ours: ours!,
    peers: others,
    reach: peers === undefined ? { ratio } : { ratio, peers },
    isHeavy: true,
    isFull: count > COUNT,
  };
}

/** Inserts one after the other. */
const oneByOne =
  (count: number): PrepareWork =>
  async (store) => {
    const documents = further(SPARE, count, count + SPARE).values();
    return async () => {
      for (let i = 0; i < SINGLE; i++) {
        const done = store.insert(documents.next().value!);
        // A promise where the database gives one; the others are not made to wait.
        if (done instanceof Promise) await done;
      }
    };
  };

/** Inserts that all wait at once. */
const atOnce =
  (count: number): PrepareWork =>
  async (store) => {
    const documents = further(SPARE, count, count + SPARE).values();
    return async () => {
      const insert = store.insertWaiting ?? store.insert;
      await Promise.all(Array.from({ length: WAITING }, () => insert(documents.next().value!)));
    };
  };

const updates =
  (count: number): PrepareWork =>
  async (store) => {
    let id = 0;
    return async () => {
      for (let i = 0; i < SINGLE; i++) {
        id = (id + 7919) % count;
        const done = store.addScore(id, 1);
        if (done instanceof Promise) await done;
      }
    };
  };

/** NeDB syncs nothing: it is not in the cases of durable writes. */
const SYNCED = ["lmdb", "better-sqlite3", "node:sqlite"];

/** A durable insert into many documents beside one into few: ours alone. */
function growth(count: number, name: string): Contender {
  const prepare = async (): Promise<Work> => {
    const directory = benchDirectory();
    const store = await STORES[0]![1](directory, "disk", cacheBytesFor(count));
    await fill(store, count);
    const documents = further(SPARE, count, count + SPARE).values();
    return async () => {
      for (let i = 0; i < SINGLE; i++) await store.insert(documents.next().value!);
    };
  };
  return { name, prepare };
}

/** The cases for one number of documents, with what their names end with. */
function casesOf(count: number, ending: string): [string, BenchmarkCase][] {
  return [
    [`bulk${ending}`, bulkCase(count)],
    [`insert-durable${ending}`, writeCase(SINGLE, "disk", 1.3, SYNCED, oneByOne, count)],
    [`insert-durable-100-waiting${ending}`, writeCase(WAITING, "disk", 5, SYNCED, atOnce, count)],
    [`insert-not-synced${ending}`, writeCase(SINGLE, "os", 3, undefined, oneByOne, count)],
    [`update${ending}`, writeCase(SINGLE, "os", 1.2, undefined, updates, count)],
  ];
}

export const cases: BenchmarkCases = {
  ...Object.fromEntries(casesOf(COUNT, "")),
  ...Object.fromEntries(casesOf(1_000_000, "-1-m")),
  // At most 1.3 times as long.
  "insert-durable-into-1-m": {
    unit: "documents",
    amount: SINGLE,
    ours: growth(1_000_000, "millrace (1 M documents)"),
    peers: [growth(1000, "millrace (1,000 documents)")],
    reach: { ratio: 1 / 1.3 },
    isHeavy: true,
    isFull: true,
  },
};
