import type { Value } from "../../document/value.ts";
import { compareValues } from "../../keys/compare.ts";
import { fail } from "../error.ts";
import { isNullish } from "../types.ts";
import { arrayOf } from "./array.ts";
import { constantOf, fold, type OperatorTable } from "./compile.ts";
import { compileOperands, fixed, type Operand, variadic } from "./define.ts";

/** Operators that take arrays as sets. */
export const SET: OperatorTable = {
  $allElementsTrue: fixed("$allElementsTrue", 1, (set) =>
    arrayOf("$allElementsTrue", 17040, set).every(
      (value) => value !== false && value !== 0 && value !== null,
    ),
  ),
  $anyElementTrue: fixed("$anyElementTrue", 1, (set) =>
    arrayOf("$anyElementTrue", 17041, set).some((value) => value !== false && value !== 0 && value !== null),
  ),
  $setDifference: fixed("$setDifference", 2, difference),
  $setEquals: (operand, scope) => {
    const parts = compileOperands(operand, scope);
    if (parts.length < 2) fail(17045, "$setEquals", parts.length, "at least 2 operands");
    const code = parts.every((part) => constantOf(part) !== undefined) ? 5887502 : 17044;
    return fold(parts, (context) =>
      areEqual(
        parts.map((part) => part(context)),
        code,
      ),
    );
  },
  $setIntersection: variadic(intersection),
  $setIsSubset: fixed("$setIsSubset", 2, isSubset),
  $setUnion: variadic(union),
};

/** The distinct values of a list, ascending. */
export function distinct(list: readonly Value[]): Value[] {
  const sorted = list.toSorted(compareValues);
  return sorted.filter((value, i) => i === 0 || compareValues(value, sorted[i - 1]!) !== 0);
}

/** The distinct values of a list, as they come. */
export function distinctInOrder(list: readonly Value[]): Value[] {
  const order = list.map((_, i) => i).sort((a, b) => compareValues(list[a]!, list[b]!) || a - b);
  const firsts = order.filter((at, i) => i === 0 || compareValues(list[at]!, list[order[i - 1]!]!) !== 0);
  return firsts.sort((a, b) => a - b).map((at) => list[at]!);
}

/** Whether an ascending list holds a value. */
export function hasValue(sorted: readonly Value[], value: Value): boolean {
  let lo = 0;
  let hi = sorted.length;
  while (lo < hi) {
    const middle = (lo + hi) >>> 1;
    const order = compareValues(sorted[middle]!, value);
    if (order === 0) return true;
    if (order < 0) lo = middle + 1;
    else hi = middle;
  }
  return false;
}

function difference(a: Operand, b: Operand): Operand {
  if (isNullish(a) || isNullish(b)) return null;
  const kept = arrayOf("$setDifference", 17048, a);
  const without = distinct(arrayOf("$setDifference", 17049, b));
  const seen: Value[] = [];
  return kept.filter((value) => {
    if (hasValue(without, value) || seen.some((other) => compareValues(other, value) === 0)) return false;
    seen.push(value);
    return true;
  });
}

function areEqual(sets: readonly Operand[], code: number): Operand {
  const lists = sets.map((set) => distinct(arrayOf("$setEquals", code, set)));
  return lists.every((list) => compareValues(list, lists[0]!) === 0);
}

function intersection(sets: readonly Operand[]): Operand {
  let common: Value[] | undefined;
  for (const set of sets) {
    if (isNullish(set)) return null;
    const sorted = distinct(arrayOf("$setIntersection", 17047, set));
    common = common === undefined ? sorted : common.filter((value) => hasValue(sorted, value));
  }
  return common ?? [];
}

function isSubset(a: Operand, b: Operand): Operand {
  const inner = arrayOf("$setIsSubset", 17046, a);
  const outer = distinct(arrayOf("$setIsSubset", 17042, b));
  return inner.every((value) => hasValue(outer, value));
}

function union(sets: readonly Operand[]): Operand {
  const all: Value[] = [];
  for (const set of sets) {
    if (isNullish(set)) return null;
    for (const value of arrayOf("$setUnion", 17043, set)) all.push(value);
  }
  return distinct(all);
}
