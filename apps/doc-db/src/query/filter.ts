import { nearestName } from "@millrace/base";
import { BSONRegExp } from "../document/bson-types.ts";
import { type Document, getField, isDocument, rankOf, TYPE_RANK, type Value } from "../document/value.ts";
import { LanguageError } from "../mql/error.ts";
import { compileExpression, contextFor } from "../mql/expr/index.ts";
import { geoIntersectsTest, geoWithinTest } from "../mql/geo/operators.ts";
import { jsonSchemaTest } from "../mql/query/json-schema.ts";
import {
  bitsTest,
  equalityTest,
  isOperatorObject,
  modTest,
  regexTest,
  sizeTest,
  typeTest,
  type ValueTest,
} from "../mql/query/value-tests.ts";
import { isTruthy } from "../mql/types.ts";
import { COMPARISONS, type Comparison, comparisonTest } from "./comparison.ts";
import { compileNear } from "./near.ts";
import { parsePath, someAtPath, withElements } from "./path.ts";

/** Gives a document's top-level field; undefined where there is none. */
export interface FieldLookup {
  (name: string): Value | undefined;
  /** The whole document, for `$expr` and `$jsonSchema`; decoded when it is asked for. */
  readonly whole: () => Document;
}

/** A condition on one path that every match fulfils; what an index can help with. */
export interface Condition {
  readonly path: string;
  readonly operator: Comparison | "$in";
  /** For `$in` an array. */
  readonly operand: Value;
}

/** A filter as a function, with the conditions that a plan can use. */
export interface CompiledFilter {
  matches(lookup: FieldLookup): boolean;
  readonly conditions: readonly Condition[];
  /** How far a match is from where `$near` looks: the order of the matches. */
  readonly distance: ((lookup: FieldLookup) => number) | undefined;
}

type Test = (lookup: FieldLookup) => boolean;

/** Filters and operators inside each other, at the most: a deeper filter is an attack or a mistake. */
const MAX_FILTER_DEPTH = 100;
const BITS = ["$bitsAllSet", "$bitsAllClear", "$bitsAnySet", "$bitsAnyClear"] as const;
const FIELD_OPERATORS = [
  ...COMPARISONS,
  ...BITS,
  "$ne",
  "$in",
  "$nin",
  "$exists",
  "$not",
  "$type",
  "$mod",
  "$regex",
  "$options",
  "$size",
  "$all",
  "$elemMatch",
  "$geoWithin",
  "$geoIntersects",
  "$near",
  "$nearSphere",
] as const;
const LOGICAL_OPERATORS = ["$and", "$or", "$nor", "$expr", "$jsonSchema", "$comment"] as const;

/**
 * Compiles a filter of MongoDB's language; the README has the list of operators.
 * @throws LanguageError `DOCDB_QUERY_INVALID` for an operator that there is not, or operands that it does not take
 * @example
 * matchesDocument(compileFilter({ age: { $gte: 18 } }), person);
 */
export function compileFilter(filter: Document): CompiledFilter {
  const { test, near } = compileNear(filter);
  const conditions: Condition[] = [];
  const others = compileDocument(near?.others ?? filter, conditions, 0);
  if (test === undefined) return { matches: others, conditions, distance: undefined };
  const matches = (lookup: FieldLookup): boolean => others(lookup) && test(lookup) !== undefined;
  return { matches, conditions, distance: (lookup) => test(lookup) ?? Number.POSITIVE_INFINITY };
}

/** As a filter that looks into a document in memory. */
export function matchesDocument(filter: CompiledFilter, document: Document): boolean {
  return filter.matches(lookupOf(document));
}

/** A lookup into a document in memory. */
export function lookupOf(document: Document): FieldLookup {
  return Object.assign((name: string) => getField(document, name), { whole: () => document });
}

function compileDocument(filter: Value, conditions: Condition[] | undefined, depth: number): Test {
  if (!isDocument(filter)) throw invalid("filter", filter, "an object");
  checkDepth(depth);
  const tests = Object.entries(filter).map(([name, operand]) =>
    name.startsWith("$")
      ? compileLogical(name, operand, conditions, depth)
      : compileField(name, operand, conditions, depth),
  );
  return allOf(tests);
}

