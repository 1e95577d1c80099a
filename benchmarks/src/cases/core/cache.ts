import { seededRandom } from "@millrace/base";
import { PageCache } from "@millrace/cache";
import type { BenchmarkCase, BenchmarkCases, Work } from "../../case.ts";
import { importPeer } from "../../peers.ts";
import { zipfRanks } from "../../zipf.ts";

const OPERATIONS = 1_000_000;

/** What a page cache holds; a key's page is known, so that a wrong one is noticed. */
const PAGES = Array.from({ length: 64 }, () => new Uint8Array(8));
type Page = Uint8Array;

/** What the cases need of any cache: every contender is brought to these two calls. */
interface Cache {
  get(key: number): Page | undefined;
  set(key: number, value: Page): unknown;
}

type MakeCache = (entries: number) => Promise<Cache>;

/** Ours, with every entry counting as one byte. */
class OneBytePages extends PageCache<Page> {
  override set(key: number, value: Page): void {
    super.set(key, value, 1);
  }
}

const ours: MakeCache = async (entries) =>
  new OneBytePages({ capacityEntries: entries, capacityBytes: entries });

const PEERS: Readonly<Record<string, MakeCache>> = {
  "lru-cache": async (max) => {
    const { LRUCache } = await importPeer<{ LRUCache: new (options: { max: number }) => Cache }>("lru-cache");
    return new LRUCache({ max });
  },
  "mnemonist LRUMap": async (entries) => {
    const { default: LRUMap } = await importPeer<{ default: new (entries: number) => Cache }>(
      "mnemonist/lru-map.js",
    );
    return new LRUMap(entries);
  },
  "quick-lru": async (maxSize) => {
    const { default: QuickLru } = await importPeer<{ default: new (o: { maxSize: number }) => Cache }>(
      "quick-lru",
    );
    return new QuickLru({ maxSize });
  },
  "@neophi/sieve-cache": async (entries) => {
    const { SieveCache } = await importPeer<{ SieveCache: new (entries: number) => Cache }>(
      "@neophi/sieve-cache",
    );
    return new SieveCache(entries);
  },
};

/** Keys whose frequency falls with their rank (exponent 1), ten times as many as entries, spread over the key space. */
function zipfKeys(entries: number): Uint32Array {
  return zipfRanks(entries * 10, OPERATIONS).map((rank) => Math.imul(rank, 2654435761) >>> 0);
}

/** The share of gets that find their page, filling in the others as they come. */
function hitRate(cache: Cache, keys: Uint32Array): number {
  let hits = 0;
  for (const key of keys) {
    if (cache.get(key) === undefined) cache.set(key, PAGES[key & 63]!);
    else hits++;
  }
  return hits / keys.length;
}

/** Throws when our cache keeps fewer of the pages that are wanted than another SIEVE does. */
async function checkHitRate(entries: number): Promise<void> {
  const keys = zipfKeys(entries);
  const own = hitRate(await ours(entries), keys);
  const sieve = await PEERS["@neophi/sieve-cache"]!(entries).catch(() => undefined);
  if (sieve === undefined) return;
  const theirs = hitRate(sieve, keys);
  if (own < theirs) throw new Error(`hit rate ${own}, that of @neophi/sieve-cache is ${theirs}`);
}

/** Keys that are all in the cache, in random order. */
function hitKeys(entries: number): Uint32Array {
  const random = seededRandom(4);
  return Uint32Array.from({ length: OPERATIONS }, () => random.nextInt(0, entries - 1));
}

/** Keys that come once each: every set evicts. */
function freshKeys(): Uint32Array {
  return Uint32Array.from({ length: OPERATIONS }, (_, i) => Math.imul(i, 2654435761) >>> 0);
}

// Each contender runs in a process of its own, so these loops see one shape of cache and are compiled for it.
function mix(cache: Cache, keys: Uint32Array): Work {
  return () => {
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      const found = cache.get(key);
      if (found === undefined) cache.set(key, PAGES[key & 63]!);
      else if (found !== PAGES[key & 63]) throw new Error("another key's page");
    }
  };
}

function getAll(cache: Cache, keys: Uint32Array, entries: number): Work {
  for (let key = 0; key < entries; key++) cache.set(key, PAGES[key & 63]!);
  return () => {
    for (let i = 0; i < keys.length; i++)
      if (cache.get(keys[i]!) !== PAGES[keys[i]! & 63]) throw new Error("a cached page is gone");
  };
}

function setAll(cache: Cache, keys: Uint32Array): Work {
  return () => {
    for (let i = 0; i < keys.length; i++) cache.set(keys[i]!, PAGES[i & 63]!);
  };
}

function cacheCase(prepare: (cache: Cache) => Work, entries: number, ratio?: number): BenchmarkCase {
  return {
    unit: "operations",
    amount: OPERATIONS,
    ours: {
      name: "millrace (SIEVE)",
      prepare: async () => {
        await checkHitRate(entries);
        return prepare(await ours(entries));
      },
    },
    peers: Object.entries(PEERS).map(([name, make]) => ({
      name,
      prepare: async () => prepare(await make(entries)),
    })),
    ...(ratio === undefined ? {} : { reach: { ratio } }),
  };
}

export const cases: BenchmarkCases = Object.fromEntries(
  (
    [
      ["1k", 1000],
      ["10k", 10_000],
      ["100k", 100_000],
    ] as const
  ).flatMap(([name, entries]) => [
    [`get-hit-${name}`, cacheCase((cache) => getAll(cache, hitKeys(entries), entries), entries)],
    [`set-evict-${name}`, cacheCase((cache) => setAll(cache, freshKeys()), entries)],
    [
      `zipf-${name}`,
      cacheCase((cache) => mix(cache, zipfKeys(entries)), entries, entries >= 10_000 ? 2 : undefined),
    ],
  ]),
);
