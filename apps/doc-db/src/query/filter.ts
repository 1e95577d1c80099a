import { InvalidArgumentError, nearestName } from "@millrace/base";
import { type Document, getField, isDocument, type Value } from "../document/value.ts";
import { COMPARISONS, type Comparison, comparisonTest } from "./comparison.ts";
import { parsePath, someAtPath, withElements } from "./path.ts";

/** Gives a document's top-level field; undefined where there is none. */
export type FieldLookup = (name: string) => Value | undefined;

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
}

type Test = (lookup: FieldLookup) => boolean;

/** Filters and operators inside each other, at the most: a deeper filter is an attack or a mistake. */
const MAX_FILTER_DEPTH = 100;
const FIELD_OPERATORS = [...COMPARISONS, "$ne", "$in", "$nin", "$exists", "$not"] as const;
const LOGICAL_OPERATORS = ["$and", "$or", "$nor"] as const;

/**
 * Compiles a filter of MongoDB's language: equality, `$eq $ne $gt $gte $lt $lte $in $nin $exists $not $and $or $nor`.
 * @throws InvalidArgumentError `DOCDB_OPERATOR_UNKNOWN` for any other operator, `DOCDB_FILTER_INVALID` for operands that
 *   an operator does not take
 * @example
 * compileFilter({ age: { $gte: 18 } }).matches((name) => person[name]);
 */
export function compileFilter(filter: Document): CompiledFilter {
  const conditions: Condition[] = [];
  const test = compileDocument(filter, conditions, 0);
  return { matches: test, conditions };
}

/** As a filter that looks into a document in memory. */
export function matchesDocument(filter: CompiledFilter, document: Document): boolean {
  return filter.matches((name) => getField(document, name));
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
  if (!isOperatorObject(operand)) return compileOperator(path, "$eq", operand, conditions, depth);
  return allOf(
    Object.entries(operand).map(([name, value]) => compileOperator(path, name, value, conditions, depth)),
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
      conditions?.push({ path, operator: name, operand });
      return atPath(path, comparisonTest(name, operand));
    case "$in":
      conditions?.push({ path, operator: name, operand: listOf(name, operand) });
      return atPath(path, anyOf(listOf(name, operand)));
    case "$ne":
      return not(atPath(path, comparisonTest("$eq", operand)));
    case "$nin":
      return not(atPath(path, anyOf(listOf(name, operand))));
    case "$exists":
      return existsTest(path, isTruthy(operand));
    case "$not":
      if (!isOperatorObject(operand)) throw invalid(name, operand, "an object of operators");
      return not(compileField(path, operand, undefined, depth + 1));
  }
  throw unknownOperator(name, FIELD_OPERATORS);
}

function atPath(path: string, test: (value: Value | undefined) => boolean): Test {
  const parts = parsePath(path);
  const onValue = (value: Value | undefined): boolean => withElements(value, test);
  if (parts.length === 1) return (lookup) => onValue(lookup(path));
  return (lookup) => someAtPath(lookup(parts[0]!), parts, 1, onValue);
}

function existsTest(path: string, isWanted: boolean): Test {
  const parts = parsePath(path);
  return (lookup) => someAtPath(lookup(parts[0]!), parts, 1, (value) => value !== undefined) === isWanted;
}

function anyOf(operands: readonly Value[]): (value: Value | undefined) => boolean {
  const tests = operands.map((operand) => comparisonTest("$eq", operand));
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

/** An object whose first field is an operator; `{}` and `{ a: 1 }` are values to be equal to. */
function isOperatorObject(value: Value): value is Document {
  return isDocument(value) && Object.keys(value)[0]?.startsWith("$") === true;
}

function isTruthy(value: Value): boolean {
  return value !== null && value !== false && value !== 0 && value !== 0n;
}

function checkDepth(depth: number): void {
  if (depth > MAX_FILTER_DEPTH) throw invalid("filter depth", depth, `at most ${MAX_FILTER_DEPTH} levels`);
}

function unknownOperator(name: string, known: readonly string[]): InvalidArgumentError {
  const hint = nearestName(name, known);
  const expected = hint === undefined ? `one of ${known.join(", ")}` : `"${hint}", perhaps`;
  return new InvalidArgumentError("DOCDB_OPERATOR_UNKNOWN", "filter operator", name, expected);
}

function invalid(what: string, received: unknown, expected: string): InvalidArgumentError {
  return new InvalidArgumentError(
    "DOCDB_FILTER_INVALID",
    what === "filter" ? what : `filter ${what}`,
    received,
    expected,
  );
}
