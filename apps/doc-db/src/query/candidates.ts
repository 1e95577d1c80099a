/** Which indexes can answer a query. */
import type { IndexEntry } from "../collection-page.ts";
import type { Document, Value } from "../document/value.ts";
import type { IndexField } from "../indexes/definition.ts";
import { doImply } from "../indexes/partial-filter.ts";
import { isSameCollation } from "../mql/collation.ts";
import type { CompiledFilter, Condition } from "./filter.ts";
import { type Bounds, boundsFor } from "./scan-bounds.ts";

/** An index with the ranges of its keys that hold all matches. */
export interface Candidate {
  /** Undefined for the documents themselves, by `_id`. */
  readonly index: IndexEntry | undefined;
  readonly bounds: Bounds;
}

/** Each index that some of the conditions narrow, and that holds all matches. */
export function candidatesFor(
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
    if (bounds === undefined || isBlindToNull(index, conditions)) continue;
    found.push({ index, bounds });
    if (index.isMultikey) found.push(...furtherElements(index, conditions, filter));
  }
  return found;
}

/** Of conditions that different elements of an array fulfil, {@link boundsFor} takes the first: these are the others. */
function furtherElements(
  index: IndexEntry,
  conditions: readonly Condition[],
  filter: CompiledFilter,
): Candidate[] {
  const { path, kind } = index.definition.fields[0]!;
  if (kind !== "value") return [];
  const elements = conditions.filter((each) => each.path === path && each.operator === "$eq");
  return elements.slice(1).flatMap((element, i) => {
    const own = conditions.filter((each) => each.path !== path || each === element);
    const bounds = boundsFor(index, own, filter.collation);
    if (bounds === undefined) return [];
    return [{ index, bounds: { ...bounds, subjects: [`${path} ${i + 1}`, ...bounds.subjects.slice(1)] } }];
  });
}

/** Whether the planner may use an index: it is not hidden, and holds all matches if it is partial. */
export function isOpenTo(
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
export function isBlindToNull({ definition }: IndexEntry, conditions: readonly Condition[]): boolean {
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

/** The documents themselves, as an index of `_id`. */
export const ID_INDEX: IndexEntry = {
  definition: {
    collation: undefined,
    isSparse: false,
    fields: [{ path: "_id", parts: ["_id"], kind: "value", direction: 1 }],
  },
  isMultikey: false,
} as unknown as IndexEntry;

/** Which `_id`s conditions leave; undefined when they say nothing about it. */
export function idBounds(conditions: readonly Condition[], filter: CompiledFilter): Bounds | undefined {
  return boundsFor(ID_INDEX, conditions, filter.collation);
}
