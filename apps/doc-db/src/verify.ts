/** Whether indexes and counts say what the documents say; in bounded memory. */
import { ALL_KEYS, scanTree } from "./btree/scan.ts";
import { getFromTree } from "./btree/tree.ts";
import { listCollections } from "./catalog.ts";
import {
  documentBytesOf,
  documentCountOf,
  type IndexEntry,
  indexesOf,
  primaryRootOf,
} from "./collection-page.ts";
import { danglingReferences } from "./constraints/reference-catalog.ts";
import { lookupIn } from "./document/lookup.ts";
import { keysOf } from "./indexes/keys.ts";
import { hasPosting } from "./indexes/posting-cursor.ts";
import { documentsIn, hasPostings } from "./indexes/posting-format.ts";
import { indexEntryKey } from "./keys/index-keys.ts";
import type { PageReader } from "./storage/page-reader.ts";
import { checkGraph, isVectorKept } from "./vector/check-graph.ts";
import { indexedVector, vectorCount } from "./vector/vector-index.ts";

const BATCH_ENTRIES = 256;
const BATCH_BYTES = 1024 * 1024;

/**
 * @param only - the one collection that is looked at; all without it
 * @returns what is wrong, a sentence each; nothing when all is well @throws CorruptDataError for a damaged page
 */
export function verifyCollections(pager: PageReader, only?: string): string[] {
  const wanted = listCollections(pager).filter(({ name }) => only === undefined || name === only);
  return wanted.flatMap(({ name, page }) => {
    const bytes = pager.read(page).slice();
    const indexes = indexesOf(bytes);
    const expected = indexes.map(() => 0);
    const problems: string[] = [];
    let documents = 0;
    let documentBytes = 0;
    for (const { key, value } of entriesOf(pager, primaryRootOf(bytes))) {
      documents++;
      documentBytes += value.length;
      for (const [i, index] of indexes.entries()) {
        if (index.definition.vector !== undefined) {
          if (!isVectorKept(pager, index, lookupIn(value), key))
            problems.push(`${name}: index ${index.definition.name} has another vector than a document`);
          else if (indexedVector(index.definition.vector, lookupIn(value)) !== undefined) expected[i]!++;
          continue;
        }
        const { keys } = keysOf(index.definition, lookupIn(value));
        expected[i]! += keys.length;
        const isMissing = keys.some((each) => !isInIndex(pager, index, each, key));
        if (isMissing) problems.push(`${name}: index ${index.definition.name} lacks entries of a document`);
      }
    }
    if (documents !== documentCountOf(bytes))
      problems.push(`${name}: ${documents} documents, counted as ${documentCountOf(bytes)}`);
    if (documentBytes !== documentBytesOf(bytes))
      problems.push(`${name}: ${documentBytes} bytes, counted as ${documentBytesOf(bytes)}`);
    for (const [i, index] of indexes.entries()) {
      if (index.definition.vector !== undefined)
        for (const problem of checkGraph(pager, index))
          problems.push(`${name}: index ${index.definition.name}: ${problem}`);
      const found = countEntries(pager, index);
      if (found !== expected[i])
        problems.push(
          `${name}: index ${index.definition.name} has ${found} entries, the documents ${expected[i]}`,
        );
    }
    for (const { key, id, value } of danglingReferences(pager, name))
      problems.push(
        `${name}: document ${String(id)} refers by ${key.field} to ${String(value)}, which ${key.parent} has not`,
      );
    return problems;
  });
}

function isInIndex(
  pager: PageReader,
  { root, definition }: IndexEntry,
  value: Uint8Array,
  idKey: Uint8Array,
): boolean {
  const key = indexEntryKey(value, idKey);
  if (hasPostings(definition)) return hasPosting(pager, root, { key, idBytes: idKey.length });
  return getFromTree(pager, root, key) !== undefined;
}

function* entriesOf(pager: PageReader, root: number): Generator<{ key: Uint8Array; value: Uint8Array }> {
  let after: Uint8Array | undefined;
  for (;;) {
    const entries = scanTree(pager, root, ALL_KEYS, after, BATCH_ENTRIES, BATCH_BYTES);
    if (entries.length === 0) return;
    yield* entries;
    after = entries.at(-1)!.key;
  }
}

/** How many documents an index has entries for, each as often as it has one. Of a text index without the entry of its totals; of one of vectors, those. */
function countEntries(pager: PageReader, index: IndexEntry): number {
  const { root, definition } = index;
  if (definition.vector !== undefined) return vectorCount(pager, index);
  let count = 0;
  for (const { key, value } of entriesOf(pager, root)) {
    if (hasPostings(definition)) count += documentsIn(value);
    else if (definition.text === undefined || key.length > 1) count++;
  }
  return count;
}
