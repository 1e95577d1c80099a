import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { BenchmarkCase, BenchmarkCases, Contender, Work } from "../../case.ts";
import { fill, filled, further, type PrepareWork, STORES } from "../../docdb/contenders.ts";
import { people } from "../../docdb/corpus.ts";
import type { OpenStore, Safety } from "../../docdb/document-store.ts";
import { benchDirectory } from "../../wal-peers.ts";

/** Documents that are there before one more comes. */
const COUNT = 20_000;
const BULK = 20_000;
const SINGLE = 100;
const WAITING = 100;
/** More than are ever inserted while a case is timed. */
const SPARE = 200_000;

/** A fresh database in each run, the documents made before. */
function bulk([name, open]: readonly [string, OpenStore]): Contender {
  const prepare = async (): Promise<Work> => {
    const directory = benchDirectory();
    const documents = [...people(BULK)];
    let run = 0;
    return async () => {
      const path = join(directory, String(run++));
      mkdirSync(path);
      const store = await open(path, "disk");
      for (let i = 0; i < BULK; i += 5000) await store.insertMany(documents.slice(i, i + 5000));
      await store.close();
    };
  };
  return { name, prepare };
}

function writeCase(
  amount: number,
  safety: Safety,
  ratio: number,
  peers: readonly string[] | undefined,
  prepare: PrepareWork,
  count = COUNT,
): BenchmarkCase {
  const [ours, ...others] = STORES.map((store) => filled(store, count, safety, prepare));
  return {
    unit: "documents",
    amount,
    ours: ours!,
    peers: others,
    reach: peers === undefined ? { ratio } : { ratio, peers },
    isHeavy: true,
  };
}

/** Inserts one after the other. */
const oneByOne: PrepareWork = async (store) => {
  const documents = further(SPARE, COUNT, COUNT + SPARE).values();
  return async () => {
    for (let i = 0; i < SINGLE; i++) await store.insert(documents.next().value!);
  };
};

/** Inserts that all wait at once. */
const atOnce: PrepareWork = async (store) => {
  const documents = further(SPARE, COUNT, COUNT + SPARE).values();
  return async () => {
    await Promise.all(Array.from({ length: WAITING }, () => store.insert(documents.next().value!)));
  };
};

const updates: PrepareWork = async (store) => {
  let id = 0;
  return async () => {
    for (let i = 0; i < SINGLE; i++) {
      id = (id + 7919) % COUNT;
      await store.addScore(id, 1);
    }
  };
};

/** NeDB syncs nothing: it is not in the cases of durable writes. */
const SYNCED = ["lmdb", "better-sqlite3", "node:sqlite"];

/** A durable insert into many documents beside one into few: ours alone. */
function growth(count: number, name: string): Contender {
  const prepare = async (): Promise<Work> => {
    const directory = benchDirectory();
    const store = await STORES[0]![1](directory, "disk");
    await fill(store, count);
    const documents = further(20_000, count, count + 20_000).values();
    return async () => {
      for (let i = 0; i < SINGLE; i++) await store.insert(documents.next().value!);
    };
  };
  return { name, prepare };
}

export const cases: BenchmarkCases = {
  bulk: {
    unit: "documents",
    amount: BULK,
    ours: bulk(STORES[0]!),
    peers: STORES.slice(1).map(bulk),
    reach: { ratio: 1.5, peers: ["lmdb"] },
    isHeavy: true,
  },
  "insert-durable": writeCase(SINGLE, "disk", 1.3, SYNCED, oneByOne),
  "insert-durable-100-waiting": writeCase(WAITING, "disk", 5, SYNCED, atOnce),
  "insert-not-synced": writeCase(SINGLE, "os", 3, undefined, oneByOne),
  update: writeCase(SINGLE, "os", 1.2, undefined, updates),
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
