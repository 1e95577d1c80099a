import { encodeDocument } from "../../document/encode.ts";
import { type Document, isDocument, type Value } from "../../document/value.ts";
import { compareValues } from "../../keys/compare.ts";
import { storedWithScore } from "../../query/external-sort.ts";
import type { Sorter, SortKey } from "../../query/sort.ts";
import { type Scratch, Spool } from "../../storage/scratch.ts";
import { fail } from "../error.ts";
import { compileExpression, contextFor } from "../expr/index.ts";
import { withPath } from "./set-path.ts";
import { sortDocuments } from "./sort-documents.ts";
import { compileSortSpec } from "./sort-spec.ts";
import { DEFAULT_MEMORY_BYTES, type Stage } from "./stage.ts";
import { compileWindowFunction, type WindowFunction } from "./window-functions.ts";
import { type Row, type Rows, rowsInMemory, SpooledRows } from "./window-rows.ts";

/** One of so many documents is encoded to know how many bytes they have. */
const SAMPLED = 8;
/** Documents that frames may hold, however large they are. */
const LEAST_HELD = 64;

/**
 * Sorts in files where need be, and holds the documents of one partition at a time, or of their frames where the
 * partition has no room in memory.
 * @throws LanguageError for functions and windows that are not understood; 292 for a partition that has no room, with
 *   frames that have none either
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
    const rowOf = (document: Document): Row => {
      const [id, key] = inOrder.keyOf(document);
      return { document, context: contextFor(document, now), id: id!, key: key as SortKey };
    };
    const part = new PartitionRows(rowOf, scratch, memoryBytes);
    try {
      for await (const document of sortDocuments(inOrder, documents, scratch, memoryBytes)) {
        const row = rowOf(document);
        if (part.first !== undefined && compareValues(part.first.id, row.id) !== 0) {
          yield* computed(part.rows, fields, sorter);
          await part.clear();
        }
        await part.add(row);
      }
      if (part.first !== undefined) yield* computed(part.rows, fields, sorter);
    } finally {
      await part.clear();
    }
  };
}

/** The rows of a partition as they come: in a file from when they are too many on. */
class PartitionRows {
  first: Row | undefined;
  readonly #rowOf: (document: Document) => Row;
  readonly #scratch: Scratch | undefined;
  readonly #memoryBytes: number;
  #last: Row | undefined;
  #kept: Row[] = [];
  #keptBytes = 0;
  #bytesARow = 0;
  #spool: Spool | undefined;

  constructor(rowOf: (document: Document) => Row, scratch: Scratch | undefined, memoryBytes: number) {
    this.#rowOf = rowOf;
    this.#scratch = scratch;
    this.#memoryBytes = memoryBytes;
  }

  get rows(): Rows {
    if (this.#spool === undefined) return rowsInMemory(this.#kept);
    const limit = Math.max(LEAST_HELD, Math.floor(this.#memoryBytes / this.#bytesARow));
    return new SpooledRows(this.#spool, this.first!, this.#last!, this.#rowOf, limit);
  }

  async add(row: Row): Promise<void> {
    this.first ??= row;
    this.#last = row;
    if (this.#spool !== undefined) {
      this.#spool.add(storedWithScore(row.document));
      return;
    }
    if (this.#scratch !== undefined && this.#kept.length % SAMPLED === 0)
      this.#keptBytes += SAMPLED * encodeDocument(row.document).length;
    this.#kept.push(row);
    if (this.#scratch === undefined || this.#keptBytes <= this.#memoryBytes || this.#kept.length < LEAST_HELD)
      return;
    this.#spool = await Spool.create(this.#scratch);
    this.#bytesARow = this.#keptBytes / this.#kept.length;
    for (const { document } of this.#kept) this.#spool.add(storedWithScore(document));
    this.#kept = [];
  }

  /** Makes room for another partition. */
  async clear(): Promise<void> {
    const spool = this.#spool;
    this.first = undefined;
    this.#last = undefined;
    this.#kept = [];
    this.#keptBytes = 0;
    this.#spool = undefined;
    await spool?.remove();
  }
}

/** The documents of a partition with their new fields. */
export function* computed(
  rows: Rows,
  fields: readonly { readonly name: string; readonly run: WindowFunction }[],
  sorter: Sorter | undefined,
): Generator<Document> {
  const compare = (a: number, b: number): number => sorter?.compare(rows.keyAt(a), rows.keyAt(b)) ?? 0;
  const runs = fields.map(({ name, run }) => ({ path: name.split("."), run: run({ rows, compare }) }));
  for (let at = 0; at < rows.length; at++) {
    let result = rows.at(at).document;
    let needed = at + 1;
    for (const { path, run } of runs) {
      const value = run.next(at);
      if (value !== undefined) result = withPath(result, path, value);
      needed = Math.min(needed, run.needed);
    }
    rows.forget(needed);
    yield result;
  }
}
