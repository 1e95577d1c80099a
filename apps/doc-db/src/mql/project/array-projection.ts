/** The projections of `find` that cut arrays: `$slice`, `$elemMatch` and the positional one. */
import { type Document, isDocument, type Value } from "../../document/value.ts";
import { compileFilter, matchesDocument } from "../../query/filter.ts";
import { fail } from "../error.ts";
import { isNumeric, type Numeric, toNumber } from "../number.ts";
import { matchedIndex } from "../update/positional.ts";

/** Gives what stays of an array; undefined where the field goes. */
export type ArrayProjection = (value: Value, document: Document) => Value | undefined;

/** @throws LanguageError for operands that are not taken */
export function arrayProjection(
  operator: "$slice" | "$elemMatch" | "$",
  operand: Value,
  parts: readonly string[],
  filter: Document,
): ArrayProjection {
  if (operator === "$slice") return slice(operand);
  return operator === "$elemMatch" ? elemMatch(operand, parts) : positional(parts, filter);
}

function slice(operand: Value): ArrayProjection {
  const list = Array.isArray(operand) ? (operand as readonly Value[]) : [operand];
  if (Array.isArray(operand) && (list.length < 2 || list.length > 2))
    fail(28724, "$slice", operand, "a number, or an array of two");
  const [first, second] = list.map((value) =>
    isNumeric(value) ? integerOf(value) : fail(28724, "$slice", value, "numbers"),
  );
  if (second !== undefined && second <= 0) fail(28724, "$slice", operand, "a count above 0");
  return (value) => {
    if (!Array.isArray(value)) return value;
    const array = value as readonly Value[];
    if (second === undefined) return first! >= 0 ? array.slice(0, first) : array.slice(first);
    const start = first! >= 0 ? first! : Math.max(0, array.length + first!);
    return array.slice(start, start + second);
  };
}

/** Cut to an integer of 32 bits. */
function integerOf(value: Numeric): number {
  const number = Math.trunc(toNumber(value));
  return Number.isNaN(number) ? 0 : Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, number));
}

function elemMatch(operand: Value, parts: readonly string[]): ArrayProjection {
  if (!isDocument(operand)) return fail(31274, "$elemMatch", operand, "an object");
  if (parts.length > 1) fail(31275, "$elemMatch", parts.join("."), "a field without dots");
  if (operand.$expr !== undefined) fail(2, "$elemMatch", "$expr", "conditions on the elements");
  const filter = compileFilter({ array: { $elemMatch: operand } });
  return (value) => {
    if (!Array.isArray(value)) return undefined;
    const found = (value as readonly Value[]).find((element) =>
      matchesDocument(filter, { array: [element] }),
    );
    return found === undefined ? undefined : [found];
  };
}

function positional(parts: readonly string[], filter: Document): ArrayProjection {
  return (value, document) => {
    if (!Array.isArray(value)) return value;
    const index = matchedIndex(document, parts, filter);
    const array = value as readonly Value[];
    if (index === undefined || index >= array.length)
      return fail(51246, "positional projection", parts.join("."), "a filter on that array");
    return [array[index]!];
  };
}
