import { type Document, isDocument, setField, type Value } from "../../document/value.ts";
import { compareValues } from "../../keys/compare.ts";
import type { Sorter, SortKey } from "../../query/sort.ts";
import { fail } from "../error.ts";
import type { Context } from "../expr/compile.ts";
import { compileExpression, contextFor } from "../expr/index.ts";
import { sortDocuments } from "./sort-documents.ts";
import { compileSortSpec } from "./sort-spec.ts";
import type { Stage } from "./stage.ts";
import { compileWindowFunction, type Partition, type WindowFunction } from "./window-functions.ts";

const DEFAULT_MEMORY_BYTES = 32 * 1024 * 1024;

/**
 * Sorts in files where need be, and holds the documents of one partition at a time.
 * @throws LanguageError for functions and windows that are not understood
 */
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
  return async function* (documents, { now, scratch, memoryBytes = DEFAULT_MEMORY_BYTES }) {
    // The partition is the first part of the key, so that its documents follow each other.
    const inOrder: Sorter = {
      keyOf: (document) => [partition(contextFor(document, now)) ?? null, sorter?.keyOf(document) ?? []],
      compare: (a, b) =>
        compareValues(a[0]!, b[0]!) || (sorter?.compare(a[1] as SortKey, b[1] as SortKey) ?? 0),
    };
    let part: Entry[] = [];
    for await (const document of sortDocuments(inOrder, documents, scratch, memoryBytes)) {
      const [id, key] = inOrder.keyOf(document);
      const entry = { document, context: contextFor(document, now), id: id!, key: key as SortKey };
      if (part.length > 0 && compareValues(part[0]!.id, entry.id) !== 0) {
        yield* computed(part, fields, sorter);
        part = [];
      }
      part.push(entry);
    }
    yield* computed(part, fields, sorter);
  };
}

/** A document of a partition, and what it is sorted by. */
interface Entry {
  readonly document: Document;
  readonly context: Context;
  readonly id: Value;
  readonly key: SortKey;
}

/** The documents of a partition with their new fields. */
function* computed(
  part: readonly Entry[],
  fields: readonly { readonly name: string; readonly run: WindowFunction }[],
  sorter: Sorter | undefined,
): Generator<Document> {
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
}
