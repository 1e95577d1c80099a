import { type Document, isDocument, type Value } from "../document/value.ts";
import { nearDistance } from "../mql/geo/operators.ts";
import { isOperatorObject } from "../mql/query/value-tests.ts";
import type { Condition, FieldLookup } from "./filter.ts";
import { parsePath, someAtPath } from "./path.ts";

const NO_NEAR = { test: undefined, near: undefined, condition: undefined };

/** Takes the field with `$near` out of a filter: it stands at the top alone, as it gives the order too. */
export function compileNear(filter: Document): {
  test: ((lookup: FieldLookup) => number | undefined) | undefined;
  near: { others: Document } | undefined;
  condition: Condition | undefined;
} {
  const path = isDocument(filter) ? pathOfNear(filter) : undefined;
  if (path === undefined) return compileNearInAnd(filter);
  const operators = filter[path] as Document;
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
  const others = Object.fromEntries(Object.entries(filter).filter(([name]) => name !== path));
  return { test, near: { others }, condition: { path, operator, operand: operators } };
}

function pathOfNear(filter: Document): string | undefined {
  for (const path in filter) {
    const value = filter[path]!;
    if (isOperatorObject(value) && (value.$near ?? value.$nearSphere) !== undefined) return path;
  }
  return undefined;
}

/** `$near` in a part of an `$and` at the top. */
function compileNearInAnd(filter: Document): ReturnType<typeof compileNear> {
  if (!(isDocument(filter) && Array.isArray(filter.$and))) return NO_NEAR;
  const parts = filter.$and as readonly Value[];
  const compiled = parts.map((part) => (isDocument(part) ? compileNear(part) : undefined));
  const at = compiled.findIndex((part) => part?.test !== undefined);
  if (at < 0) return NO_NEAR;
  const $and = parts.map((part, i) => (i === at ? compiled[at]!.near!.others : part));
  return { ...compiled[at]!, near: { others: { ...filter, $and } } };
}
