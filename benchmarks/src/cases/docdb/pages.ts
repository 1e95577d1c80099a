import { statSync } from "node:fs";
import { join } from "node:path";
import { Database, type DatabaseOptions } from "@millrace/doc-db/extras";
import type { BenchmarkCases, Contender, Work } from "../../case.ts";
import { people } from "../../docdb/corpus.ts";
import { metricOf } from "../../docdb/metric.ts";
import { benchDirectory } from "../../wal-peers.ts";

const COUNT = 6000;
/** Of so many documents. */
const JSON_BYTES = 5_651_577;
const GETS = 500;
/** Documents of one insert. */
const BATCH = 1000;
/** Less than a tenth of the file: most pages are read from it and decoded. */
const CACHE_BYTES = 1024 * 1024;
/** The least that a database takes: hardly a page is found in it. */
const LEAST_CACHE_BYTES = 512 * 1024;
/** Half of the file without compression, or less. */
const GOOD_CACHE_BYTES = 4 * 1024 * 1024;
const KEY = new Uint8Array(32).fill(7);

const VARIANTS: readonly (readonly [name: string, options: DatabaseOptions])[] = [
  ["as they are", {}],
  ["zstd", { compression: "zstd" }],
  ["encrypted", { key: KEY }],
  ["zstd, encrypted", { compression: "zstd", key: KEY }],
];

/** Sizes of pages, each with the same memory for them: the least that the largest ones take. */
const SIZES = [8192, 4096, 16_384, 32_768].map((pageBytes) => {
  return [`${pageBytes / 1024} KiB`, { pageBytes, cacheBytes: 2 * CACHE_BYTES }] as const;
});

async function open(options: DatabaseOptions): Promise<Database> {
  const path = join(benchDirectory(), "people.db");
  const database = await Database.open(path, { durability: "relaxed", cacheBytes: CACHE_BYTES, ...options });
  await database.collection("people").createIndex("group");
  await database.collection("people").createIndex("score");
  return database;
}

async function insert(database: Database, first: number, end: number): Promise<void> {
  for (let i = first; i < end; i += BATCH) {
    const documents = [...people(COUNT, i, Math.min(end, i + BATCH))];
    await database.collection("people").insertMany(documents as never);
  }
}

async function fill(options: DatabaseOptions): Promise<Database> {
  const database = await open(options);
  await insert(database, 0, COUNT);
  return database;
}

function jsonBytes(): number {
  let bytes = 0;
  for (const document of people(COUNT)) bytes += Buffer.byteLength(JSON.stringify(document));
  if (bytes !== JSON_BYTES) throw new Error(`the corpus has ${bytes} bytes as JSON, not ${JSON_BYTES}`);
  return bytes;
}

/** Inserts with checkpoints in between: every page is written to the file. */
function inserts([name, options]: (typeof VARIANTS)[number]): Contender {
  const prepare = async (): Promise<Work> => {
    const database = await fill({ ...options, checkpointBytes: 1024 * 1024 });
    let next = COUNT;
    return async () => {
      const documents = [...people(COUNT, next, next + BATCH)];
      next += BATCH;
      await database.collection("people").insertMany(documents as never);
    };
  };
  return { name, prepare };
}

function gets([name, options]: (typeof VARIANTS)[number]): Contender {
  const prepare = async (): Promise<Work> => {
    const database = await fill(options);
    await database.checkpoint();
    const collection = database.collection("people");
    let id = 0;
    return () => {
      for (let i = 0; i < GETS; i++) {
        id = (id + 7919) % COUNT;
        if (collection.getSync(id)?._id !== id) throw new Error(`document ${id} is not there`);
      }
    };
  };
  return { name, prepare };
}

/** Bytes of the log for updates all over the file, with a checkpoint behind each thousand. */
async function logBytes(options: DatabaseOptions): Promise<number> {
  const database = await fill(options);
  const before = await metricOf(database, "docdb_logged_bytes_total");
  for (let i = 0; i < 2 * COUNT; i++) {
    await database.collection("people").updateOne({ _id: (i * 7919) % COUNT }, { $inc: { score: 1 } });
    if (i % 1000 === 0) await database.checkpoint();
  }
  const bytes = (await metricOf(database, "docdb_logged_bytes_total")) - before;
  await database.close();
  return bytes;
}

/** Bytes between pages and file while a database is filled and read, a tenth of it most of the time. */
async function ioBytes(options: DatabaseOptions): Promise<number> {
  const database = await fill(options);
  const collection = database.collection("people");
  for (let i = 0; i < 2 * COUNT; i++) {
    const id = (i * 7919) % (i % 5 === 0 ? COUNT : COUNT / 10);
    if (collection.getSync(id)?._id !== id) throw new Error(`document ${id} is not there`);
  }
  await database.checkpoint();
  const bytes =
    (await metricOf(database, "docdb_read_bytes_total")) +
    (await metricOf(database, "docdb_written_bytes_total"));
  await database.close();
  return bytes;
}

function logOf([name, options]: (typeof SIZES)[number]): Contender {
  return { name, prepare: async () => work(), count: () => logBytes(options) };
}

const [plain, zstd, ...encrypted] = VARIANTS;
/** Counted, not timed. */
const work = (): Work => () => {};

export const cases: BenchmarkCases = {
  // At most 0.55 of the JSON.
  "file-bytes": {
    unit: "of the JSON's bytes a byte",
    amount: JSON_BYTES,
    isCounted: true,
    ours: {
      name: "file, zstd",
      prepare: async () => work(),
      count: async () => {
        const database = await fill({ compression: "zstd" });
        await database.close();
        return statSync(database.path).size;
      },
    },
    peers: [{ name: "JSON", prepare: async () => work(), count: async () => jsonBytes() }],
    reach: { ratio: 1 / 0.55 },
    isHeavy: true,
  },
  // At most half as many.
  "io-bytes": {
    unit: "of the JSON's bytes a byte",
    amount: JSON_BYTES,
    isCounted: true,
    ours: {
      name: "cache, zstd",
      prepare: async () => work(),
      count: () => ioBytes({ compression: "zstd", cacheBytes: GOOD_CACHE_BYTES }),
    },
    peers: [
      {
        name: "least cache, as they are",
        prepare: async () => work(),
        count: () => ioBytes({ cacheBytes: LEAST_CACHE_BYTES }),
      },
    ],
    reach: { ratio: 2 },
    isHeavy: true,
  },
  insert: {
    unit: "documents",
    amount: BATCH,
    ours: inserts(zstd!),
    peers: [plain!, ...encrypted].map(inserts),
    isHeavy: true,
  },
  // Which pages are best depends on the documents: these have some 900 bytes each.
  "page-sizes-get-from-file": {
    unit: "documents",
    amount: GETS,
    ours: gets(SIZES[0]!),
    peers: SIZES.slice(1).map(gets),
    isHeavy: true,
  },
  "page-sizes-log-bytes": {
    unit: "updates a byte",
    amount: 2 * COUNT,
    isCounted: true,
    ours: logOf(SIZES[0]!),
    peers: SIZES.slice(1).map(logOf),
    isHeavy: true,
  },
  "get-from-file": {
    unit: "documents",
    amount: GETS,
    ours: gets(zstd!),
    peers: [plain!, ...encrypted].map(gets),
    isHeavy: true,
  },
};
