/** The indexes of a collection by name: made, listed, changed, dropped. */
import { findCollection } from "./catalog.ts";
import { findIndex, indexesOf } from "./collection-page.ts";
import type { Document, Value } from "./document/value.ts";
import { forgetIndexUses } from "./index-uses.ts";
import { defaultIndexName, normalizeIndexSpec } from "./indexes/spec.ts";
import { dropIndexes } from "./indexes/store.ts";
import { fail } from "./mql/error.ts";
import { findHinted } from "./query/plan.ts";
import type { PageReader } from "./storage/page-reader.ts";
import type { PageWriter } from "./storage/page-writer.ts";

/** How an index is made: MongoDB's options. */
export interface IndexOptions {
  /** The fields and their directions, with a line between, when it is not given. */
  readonly name?: string;
  /** Whether two documents may not have the same value. @default false */
  readonly unique?: boolean;
  /** Whether documents without the fields are left out. @default false */
  readonly sparse?: boolean;
  /** Whether no query uses it. @default false */
  readonly hidden?: boolean;
  /** Documents are taken out this long after the date in the field. */
  readonly expireAfterSeconds?: number;
  /** Only matching documents are in the index. */
  readonly partialFilterExpression?: Document;
  readonly collation?: Document;
  /** Of a wildcard index: the paths that are in it, or that are not. */
  readonly wildcardProjection?: Document;
  /** Of a text index. */
  readonly weights?: Document;
  readonly default_language?: string;
  readonly language_override?: string;
  /** Of a 2d index: the square's bounds. */
  readonly bits?: number;
  readonly min?: number;
  readonly max?: number;
  /** Of a vector index: how many numbers a vector has. */
  readonly dimensions?: number;
  /** `cosine`, `dotProduct` or `euclidean`. @default "cosine" */
  readonly similarity?: string;
  /** `hnsw`, a graph that finds nearly all of the nearest; or `exact`, which looks at every vector. @default "hnsw" */
  readonly method?: string;
  /** Neighbours of a vector in the graph, 2 to 100. @default 16 */
  readonly m?: number;
  /** Vectors that are looked at to find those neighbours, 8 to 300. @default 100 */
  readonly efConstruction?: number;
}

/** The key and specification of the index on `_id`. */
export const ID_INDEX_SPEC: Document = Object.freeze({ v: 2, key: Object.freeze({ _id: 1 }), name: "_id_" });

/** @throws LanguageError with MongoDB's number for an index that cannot be */
export function indexSpec(key: string | Document, options: IndexOptions | undefined): Document {
  const fields = typeof key === "string" ? { [key]: 1 } : key;
  return normalizeIndexSpec({ name: defaultIndexName(fields), ...options, key: fields } as Document);
}

/** @throws LanguageError 26 for a collection that there is not */
export function requireCollection(pager: PageReader, name: string): number {
  return findCollection(pager, name) ?? fail(26, "collection", name, "a collection that there is");
}

/** The specifications of all indexes, that of `_id` first; none where there is no collection. */
export function listIndexSpecs(pager: PageReader, name: string): Document[] {
  const collection = findCollection(pager, name);
  if (collection === undefined) return [];
  return [ID_INDEX_SPEC, ...indexesOf(pager.read(collection)).map(({ definition }) => definition.spec)];
}

/** @throws LanguageError 26, 27 or 72; none is dropped then */
export function dropNamedIndexes(pager: PageWriter, name: string, names: readonly string[]): void {
  const collection = requireCollection(pager, name);
  if (names.includes("_id_")) fail(72, "dropIndexes", "_id_", "another index");
  const page = pager.read(collection);
  const missing = names.find((each, i) => findIndex(page, each) === undefined || names.indexOf(each) !== i);
  if (missing !== undefined) fail(27, "dropIndexes", missing, "the name of an index that there is");
  dropIndexes(pager, collection, names);
  for (const name of names) forgetIndexUses(pager, collection, name);
}

/** The name of the index with a key. @throws LanguageError 27 or 72 */
export function indexNameOf(pager: PageReader, name: string, key: Value): string {
  const collection = requireCollection(pager, name);
  const keys = Object.entries(key as Document);
  if (keys.length === 1 && keys[0]![0] === "_id" && keys[0]![1] === 1)
    fail(72, "dropIndexes", key, "another index");
  const found = findHinted(indexesOf(pager.read(collection)), key);
  return found?.definition.name ?? fail(27, "index", key, "the key of an index that there is");
}
