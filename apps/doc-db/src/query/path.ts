import { getField, isDocument, type Value } from "../document/value.ts";

/** Splits "a.b.0" into its parts. */
export function parsePath(path: string): readonly string[] {
  return path.split(".");
}

/**
 * Whether `test` holds for any value that a path leads to, MongoDB's way: a part names a field of an object, an
 * element of an array by its number, or a field of every object in an array.
 * @param test - is given undefined where the path ends early
 */
export function someAtPath(
  value: Value | undefined,
  parts: readonly string[],
  from: number,
  test: (value: Value | undefined) => boolean,
): boolean {
  if (from === parts.length) return test(value);
  const part = parts[from]!;
  if (Array.isArray(value)) {
    const array = value as readonly Value[];
    if (/^(0|[1-9]\d*)$/.test(part) && Number(part) < array.length) {
      if (someAtPath(array[Number(part)], parts, from + 1, test)) return true;
    }
    return array.some(
      (element) => isDocument(element) && someAtPath(getField(element, part), parts, from + 1, test),
    );
  }
  return isDocument(value) ? someAtPath(getField(value, part), parts, from + 1, test) : test(undefined);
}

/** A value and, of an array, its elements: what an index holds of it, and what a comparison looks at. */
export function withElements(value: Value | undefined, test: (value: Value | undefined) => boolean): boolean {
  if (test(value)) return true;
  return Array.isArray(value) && (value as readonly Value[]).some(test);
}
