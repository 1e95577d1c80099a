/** Matches of a query in an order that no index has. */
import { decodeDocument } from "./document/decode.ts";
import type { Document } from "./document/value.ts";
import type { Match } from "./fetch.ts";
import type { FindOptions } from "./find-options.ts";
import { type Collation, withCollation } from "./mql/collation.ts";
import { setTextScore } from "./mql/text-score.ts";
import { ExternalSort } from "./query/external-sort.ts";
import { type CompiledFilter, lookupOf } from "./query/filter.ts";
import { compileSort, type Sorter } from "./query/sort.ts";
import type { Executor } from "./storage/executor.ts";

/**
 * Sorts matches, in files beside the database where memory does not do; those that `limit` leaves out may be missing.
 * @param filter - whose distance is the order where `sort` is empty
 */
export async function* sortMatches(
  engine: Executor,
  batches: AsyncIterable<Match[]>,
  filter: CompiledFilter,
  collation: Collation | undefined,
  { skip, limit, sort, sortBytes, allowDiskUse }: Required<FindOptions>,
): AsyncGenerator<Document[], void, undefined> {
  const sorter =
    Object.keys(sort).length === 0 ? byDistance(filter) : withCollation(collation, () => compileSort(sort));
  const wanted = limit > 0 ? skip + limit : Number.POSITIVE_INFINITY;
  const sorting = new ExternalSort(engine.scratch, sorter, wanted, sortBytes, allowDiskUse);
  try {
    for await (const batch of batches) {
      for (const match of batch) await sorting.add(decodeMatch(match), match.bytes.length);
    }
    for await (const document of sorting.sorted()) yield [document];
  } finally {
    await sorting.close();
  }
}

/** The order of `$near`, which a sort overrides. */
function byDistance(filter: CompiledFilter): Sorter {
  const distance = filter.distance!;
  return {
    keyOf: (document) => [distance(lookupOf(document))],
    compare: (a, b) => Number(a[0]) - Number(b[0]),
  };
}

/** A match as a document, with its score where it has one. */
export function decodeMatch({ bytes, score }: Match): Document {
  const document = decodeDocument(bytes);
  if (score !== undefined) setTextScore(document, score);
  return document;
}
