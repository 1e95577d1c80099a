import { type Document, getField, isDocument, type Value } from "../../document/value.ts";
import { compareValues } from "../../keys/compare.ts";
import { fail } from "../error.ts";
import { compileDocumentStages } from "../pipeline/document-stages.ts";
import { type CompiledUpdate, compileUpdate, type UpdateSettings } from "./update.ts";

/** An update by operators, by a pipeline, or by a document that takes the place of the old one. */
export function compileAnyUpdate(
  update: Document | readonly Document[],
  settings: UpdateSettings = {},
): CompiledUpdate {
  if (Array.isArray(update)) {
    if ((settings.arrayFilters ?? []).length > 0)
      fail(9, "arrayFilters", settings, "no pipeline beside them");
    const run = compileDocumentStages(update as readonly Document[]);
    return { apply: (document) => withSameId(document, run(document, new Date())) };
  }
  const operators = update as Document;
  const names = Object.keys(operators);
  if (names.length > 0 && names.every((name) => name.startsWith("$")))
    return compileUpdate(operators, settings);
  const stray = names.find((name) => name.startsWith("$"));
  if (stray !== undefined)
    fail(names[0]!.startsWith("$") ? 9 : 52, "update", stray, "operators, or fields, alone");
  return { apply: (document) => withSameId(document, operators) };
}

/** Whether an update is a whole document, and no operators or pipeline. */
export function isReplacement(update: Value): boolean {
  return isDocument(update) && !Object.keys(update).some((name) => name.startsWith("$"));
}

/** A document may not get another `_id`; where it names none, it keeps the one that it had, in front. */
function withSameId(before: Document, after: Document): Document {
  const [old, id] = [getField(before, "_id"), getField(after, "_id")];
  if (old === undefined) return after;
  if (id === undefined) return { _id: old, ...after };
  return compareValues(old, id) === 0 ? after : fail(66, "update", "_id", "a field that may change");
}
