import { type Document, isDocument, type Value } from "../document/value.ts";

const LOWER = new Set(["$gt", "$gte"]);
const UPPER = new Set(["$lt", "$lte"]);

/** Longer text may have a key that is cut. */
const MAX_TEXT = 80;

/**
 * The field that a filter is about, where the keys of an index on it say all that the filter asks: one value, or a
 * range of numbers.
 *
 * A range has a lower end, as NaN comes before all numbers in an index and fulfils no comparison. Null also matches
 * what is missing, and other types have rules of their own: there the documents decide.
 */
export function exactFieldOf(filter: Document): string | undefined {
  const names = Object.keys(filter);
  const [name] = names;
  if (names.length !== 1 || name === undefined || name.startsWith("$")) return undefined;
  const operand = filter[name]!;
  if (isPlain(operand)) return name;
  if (!isDocument(operand)) return undefined;
  const operators = Object.keys(operand);
  if (operators.length === 1 && operators[0] === "$eq") return isPlain(operand.$eq!) ? name : undefined;
  const isRange = operators.every((each) => (LOWER.has(each) || UPPER.has(each)) && isNumber(operand[each]!));
  return isRange && operators.some((each) => LOWER.has(each)) ? name : undefined;
}

function isPlain(value: Value): boolean {
  if (typeof value === "string") return value.length <= MAX_TEXT;
  return typeof value === "boolean" || isNumber(value);
}

function isNumber(value: Value): boolean {
  return typeof value === "number" && !Number.isNaN(value);
}