function compileLogical(
  name: string,
  operand: Value,
  conditions: Condition[] | undefined,
  depth: number,
): Test {
  if (!(LOGICAL_OPERATORS as readonly string[]).includes(name))
    throw unknownOperator(name, LOGICAL_OPERATORS);
  if (name === "$comment") return () => true;
  if (name === "$expr") {
    const expression = compileExpression(operand);
    return (lookup) => isTruthy(expression(contextFor(lookup.whole(), new Date())));
  }
  if (name === "$jsonSchema") {
    const isValid = jsonSchemaTest(operand);
    return (lookup) => isValid(lookup.whole());
  }
  if (!Array.isArray(operand) || operand.length === 0)
    throw invalid(name, operand, "an array of at least one filter");
  const tests = (operand as readonly Value[]).map((filter) =>
    compileDocument(filter, name === "$and" ? conditions : undefined, depth + 1),
  );
  if (name === "$and") return allOf(tests);
  if (name === "$or") return (lookup) => tests.some((test) => test(lookup));
  return (lookup) => !tests.some((test) => test(lookup));
}

function compileField(
  path: string,
  operand: Value,
  conditions: Condition[] | undefined,
  depth: number,
): Test {
  if (operand instanceof BSONRegExp) return atPath(path, equalityTest(operand));
  if (!isOperatorObject(operand)) return compileOperator(path, "$eq", operand, conditions, depth);
  const { $regex, $options } = operand;
  const names = Object.keys(operand).filter((name) => name !== "$options");
  if ($options !== undefined && $regex === undefined)
    throw invalid("$options", $options, "a $regex beside it");
  return allOf(
    names.map((name) =>
      name === "$regex"
        ? atPath(path, regexTest($regex!, $options, Object.keys(operand)[0] === "$options"))
        : compileOperator(path, name, operand[name]!, conditions, depth),
    ),
  );
}

function compileOperator(
  path: string,
  name: string,
  operand: Value,
  conditions: Condition[] | undefined,
  depth: number,
): Test {
  checkDepth(depth);
  switch (name) {
    case "$eq":
    case "$gt":
    case "$gte":
    case "$lt":
    case "$lte":
      if (isIndexable(operand)) conditions?.push({ path, operator: name, operand });
      return atPath(path, comparisonTest(name, operand));
    case "$in":
      if (listOf(name, operand).every(isIndexable)) conditions?.push({ path, operator: name, operand });
      return atPath(path, anyOf(listOf(name, operand)));
    case "$ne":
      if (operand instanceof BSONRegExp) throw invalid(name, operand, "no regex; $not has one");
      return not(atPath(path, equalityTest(operand)));
    case "$nin":
      return not(atPath(path, anyOf(listOf(name, operand))));
    case "$exists":
      return existsTest(path, isTruthy(operand));
    case "$not":
      if (operand instanceof BSONRegExp) return not(atPath(path, equalityTest(operand)));
      if (!isOperatorObject(operand)) throw invalid(name, operand, "an object of operators, or a regex");
      return not(compileField(path, operand, undefined, depth + 1));
    case "$type":
      return atPath(path, typeTest(operand));
    case "$mod":
      return atPath(path, modTest(operand));
    case "$bitsAllSet":
    case "$bitsAllClear":
    case "$bitsAnySet":
    case "$bitsAnyClear":
      return atPath(path, bitsTest(name, operand));
    case "$size":
      return wholeAtPath(path, sizeTest(operand));
    case "$elemMatch":
      return wholeAtPath(path, elementTest(operand, depth));
    case "$all":
      return allTest(path, operand, depth);
    case "$geoWithin":
    case "$within":
      return wholeAtPath(path, geoWithinTest(operand));
    case "$geoIntersects":
      return wholeAtPath(path, geoIntersectsTest(operand));
    case "$near":
    case "$nearSphere":
      throw invalid(name, operand, "no other place than a field at the top of the filter");
  }
  throw unknownOperator(name, FIELD_OPERATORS);
}

function atPath(path: string, test: (value: Value | undefined) => boolean): Test {
  const parts = parsePath(path);
  const onValue = (value: Value | undefined): boolean => withElements(value, test);
  if (parts.length === 1) return (lookup) => onValue(lookup(path));
  return (lookup) => someAtPath(lookup(parts[0]!), parts, 1, onValue);
}

