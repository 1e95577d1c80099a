import { ALL_KEYS, type KeyRange } from "../btree/scan.ts";
import type { IndexEntry } from "../collection-page.ts";
import type { Document, Value } from "../document/value.ts";
import { isSameKey } from "../indexes/spec.ts";
import { holdsPath } from "../indexes/wildcard.ts";
import { encodeKey } from "../keys/encode-key.ts";
import { fail } from "../mql/error.ts";
import { type Candidate, candidatesFor, ID_INDEX, idBounds, isBlindToNull, isOpenTo } from "./candidates.ts";
import type { Branch, CompiledFilter } from "./filter.ts";
import { intersect, type Sieve, type Sizes } from "./intersect.ts";
import { type Bounds, boundsFor } from "./scan-bounds.ts";
import type { SortSpec } from "./sort.ts";
import type { Test } from "./tests.ts";

/** Which keys of which tree are read; the filter is tested on every document all the same, unless they are exact. */
export interface KeyScan {
  /** The index; undefined for the documents themselves, by `_id`. */
  readonly index: IndexEntry | undefined;
  /** Ranges of keys, ascending and apart from each other. */
  readonly ranges: readonly KeyRange[];
  readonly isDescending: boolean;
  /** Of an `$or`: the part that this scan is for, as its keys may lead to what fulfils another part only. */
  readonly branch: Test | undefined;
  /** Parts of an `$or` that were read before: what fulfils one of them was found there. */
  readonly isFoundBefore: readonly Test[];
  /** Other indexes whose `_id`s are gathered first: documents that are not in all of them are not looked at. */
  readonly sieves: readonly Sieve[];
  /** Whether they lead to matches only, to each once. */
  readonly isExact: boolean;
}

/** How a query is answered. */
export interface Plan {
  readonly scans: readonly KeyScan[];
  /** True when every document is read. */
  readonly isFullScan: boolean;
  /** True when the documents come in the order that the query asks for. */
  readonly isSorted: boolean;
}

/** What a plan has to do beside the filter. */
export interface PlanOptions {
  /** Empty when any order will do. */
  readonly sort: SortSpec;
  /** The name or key of the index to be used; `$natural` for none. */
  readonly hint: Value | undefined;
  /** How many matches are needed, where that is known. */
  readonly wanted?: number | undefined;
}

/** The work of a sort, and of going from an index to each document, beside a look at each document. */
const SORTING = 1;
const FOLLOWING = 1.6;
const ID_KEY: Document = Object.freeze({ _id: 1 });

/**
 * Chooses the index that promises to read least: equality before `$in` before ranges, `_id` before others; and those
 * whose `_id`s are worth being gathered first.
 * @param sizes - without it one index is read
 * @throws LanguageError 2 or 291 for a hint to an index that there is not, or that cannot answer
 */
export function planQuery(
  filter: CompiledFilter,
  indexes: readonly IndexEntry[],
  options: PlanOptions,
  sizes?: Sizes,
): Plan {
  const { sort, hint, wanted } = options;
  if (hint !== undefined && !isNaturalHint(hint)) return hintedPlan(filter, indexes, hint, sort);
  if (hint !== undefined) return fullScan(sort, filter, 1);
  const needsSort = isOrdering(sort);
  // Only its order can make it dearer than a look at each document.
  const full = needsSort ? fullScan(sort, filter, 1) : undefined;
  let best = full;
  let leading: Candidate | undefined;
  let bestCost = 1 + (full?.isSorted === false ? SORTING : 0);
  const consider = (plan: Plan, part: number, candidate?: Candidate): void => {
    const cost = part * (needsSort && !plan.isSorted ? 1 + SORTING : 1);
    if (cost >= bestCost) return;
    best = plan;
    leading = candidate;
    bestCost = cost;
  };
  const candidates = candidatesFor(filter.conditions, filter, indexes);
  for (const candidate of candidates)
    consider(planOf(candidate, sort, filter), candidate.bounds.part, candidate);
  if (needsSort) {
    for (const index of indexes.filter((each) => isOpenTo(each, filter.conditions, filter))) {
      const plan = planOf({ index, bounds: ALL }, sort, filter);
      if (plan.isSorted && !isBlindToNull(index, [])) consider(plan, FOLLOWING);
    }
  }
  for (const branches of filter.ors) {
    const union = planUnion(branches, filter, indexes, sizes);
    if (union !== undefined) consider(union.plan, union.part);
  }
  if (best === undefined) return fullScan(sort, filter, 1);
  if (leading === undefined || sizes === undefined) return best;
  const isOrdered = needsSort && best.isSorted;
  const needed = needsSort && !best.isSorted ? undefined : wanted;
  const { driver, sieves } = intersect(leading, candidates, sizes, !isOrdered, needed);
  return driver === leading && sieves.length === 0 ? best : planOf(driver, sort, filter, sieves);
}

const ALL: Bounds = { ranges: [ALL_KEYS], part: 1, fixed: [], subjects: [] };

function fullScan(sort: SortSpec, filter: CompiledFilter, part: number): Plan {
  return { ...planOf({ index: undefined, bounds: { ...ALL, part } }, sort, filter), isFullScan: true };
}

