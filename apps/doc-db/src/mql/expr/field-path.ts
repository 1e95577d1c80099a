import { getField, isDocument, type Value } from "../../document/value.ts";

/** The value at a path of an expression: an array gives an array of what its objects have there. */
export function getPath(value: Value | undefined, parts: readonly string[], from: number): Value | undefined {
  let current = value;
  for (let i = from; i < parts.length; i++) {
    if (Array.isArray(current)) return collect(current as readonly Value[], parts, i);
    if (!isDocument(current)) return undefined;
    current = getField(current, parts[i]!);
  }
  return current;
}

function collect(array: readonly Value[], parts: readonly string[], from: number): Value[] {
  const found: Value[] = [];
  for (const element of array) {
    const value = isDocument(element) ? getPath(element, parts, from) : undefined;
    if (value !== undefined) found.push(value);
  }
  return found;
}
