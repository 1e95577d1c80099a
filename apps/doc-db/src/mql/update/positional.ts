import { type Document, getField, isDocument, setField, type Value } from "../../document/value.ts";
import { compileFilter, matchesDocument } from "../../query/filter.ts";

/** The index of the first element of an array that fulfils what a filter asks of the array; undefined without one. */
export function matchedIndex(
  document: Document,
  parts: readonly string[],
  filter: Document,
): number | undefined {
  const path = parts.join(".");
  const about = conditionsOn(filter, path);
  const array = valueAt(document, parts);
  if (about.length === 0 || !Array.isArray(array)) return undefined;
  const compiled = compileFilter({ $and: about });
  const index = (array as readonly Value[]).findIndex((element) => {
    // As if the array held that element alone.
    return matchesDocument(compiled, withValueAt(document, parts, 0, [element]) as Document);
  });
  return index < 0 ? undefined : index;
}

function conditionsOn(filter: Document, path: string): Document[] {
  return Object.entries(filter).flatMap(([name, condition]): Document[] => {
    if (name === path || name.startsWith(`${path}.`)) return [{ [withoutIndex(name, path)]: condition }];
    if ((name === "$and" || name === "$or") && Array.isArray(condition)) {
      const inner = (condition as readonly Value[]).map((part) =>
        isDocument(part) ? conditionsOn(part, path) : [],
      );
      if (name === "$and") return inner.flat();
      const some = inner.filter((part) => part.length > 0).map((part) => ({ $and: part }));
      return some.length === 0 ? [] : [{ $or: some }];
    }
    return [];
  });
}

function withoutIndex(name: string, path: string): string {
  return name.replace(new RegExp(`^(.{${path.length}})\\.\\d+(?=\\.|$)`), "$1");
}

function valueAt(document: Document, parts: readonly string[]): Value | undefined {
  let value: Value | undefined = document;
  for (const part of parts) {
    if (Array.isArray(value)) value = (value as readonly Value[])[Number(part)];
    else value = isDocument(value) ? getField(value, part) : undefined;
  }
  return value;
}

function withValueAt(value: Value | undefined, parts: readonly string[], at: number, put: Value): Value {
  if (at === parts.length) return put;
  if (Array.isArray(value)) {
    return (value as readonly Value[]).map((element, i) =>
      String(i) === parts[at] ? withValueAt(element, parts, at + 1, put) : element,
    );
  }
  const result: Record<string, Value> = {};
  for (const [name, field] of Object.entries(value as Document))
    setField(result, name, name === parts[at] ? withValueAt(field, parts, at + 1, put) : field);
  return result;
}
