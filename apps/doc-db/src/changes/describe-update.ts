import { encodeDocument } from "../document/encode.ts";
import { type Document, isDocument, setField, type Value } from "../document/value.ts";

/**
 * What tells two versions of a document apart, as change streams have it: fields with their new values, and names of
 * those that are gone; within documents by dotted paths, arrays as a whole.
 */
export function describeUpdate(before: Document, after: Document): Document {
  const updatedFields: Record<string, Value> = {};
  const removedFields: string[] = [];
  compare(before, after, "", updatedFields, removedFields);
  return { updatedFields, removedFields, truncatedArrays: [] };
}

function compare(
  before: Document,
  after: Document,
  prefix: string,
  updated: Record<string, Value>,
  removed: string[],
): void {
  for (const name of Object.keys(before)) if (!Object.hasOwn(after, name)) removed.push(prefix + name);
  for (const [name, value] of Object.entries(after)) {
    const old = Object.hasOwn(before, name) ? before[name] : undefined;
    if (old !== undefined && isSame(old, value)) continue;
    // A name with a dot would read as a path: then the document around it is given.
    const isDeeper = isDocument(old) && isDocument(value) && ![old, value].some(hasDottedName);
    if (isDeeper) compare(old, value, `${prefix}${name}.`, updated, removed);
    else setField(updated, prefix + name, value);
  }
}

function hasDottedName(document: Document): boolean {
  return Object.keys(document).some((name) => name.includes(".") || name.startsWith("$"));
}

/** As they are stored: 1 as an int32 and as a double are two values. */
function isSame(a: Value, b: Value): boolean {
  return Buffer.compare(encodeDocument({ a }), encodeDocument({ a: b })) === 0;
}