function planOf(
  { index, bounds }: Candidate,
  sort: SortSpec,
  filter: CompiledFilter,
  sieves: readonly Sieve[] = [],
): Plan {
  const direction = sortDirection(index ?? ID_INDEX, bounds, sort, filter);
  const isDescending = direction === -1;
  return {
    scans: [
      {
        index,
        ranges: bounds.ranges,
        isDescending,
        branch: undefined,
        isFoundBefore: [],
        sieves,
        isExact: index !== undefined && bounds !== ALL && isExactFor(index, filter),
      },
    ],
    isFullScan: false,
    isSorted: direction !== undefined,
  };
}

/** Whether the keys of an index are all that a filter asks about, as they are: none cut, folded, or an array's. */
function isExactFor({ definition, isMultikey, hasCutKeys }: IndexEntry, filter: CompiledFilter): boolean {
  const { fields, collation } = definition;
  if (fields.length !== 1 || isMultikey || hasCutKeys || collation !== undefined) return false;
  const { kind, path } = fields[0]!;
  return kind === "value" && filter.collation === undefined && filter.exactField === path;
}

/** Whether an order is asked for. */
function isOrdering(sort: SortSpec): boolean {
  for (const _path in sort) return true;
  return false;
}

/** Which way to read an index for an order; undefined when it has not got it. */
function sortDirection(
  { definition, isMultikey, hasCutKeys }: IndexEntry,
  { fixed }: Bounds,
  sort: SortSpec,
  filter: CompiledFilter,
): 1 | -1 | undefined {
  if (!isOrdering(sort) || isMultikey || hasCutKeys === true) return undefined;
  const wanted = Object.entries(sort).filter(([path]) => !fixed.includes(path));
  // Keys under a collation have no order of texts.
  if (definition.collation !== undefined || filter.collation !== undefined) return undefined;
  let at = 0;
  let direction: number | undefined;
  for (const field of definition.fields) {
    if (at === wanted.length) break;
    if (fixed.includes(field.path)) continue;
    const [path, order] = wanted[at]!;
    if (field.kind !== "value" || field.path !== path) return undefined;
    if (typeof order !== "number") return undefined;
    const needed = order * field.direction;
    if (direction !== undefined && direction !== needed) return undefined;
    direction = needed;
    at++;
  }
  if (at < wanted.length) return undefined;
  return direction === -1 ? -1 : 1;
}

/** Each part of an `$or` by an index of its own. */
function planUnion(
  branches: readonly Branch[],
  filter: CompiledFilter,
  indexes: readonly IndexEntry[],
  sizes: Sizes | undefined,
): { plan: Plan; part: number } | undefined {
  let part = 0;
  const scans: KeyScan[] = [];
  for (const [i, { conditions, test }] of branches.entries()) {
    const candidates = candidatesFor([...conditions, ...filter.conditions], filter, indexes);
    const best = candidates.toSorted((a, b) => a.bounds.part - b.bounds.part)[0];
    if (best === undefined) return undefined;
    part += best.bounds.part;
    const { driver, sieves } =
      sizes === undefined
        ? { driver: best, sieves: [] }
        : intersect(best, candidates, sizes, true, undefined);
    scans.push({
      index: driver.index,
      ranges: driver.bounds.ranges,
      isDescending: false,
      branch: test,
      isFoundBefore: branches.slice(0, i).map((other) => other.test),
      sieves,
      isExact: false,
    });
  }
  return { plan: { scans, isFullScan: false, isSorted: false }, part };
}

function isNaturalHint(hint: Value): boolean {
  return typeof hint === "object" && hint !== null && "$natural" in hint;
}

/** Whatever it takes: a sparse or partial index that is named may leave matches out. */
function hintedPlan(
  filter: CompiledFilter,
  indexes: readonly IndexEntry[],
  hint: Value,
  sort: SortSpec,
): Plan {
  const isId = hint === "_id_" || (typeof hint === "object" && isSameKey(hint as Document, ID_KEY));
  if (isId) {
    const bounds = idBounds(filter.conditions, filter);
    return bounds === undefined
      ? fullScan(sort, filter, 1)
      : planOf({ index: undefined, bounds }, sort, filter);
  }
  const index = findHinted(indexes, hint);
  if (index === undefined || index.definition.isHidden || index.definition.vector !== undefined)
    return fail(2, "hint", hint, "the name or key of an index that there is");
  const { wildcard } = index.definition;
  const bounds = boundsFor(index, filter.conditions, filter.collation) ?? ALL;
  const isLeftOut =
    wildcard !== undefined && bounds === ALL && !filter.paths.some((path) => holdsPath(wildcard, path));
  if (isLeftOut) fail(291, "hint", hint, "an index that holds a path of the filter");
  return planOf({ index, bounds }, sort, filter);
}

/** The index that a hint, or another command, names by its name or key. */
export function findHinted(indexes: readonly IndexEntry[], hint: Value): IndexEntry | undefined {
  return indexes.find(({ definition }) =>
    typeof hint === "string" ? definition.name === hint : isSameKey(definition.key, hint as Document),
  );
}

/** The range of one `_id`. */
export function idRange(id: Value): KeyRange {
  const key = encodeKey(id);
  return { lo: key, hi: key };
}
