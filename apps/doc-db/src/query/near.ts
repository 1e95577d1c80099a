import { type Document, isDocument, type Value } from "../document/value.ts";
import { nearDistance } from "../mql/geo/operators.ts";
import { isOperatorObject } from "../mql/query/value-tests.ts";
import type { Condition, FieldLookup } from "./filter.ts";
import { parsePath, someAtPath } from "./path.ts";

/** Takes the field with `$near` out of a filter: it stands at the top alone, as it gives the order too. */
export function compileNear(filter: Document): {
  test: ((lookup: FieldLookup) => number | undefined) | undefined;
  near: { others: Document } | undefined;
  condition: Condition | undefined;
} {
  const fields = isDocument(filter) ? Object.entries(filter) : [];
  const found = fields.find(
    ([, value]) => isOperatorObject(value) && (value.$near ?? value.$nearSphere) !== undefined,
  );
  if (found === undefined) return compileNearInAnd(filter);
  const [path, operators] = found as [string, Document];
  const operator = operators.$near === undefined ? "$nearSphere" : "$near";
  const distanceOf = nearDistance(operator, operators);
  const parts = parsePath(path);
  const test = (lookup: FieldLookup): number | undefined => {
    let least: number | undefined;
    someAtPath(lookup(parts[0]!), parts, 1, (value) => {
      const distance = distanceOf(value);
      if (distance !== undefined) least = Math.min(least ?? distance, distance);
      return false;
    });
    return least;
  };
  const others = Object.fromEntries(fields.filter(([name]) => name !== path));
  return { test, near: { others }, condition: { path, operator, operand: operators } };
}

/** `$near` in a part of an `$and` at the top. */
function compileNearInAnd(filter: Document): ReturnType<typeof compileNear> {
  const parts = isDocument(filter) && Array.isArray(filter.$and) ? (filter.$and as readonly Value[]) : [];
  const compiled = parts.map((part) => (isDocument(part) ? compileNear(part) : undefined));
  const at = compiled.findIndex((part) => part?.test !== undefined);
  if (at < 0) return { test: undefined, near: undefined, condition: undefined };
  const $and = parts.map((part, i) => (i === at ? compiled[at]!.near!.others : part));
  return { ...compiled[at]!, near: { others: { ...filter, $and } } };
}
