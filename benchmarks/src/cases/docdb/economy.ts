import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  type Collection,
  Database,
  type DatabaseOptions,
  type Document,
  encodeChanged,
  encodeStored,
} from "@millrace/doc-db/extras";
import type { BenchmarkCases, Contender, Work } from "../../case.ts";
import { people } from "../../docdb/corpus.ts";
import { metricOf } from "../../docdb/metric.ts";
import { countInFreshProcess } from "../../fresh-process.ts";
import { benchDirectory } from "../../wal-peers.ts";
import { zipfRanks } from "../../zipf.ts";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const COUNT = 20_000;
const INDEXES = ["group", "score", "city"] as const;
/** Documents of one insert. */
const BATCH = 1000;
/** A tenth of the pages of so many documents, about. */
const TENTH_BYTES = 2 * 1024 * 1024;
const LEAST_CACHE_BYTES = 512 * 1024;
const GETS = 100_000;
/** `_id`s that are looked for and not there. */
const MISSING = 10_000;
/** Operations of which allocations are counted. */
const OPERATIONS = 500;
const ENCODED = 1000;

async function open(options: DatabaseOptions, name: string, indexes: readonly string[]): Promise<Database> {
  const path = join(benchDirectory(), `${name}.db`);
  const database = await Database.open(path, { durability: "relaxed", ...options });
  for (const field of indexes) await database.collection("people").createIndex(field);
  return database;
}

async function fill(
  options: DatabaseOptions,
  indexes: readonly string[],
  name: string = "people",
): Promise<Database> {
  const database = await open(options, name, indexes);
  for (let i = 0; i < COUNT; i += BATCH)
    await database.collection("people").insertMany([...people(COUNT, i, i + BATCH)] as never);
  await database.checkpoint();
  return database;
}

/** The `_id`s that a zipf-distributed load asks for: the hot ones lie all over the file. */
function hotIds(count: number): Uint32Array {
  return zipfRanks(COUNT, count).map((rank) => (rank * 7919) % COUNT);
}

function getAll(collection: Collection, ids: Uint32Array): void {
  for (const id of ids)
    if (collection.getSync(id)?._id !== id) throw new Error(`document ${id} is not there`);
}

/** Of 100 pages that are asked for, how many are not in a cache of a tenth of them. */
async function missPercent(): Promise<number> {
  const filled = await fill({}, []);
  const { path } = filled;
  await filled.close();
  const database = await Database.open(path, { cacheBytes: TENTH_BYTES, durability: "relaxed" });
  const pageBytes = await metricOf(database, "docdb_page_bytes");
  if (Math.abs(TENTH_BYTES / pageBytes - 0.1) > 0.02)
    throw new Error(`${pageBytes} bytes of pages are not ten times the cache`);
  getAll(database.collection("people"), hotIds(GETS));
  const hitRatio = await metricOf(database, "docdb_cache_hit_ratio");
  await database.close();
  return 100 * (1 - hitRatio);
}

/** Pages read for ten thousand `_id`s that are not there, with a cache of a tenth of the pages. */
async function missingReads(isFiltered: boolean): Promise<number> {
  const filled = await fill({}, []);
  const { path } = filled;
  await filled.close();
  const database = await Database.open(path, { cacheBytes: TENTH_BYTES, durability: "relaxed" });
  // What reads an earlier moment has no filters.
  const snapshot = isFiltered ? undefined : database.snapshot();
  const collection = database.collection("people", snapshot);
  for (let i = 0; i < MISSING; i++) {
    if (collection.getSync(((i * 7919) % COUNT) + 0.5) !== undefined)
      throw new Error("an _id is there that nobody put in");
  }
  const saved = await metricOf(database, "docdb_filter_saved_total");
  if (saved > 0 !== isFiltered) throw new Error(`filters saved ${saved} searches`);
  const pagesRead = await metricOf(database, "docdb_read_pages_total");
  snapshot?.close();
  await database.close();
  return pagesRead;
}

/** Gets and updates, four to one, of hot documents. */
function mixed(name: string, options: DatabaseOptions): Contender {
  const contender: Contender = {
    name,
    prepare: async (): Promise<Work> => {
      const collection = (await fill(options, INDEXES)).collection("people");
      const ids = hotIds(OPERATIONS);
      return async () => {
        for (const [i, id] of ids.entries()) {
          if (i % 5 === 0) await collection.updateOne({ _id: id }, { $inc: { score: 1 } });
          else collection.look(id, (document) => document.get("name"));
        }
      };
    },
    // In a process of its own, whose nursery is so large that collections do not disturb the count.
    count: async () => (await countInFreshProcess(ROOT, "docdb/economy/allocation", contender))!.bytes,
  };
  return contender;
}

