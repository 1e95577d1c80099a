import type { Database } from "../database.ts";
import { encodeDocument } from "../document/encode.ts";
import type { Document, Value } from "../document/value.ts";
import type { FindOptions } from "../find-options.ts";
import { compareValues } from "../keys/compare.ts";
import { namespaceOf } from "../names.ts";
import { type CompiledFilter, compileFilter, matchesDocument } from "../query/filter.ts";

/** How a live query is run. */
export interface LiveQueryOptions extends FindOptions {
  /** Ends it, also while it waits. */
  readonly signal?: AbortSignal;
}

/**
 * The results of a query now, and again each time that a committed change makes them others.
 * Changes that come while a result is looked at are taken together.
 * @param collection - its name in the file
 * @example
 * for await (const adults of liveQuery(db, "people", { age: { $gte: 18 } }, { sort: { name: 1 } })) show(adults);
 */
export async function* liveQuery(
  db: Database,
  collection: string,
  filter: Document,
  { signal, ...options }: LiveQueryOptions = {},
): AsyncGenerator<Document[], void, undefined> {
  const compiled = compileFilter(filter);
  const reader = await db.watch(namespaceOf(collection));
  const stop = (): void => reader.close();
  signal?.addEventListener("abort", stop);
  // Looked at again after each change that no other way can tell from one that matters.
  const isSimple =
    options.collation === undefined && (options.skip ?? 0) === 0 && options.projection === undefined;
  try {
    let last: Document[] | undefined;
    while (signal?.aborted !== true) {
      const found = await db.collection(collection).find(filter, options).toArray();
      if (last === undefined || !isSame(found, last)) yield found;
      last = found;
      for (let matters = false; !matters; ) {
        const events = await reader.read(Number.POSITIVE_INFINITY);
        // Closed, or the collection is gone: in that case its last result is an empty one.
        if (reader.isOver && events.length === 0) return;
        matters = !isSimple || events.some((event) => mayMatter(event, compiled, found));
      }
      if (reader.isOver) {
        if (last.length > 0) yield [];
        return;
      }
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    reader.close();
  }
}

function mayMatter(event: Document, filter: CompiledFilter, found: readonly Document[]): boolean {
  const { operationType, documentKey, fullDocument } = event;
  const id = (documentKey as Document | undefined)?._id;
  if (id === undefined || operationType === "update") return true;
  if (found.some(({ _id }) => compareValues(_id as Value, id) === 0)) return true;
  return fullDocument !== undefined && matchesDocument(filter, fullDocument as Document);
}

function isSame(a: readonly Document[], b: readonly Document[]): boolean {
  return Buffer.compare(encodeDocument({ list: a }), encodeDocument({ list: b })) === 0;
}
