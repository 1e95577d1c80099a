import { CapacityError, checkInteger, InvalidArgumentError, resolveOptions } from "@millrace/base";
import { findCollection } from "./catalog.ts";
import { decodeDocument } from "./document/decode.ts";
import type { Document } from "./document/value.ts";
import { choosePlan, FetchCounters, fetchMatches } from "./fetch.ts";
import { compileProjection, type Projection } from "./mql/project/projection.ts";
import { type CompiledFilter, compileFilter, lookupOf } from "./query/filter.ts";
import type { Plan } from "./query/plan.ts";
import { compileSort, type Sorter, type SortKey, type SortSpec } from "./query/sort.ts";
import type { Engine } from "./storage/engine.ts";

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
  /** Most bytes of documents kept to be sorted. @default 32 MiB */
  readonly sortBytes?: number;
}

/** What {@link FindOptions} are when they are not given; an empty sort is none. */
export const DEFAULT_FIND_OPTIONS: Required<FindOptions> = Object.freeze({
  sort: Object.freeze({}),
  skip: 0,
  limit: 0,
  projection: Object.freeze({}),
  sortBytes: 32 * 1024 * 1024,
});

/** How a query was, or would be, answered. */
export interface Explanation {
  /** The field of the index that is read; undefined for all documents. */
  readonly index: string | undefined;
  /** Ranges of keys that are read. */
  readonly ranges: number;
  readonly keysExamined: number;
  readonly documentsExamined: number;
  readonly documentsReturned: number;
}

/** A document that waits to be sorted. */
interface Candidate {
  readonly key: SortKey;
  readonly document: Document;
  readonly byteLength: number;
}

/**
 * The matches of a query, read as they are asked for: `for await`, or {@link FindCursor.toArray}. Without a sort,
 * memory does not depend on their number. Documents that change while they are read are seen before or after that.
 */
export class FindCursor implements AsyncIterable<Document> {
  readonly #engine: Engine;
  readonly #name: string;
  readonly #filter: CompiledFilter;
  readonly #options: Required<FindOptions>;
  readonly #counters = new FetchCounters();
  readonly #project: Projection | undefined;
  #returned = 0;

  /** Made by `collection.find`. */
  constructor(engine: Engine, name: string, filter: Document, options: FindOptions | undefined) {
    this.#engine = engine;
    this.#name = name;
    this.#filter = compileFilter(filter);
    this.#options = resolveOptions<Required<FindOptions>>("docdb", DEFAULT_FIND_OPTIONS, options);
    const { projection } = this.#options;
    this.#project =
      Object.keys(projection).length === 0 ? undefined : compileProjection(projection, "find", filter);
    checkInteger("docdb", "skip", this.#options.skip, 0, Number.MAX_SAFE_INTEGER);
    checkInteger("docdb", "limit", this.#options.limit, 0, Number.MAX_SAFE_INTEGER);
    checkInteger("docdb", "sortBytes", this.#options.sortBytes, 1, Number.MAX_SAFE_INTEGER);
    if (typeof this.#options.sort !== "object" || this.#options.sort === null) {
      throw new InvalidArgumentError("DOCDB_SORT_INVALID", "sort", this.#options.sort, "an object of fields");
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Document, void, undefined> {
    const { skip, limit, sort } = this.#options;
    const isUnsorted = Object.keys(sort).length === 0 && this.#filter.distance === undefined;
    const source = isUnsorted ? this.#unsorted() : this.#sorted();
    let seen = 0;
    for await (const document of source) {
      if (seen++ < skip) continue;
      this.#returned++;
      yield this.#project === undefined ? document : this.#project(document);
      if (limit > 0 && seen >= skip + limit) return;
    }
  }

  /** All matches at once. */
  async toArray(): Promise<Document[]> {
    const documents: Document[] = [];
    for await (const document of this) documents.push(document);
    return documents;
  }

  /** The index that the query uses, and what was read so far. */
  async explain(): Promise<Explanation> {
    const plan = await this.#engine.read((pager) => {
      const page = findCollection(pager, this.#name);
      return page === undefined ? undefined : choosePlan(pager, page, this.#filter);
    });
    return {
      index: plan === undefined ? undefined : indexName(plan),
      ranges: plan?.ranges.length ?? 0,
      keysExamined: this.#counters.keysExamined,
      documentsExamined: this.#counters.documentsExamined,
      documentsReturned: this.#returned,
    };
  }

  /** The order of `$near`, which a sort overrides. */
  #byDistance(): Sorter {
    const distance = this.#filter.distance!;
    return {
      keyOf: (document) => [distance(lookupOf(document))],
      compare: (a, b) => Number(a[0]) - Number(b[0]),
    };
  }

  async *#unsorted(): AsyncGenerator<Document, void, undefined> {
    for await (const batch of fetchMatches(this.#engine, this.#name, this.#filter, this.#counters)) {
      for (const { bytes } of batch) yield decodeDocument(bytes);
    }
  }

  async *#sorted(): AsyncGenerator<Document, void, undefined> {
    const { skip, limit, sort, sortBytes } = this.#options;
    const sorter = Object.keys(sort).length === 0 ? this.#byDistance() : compileSort(sort);
    const wanted = limit > 0 ? skip + limit : Number.POSITIVE_INFINITY;
    const order = (a: Candidate, b: Candidate): number => sorter.compare(a.key, b.key);
    let kept: Candidate[] = [];
    let keptBytes = 0;
    for await (const batch of fetchMatches(this.#engine, this.#name, this.#filter, this.#counters)) {
      for (const { bytes } of batch) {
        const document = decodeDocument(bytes);
        kept.push({ key: sorter.keyOf(document), document, byteLength: bytes.length });
        keptBytes += bytes.length;
      }
      if (kept.length > 2 * wanted) {
        kept = kept.sort(order).slice(0, wanted);
        keptBytes = kept.reduce((sum, { byteLength }) => sum + byteLength, 0);
      }
      if (keptBytes > sortBytes) {
        throw new CapacityError("DOCDB_SORT_TOO_LARGE", "documents to be sorted", keptBytes, sortBytes);
      }
    }
    for (const { document } of kept.sort(order)) yield document;
  }
}

function indexName(plan: Plan): string | undefined {
  return plan.isFullScan ? undefined : (plan.index?.field ?? "_id");
}
