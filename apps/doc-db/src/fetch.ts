import { assert } from "@millrace/base";
import { type Entry, isInRange, type KeyRange, scanTree } from "./btree/scan.ts";
import { getFromTree } from "./btree/tree.ts";
import { findCollection } from "./catalog.ts";
import { indexesOf, primaryRootOf } from "./collection-page.ts";
import { idKeyIn, lookupIn } from "./collection-store.ts";
import { compareBytes } from "./keys/compare.ts";
import { indexEntryKey, indexValues } from "./keys/index-keys.ts";
import type { CompiledFilter } from "./query/filter.ts";
import { type Plan, planQuery } from "./query/plan.ts";
import type { Engine } from "./storage/engine.ts";
import type { Pager } from "./storage/pager.ts";

/** Keys and bytes read before others get their turn. */
const BATCH_KEYS = 256;
const BATCH_BYTES = 1024 * 1024;

/** A match: the key of its `_id`, and its encoded bytes. */
export interface Match {
  readonly idKey: Uint8Array;
  readonly bytes: Uint8Array;
}

/** What a query has read so far. */
export class FetchCounters {
  keysExamined = 0;
  documentsExamined = 0;
}

/** The plan for a filter on a collection as it is now. */
export function choosePlan(pager: Pager, collection: number, filter: CompiledFilter): Plan {
  return planQuery(filter.conditions, indexesOf(pager.read(collection)));
}

/** Gives the matches of a filter in batches of bounded size; each batch is read in one go. */
export async function* fetchMatches(
  engine: Engine,
  name: string,
  filter: CompiledFilter,
  counters: FetchCounters,
): AsyncGenerator<Match[], void, undefined> {
  const start = await engine.read((pager) => {
    const collection = findCollection(pager, name);
    return collection === undefined ? undefined : { collection, plan: choosePlan(pager, collection, filter) };
  });
  if (start === undefined) return;
  const { collection, plan } = start;
  for (const range of plan.ranges) {
    let after: Uint8Array | undefined;
    for (;;) {
      const batch = await engine.read((pager) =>
        fetchBatch(pager, collection, plan, range, after, filter, counters),
      );
      if (batch.matches.length > 0) yield batch.matches;
      if (batch.lastKey === undefined) break;
      after = batch.lastKey;
    }
  }
}

function fetchBatch(
  pager: Pager,
  collection: number,
  plan: Plan,
  range: KeyRange,
  after: Uint8Array | undefined,
  filter: CompiledFilter,
  counters: FetchCounters,
): { matches: Match[]; lastKey: Uint8Array | undefined } {
  const primary = primaryRootOf(pager.read(collection));
  const entries = scanTree(pager, plan.index?.root ?? primary, range, after, BATCH_KEYS, BATCH_BYTES);
  const matches: Match[] = [];
  for (const entry of entries) {
    counters.keysExamined++;
    const match =
      plan.index === undefined ? { idKey: entry.key, bytes: entry.value } : follow(pager, primary, entry);
    counters.documentsExamined++;
    if (!filter.matches(lookupIn(match.bytes))) continue;
    if (plan.index !== undefined && !isFirstKey(plan, plan.index.field, entry, match)) continue;
    matches.push(match);
  }
  return { matches, lastKey: entries.at(-1)?.key };
}

function follow(pager: Pager, primary: number, entry: Entry): Match {
  const idKey = idKeyIn(entry.key, entry.value);
  const bytes = getFromTree(pager, primary, idKey);
  assert(bytes !== undefined, "an index leads to documents that are there");
  return { idKey, bytes };
}

/**
 * Whether an entry is the first of its document's in the ranges: a document with an array has several, and is wanted
 * once. This needs no memory of what was given before.
 */
function isFirstKey(plan: Plan, field: string, entry: Entry, match: Match): boolean {
  if (plan.index?.isMultikey !== true) return true;
  for (const value of indexValues(lookupIn(match.bytes), field)) {
    const key = indexEntryKey(value, match.idKey);
    if (plan.ranges.some((range) => isInRange(key, range))) return compareBytes(key, entry.key) === 0;
  }
  return true;
}
