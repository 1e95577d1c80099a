import { InvalidArgumentError } from "@millrace/base";
import { type Document, getField, type Value } from "../document/value.ts";
import { activeComparison, type CompareValues } from "../mql/collation.ts";
import { textScoreOf } from "../mql/text-score.ts";
import { parsePath, someAtPath } from "./path.ts";

/** Fields to sort by, the first one first: 1 ascending, -1 descending, or the score of a `$text`, which descends. */
export type SortSpec = Readonly<Record<string, 1 | -1 | { readonly $meta: "textScore" }>>;

/** What is compared: one value a sort field. */
export type SortKey = readonly Value[];

/** Makes and compares sort keys. */
export interface Sorter {
  keyOf(document: Document): SortKey;
  compare(a: SortKey, b: SortKey): number;
}

/** @throws InvalidArgumentError `DOCDB_SORT_INVALID` unless there are fields with 1 or -1 */
export function compileSort(spec: SortSpec): Sorter {
  const fields = Object.entries(spec);
  if (fields.length === 0)
    throw new InvalidArgumentError("DOCDB_SORT_INVALID", "sort", spec, "at least one field");
  for (const [path, direction] of fields) {
    if (direction === 1 || direction === -1 || isTextScore(direction)) continue;
    throw new InvalidArgumentError(
      "DOCDB_SORT_INVALID",
      `sort ${path}`,
      direction,
      "1 (ascending) or -1 (descending)",
    );
  }
  const compare = activeComparison();
  const parsed = fields.map(([path, direction]) =>
    typeof direction === "number"
      ? { parts: parsePath(path), direction, isScore: false }
      : { parts: [], direction: -1, isScore: true },
  );
  return {
    keyOf: (document) =>
      parsed.map(({ parts, direction, isScore }) =>
        isScore ? (textScoreOf(document) ?? 0) : sortValue(document, parts, direction, compare),
      ),
    compare: (a, b) => {
      for (let i = 0; i < parsed.length; i++) {
        const order = compare(a[i]!, b[i]!);
        if (order !== 0) return order * parsed[i]!.direction;
      }
      return 0;
    },
  };
}

/** The lowest value at a path when ascending, the highest when descending; missing counts as null. */
function sortValue(
  document: Document,
  parts: readonly string[],
  direction: number,
  compare: CompareValues,
): Value {
  let best: Value | undefined;
  const consider = (value: Value | undefined): boolean => {
    const candidates =
      Array.isArray(value) && value.length > 0 ? (value as readonly Value[]) : [value ?? null];
    for (const candidate of candidates) {
      if (best === undefined || compare(candidate, best) * direction < 0) best = candidate;
    }
    return false;
  };
  someAtPath(getField(document, parts[0]!), parts, 1, consider);
  return best ?? null;
}

function isTextScore(direction: unknown): boolean {
  return typeof direction === "object" && direction !== null && (direction as Document).$meta === "textScore";
}
