/** The parts of a filter as tests. */
import { BSONRegExp } from "../document/bson-types.ts";
import { type Document, isDocument, type Value } from "../document/value.ts";
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
import { encodedTest } from "./encoded-tests.ts";
import type { Branch, Condition } from "./filter.ts";
import { withElements } from "./path.ts";
import {
  allOf,
  anyOf,
  atPath,
  checkDepth,
  existsTest,
  invalid,
  isIndexable,
  listOf,
  lookupOf,
  not,
  type Test,
  unknownOperator,
  wholeAtPath,
} from "./tests.ts";
import { parseTextQuery, type TextQuery } from "./text-query.ts";

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
const LOGICAL_OPERATORS = ["$and", "$or", "$nor", "$expr", "$jsonSchema", "$text", "$comment"] as const;

/** What is learned of a filter on the way: undefined where a match need not fulfil it. */
export interface Found {
  readonly conditions: Condition[];
  readonly ors: Branch[][];
  text: TextQuery | undefined;
}

/** Tests a document for all fields of a filter. */
export function compileDocument(filter: Value, found: Found | undefined, depth: number): Test {
  if (!isDocument(filter)) throw invalid("filter", filter, "an object");
  checkDepth(depth);
  const tests = Object.entries(filter).map(([name, operand]) =>
    name.startsWith("$")
      ? compileLogical(name, operand, found, depth)
      : compileField(name, operand, found, depth),
  );
  return allOf(tests);
}

function compileLogical(name: string, operand: Value, found: Found | undefined, depth: number): Test {
  if (!(LOGICAL_OPERATORS as readonly string[]).includes(name))
    throw unknownOperator(name, LOGICAL_OPERATORS);
  if (name === "$comment") return () => true;
  if (name === "$text") {
    if (found === undefined || found.text !== undefined) throw invalid("$text", operand, "one, at the top");
    found.text = parseTextQuery(operand);
    return () => true;
  }
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
  const parts = operand as readonly Value[];
  if (name === "$or" && found !== undefined) return compileOr(parts, found, depth);
  const tests = parts.map((filter) =>
    compileDocument(filter, name === "$and" ? found : undefined, depth + 1),
  );
  if (name === "$and") return allOf(tests);
  if (name === "$or") return (lookup) => tests.some((test) => test(lookup));
  return (lookup) => !tests.some((test) => test(lookup));
}

function compileOr(parts: readonly Value[], found: Found, depth: number): Test {
  const branches = parts.map((filter): Branch => {
    const inner: Found = { conditions: [], ors: [], text: undefined };
    const test = compileDocument(filter, inner, depth + 1);
    if (inner.text !== undefined) throw invalid("$text", filter, "no $or around it");
    return { test, conditions: inner.conditions };
  });
  found.ors.push(branches);
  return (lookup) => branches.some(({ test }) => test(lookup));
}

function compileField(path: string, operand: Value, found: Found | undefined, depth: number): Test {
  if (operand instanceof BSONRegExp) return atPath(path, equalityTest(operand));
  if (!isOperatorObject(operand)) return compileOperator(path, "$eq", operand, found, depth);
  const { $regex, $options } = operand;
  const names = Object.keys(operand).filter((name) => name !== "$options");
  if ($options !== undefined && $regex === undefined)
    throw invalid("$options", $options, "a $regex beside it");
  return allOf(
    names.map((name) =>
      name === "$regex"
        ? atPath(path, regexTest($regex!, $options, Object.keys(operand)[0] === "$options"))
        : compileOperator(path, name, operand[name]!, found, depth),
    ),
  );
}

function compileOperator(
  path: string,
  name: string,
  operand: Value,
  found: Found | undefined,
  depth: number,
): Test {
  checkDepth(depth);
  switch (name) {
    case "$eq":
    case "$gt":
    case "$gte":
    case "$lt":
    case "$lte":
      if (isIndexable(operand)) found?.conditions.push({ path, operator: name, operand });
      return comparisonAt(path, name, operand);
    case "$in":
      if (listOf(name, operand).every(isIndexable)) found?.conditions.push({ path, operator: name, operand });
      return atPath(path, anyOf(listOf(name, operand)));
    case "$ne":
      if (operand instanceof BSONRegExp) throw invalid(name, operand, "no regex; $not has one");
      return not(atPath(path, equalityTest(operand)));
    case "$nin":
      return not(atPath(path, anyOf(listOf(name, operand))));
    case "$exists":
      if (isTruthy(operand)) found?.conditions.push({ path, operator: name, operand: true });
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
      return allTest(path, operand, found, depth);
    case "$geoWithin":
    case "$within": {
      const test = wholeAtPath(path, geoWithinTest(operand));
      found?.conditions.push({ path, operator: "$geoWithin", operand });
      return test;
    }
    case "$geoIntersects": {
      const test = wholeAtPath(path, geoIntersectsTest(operand));
      found?.conditions.push({ path, operator: name, operand });
      return test;
    }
    case "$near":
    case "$nearSphere":
      throw invalid(name, operand, "no other place than a field at the top of the filter");
  }
  throw unknownOperator(name, FIELD_OPERATORS);
}

function comparisonAt(path: string, name: Comparison, operand: Value): Test {
  const test = comparisonTest(name, operand);
  const onValue = (value: Value | undefined): boolean => withElements(value, test);
  return encodedTest(path, name, operand, onValue) ?? atPath(path, test);
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

function allTest(path: string, operand: Value, found: Found | undefined, depth: number): Test {
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
      if (isIndexable(value)) found?.conditions.push({ path, operator: "$eq", operand: value });
      return atPath(path, equalityTest(value));
    }),
  );
}
