import { assert } from "@millrace/base";
import { type Entry, isInRange, type KeyRange, scanTree, scanTreeDown } from "./btree/scan.ts";
import { getFromTree } from "./btree/tree.ts";
import { findCollection } from "./catalog.ts";
import { findIndex, indexesOf, primaryRootOf } from "./collection-page.ts";
import { lookupIn } from "./document/lookup.ts";
import { keysOf } from "./indexes/keys.ts";
import { compareBytes } from "./keys/compare.ts";
import { idKeyIn, indexEntryKey } from "./keys/index-keys.ts";
import { fail } from "./mql/error.ts";
import type { CompiledFilter } from "./query/filter.ts";
import { type KeyScan, type Plan, type PlanOptions, planQuery } from "./query/plan.ts";
import type { FieldLookup } from "./query/tests.ts";
import type { Executor } from "./storage/executor.ts";
import type { PageReader } from "./storage/page-reader.ts";
import { fetchText } from "./text-search.ts";

/** Keys and bytes read before others get their turn. */
const BATCH_KEYS = 256;
/** Of the first batch, which is often all that is wanted; each next one is twice as large. */
const FIRST_BATCH_KEYS = 16;
const BATCH_BYTES = 1024 * 1024;

/** A match: the key of its `_id`, and its encoded bytes. */
export interface Match {
  readonly idKey: Uint8Array;
  readonly bytes: Uint8Array;
  /** How well it fits a `$text`. */
  readonly score?: number;
}

/** What a query has read so far. */
export class FetchCounters {
  keysExamined = 0;
  documentsExamined = 0;
}

/** Any order, by any index. */
export const ANY_PLAN: PlanOptions = Object.freeze({ sort: Object.freeze({}), hint: undefined });

/** The plan for a filter on a collection as it is now. */
export function choosePlan(
  pager: PageReader,
  collection: number,
  filter: CompiledFilter,
  options: PlanOptions,
): Plan {
  return planQuery(filter, indexesOf(pager.read(collection)), options);
}

/** A collection with the plan of a query on it. */
export interface PlannedQuery {
  readonly collection: number;
  readonly plan: Plan;
}

/** Finds the collection and plans; undefined when there is no such collection. */
export function planFetch(
  engine: Executor,
  name: string,
  filter: CompiledFilter,
  options: PlanOptions,
): Promise<PlannedQuery | undefined> {
  return engine.read((pager) => {
    const collection = findCollection(pager, name);
    if (collection === undefined) return undefined;
    return { collection, plan: choosePlan(pager, collection, filter, options) };
  });
}

/** Gives the matches of a filter in batches of bounded size; each batch is read in one go. */
export async function* fetchMatches(
  engine: Executor,
  name: string,
  filter: CompiledFilter,
  counters: FetchCounters,
  options: PlanOptions = ANY_PLAN,
): AsyncGenerator<Match[], void, undefined> {
  if (filter.text !== undefined) {
    yield* fetchText(engine, name, filter, filter.text, counters);
    return;
  }
  const planned = await planFetch(engine, name, filter, options);
  if (planned !== undefined) yield* fetchPlanned(engine, name, planned, filter, counters);
}

/** As {@link fetchMatches} by a plan that was made before. */
export async function* fetchPlanned(
  engine: Executor,
  name: string,
  { collection, plan }: PlannedQuery,
  filter: CompiledFilter,
  counters: FetchCounters,
): AsyncGenerator<Match[], void, undefined> {
  for (const scan of plan.scans) yield* fetchScan(engine, name, collection, scan, filter, counters);
}

async function* fetchScan(
  engine: Executor,
  name: string,
  collection: number,
  scan: KeyScan,
  filter: CompiledFilter,
  counters: FetchCounters,
): AsyncGenerator<Match[], void, undefined> {
  for (const range of scan.isDescending ? scan.ranges.toReversed() : scan.ranges) {
    let after: Uint8Array | undefined;
    for (let size = FIRST_BATCH_KEYS; ; size = Math.min(2 * size, BATCH_KEYS)) {
      const batch = await engine.read((pager) => {
        checkStillThere(pager, name, collection, scan);
        return fetchBatch(pager, collection, scan, range, after, size, filter, counters);
      });
      if (batch.matches.length > 0) yield batch.matches;
      if (batch.lastKey === undefined) break;
      after = batch.lastKey;
    }
  }
}

/** Between two batches the collection or the index may have been dropped, and its pages be used for other things. */
function checkStillThere(pager: PageReader, name: string, collection: number, { index }: KeyScan): void {
  const isThere =
    findCollection(pager, name) === collection &&
    (index === undefined || findIndex(pager.read(collection), index.definition.name)?.root === index.root);
  if (!isThere) fail(175, "query", name, "a collection and index that are not dropped while they are read");
}

function fetchBatch(
  pager: PageReader,
  collection: number,
  scan: KeyScan,
  range: KeyRange,
  after: Uint8Array | undefined,
  size: number,
  filter: CompiledFilter,
  counters: FetchCounters,
): { matches: Match[]; lastKey: Uint8Array | undefined } {
  const primary = primaryRootOf(pager.read(collection));
  const read = scan.isDescending ? scanTreeDown : scanTree;
  const entries = read(pager, scan.index?.root ?? primary, range, after, size, BATCH_BYTES);
  const matches: Match[] = [];
  for (const entry of entries) {
    counters.keysExamined++;
    const match =
      scan.index === undefined ? { idKey: entry.key, bytes: entry.value } : follow(pager, primary, entry);
    counters.documentsExamined++;
    const lookup = lookupIn(match.bytes);
    if (scan.branch?.(lookup) === false) continue;
    if (!filter.matches(lookup) || scan.isFoundBefore.some((test) => test(lookup))) continue;
    if (scan.index?.isMultikey === true && !isFirstKey(scan, entry, match, lookup)) continue;
    matches.push(match);
  }
  return { matches, lastKey: entries.at(-1)?.key };
}

function follow(pager: PageReader, primary: number, entry: Entry): Match {
  const idKey = idKeyIn(entry.key, entry.value);
  const bytes = getFromTree(pager, primary, idKey);
  assert(bytes !== undefined, "an index leads to documents that are there");
  return { idKey, bytes };
}

/**
 * Whether an entry is the first of its document's in the ranges: a document with an array has several, and is wanted
 * once. This needs no memory of what was given before.
 */
function isFirstKey(scan: KeyScan, entry: Entry, match: Match, lookup: FieldLookup): boolean {
  for (const value of keysOf(scan.index!.definition, lookup).keys) {
    const key = indexEntryKey(value, match.idKey);
    if (scan.ranges.some((range) => isInRange(key, range))) return compareBytes(key, entry.key) === 0;
  }
  return true;
}
