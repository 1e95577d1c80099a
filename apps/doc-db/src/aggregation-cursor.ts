import { type PipelineWriter, writerOf } from "./aggregation-write.ts";
import { collStats } from "./command/coll-stats.ts";
import { indexStats } from "./command/index-stats.ts";
import { searchIndexes } from "./command/search-index-commands.ts";
import type { Document, Value } from "./document/value.ts";
import { type Explanation, FindCursor } from "./find-cursor.ts";
import { withIndexedKey } from "./geo-near.ts";
import { type Collation, parseCollation, withCollation } from "./mql/collation.ts";
import { distanceAdder, type KeyedGeoNear, nearFilter } from "./mql/pipeline/geo-near.ts";
import { neededFields } from "./mql/pipeline/needed-fields.ts";
import { compilePipeline } from "./mql/pipeline/pipeline.ts";
import { type QueryInFront, queryInFront } from "./mql/pipeline/query-in-front.ts";
import { each, type Stage } from "./mql/pipeline/stage.ts";
import { parseVectorSearch, type VectorQuery } from "./mql/pipeline/vector-search.ts";
import { storedName } from "./names.ts";
import type { Executor } from "./storage/executor.ts";
import type { PageReader } from "./storage/page-reader.ts";
import { searchByIndex } from "./vector-search.ts";

/** How a pipeline is run. */
export interface AggregateOptions {
  /** The name or key of the index for the query in front; null for any. */
  readonly hint: Value;
  readonly collation: Document;
  /** The database whose collections `$lookup` means; empty for those of the file. */
  readonly database: string;
  /** Most bytes of documents that `$sort` and `$group` each keep in memory, about; the rest goes to files. @default 64 MiB */
  readonly memoryBytes: number;
}

const DEFAULT_AGGREGATE_OPTIONS: Required<AggregateOptions> = Object.freeze({
  hint: null,
  collation: Object.freeze({ locale: "simple" }),
  database: "",
  memoryBytes: 64 * 1024 * 1024,
});

/** What a pipeline gives, read as it is asked for: `for await`, or {@link AggregationCursor.toArray}. */
export class AggregationCursor implements AsyncIterable<Document> {
  readonly #engine: Executor;
  readonly #name: string;
  readonly #query: QueryInFront;
  readonly #stage: Stage;

  readonly #collation: Collation | undefined;
  readonly #fields: readonly string[] | undefined;
  readonly #writer: PipelineWriter | undefined;
  /** A `$vectorSearch` in front, which an index may answer, and what comes behind it. */
  readonly #search: { readonly query: VectorQuery; readonly rest: Stage } | undefined;
  /** What tells of indexes or sizes in place of documents, where that is the first stage. */
  readonly #listing: Listing | undefined;
  readonly #options: Required<AggregateOptions>;
  #source: FindCursor | undefined;

  /** Made by `collection.aggregate`. */
  constructor(
    engine: Executor,
    name: string,
    pipeline: readonly Document[],
    options: Partial<AggregateOptions> = {},
  ) {
    this.#options = { ...DEFAULT_AGGREGATE_OPTIONS, ...options };
    this.#collation = parseCollation(this.#options.collation);
    this.#engine = engine;
    this.#name = name;
    const writer = writerOf(pipeline.at(-1), (collection, named) =>
      storedIn(named ?? this.#options.database, collection),
    );
    this.#writer = writer;
    this.#listing = listingOf(pipeline[0]);
    const stages = documentStages(pipeline);
    // Checked as stages too; the documents then come from the query that those in front are.
    const all = withCollation(this.#collation, () => compilePipeline(stages));
    this.#query = queryInFront(stages);
    const { rest } = this.#query;
    const isWhole = rest.length === stages.length || this.#listing !== undefined;
    this.#stage = isWhole ? all : withCollation(this.#collation, () => compilePipeline(rest));
    const search = stages[0]?.$vectorSearch;
    this.#search =
      search === undefined
        ? undefined
        : {
            query: parseVectorSearch(search),
            rest: withCollation(this.#collation, () => compilePipeline(stages.slice(1))),
          };
    this.#fields = neededFields(rest);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Document, void, undefined> {
    const { database } = this.#options;
    const own = await this.#ownSource();
    const near = await this.#near();
    const source = this.#find(near);
    this.#source = source;
    const stage = own === undefined ? this.#stage : (this.#search?.rest ?? this.#stage);
    const read = near === undefined ? source : withDistances(source, near);
    const found = stage(own === undefined ? read : each(own), {
      now: new Date(),
      scratch: this.#engine.scratch,
      memoryBytes: this.#options.memoryBytes,
      collection: (name, filter = {}) =>
        new FindCursor(this.#engine, storedIn(database, name), filter, undefined),
    });
    if (this.#writer === undefined) yield* found;
    else await this.#writer(this.#engine, found);
  }

  /**
   * How the query that the stages in front are (`$match`, `$sort`, `$skip`, `$limit`) is answered, and what it has read
   * so far for the last iteration.
   */
  async explain(): Promise<Explanation> {
    return (this.#source ?? this.#find(await this.#near())).explain();
  }

  /** The `$geoNear` in front, with the field that it means. */
  async #near(): Promise<KeyedGeoNear | undefined> {
    const { near } = this.#query;
    return near === undefined ? undefined : withIndexedKey(this.#engine, this.#name, near);
  }

  #find(near: KeyedGeoNear | undefined): FindCursor {
    const { hint, collation, memoryBytes } = this.#options;
    const { sort, skip, limit } = this.#query;
    const filter = near === undefined ? this.#query.filter : nearFilter(near);
    const options = { hint, collation, sort, skip, limit, sortBytes: memoryBytes };
    return new FindCursor(this.#engine, this.#name, filter, options, this.#fields);
  }

  /** What the first stage gives where it is not read from the documents as they lie. */
  async #ownSource(): Promise<readonly Document[] | undefined> {
    const listing = this.#listing;
    if (listing !== undefined) return this.#engine.read((pager) => listing(pager, this.#name));
    return this.#search === undefined
      ? undefined
      : searchByIndex(this.#engine, this.#name, this.#search.query);
  }

  /** All documents at once. */
  async toArray(): Promise<Document[]> {
    const documents: Document[] = [];
    for await (const document of this) documents.push(document);
    return documents;
  }
}

async function* withDistances(
  documents: AsyncIterable<Document>,
  near: KeyedGeoNear,
): AsyncGenerator<Document> {
  const add = distanceAdder(near);
  for await (const document of documents) yield add(document);
}

/** The stages that take documents: without one in front that tells of indexes, and without one that writes at the end. */
export function documentStages(pipeline: readonly Document[]): readonly Document[] {
  const { $out, $merge } = pipeline.at(-1) ?? {};
  const end = $out === undefined && $merge === undefined ? pipeline.length : -1;
  return pipeline.slice(listingOf(pipeline[0]) === undefined ? 0 : 1, end);
}

/** Documents about a collection, or its indexes. */
type Listing = (pager: PageReader, name: string) => readonly Document[];

function listingOf({ $listSearchIndexes, $indexStats, $collStats }: Document = {}): Listing | undefined {
  if ($collStats !== undefined) return (pager, name) => collStats(pager, name, $collStats);
  if ($listSearchIndexes !== undefined)
    return (pager, name) => searchIndexes(pager, name, $listSearchIndexes);
  return $indexStats === undefined ? undefined : (pager, name) => indexStats(pager, name, $indexStats);
}

function storedIn(database: string, collection: string): string {
  return database === "" ? collection : storedName(database, collection);
}
