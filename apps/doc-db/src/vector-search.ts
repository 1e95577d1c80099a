/** `$vectorSearch` by a vector index: the nearest documents, as MongoDB scores them. */
import { getFromTree } from "./btree/tree.ts";
import { findCollection } from "./catalog.ts";
import { type IndexEntry, indexesOf, primaryRootOf } from "./collection-page.ts";
import { decodeDocument } from "./document/decode.ts";
import type { Document } from "./document/value.ts";
import { getPath } from "./mql/expr/field-path.ts";
import type { VectorQuery } from "./mql/pipeline/vector-search.ts";
import { setTextScore } from "./mql/text-score.ts";
import { matchesDocument } from "./query/filter.ts";
import type { Executor } from "./storage/executor.ts";
import type { PageReader } from "./storage/page-reader.ts";
import { SIMILARITIES } from "./vector/similarity.ts";
import { nearestIdKeys, vectorCount } from "./vector/vector-index.ts";
import { vectorOf } from "./vector/vector-value.ts";

/** Vectors that a search looks at on its way, for each that is wanted, where nothing else is asked for; and the least. */
const CANDIDATES = 12;
const LEAST_CANDIDATES = 120;

/** The documents that a search finds by an index, in order; undefined where there is none for it. */
export function searchByIndex(
  engine: Executor,
  name: string,
  query: VectorQuery,
): Promise<Document[] | undefined> {
  return engine.read((pager) => {
    const collection = findCollection(pager, name);
    if (collection === undefined) return undefined;
    const page = pager.read(collection);
    const index = indexesOf(page).find((each) => isFor(each, query));
    if (index === undefined) return undefined;
    return search(pager, primaryRootOf(page), index, query);
  });
}

function isFor({ definition: { vector, name, isHidden } }: IndexEntry, query: VectorQuery): boolean {
  if (vector === undefined || isHidden || vector.parts.join(".") !== query.path) return false;
  if (vector.dimensions !== query.vector.length) return false;
  if (query.similarity !== undefined && query.similarity !== vector.similarity) return false;
  return query.index === undefined || query.index === name;
}

/** A filter may leave too little of what was found: then more is looked for, in the end everything. */
function search(pager: PageReader, primary: number, index: IndexEntry, query: VectorQuery): Document[] {
  const { vector, limit, filter, candidates, isExact } = query;
  const { parts, similarity } = index.definition.vector!;
  const score = SIMILARITIES[similarity];
  const count = vectorCount(pager, index);
  let ef = Math.min(count, Math.max(limit, candidates ?? Math.max(CANDIDATES * limit, LEAST_CANDIDATES)));
  for (;;) {
    const isAll = ef >= count;
    const wanted = filter === undefined ? limit : ef;
    const keys = nearestIdKeys(pager, index, vector, wanted, ef, isExact || isAll);
    const found: { document: Document; score: number }[] = [];
    for (const key of keys) {
      const document = decodeDocument(getFromTree(pager, primary, key)!);
      if (filter !== undefined && !matchesDocument(filter, document)) continue;
      found.push({ document, score: score(vector, vectorOf(getPath(document, parts, 0) ?? null)!) });
    }
    if (isAll || filter === undefined || found.length >= limit) {
      found.sort((a, b) => b.score - a.score);
      return found.slice(0, limit).map(({ document, score: reached }) => {
        setTextScore(document, reached);
        return document;
      });
    }
    ef = Math.min(count, 4 * ef);
  }
}
