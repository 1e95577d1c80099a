import { ALL_KEYS, type KeyRange } from "../btree/scan.ts";
import type { IndexEntry } from "../collection-page.ts";
import { rankOf, type Value } from "../document/value.ts";
import { compareBytes } from "../keys/compare.ts";
import { encodeIndexValue, encodeKey } from "../keys/encode-key.ts";
import type { Condition } from "./filter.ts";

/** Which keys of which tree a query reads; the filter is tested on every document all the same. */
export interface Plan {
  /** The index; undefined for the documents themselves, by `_id`. */
  readonly index: IndexEntry | undefined;
  /** Ranges of keys, ascending and apart from each other. */
  readonly ranges: readonly KeyRange[];
  /** True when every document is read. */
  readonly isFullScan: boolean;
}

/** How little an operator leaves to be read: lower is better. */
const COST: Readonly<Record<Condition["operator"], number>> = {
  $eq: 0,
  $in: 1,
  $gt: 2,
  $gte: 2,
  $lt: 3,
  $lte: 3,
};
const FULL_SCAN: Plan = Object.freeze({ index: undefined, ranges: [ALL_KEYS], isFullScan: true });

/** Chooses the index that promises to read least: equality before `$in` before ranges, `_id` before others. */
export function planQuery(conditions: readonly Condition[], indexes: readonly IndexEntry[]): Plan {
  let best: Plan = FULL_SCAN;
  let bestCost = Number.POSITIVE_INFINITY;
  for (const index of [undefined, ...indexes]) {
    const usable = conditions.filter(({ path, operator, operand }) => {
      const isNever = operand === null && (operator === "$gt" || operator === "$lt");
      return path === (index?.field ?? "_id") && !isNever;
    });
    usable.sort((a, b) => COST[a.operator] - COST[b.operator]);
    const first = usable[0];
    if (first === undefined || COST[first.operator] >= bestCost) continue;
    best = { index, ranges: rangesFor(first, usable, index), isFullScan: false };
    bestCost = COST[first.operator];
  }
  return best;
}

function rangesFor(
  first: Condition,
  usable: readonly Condition[],
  index: IndexEntry | undefined,
): KeyRange[] {
  const encode = index === undefined ? encodeKey : encodeIndexValue;
  const point = (value: Value): KeyRange => ({ lo: encode(value), hi: encode(value) });
  if (first.operator === "$eq" || first.operand === null) return [point(first.operand)];
  if (first.operator === "$in") return apart((first.operand as readonly Value[]).map(point));
  // In an index of arrays two elements may fulfil two bounds, so only one of them narrows the range.
  const bounds = index?.isMultikey === true ? [first] : usable;
  const type = Uint8Array.of(rankOf(first.operand));
  let lo: Uint8Array = type;
  // The type's byte is the end of all its keys: a shorter end is a wider one.
  let hi: Uint8Array = type;
  for (const condition of bounds) {
    if (rankOf(condition.operand) !== rankOf(first.operand)) continue;
    const key = encode(condition.operand);
    if (!isUpper(condition)) lo = compareBytes(key, lo) > 0 ? key : lo;
    else if (hi === type || compareBytes(key, hi) < 0) hi = key;
  }
  return [{ lo, hi }];
}

function isUpper({ operator }: Condition): boolean {
  return operator === "$lt" || operator === "$lte";
}

function apart(ranges: KeyRange[]): KeyRange[] {
  ranges.sort((a, b) => compareBytes(a.lo, b.lo));
  return ranges.filter((range, i) => i === 0 || compareBytes(range.lo, ranges[i - 1]!.lo) !== 0);
}
