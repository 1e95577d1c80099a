import { type Document, setField, type Value } from "../../document/value.ts";
import { compareValues } from "../../keys/compare.ts";
import { fail } from "../error.ts";
import { isNumeric, toInt32, toInt64 } from "../number.ts";
import { isNullish } from "../types.ts";
import { compile, type Expression, fold, type OperatorTable, type Scope } from "./compile.ts";
import { fixed, named, namedArguments, type Operand, ranged, variadic } from "./define.ts";

const N_CODES = { notObject: 5787801, unknown: 5787901, missing: 5787906 };

/** Operators on arrays that take values, not expressions over elements. */
export const ARRAY: OperatorTable = {
  $arrayElemAt: fixed("$arrayElemAt", 2, elementAt),
  $concatArrays: variadic(concatArrays),
  $first: fixed("$first", 1, (array) => edgeOf("$first", array, 0)),
  $in: fixed("$in", 2, isIn),
  $indexOfArray: ranged("$indexOfArray", 2, 4, indexOf),
  $isArray: fixed("$isArray", 1, (value) => Array.isArray(value)),
  $last: fixed("$last", 1, (array) => edgeOf("$last", array, -1)),
  $range: ranged("$range", 2, 3, range),
  $reverseArray: fixed("$reverseArray", 1, (array) =>
    isNullish(array) ? null : arrayOf("$reverseArray", 34435, array).toReversed(),
  ),
  $size: fixed("$size", 1, (array) => arrayOf("$size", 17124, array).length),
  $slice: ranged("$slice", 2, 3, slice),
  $zip: compileZip,
  $firstN: named("$firstN", ["input", "n"], ["input", "n"], N_CODES, ({ input, n }) =>
    arrayOf("$firstN input", 5788200, input).slice(0, countOf("$firstN", n)),
  ),
  $lastN: named("$lastN", ["input", "n"], ["input", "n"], N_CODES, ({ input, n }) =>
    arrayOf("$lastN input", 5788200, input).slice(-countOf("$lastN", n)),
  ),
};

/** More elements than this are an attack or a mistake: they would take hundreds of megabytes. */
const MAX_RANGE = 8_000_000;

/** How many elements a `…N` operator is to give. @throws LanguageError unless it is an integer above 0 */
export function countOf(name: string, n: Operand): number {
  const count = isNumeric(n) ? toInt64(n) : undefined;
  if (count === undefined) return fail(5787902, `${name} n`, n, "an integer");
  if (count <= 0n) fail(5787908, `${name} n`, n, "an integer above 0");
  return Number(count);
}

/** @throws LanguageError with that number for anything but an array */
export function arrayOf(name: string, code: number, value: Operand): readonly Value[] {
  return Array.isArray(value) ? (value as readonly Value[]) : fail(code, name, value, "an array");
}

function elementAt(array: Operand, index: Operand): Operand {
  if (isNullish(array) || isNullish(index)) return null;
  const list = arrayOf("$arrayElemAt", 28689, array);
  if (!isNumeric(index)) return fail(28690, "$arrayElemAt index", index, "an integer");
  const at = toInt32(index);
  if (at === undefined) return fail(28691, "$arrayElemAt index", index, "an integer of 32 bits");
  return list.at(at);
}

function edgeOf(name: string, array: Operand, at: number): Operand {
  return isNullish(array) ? null : arrayOf(name, 28689, array).at(at);
}

function concatArrays(values: readonly Operand[]): Operand {
  const result: Value[] = [];
  let isNull = false;
  for (const value of values) {
    if (isNullish(value)) isNull = true;
    else for (const element of arrayOf("$concatArrays", 28664, value)) result.push(element);
    if (isNull) return null;
  }
  return result;
}

function isIn(value: Operand, array: Operand): Operand {
  const list = arrayOf("$in", 40081, array);
  return value !== undefined && list.some((element) => compareValues(element, value) === 0);
}

function indexOf(values: readonly Operand[]): Operand {
  const [array, search, start, end] = values;
  if (isNullish(array)) return null;
  const list = arrayOf("$indexOfArray", 40090, array);
  const from = values.length < 3 ? 0 : indexBound(start);
  const to = values.length < 4 ? list.length : Math.min(indexBound(end), list.length);
  for (let i = from; i < to; i++) {
    if (search !== undefined && compareValues(list[i]!, search) === 0) return i;
  }
  return -1;
}

