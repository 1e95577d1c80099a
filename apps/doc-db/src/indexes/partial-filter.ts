/** Filters of partial indexes: which there may be, and which queries they answer. */
import { type Document, isDocument, rankOf, type Value } from "../document/value.ts";
import { type CompareValues, plainValues } from "../mql/collation.ts";
import { fail } from "../mql/error.ts";
import { isOperatorObject } from "../mql/query/value-tests.ts";
import { isTruthy, typeName } from "../mql/types.ts";
import { type Condition, compileFilter } from "../query/filter.ts";

const OPERATORS = [
  "$eq",
  "$gt",
  "$gte",
  "$lt",
  "$lte",
  "$in",
  "$exists",
  "$type",
  "$all",
  "$geoWithin",
  "$geoIntersects",
];
const MAX_DEPTH = 4;

/** @throws LanguageError 14, 67 or 2 for an expression that no index may have */
export function checkPartialFilter(expression: Value): void {
  if (!isDocument(expression)) fail(14, "partialFilterExpression", expression, "an object");
  checkClauses(expression, 0);
  compileFilter(expression);
}

function checkClauses(expression: Document, depth: number): void {
  if (depth > MAX_DEPTH) fail(67, "partialFilterExpression", depth, `at most ${MAX_DEPTH} levels`);
  for (const [name, operand] of Object.entries(expression)) {
    if (name === "$and" || name === "$or") {
      if (Array.isArray(operand))
        for (const part of operand as readonly Value[]) if (isDocument(part)) checkClauses(part, depth + 1);
      continue;
    }
    if (name.startsWith("$"))
      fail(67, "partialFilterExpression", name, `$and, $or, or ${OPERATORS.join(", ")}`);
    if (!isOperatorObject(operand)) continue;
    for (const [operator, value] of Object.entries(operand)) {
      if (!OPERATORS.includes(operator) || (operator === "$exists" && !isTruthy(value)))
        fail(67, `partialFilterExpression ${name}`, operator, `one of ${OPERATORS.join(", ")}`);
    }
  }
}

/** Whether all documents that fulfil some conditions fulfil an expression too; false when that is not plain to see. */
export function doImply(
  conditions: readonly Condition[],
  expression: Document,
  compare: CompareValues = plainValues,
): boolean {
  return Object.entries(expression).every(([name, operand]) => {
    if (name === "$and" || name === "$or") {
      const parts = operand as readonly Document[];
      const isImplied = (part: Document): boolean => doImply(conditions, part, compare);
      return name === "$and" ? parts.every(isImplied) : parts.some(isImplied);
    }
    const onPath = conditions.filter(({ path }) => path === name);
    const clauses: [string, Value][] = isOperatorObject(operand)
      ? Object.entries(operand)
      : [["$eq", operand]];
    return clauses.every(([operator, value]) =>
      onPath.some((condition) => doesImply(condition, operator, value, compare)),
    );
  });
}

function doesImply(
  { operator, operand }: Condition,
  wanted: string,
  value: Value,
  compare: CompareValues,
): boolean {
  if (operator === "$in" || operator === "$eq") {
    const values = operator === "$eq" ? [operand] : (operand as readonly Value[]);
    return values.every((each) => isFulfilled(each, wanted, value, compare));
  }
  if (wanted === "$exists") return operator === "$exists" || (isBound(operator) && operand !== null);
  if (operator === wanted && compare(operand, value) === 0) return true;
  if (!isBound(operator) || !isBound(wanted) || rankOf(operand) !== rankOf(value)) return false;
  const order = compare(operand, value);
  if (wanted === "$gt" || wanted === "$gte")
    return (
      operator.startsWith("$gt") && (order > 0 || (order === 0 && (wanted === "$gte" || operator === "$gt")))
    );
  return (
    operator.startsWith("$lt") && (order < 0 || (order === 0 && (wanted === "$lte" || operator === "$lt")))
  );
}

function isBound(operator: string): boolean {
  return operator === "$gt" || operator === "$gte" || operator === "$lt" || operator === "$lte";
}

/** Whether a value, which for null may be missing too, fulfils a clause. */
function isFulfilled(value: Value, wanted: string, operand: Value, compare: CompareValues): boolean {
  switch (wanted) {
    case "$exists":
      return value !== null;
    case "$eq":
      return compare(value, operand) === 0;
    case "$in":
      return (operand as readonly Value[]).some((other) => compare(value, other) === 0);
    case "$type":
      return (
        value !== null &&
        (operand === typeName(value) || (operand === "number" && rankOf(value) === rankOf(0)))
      );
  }
  if (!isBound(wanted) || rankOf(value) !== rankOf(operand)) return false;
  const order = compare(value, operand);
  if (order === 0) return wanted === "$gte" || wanted === "$lte";
  // NaN is beside all order.
  if (Number.isNaN(Number(value as number)) && typeof value !== "string") return false;
  return wanted.startsWith("$gt") ? order > 0 : order < 0;
}
