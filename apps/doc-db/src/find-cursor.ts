import { checkInteger, InvalidArgumentError, resolveOptions } from "@millrace/base";
import { decodeDocument } from "./document/decode.ts";
import type { Document, Value } from "./document/value.ts";
import {
  FetchCounters,
  fetchMatches,
  fetchPlanned,
  type Match,
  type PlannedQuery,
  planFetch,
} from "./fetch.ts";
import { type Collation, parseCollation, withCollation } from "./mql/collation.ts";
import { compileProjection, type Projection } from "./mql/project/projection.ts";
import { setTextScore } from "./mql/text-score.ts";
import { indexName, winningPlan } from "./query/explain.ts";
import { ExternalSort } from "./query/external-sort.ts";
import { type CompiledFilter, compileFilter, lookupOf } from "./query/filter.ts";
import { compileSort, type Sorter, type SortSpec } from "./query/sort.ts";
import type { Executor } from "./storage/executor.ts";

/** What of the matches is wanted, and in which order. */
export interface FindOptions {
  /** Fields with 1 or -1; the first one counts most. Without it the order is that of the index that is used. */
  readonly sort?: SortSpec;
  /** Matches left out at the beginning. @default 0 */
  readonly skip?: number;
  /** Most matches given; 0 for all. @default 0 */
  readonly limit?: number;
  /** Fields that are wanted, left out or computed; see the README. An empty one is none. */
  readonly projection?: Document;
  /** The name or the key of the index to be used; `{ $natural: 1 }` for none. */
  readonly hint?: Value;
  /** How strings compare; MongoDB's fields. */
  readonly collation?: Document;
  /** Most bytes of documents kept in memory to be sorted. @default 32 MiB */
  readonly sortBytes?: number;
  /** Whether more than that goes to files beside the database; otherwise it is an error. @default true */
  readonly allowDiskUse?: boolean;
}

/** What {@link FindOptions} are when they are not given; an empty sort is none. */
export const DEFAULT_FIND_OPTIONS: Required<FindOptions> = Object.freeze({
  sort: Object.freeze({}),
  skip: 0,
  limit: 0,
  projection: Object.freeze({}),
  hint: null,
  collation: Object.freeze({ locale: "simple" }),
  sortBytes: 32 * 1024 * 1024,
  allowDiskUse: true,
});

/** How a query was, or would be, answered. */
export interface Explanation {
  /** The index that is read, `_id_` among them; undefined for all documents. */
  readonly index: string | undefined;
  /** Ranges of keys that are read. */
  readonly ranges: number;
  /** As MongoDB shows it: stages, each with its input. */
  readonly winningPlan: Document;
  readonly keysExamined: number;
  readonly documentsExamined: number;
  readonly documentsReturned: number;
  /** From the first document asked for to the last one given. */
  readonly milliseconds: number;
}

/**
 * The matches of a query, read as they are asked for: `for await`, or {@link FindCursor.toArray}. Without a sort,
 * memory does not depend on their number. Documents that change while they are read are seen before or after that.
 */
export class FindCursor implements AsyncIterable<Document> {
  readonly #engine: Executor;
  readonly #name: string;
  readonly #filter: CompiledFilter;
  readonly #collation: Collation | undefined;
  readonly #options: Required<FindOptions>;
  readonly #counters = new FetchCounters();
  readonly #project: Projection | undefined;
  #returned = 0;
  #milliseconds = 0;