/** Documents as they are in a file, with one field changed in each. */
function changedDocuments(): { before: Document; bytes: Uint8Array; after: Document }[] {
  return [...people(ENCODED)].map((person) => {
    const before = person as unknown as Document;
    return {
      before,
      bytes: encodeStored(before).bytes.slice(),
      after: { ...before, score: person.score + 1 },
    };
  });
}

function encoding(name: string, isCopied: boolean): Contender {
  return {
    name,
    prepare: async (): Promise<Work> => {
      const documents = changedDocuments();
      for (const { before, bytes, after } of documents) {
        if (Buffer.compare(encodeChanged(before, bytes, after).bytes, encodeStored(after).bytes) !== 0)
          throw new Error("what was copied is not what is encoded");
      }
      return () => {
        for (const { before, bytes, after } of documents)
          if (isCopied) encodeChanged(before, bytes, after);
          else encodeStored(after);
      };
    },
  };
}

/** Documents that one transaction puts in, at once or one by one; the transaction is undone again. */
function indexUpdates(name: string, isAtOnce: boolean): Contender {
  return {
    name,
    prepare: async (): Promise<Work> => {
      const database = await fill({}, INDEXES);
      const documents = [...people(COUNT, COUNT, COUNT + BATCH)] as never[];
      return async () => {
        const transaction = database.transaction();
        const collection = database.collection("people", transaction);
        if (isAtOnce) await collection.insertMany(documents);
        else for (const document of documents) await collection.insertOne(document);
        await transaction.abort();
      };
    },
  };
}

/** Pages that the indexes take, in the file as in memory. */
async function indexBytes(): Promise<number> {
  const [plain, indexed] = [await fill({}, [], "plain"), await fill({}, INDEXES, "indexed")];
  if ((await indexed.collection("people").find({ city: "city 1" }).toArray()).length === 0)
    throw new Error("the index finds nothing");
  const [less, more] = [
    await metricOf(plain, "docdb_page_bytes"),
    await metricOf(indexed, "docdb_page_bytes"),
  ];
  await plain.close();
  await indexed.close();
  return more - less;
}

/** What V8's heap grows by when the same is in sets. */
function setBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const heap = (): number => {
    collect();
    collect();
    return process.memoryUsage().heapUsed;
  };
  const sets = INDEXES.map(() => new Map<string | number, Set<number>>());
  const before = heap();
  for (const person of people(COUNT)) {
    for (const [i, field] of INDEXES.entries()) {
      const value = person[field];
      const ids = sets[i]!.get(value);
      if (ids === undefined) sets[i]!.set(value, new Set([person._id]));
      else ids.add(person._id);
    }
  }
  const bytes = heap() - before;
  if (sets[2]!.size !== 50) throw new Error("the sets are not those of the index");
  return bytes;
}

/** Counted, not timed. */
const work = (): Work => () => {};

export const cases: BenchmarkCases = {
  // Four of five, or more, are in the cache.
  "cache-hits": {
    unit: "pages a miss",
    amount: 100,
    isCounted: true,
    ours: { name: "zipf, a tenth cached", prepare: async () => work(), count: missPercent },
    peers: [],
    reach: { perSecond: 5 },
    isHeavy: true,
  },
  // The filter is made while they are looked for, from nothing.
  "missing-ids": {
    unit: "searches a page read",
    amount: MISSING,
    isCounted: true,
    ours: { name: "bloom filter", prepare: async () => work(), count: () => missingReads(true) },
    peers: [{ name: "no filter", prepare: async () => work(), count: () => missingReads(false) }],
    reach: { ratio: 2 },
    isHeavy: true,
  },
  // At most half.
  allocation: {
    unit: "operations a byte",
    amount: OPERATIONS,
    isCounted: true,
    ours: mixed("cache and pool", {}),
    peers: [mixed("least cache, no pool", { cacheBytes: LEAST_CACHE_BYTES, poolBytes: 0 })],
    reach: { ratio: 2 },
    isHeavy: true,
  },
  // At most 0.7 of the time.
  "encode-changed": {
    unit: "documents",
    amount: ENCODED,
    ours: encoding("copies what is the same", true),
    peers: [encoding("encodes all", false)],
    reach: { ratio: 1 / 0.7 },
  },
  "index-updates": {
    unit: "documents",
    amount: BATCH,
    ours: indexUpdates("at once", true),
    peers: [indexUpdates("one by one", false)],
    reach: { ratio: 2 },
    isHeavy: true,
  },
  // At most half.
  "index-bytes": {
    unit: "entries a byte",
    amount: COUNT * INDEXES.length,
    isCounted: true,
    ours: { name: "indexes in pages", prepare: async () => work(), count: indexBytes },
    peers: [{ name: "sets", prepare: async () => work(), count: async () => setBytes() }],
    reach: { ratio: 2 },
    isHeavy: true,
  },
};
