/** `$setWindowFields`: values that a document gets from its neighbours in the order of a partition. */
import { type Document, isDocument, setField, type Value } from "../../document/value.ts";
import { compareValues } from "../../keys/compare.ts";
import { fail } from "../error.ts";
import { compileExpression, contextFor } from "../expr/index.ts";
import { compileSortSpec } from "./sort-spec.ts";
import { gatherAll, type Stage } from "./stage.ts";
import { compileWindowFunction, type Partition } from "./window-functions.ts";

/** @throws LanguageError for functions and windows that are not understood */
export function setWindowFields(operand: Value): Stage {
  if (!isDocument(operand)) return fail(9, "$setWindowFields", operand, "an object");
  const { partitionBy, sortBy, output } = operand;
  if (!isDocument(output)) return fail(9, "$setWindowFields output", output, "an object of fields");
  const partition = compileExpression(partitionBy ?? null);
  const sorter = sortBy === undefined ? undefined : compileSortSpec("$setWindowFields sortBy", sortBy);
  const sortFields = isDocument(sortBy ?? null) ? Object.keys(sortBy as Document).length : 0;
  const fields = Object.entries(output).map(([name, spec]) => ({
    name,
    run: compileWindowFunction(name, spec, sortFields),
  }));
  return async function* (documents, { now }) {
    const entries = (await gatherAll(documents)).map((document) => {
      const context = contextFor(document, now);
      return { document, context, key: sorter?.keyOf(document) ?? [], id: partition(context) ?? null };
    });
    entries.sort((a, b) => compareValues(a.id, b.id) || (sorter?.compare(a.key, b.key) ?? 0));
    for (let start = 0; start < entries.length; ) {
      let end = start + 1;
      while (end < entries.length && compareValues(entries[end]!.id, entries[start]!.id) === 0) end++;
      const part = entries.slice(start, end);
      const view: Partition = {
        length: part.length,
        contexts: part.map(({ context }) => context),
        sortValue: (at) => part[at]!.key[0],
        compare: (a, b) => sorter?.compare(part[a]!.key, part[b]!.key) ?? 0,
      };
      const values = fields.map(({ name, run }) => ({ name, next: run(view)[Symbol.iterator]() }));
      for (const { document } of part) {
        const result: Record<string, Value> = { ...document };
        for (const { name, next } of values) {
          const { value } = next.next();
          if (value !== undefined) setField(result, name, value as Value);
        }
        yield result;
      }
      start = end;
    }
  };
}
