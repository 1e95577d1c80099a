import { isDocument, type Value } from "../../document/value.ts";

/** What looks at fields, or at a whole document, without naming them behind a dollar sign. */
const OPAQUE = new Set(["$getField", "$meta", "$rand"]);

/**
 * The top-level fields that a pipeline needs of its documents, where its first stage is a `$group`.
 * @returns undefined when it may need all
 */
export function neededFields(pipeline: readonly Value[]): readonly string[] | undefined {
  const first = pipeline[0];
  if (!isDocument(first) || first.$group === undefined) return undefined;
  const found = new Set<string>();
  return gatherFields(first.$group, found) ? [...found] : undefined;
}

/** @returns false for an expression that may look at the whole document */
function gatherFields(value: Value, found: Set<string>): boolean {
  if (typeof value === "string") {
    if (value.startsWith("$$ROOT") || value.startsWith("$$CURRENT")) return false;
    if (value.startsWith("$") && !value.startsWith("$$")) found.add(value.slice(1).split(".", 1)[0]!);
    return true;
  }
  if (Array.isArray(value))
    return (value as readonly Value[]).every((element) => gatherFields(element, found));
  if (!isDocument(value)) return true;
  return Object.entries(value).every(([name, inner]) => !OPAQUE.has(name) && gatherFields(inner, found));
}
