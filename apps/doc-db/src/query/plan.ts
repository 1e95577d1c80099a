import { ALL_KEYS, type KeyRange } from "../btree/scan.ts";
import type { IndexEntry } from "../collection-page.ts";
import type { Document, Value } from "../document/value.ts";
import type { IndexField } from "../indexes/definition.ts";
import { doImply } from "../indexes/partial-filter.ts";
import { isSameKey } from "../indexes/spec.ts";
import { holdsPath } from "../indexes/wildcard.ts";
import { encodeKey } from "../keys/encode-key.ts";
import { isSameCollation } from "../mql/collation.ts";
import { fail } from "../mql/error.ts";
import type { Branch, CompiledFilter, Condition } from "./filter.ts";
import { type Bounds, boundsFor } from "./scan-bounds.ts";
import type { SortSpec } from "./sort.ts";
import type { Test } from "./tests.ts";

/** Which keys of which tree are read; the filter is tested on every document all the same. */
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
}

/** The work of a sort, and of going from an index to each document, beside a look at each document. */
const SORTING = 1;
const FOLLOWING = 1.6;
const ID_KEY: Document = Object.freeze({ _id: 1 });

/**
 * Chooses the index that promises to read least: equality before `$in` before ranges, `_id` before others.
 * @throws LanguageError 2 or 291 for a hint to an index that there is not, or that cannot answer
 */
export function planQuery(
  filter: CompiledFilter,
  indexes: readonly IndexEntry[],
  options: PlanOptions,
): Plan {
  const { sort, hint } = options;
  if (hint !== undefined && !isNaturalHint(hint)) return hintedPlan(filter, indexes, hint, sort);
  const needsSort = Object.keys(sort).length > 0;
  const full: Plan = fullScan(sort, filter, 1);
  if (hint !== undefined) return full;
  let best = full;
  let bestCost = 1 + (needsSort && !full.isSorted ? SORTING : 0);
  const consider = (plan: Plan, part: number): void => {
    const cost = part * (needsSort && !plan.isSorted ? 1 + SORTING : 1);
    if (cost >= bestCost) return;
    best = plan;
    bestCost = cost;
  };
  for (const candidate of candidatesFor(filter.conditions, filter, indexes)) {
    consider(planOf(candidate, sort, filter), candidate.bounds.part);
  }
  if (needsSort) {
    for (const index of indexes.filter((each) => isOpenTo(each, filter.conditions, filter))) {
      const plan = planOf({ index, bounds: ALL }, sort, filter);
      if (plan.isSorted && !isBlindToNull(index, [])) consider(plan, FOLLOWING);
    }
  }
  for (const branches of filter.ors) {
    const union = planUnion(branches, filter, indexes);
    if (union !== undefined) consider(union.plan, union.part);
  }
  return best;
}

interface Candidate {
  readonly index: IndexEntry | undefined;
  readonly bounds: Bounds;
}

const ALL: Bounds = { ranges: [ALL_KEYS], part: 1, fixed: [] };

function candidatesFor(
  conditions: readonly Condition[],
  filter: CompiledFilter,
  indexes: readonly IndexEntry[],
): Candidate[] {
  const found: Candidate[] = [];
  const byId = idBounds(conditions, filter);
  if (byId !== undefined) found.push({ index: undefined, bounds: byId });
  for (const index of indexes) {
    if (!isOpenTo(index, conditions, filter)) continue;
    const bounds = boundsFor(index, conditions, filter.collation);
    if (bounds !== undefined && !isBlindToNull(index, conditions)) found.push({ index, bounds });
  }
  return found;
}

/** Whether the planner may use an index: it is not hidden, and holds all matches if it is partial. */
function isOpenTo(
  { definition }: IndexEntry,
  conditions: readonly Condition[],
  filter: CompiledFilter,
): boolean {
  if (definition.isHidden || definition.text !== undefined || definition.vector !== undefined) return false;
  const partial = definition.spec.partialFilterExpression as Document | undefined;
  if (partial === undefined) return true;
  return (
    isSameCollation(definition.collation, filter.collation) &&
    doImply(conditions, partial, filter.collation?.compare)
  );
}

/** Whether an index may lack matches: a sparse one, or one of places, does not hold what is missing. */
function isBlindToNull({ definition }: IndexEntry, conditions: readonly Condition[]): boolean {
  const places = definition.fields.filter(isPlace);
  if (places.length > 0)
    return !places.some(({ path }) =>
      conditions.some((condition) => condition.path === path && /^\$(geo|near)/.test(condition.operator)),
    );
  if (!definition.isSparse) return false;
  return !definition.fields.some(({ path }) =>
    conditions.some(
      ({ path: other, operator, operand }) =>
        other === path &&
        (operator === "$in" ? !(operand as readonly Value[]).includes(null) : operand !== null),
    ),
  );
}

function isPlace({ kind }: IndexField): boolean {
  return kind === "2dsphere" || kind === "2d";
}

const ID_INDEX = {
  definition: {
    collation: undefined,
    isSparse: false,
    fields: [{ path: "_id", parts: ["_id"], kind: "value", direction: 1 }],
  },
  isMultikey: false,
} as unknown as IndexEntry;

function idBounds(conditions: readonly Condition[], filter: CompiledFilter): Bounds | undefined {
  return boundsFor(ID_INDEX, conditions, filter.collation);
}

function fullScan(sort: SortSpec, filter: CompiledFilter, part: number): Plan {
  return { ...planOf({ index: undefined, bounds: { ...ALL, part } }, sort, filter), isFullScan: true };
}

function planOf({ index, bounds }: Candidate, sort: SortSpec, filter: CompiledFilter): Plan {
  const direction = sortDirection(index ?? ID_INDEX, bounds, sort, filter);
  return {
    scans: [
      { index, ranges: bounds.ranges, isDescending: direction === -1, branch: undefined, isFoundBefore: [] },
    ],
    isFullScan: false,
    isSorted: direction !== undefined,
  };
}

/** Which way to read an index for an order; undefined when it has not got it. */
function sortDirection(
  { definition, isMultikey, hasCutKeys }: IndexEntry,
  { fixed }: Bounds,
  sort: SortSpec,
  filter: CompiledFilter,
): 1 | -1 | undefined {
  const wanted = Object.entries(sort).filter(([path]) => !fixed.includes(path));
  if (Object.keys(sort).length === 0 || isMultikey || hasCutKeys === true) return undefined;
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
): { plan: Plan; part: number } | undefined {
  let part = 0;
  const scans: KeyScan[] = [];
  for (const [i, { conditions, test }] of branches.entries()) {
    const candidates = candidatesFor([...conditions, ...filter.conditions], filter, indexes);
    const best = candidates.toSorted((a, b) => a.bounds.part - b.bounds.part)[0];
    if (best === undefined) return undefined;
    part += best.bounds.part;
    scans.push({
      index: best.index,
      ranges: best.bounds.ranges,
      isDescending: false,
      branch: test,
      isFoundBefore: branches.slice(0, i).map((other) => other.test),
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