  /** Made by `collection.find`. */
  constructor(engine: Executor, name: string, filter: Document, options: FindOptions | undefined) {
    this.#engine = engine;
    this.#name = name;
    this.#options = resolveOptions<Required<FindOptions>>("docdb", DEFAULT_FIND_OPTIONS, options);
    const { projection, collation } = this.#options;
    this.#collation = parseCollation(collation);
    this.#filter = compileFilter(filter, this.#collation);
    this.#project =
      Object.keys(projection).length === 0
        ? undefined
        : withCollation(this.#collation, () => compileProjection(projection, "find", filter));
    checkInteger("docdb", "skip", this.#options.skip, 0, Number.MAX_SAFE_INTEGER);
    checkInteger("docdb", "limit", this.#options.limit, 0, Number.MAX_SAFE_INTEGER);
    checkInteger("docdb", "sortBytes", this.#options.sortBytes, 1, Number.MAX_SAFE_INTEGER);
    if (typeof this.#options.sort !== "object" || this.#options.sort === null) {
      throw new InvalidArgumentError("DOCDB_SORT_INVALID", "sort", this.#options.sort, "an object of fields");
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Document, void, undefined> {
    const { skip, limit } = this.#options;
    let seen = 0;
    const start = performance.now();
    try {
      for await (const document of this.#ordered()) {
        if (seen++ < skip) continue;
        this.#returned++;
        yield this.#project === undefined ? document : this.#project(document);
        if (limit > 0 && seen >= skip + limit) return;
      }
    } finally {
      this.#milliseconds += performance.now() - start;
    }
  }

  /** All matches at once. */
  async toArray(): Promise<Document[]> {
    const documents: Document[] = [];
    for await (const document of this) documents.push(document);
    return documents;
  }

  /** How the query is answered, and what was read so far. */
  async explain(): Promise<Explanation> {
    const planned = this.#filter.text === undefined ? await this.#plan() : undefined;
    const plan = planned?.plan;
    return {
      index: plan === undefined ? undefined : indexName(plan),
      ranges: plan?.scans.reduce((sum, { ranges }) => sum + ranges.length, 0) ?? 0,
      winningPlan: winningPlan(plan, this.#filter, this.#options.sort),
      keysExamined: this.#counters.keysExamined,
      documentsExamined: this.#counters.documentsExamined,
      documentsReturned: this.#returned,
      milliseconds: this.#milliseconds,
    };
  }

  #plan(): Promise<PlannedQuery | undefined> {
    const { sort, hint } = this.#options;
    return planFetch(this.#engine, this.#name, this.#filter, { sort, hint: hint ?? undefined });
  }

  /** The matches in the order that is asked for: that of an index, or sorted. */
  async *#ordered(): AsyncGenerator<Document, void, undefined> {
    const isUnsorted = Object.keys(this.#options.sort).length === 0 && this.#filter.distance === undefined;
    if (this.#filter.text !== undefined) {
      const found = fetchMatches(this.#engine, this.#name, this.#filter, this.#counters);
      yield* isUnsorted ? unsorted(found) : this.#sorted(found);
      return;
    }
    const planned = await this.#plan();
    if (planned === undefined) return;
    const found = fetchPlanned(this.#engine, this.#name, planned, this.#filter, this.#counters);
    yield* isUnsorted || (planned.plan.isSorted && this.#filter.distance === undefined)
      ? unsorted(found)
      : this.#sorted(found);
  }

  /** The order of `$near`, which a sort overrides. */
  #byDistance(): Sorter {
    const distance = this.#filter.distance!;
    return {
      keyOf: (document) => [distance(lookupOf(document))],
      compare: (a, b) => Number(a[0]) - Number(b[0]),
    };
  }

  async *#sorted(batches: AsyncIterable<Match[]>): AsyncGenerator<Document, void, undefined> {
    const { skip, limit, sort, sortBytes, allowDiskUse } = this.#options;
    const sorter =
      Object.keys(sort).length === 0
        ? this.#byDistance()
        : withCollation(this.#collation, () => compileSort(sort));
    const wanted = limit > 0 ? skip + limit : Number.POSITIVE_INFINITY;
    const sorting = new ExternalSort(this.#engine.scratch, sorter, wanted, sortBytes, allowDiskUse);
    try {
      for await (const batch of batches) {
        for (const match of batch) await sorting.add(decodeMatch(match), match.bytes.length);
      }
      yield* sorting.sorted();
    } finally {
      await sorting.close();
    }
  }
}

async function* unsorted(batches: AsyncIterable<Match[]>): AsyncGenerator<Document, void, undefined> {
  for await (const batch of batches) for (const match of batch) yield decodeMatch(match);
}

function decodeMatch({ bytes, score }: Match): Document {
  const document = decodeDocument(bytes);
  if (score !== undefined) setTextScore(document, score);
  return document;
}
