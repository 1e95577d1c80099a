import { encodeDocument } from "../../document/encode.ts";
import type { Document } from "../../document/value.ts";
import { ExternalSort } from "../../query/external-sort.ts";
import type { Sorter, SortKey } from "../../query/sort.ts";
import type { Scratch } from "../../storage/scratch.ts";
import { fail } from "../error.ts";

/** Most documents that are sorted without files. */
const MAX_SORTED = 5_000_000;

/**
 * Documents in an order; what memory has no room for goes to files, where there is a place for them.
 * @throws LanguageError 292 for too many without such a place
 */
export async function* sortDocuments(
  sorter: Sorter,
  documents: AsyncIterable<Document>,
  scratch: Scratch | undefined,
  memoryBytes: number,
): AsyncGenerator<Document> {
  if (scratch === undefined) {
    yield* await sortInMemory(documents, sorter);
    return;
  }
  const sorting = new ExternalSort(scratch, sorter, Number.POSITIVE_INFINITY, memoryBytes, true);
  try {
    for await (const document of documents) await sorting.add(document, encodeDocument(document).length);
    yield* sorting.sorted();
  } finally {
    await sorting.close();
  }
}

async function sortInMemory(documents: AsyncIterable<Document>, sorter: Sorter): Promise<Document[]> {
  const keyed: { key: SortKey; document: Document }[] = [];
  for await (const document of documents) {
    keyed.push({ key: sorter.keyOf(document), document });
    if (keyed.length > MAX_SORTED) fail(292, "$sort", keyed.length, `at most ${MAX_SORTED} documents`);
  }
  return keyed.sort((a, b) => sorter.compare(a.key, b.key)).map(({ document }) => document);
}
