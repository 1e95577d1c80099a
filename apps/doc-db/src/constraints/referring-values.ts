/** The values of a field that refer to other documents: found, and replaced. */
import { type Document, isDocument, setField, type Value } from "../document/value.ts";
import { compareValues } from "../keys/compare.ts";
import { someAtPath } from "../query/path.ts";

/** The values at a path but null; of arrays their elements. */
export function referringValues(document: Document, parts: readonly string[]): Value[] {
  const values: Value[] = [];
  someAtPath(document, parts, 0, (value) => {
    if (Array.isArray(value)) values.push(...(value as readonly Value[]));
    else if (value !== undefined) values.push(value);
    return false;
  });
  return values.filter((value) => value !== null);
}

/** Puts another value wherever a path leads to an equal one; null for one takes it out of arrays. */
export function replaceReferring(
  document: Document,
  parts: readonly string[],
  value: Value,
  next: Value,
): Document {
  return replaceAt(document, parts, 0, value, next) as Document;
}

function replaceAt(at: Value, parts: readonly string[], from: number, value: Value, next: Value): Value {
  if (Array.isArray(at)) {
    const elements = at as readonly Value[];
    if (from < parts.length) return elements.map((element) => replaceAt(element, parts, from, value, next));
    const kept = next === null ? elements.filter((element) => compareValues(element, value) !== 0) : elements;
    return kept.map((element) => (compareValues(element, value) === 0 ? next : element));
  }
  if (from === parts.length) return compareValues(at, value) === 0 ? next : at;
  if (!isDocument(at)) return at;
  const result: Record<string, Value> = {};
  for (const [name, field] of Object.entries(at))
    setField(result, name, name === parts[from] ? replaceAt(field, parts, from + 1, value, next) : field);
  return result;
}
