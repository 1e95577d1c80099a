import { InvalidArgumentError } from "@millrace/base";
import { findCollection } from "./catalog.ts";
import { documentBytesOf, documentCountOf, indexesOf } from "./collection-page.ts";
import { countIndexUses } from "./index-uses.ts";
import { estimateDocuments } from "./indexes/estimate.ts";
import { MatchReader } from "./match-reader.ts";
import { nextTurn } from "./next-turn.ts";
import type { CompiledFilter } from "./query/filter.ts";
import { type Plan, type PlanOptions, planQuery } from "./query/plan.ts";
import type { Executor } from "./storage/executor.ts";
import type { PageReader } from "./storage/page-reader.ts";
import { FetchCounters, type Take } from "./take.ts";
import { fetchText } from "./text-search.ts";

/** A match: the key of its `_id`, and its encoded bytes. */
export interface Match {
  readonly idKey: Uint8Array;
  readonly bytes: Uint8Array;
  /** How well it fits a `$text`. */
  readonly score?: number;
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
  const page = pager.read(collection);
  const plan = planQuery(filter, indexesOf(page), options, {
    documents: documentCountOf(page),
    areCached: documentBytesOf(page) <= (pager.cacheBytes ?? Number.POSITIVE_INFINITY),
    estimate: (index, ranges) => estimateDocuments(pager, index, ranges),
  });
  countIndexUses(pager, collection, plan);
  return plan;
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
  return engine.read((pager) => planOn(pager, name, filter, options));
}

/** As {@link planFetch} at once. */
export function planOn(
  pager: PageReader,
  name: string,
  filter: CompiledFilter,
  options: PlanOptions,
): PlannedQuery | undefined {
  const collection = findCollection(pager, name);
  if (collection === undefined) return undefined;
  return { collection, plan: choosePlan(pager, collection, filter, options) };
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
  if (planned !== undefined) yield* fetchPlanned(engine, name, planned, filter, counters, asMatch);
}

/**
 * The keys of the matches' `_id`s. It plans and reads its first batch in one go.
 * @param wanted - how many are needed, perhaps
 */
export async function* fetchIdKeys(
  engine: Executor,
  name: string,
  filter: CompiledFilter,
  options: PlanOptions,
  wanted?: number,
): AsyncGenerator<readonly { readonly idKey: Uint8Array }[], void, undefined> {
  const counters = new FetchCounters();
  if (filter.text !== undefined) {
    yield* fetchText(engine, name, filter, filter.text, counters);
    return;
  }
  let reader: MatchReader<{ readonly idKey: Uint8Array }> | undefined;
  const begin = (pager: PageReader): { readonly idKey: Uint8Array }[] => {
    const planned = planOn(pager, name, filter, { ...options, wanted });
    if (planned === undefined) return [];
    reader = new MatchReader(name, planned, filter, counters, asIdKey, wanted);
    return reader.isDone ? [] : reader.readPlanned(pager);
  };
  let batch = await engine.read(begin);
  for (;;) {
    if (batch.length > 0) yield batch;
    if (reader === undefined || reader.isDone) return;
    const turn = nextTurn();
    if (turn !== undefined) await turn;
    batch = await engine.read(reader.readBatch);
  }
}

/**
 * As {@link fetchIdKeys}, all at once, of pages that the caller reads or changes.
 * @param wanted - how many, at the most
 * @throws InvalidArgumentError `DOCDB_SYNC_UNSUPPORTED` for `$text` and `$near`
 */
export function idKeysOf(
  pager: PageReader,
  name: string,
  filter: CompiledFilter,
  wanted: number = Number.POSITIVE_INFINITY,
): Uint8Array[] {
  if (filter.text !== undefined || filter.distance !== undefined) {
    const expected = "a filter without $text and $near; others are for the calls that wait";
    throw new InvalidArgumentError("DOCDB_SYNC_UNSUPPORTED", "change without waiting", name, expected);
  }
  const planned = planOn(pager, name, filter, ANY_PLAN);
  const keys: Uint8Array[] = [];
  if (planned === undefined) return keys;
  const reader = new MatchReader(name, planned, filter, new FetchCounters(), asIdKey);
  while (!reader.isDone && keys.length < wanted)
    for (const { idKey } of reader.readBatch(pager)) if (keys.length < wanted) keys.push(idKey);
  return keys;
}

const asIdKey: Take<{ readonly idKey: Uint8Array }> = (_bytes, _start, _end, keys, keyStart, keyEnd) => ({
  idKey: keys.slice(keyStart, keyEnd),
});

/** Takes a match as bytes of its own. */
export const asMatch: Take<Match> = (bytes, start, end, keys, keyStart, keyEnd) => ({
  idKey: keys.slice(keyStart, keyEnd),
  bytes: bytes.slice(start, end),
});

const asNothing: Take<true> = Object.assign(() => true as const, {
  ofFields: { fields: [], take: () => true as const },
});

/** How many documents match. */
export async function countMatches(engine: Executor, name: string, filter: CompiledFilter): Promise<number> {
  const counters = new FetchCounters();
  let count = 0;
  if (filter.text !== undefined) {
    for await (const batch of fetchText(engine, name, filter, filter.text, counters)) count += batch.length;
    return count;
  }
  const planned = await planFetch(engine, name, filter, ANY_PLAN);
  if (planned === undefined) return 0;
  for await (const batch of fetchPlanned(engine, name, planned, filter, counters, asNothing))
    count += batch.length;
  return count;
}

/**
 * The matches by a plan that was made before, each as `take` makes it of where it lies.
 * @param wanted - how many are needed, perhaps; not more are read in the first batch
 */
export async function* fetchPlanned<T>(
  engine: Executor,
  name: string,
  planned: PlannedQuery,
  filter: CompiledFilter,
  counters: FetchCounters,
  take: Take<T>,
  wanted?: number,
): AsyncGenerator<T[], void, undefined> {
  const reader = new MatchReader(name, planned, filter, counters, take, wanted);
  while (!reader.isDone) {
    const batch = await engine.read(reader.readBatch);
    if (batch.length > 0) yield batch;
    const turn = reader.isDone ? undefined : nextTurn();
    if (turn !== undefined) await turn;
  }
}

/**
 * The matches at once, each as `take` makes it of where it lies: pages that are not in memory are read meanwhile.
 * @param check - is called with the plan, and may throw
 * @param options - whose `wanted` says how many are needed, perhaps; not more are read in the first batch
 */
export function* fetchSync<T>(
  engine: Executor,
  name: string,
  filter: CompiledFilter,
  options: PlanOptions,
  counters: FetchCounters,
  take: Take<T>,
  check: (plan: Plan) => void,
): Generator<T[], void, undefined> {
  let reader: MatchReader<T> | undefined;
  let batch = engine.readSync((pager): T[] => {
    const planned = planOn(pager, name, filter, options);
    if (planned === undefined) return [];
    check(planned.plan);
    reader = new MatchReader(name, planned, filter, counters, take, options.wanted);
    return reader.isDone ? [] : reader.readPlanned(pager);
  });
  for (;;) {
    if (batch.length > 0) yield batch;
    if (reader === undefined || reader.isDone) return;
    batch = engine.readSync(reader.readBatch);
  }
}