function indexBound(value: Operand): number {
  const bound = isNumeric(value) ? toInt32(value) : undefined;
  if (bound === undefined) return fail(9711600, "$indexOfArray bound", value, "an integer");
  return bound >= 0 ? bound : fail(9711601, "$indexOfArray bound", value, "an integer that is not negative");
}

function range([start, end, step]: readonly Operand[]): Operand {
  const integer = (name: string, value: Operand, notNumber: number, notInteger: number): number => {
    if (!isNumeric(value)) return fail(notNumber, `$range ${name}`, value, "an integer");
    return toInt32(value) ?? fail(notInteger, `$range ${name}`, value, "an integer of 32 bits");
  };
  const from = integer("start", start, 34443, 34444);
  const to = integer("end", end, 34445, 34446);
  const by = step === undefined ? 1 : integer("step", step, 34447, 34448);
  if (by === 0) fail(34449, "$range step", step, "a step that is not zero");
  const count = Math.max(0, Math.ceil((to - from) / by));
  if (count > MAX_RANGE) fail(146, "$range", count, `at most ${MAX_RANGE} elements`);
  return Array.from({ length: count }, (_, i) => from + i * by);
}

function slice(values: readonly Operand[]): Operand {
  const [array, first, second] = values;
  if (isNullish(array) || isNullish(first)) return null;
  const list = arrayOf("$slice", 28724, array);
  const integer = (value: Operand, notNumber: number, notInteger: number): number => {
    if (!isNumeric(value)) return fail(notNumber, "$slice", value, "an integer");
    return toInt32(value) ?? fail(notInteger, "$slice", value, "an integer of 32 bits");
  };
  const position = integer(first, 28725, 28726);
  if (values.length < 3) return position >= 0 ? list.slice(0, position) : list.slice(position);
  if (isNullish(second)) return null;
  const count = integer(second, 28727, 28728);
  if (count <= 0) fail(28729, "$slice count", second, "an integer above 0");
  const start = position >= 0 ? Math.min(position, list.length) : Math.max(0, list.length + position);
  return list.slice(start, start + count);
}

function compileZip(operand: Value, scope: Scope): Expression {
  const names = ["inputs", "useLongestLength", "defaults"];
  const codes = { notObject: 34460, unknown: 34464, missing: 34465 };
  const given = namedArguments("$zip", operand, names, ["inputs"], codes);
  const isLongest = given.useLongestLength ?? false;
  if (!Array.isArray(given.inputs)) return fail(34461, "$zip inputs", given.inputs, "an array");
  if (given.defaults !== undefined && !Array.isArray(given.defaults))
    fail(34462, "$zip defaults", given.defaults, "an array");
  if (typeof isLongest !== "boolean") fail(34463, "$zip useLongestLength", isLongest, "a boolean");
  const inputs = (given.inputs as readonly Value[]).map((input) => compile(input, scope));
  const defaults = ((given.defaults ?? []) as readonly Value[]).map((value) => compile(value, scope));
  if (inputs.length === 0) fail(34465, "$zip inputs", given.inputs, "at least one array");
  if (given.defaults !== undefined && isLongest !== true)
    fail(34466, "$zip", "defaults", "useLongestLength: true");
  if (given.defaults !== undefined && defaults.length !== inputs.length)
    fail(34467, "$zip defaults", defaults.length, "as many as inputs");
  return fold([...inputs, ...defaults], (context) => {
    const values = inputs.map((input) => input(context));
    const isNull = values.some((value) => {
      if (isNullish(value)) return true;
      arrayOf("$zip input", 34468, value);
      return false;
    });
    if (isNull) return null;
    const lists = values as (readonly Value[])[];
    const lengths = lists.map((list) => list.length);
    const length = isLongest ? Math.max(...lengths) : Math.min(...lengths);
    const fallbacks = inputs.map((_, i) => defaults[i]?.(context) ?? null);
    return Array.from({ length }, (_, i) => lists.map((list, k) => list[i] ?? fallbacks[k]!));
  });
}

/** Puts pairs of names and values into an object. */
export function objectFrom(pairs: Iterable<readonly [string, Value]>): Document {
  const result: Record<string, Value> = {};
  for (const [name, value] of pairs) setField(result, name, value);
  return result;
}
