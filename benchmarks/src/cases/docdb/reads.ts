import { join } from "node:path";
import { Database } from "@millrace/doc-db/extras";
import type { BenchmarkCase, BenchmarkCases, Work } from "../../case.ts";
import { fill, filled, type PrepareWork, STORES } from "../../docdb/contenders.ts";
import { PER_GROUP, people } from "../../docdb/corpus.ts";
import { cacheBytesFor } from "../../docdb/document-store.ts";
import { openLazyMillrace, openMillrace } from "../../docdb/millrace-store.ts";
import { benchDirectory } from "../../wal-peers.ts";

const COUNT = 100_000;
const GETS = 2000;
const QUERIES = 200;
/** Documents of a range of scores, on average. */
const RANGE = 100;

/** A case of 100,000 documents, or of a million. */
function readCase(
  unit: string,
  amount: number,
  ratio: number,
  peers: readonly string[] | undefined,
  prepare: (count: number) => PrepareWork,
  count: number,
  isLazy = false,
): BenchmarkCase {
  const [first, ...others] = STORES.map((store) => filled(store, count, "os", prepare(count)));
  const ours = isLazy ? filled(["millrace", openLazyMillrace], count, "os", prepare(count)) : first;
  return {
    unit,
    amount,
    ours: ours!,
    peers: others,
    reach: peers === undefined ? { ratio } : { ratio, peers },
    isHeavy: true,
    isFull: count > COUNT,
  };
}

/** Throws when a database found something else than it should. */
function checkCount(found: number, expected: number): void {
  if (found !== expected) throw new Error(`found ${found}, expected ${expected}`);
}

const gets =
  (count: number): PrepareWork =>
  async (store) => {
    let id = 0;
    const found = (await store.get(7919)) as { name: string };
    checkCount(found.name.length, [...people(count, 7919, 7920)][0]!.name.length);
    return async () => {
      for (let i = 0; i < GETS; i++) {
        id = (id + 7919) % count;
        const document = store.get(id);
        // A promise where the database gives one; the others are not made to wait.
        if (document instanceof Promise) await document;
      }
    };
  };

const equal =
  (count: number): PrepareWork =>
  async (store) => {
    const groups = Math.ceil(count / PER_GROUP);
    let expected = 0;
    for (const { group } of people(count)) if (group === 5) expected++;
    checkCount(await store.inGroup(5), expected);
    let group = 0;
    return async () => {
      for (let i = 0; i < QUERIES; i++) {
        group = (group + 31) % groups;
        await store.inGroup(group);
      }
    };
  };

const ranges =
  (count: number): PrepareWork =>
  async (store) => {
    const width = RANGE * 10;
    let expected = 0;
    for (const { score } of people(count)) if (score >= width && score < 2 * width) expected++;
    checkCount(await store.inScores(width, 2 * width), expected);
    let lo = 0;
    return async () => {
      for (let i = 0; i < QUERIES; i++) {
        lo = (lo + 31 * width) % ((count - RANGE) * 10);
        await store.inScores(lo, lo + width);
      }
    };
  };

const scan =
  (count: number): PrepareWork =>
  async (store) => {
    let expected = 0;
    for (const { isActive, balance } of people(count)) if (isActive && balance > 9000) expected++;
    checkCount(await store.scan(9000), expected);
    return async () => void (await store.scan(9000));
  };

const group =
  (count: number): PrepareWork =>
  async (store) => {
    const expected = new Map<string, number>();
    for (const { city, score } of people(count)) expected.set(city, (expected.get(city) ?? 0) + score);
    const found = await store.sumByCity();
    for (const [city, sum] of expected) checkCount(found.get(city) ?? 0, sum);
    return async () => void (await store.sumByCity());
  };

const SQLITE = ["better-sqlite3", "node:sqlite"];

/** Opens a database that was closed in order, and reads a document; closing it is not timed. */
function openCase(count: number): BenchmarkCase {
  const prepare = async (): Promise<Work> => {
    const directory = benchDirectory();
    const store = await openMillrace(directory, "os", cacheBytesFor(count));
    await fill(store, count);
    await store.close();
    let id = 0;
    return async () => {
      const database = await Database.open(join(directory, "people.db"));
      id = (id + 7919) % count;
      if (database.collection("people").getSync(id) === undefined) throw new Error("a document is missing");
      return () => database.close();
    };
  };
  return {
    unit: "openings",
    amount: 1,
    ours: { name: "millrace", prepare },
    peers: [],
    // At most 5 ms each, whatever the size.
    reach: { perSecond: 200 },
    isHeavy: true,
    isFull: count > COUNT,
  };
}

/** The cases for one number of documents, with what their names end with. */
function casesOf(count: number, ending: string): [string, BenchmarkCase][] {
  return [
    [`get${ending}`, readCase("documents", GETS, 1.2, ["lmdb"], gets, count)],
    [`equal${ending}`, readCase("queries", QUERIES, 1.2, undefined, equal, count)],
    [`get-lazy${ending}`, readCase("documents", GETS, 4, ["lmdb"], gets, count, true)],
    [`equal-lazy${ending}`, readCase("queries", QUERIES, 4, undefined, equal, count, true)],
    [`range-lazy${ending}`, readCase("documents", QUERIES * RANGE, 10, undefined, ranges, count, true)],
    [`range${ending}`, readCase("documents", QUERIES * RANGE, 1.5, undefined, ranges, count)],
    [`scan${ending}`, readCase("documents", count, 4, SQLITE, scan, count)],
    [`open${ending}`, openCase(count)],
    [`group${ending}`, readCase("documents", count, 5, SQLITE, group, count)],
  ];
}

export const cases: BenchmarkCases = {
  ...Object.fromEntries(casesOf(COUNT, "")),
  ...Object.fromEntries(casesOf(1_000_000, "-1-m")),
};
