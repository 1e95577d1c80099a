import { type Document, getField, isDocument, setField, type Value } from "../../document/value.ts";

/** A document with a value at a path; what lies on its way and is no object gives way to one. */
export function withPath(document: Document, parts: readonly string[], value: Value, at = 0): Document {
  const part = parts[at]!;
  const result: Record<string, Value> = { ...document };
  if (at + 1 === parts.length) {
    setField(result, part, value);
    return result;
  }
  const inner = getField(document, part);
  setField(result, part, withPath(isDocument(inner) ? inner : {}, parts, value, at + 1));
  return result;
}