/** A test of what is at a path as a whole: an array is not looked into. */
function wholeAtPath(path: string, test: ValueTest): Test {
  const parts = parsePath(path);
  return (lookup) => someAtPath(lookup(parts[0]!), parts, 1, test);
}

/** `$elemMatch`: some element fulfils all conditions, which are on the element itself or on its fields. */
function elementTest(operand: Value, depth: number): ValueTest {
  if (!isDocument(operand)) throw invalid("$elemMatch", operand, "an object");
  const first = Object.keys(operand)[0];
  const isOnValue = isOperatorObject(operand) && !(LOGICAL_OPERATORS as readonly string[]).includes(first!);
  if (isOnValue) {
    // The element stands for a field of its own; it is not looked into when it is an array.
    const test = compileField(ELEMENT, operand, undefined, depth + 1);
    return (value) =>
      Array.isArray(value) &&
      (value as readonly Value[]).some((element) => test(lookupOf({ [ELEMENT]: element })));
  }
  const test = compileDocument(operand, undefined, depth + 1);
  return (value) =>
    Array.isArray(value) &&
    (value as readonly Value[]).some((element) => {
      if (isDocument(element)) return test(lookupOf(element));
      return (
        Array.isArray(element) && test(lookupOf({ ...(element as readonly Value[]) } as unknown as Document))
      );
    });
}

const ELEMENT = "element";

function allTest(path: string, operand: Value, depth: number): Test {
  if (!Array.isArray(operand)) throw invalid("$all", operand, "an array");
  const list = operand as readonly Value[];
  if (list.length === 0) return () => false;
  const isElementMatch = (value: Value): boolean =>
    isDocument(value) && Object.keys(value)[0] === "$elemMatch";
  if (list.some(isElementMatch) && !list.every(isElementMatch))
    throw invalid("$all", operand, "$elemMatch in all places, or in none");
  return allOf(
    list.map((value) => {
      if (isElementMatch(value))
        return wholeAtPath(path, elementTest((value as Document).$elemMatch!, depth + 1));
      if (isOperatorObject(value)) throw invalid("$all", value, "values");
      return atPath(path, equalityTest(value));
    }),
  );
}

/** Whether an index finds all values that an operand matches. */
function isIndexable(operand: Value): boolean {
  const rank = rankOf(operand);
  return rank !== TYPE_RANK.regex && rank !== TYPE_RANK.minKey && rank !== TYPE_RANK.maxKey;
}

function existsTest(path: string, isWanted: boolean): Test {
  const parts = parsePath(path);
  return (lookup) => someAtPath(lookup(parts[0]!), parts, 1, (value) => value !== undefined) === isWanted;
}

function anyOf(operands: readonly Value[]): (value: Value | undefined) => boolean {
  const tests = operands.map(equalityTest);
  return (value) => tests.some((test) => test(value));
}

function listOf(name: string, operand: Value): readonly Value[] {
  if (!Array.isArray(operand)) throw invalid(name, operand, "an array");
  for (const value of operand as readonly Value[]) {
    if (isOperatorObject(value)) throw invalid(name, value, "values, no operators, in its array");
  }
  return operand as readonly Value[];
}

function allOf(tests: readonly Test[]): Test {
  if (tests.length === 1) return tests[0]!;
  return (lookup) => tests.every((test) => test(lookup));
}

function not(test: Test): Test {
  return (lookup) => !test(lookup);
}

function checkDepth(depth: number): void {
  if (depth > MAX_FILTER_DEPTH) throw invalid("filter depth", depth, `at most ${MAX_FILTER_DEPTH} levels`);
}

function unknownOperator(name: string, known: readonly string[]): LanguageError {
  const hint = nearestName(name, known);
  const expected = hint === undefined ? `one of ${known.join(", ")}` : `"${hint}", perhaps`;
  return new LanguageError(2, "filter operator", name, expected);
}

function invalid(what: string, received: unknown, expected: string): LanguageError {
  return new LanguageError(2, what === "filter" ? what : `filter ${what}`, received, expected);
}
