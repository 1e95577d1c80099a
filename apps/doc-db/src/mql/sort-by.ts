/** Sorting by the elements themselves or by their fields: `$sortArray` and the `$sort` of `$push`. */
import { isDocument, type Value } from "../document/value.ts";
import { compareValues } from "../keys/compare.ts";
import { fail } from "./error.ts";
import { getPath } from "./expr/field-path.ts";
import { compareOperands } from "./expr/logic.ts";
import { isNumeric, toInt64 } from "./number.ts";

/** Numbers of the errors of a sort that is not understood. */
export interface SortByCodes {
  /** A pattern of fields that is empty or has other directions than 1 and -1. */
  readonly pattern: number;
  /** A number other than 1 and -1. */
  readonly number: number;
  /** Neither a number nor an object. */
  readonly type: number;
}

/** Makes a stable sort of arrays. @throws LanguageError with one of the codes */
export function compileSortBy(
  name: string,
  sortBy: Value,
  codes: SortByCodes,
): (list: readonly Value[]) => Value[] {
  if (isNumeric(sortBy)) {
    const direction = directionOf(sortBy) ?? fail(codes.number, `${name} order`, sortBy, "1 or -1");
    return (list) => list.toSorted((a, b) => compareValues(a, b) * direction);
  }
  if (!isDocument(sortBy)) return fail(codes.type, `${name} order`, sortBy, "1, -1 or an object of fields");
  const fields = Object.entries(sortBy).map(([path, order]) => {
    const direction = isNumeric(order) ? directionOf(order) : undefined;
    if (direction === undefined) fail(codes.pattern, `${name} order of ${path}`, order, "1 or -1");
    if (path === "" || path.split(".").includes("")) fail(codes.pattern, `${name} field`, path, "a path");
    return { parts: path.split("."), direction };
  });
  if (fields.length === 0) fail(codes.pattern, `${name} order`, sortBy, "at least one field");
  return (list) =>
    list.toSorted((a, b) => {
      for (const { parts, direction } of fields) {
        const order = compareOperands(keyAt(a, parts), keyAt(b, parts));
        if (order !== 0) return order * direction;
      }
      return 0;
    });
}

function keyAt(element: Value, parts: readonly string[]): Value {
  return (isDocument(element) ? getPath(element, parts, 0) : undefined) ?? null;
}

function directionOf(order: Value): 1 | -1 | undefined {
  const direction = isNumeric(order) ? toInt64(order) : undefined;
  if (direction === 1n) return 1;
  return direction === -1n ? -1 : undefined;
}
