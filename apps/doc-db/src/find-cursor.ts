import { checkInteger, InvalidArgumentError, resolveOptions } from "@millrace/base";
import { decodeDocument } from "./document/decode.ts";
import { fieldsDecoder } from "./document/decode-fields.ts";
import { LazyDocument } from "./document/lazy-document.ts";
import type { Document } from "./document/value.ts";
import {
  asMatch,
  fetchMatches,
  fetchPlanned,
  fetchSync,
  type Match,
  type PlannedQuery,
  planFetch,
} from "./fetch.ts";
import { DEFAULT_FIND_OPTIONS, type FindOptions } from "./find-options.ts";
import { type Collation, parseCollation, withCollation } from "./mql/collation.ts";
import { compileProjection, type Projection } from "./mql/project/projection.ts";
import { indexName, winningPlan } from "./query/explain.ts";
import { type CompiledFilter, compileFilter } from "./query/filter.ts";
import type { Plan, PlanOptions } from "./query/plan.ts";
import { decodeMatch, sortMatches } from "./sort-matches.ts";
import type { Executor } from "./storage/executor.ts";
import { FetchCounters, type Take } from "./take.ts";

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
  readonly #take: Take<Document> = asDocument;
  #returned = 0;
  #milliseconds = 0;

  /**
   * Made by `collection.find`.
   * @param fields - those of each document that are looked at; all without it
   */
  constructor(
    engine: Executor,
    name: string,
    filter: Document,
    options: FindOptions | undefined,
    fields?: readonly string[],
  ) {
    if (fields !== undefined) this.#take = fieldsDecoder(fields);
    this.#engine = engine;
    this.#name = name;
    this.#options = options === undefined ? DEFAULT_FIND_OPTIONS : checkedOptions(options);
    const { projection, collation } = this.#options;
    this.#collation = collation === DEFAULT_FIND_OPTIONS.collation ? undefined : parseCollation(collation);
    this.#filter = compileFilter(filter, this.#collation);
    this.#project =
      Object.keys(projection).length === 0
        ? undefined
        : withCollation(this.#collation, () => compileProjection(projection, "find", filter));
  }

  /** Reads on in batches; it waits once a batch. */
  [Symbol.asyncIterator](): AsyncGenerator<Document, void, undefined> {
    return this.#each();
  }

  async *#each(): AsyncGenerator<Document, void, undefined> {
    for await (const batch of this.batches()) yield* batch;
  }

  /** The matches a batch at a time. */
  async *batches(): AsyncGenerator<Document[], void, undefined> {
    const window = this.#window();
    const start = performance.now();
    try {
      for await (const batch of this.#ordered()) {
        const { wanted, isLast } = window(batch);
        this.#returned += wanted.length;
        if (wanted.length > 0) yield wanted;
        if (isLast) return;
      }
    } finally {
      this.#milliseconds += performance.now() - start;
    }
  }

  /**
   * The matches without waiting: pages that are not in memory are read meanwhile.
   * @throws InvalidArgumentError `DOCDB_SYNC_UNSUPPORTED` for a sort without an index, `$near` and `$text`
   */
  *[Symbol.iterator](): Generator<Document, void, undefined> {
    const window = this.#window();
    for (const batch of this.#batchesSync(this.#take)) {
      const { wanted, isLast } = window(batch);
      this.#returned += wanted.length;
      yield* wanted;
      if (isLast) return;
    }
  }

  /**
   * Looks at each match where it lies, without waiting, copying or decoding it; `skip`, `limit` and `projection` do
   * not count.
   * @param look - must not change the database
   * @throws InvalidArgumentError `DOCDB_SYNC_UNSUPPORTED` as the iteration without waiting does
   * @example
   * let sum = 0;
   * people.find({ city: "Ulm" }).lookAtAll((person) => { sum += Number(person.get("score")); });
   */
  lookAtAll(look: (document: LazyDocument) => void): void {
    const document = new LazyDocument();
    const take: Take<undefined> = (bytes, start, end) => {
      document.moveTo(bytes, start, end);
      look(document);
      return undefined;
    };
    try {
      for (const batch of this.#batchesSync(take)) this.#returned += batch.length;
    } finally {
      document.leave();
    }
  }

  /** All matches at once. */
  async toArray(): Promise<Document[]> {
    const documents: Document[] = [];
    for await (const batch of this.batches()) for (const document of batch) documents.push(document);
    return documents;
  }

  /** All matches, as {@link FindCursor} is iterated without waiting. */
  toArraySync(): Document[] {
    const window = this.#window();
    let found: Document[] = [];
    for (const batch of this.#batchesSync(this.#take)) {
      const { wanted, isLast } = window(batch);
      this.#returned += wanted.length;
      if (found.length === 0) found = wanted;
      else for (const document of wanted) found.push(document);
      if (isLast) break;
    }
    return found;
  }

  #batchesSync<T>(take: Take<T>): Generator<T[], void, undefined> {
    if (this.#filter.text !== undefined) throw this.#needsWaiting();
    const engine = this.#engine;
    const filter = this.#filter;
    return fetchSync(engine, this.#name, filter, this.#planOptions, this.#counters, take, this.#checkOrder);
  }

  /** The documents must come in the order that is asked for: all of them would have to be read before the first. */
  readonly #checkOrder = ({ isSorted }: Plan): void => {
    if (!this.#isUnsorted && !(isSorted && this.#filter.distance === undefined)) throw this.#needsWaiting();
  };

  /** Cuts batches to what `skip` and `limit` leave, and projects them. */
  #window(): (batch: Document[]) => { readonly wanted: Document[]; readonly isLast: boolean } {
    const { skip, limit } = this.#options;
    const project = this.#project;
    let seen = 0;
    return (batch) => {
      const from = Math.max(0, skip - seen);
      const to = limit === 0 ? batch.length : Math.min(batch.length, skip + limit - seen);
      seen += batch.length;
      let wanted = batch;
      if (from > 0 || to < batch.length) wanted = batch.slice(from, Math.max(from, to));
      if (project !== undefined) for (let i = 0; i < wanted.length; i++) wanted[i] = project(wanted[i]!);
      return { wanted, isLast: limit > 0 && seen >= skip + limit };
    };
  }

  #needsWaiting(): InvalidArgumentError {
    const expected =
      "a query in the order of an index, without $text and $near; others are read with for await";
    return new InvalidArgumentError("DOCDB_SYNC_UNSUPPORTED", "query without waiting", this.#name, expected);
  }

  /** How many matches there is a use for, where that is known. */
  get #wanted(): number | undefined {
    const { skip, limit } = this.#options;
    return limit === 0 ? undefined : skip + limit;
  }

  get #isUnsorted(): boolean {
    return Object.keys(this.#options.sort).length === 0 && this.#filter.distance === undefined;
  }

  /** How the query is answered, and what was read so far. */
  async explain(): Promise<Explanation> {
    const planned = this.#filter.text === undefined ? await this.#plan() : undefined;
    const plan = planned?.plan;
    return {
      index: plan === undefined ? undefined : indexName(plan),
      ranges: plan?.scans.reduce((sum, { ranges }) => sum + ranges.length, 0) ?? 0,
      winningPlan: winningPlan(plan, this.#filter, this.#options.sort, this.#counters.byInput),
      keysExamined: this.#counters.keysExamined,
      documentsExamined: this.#counters.documentsExamined,
      documentsReturned: this.#returned,
      milliseconds: this.#milliseconds,
    };
  }

  #plan(): Promise<PlannedQuery | undefined> {
    return planFetch(this.#engine, this.#name, this.#filter, this.#planOptions);
  }

  get #planOptions(): PlanOptions {
    const { sort, hint } = this.#options;
    return { sort, hint: hint ?? undefined, wanted: this.#wanted };
  }

  /** The matches in the order that is asked for: that of an index, or sorted. */
  async *#ordered(): AsyncGenerator<Document[], void, undefined> {
    if (this.#filter.text !== undefined) {
      const found = fetchMatches(this.#engine, this.#name, this.#filter, this.#counters);
      if (this.#isUnsorted) for await (const batch of found) yield batch.map(decodeMatch);
      else yield* this.#sorted(found);
      return;
    }
    const planned = await this.#plan();
    if (planned === undefined) return;
    const fetch = <T>(take: Take<T>): AsyncGenerator<T[], void, undefined> =>
      fetchPlanned(this.#engine, this.#name, planned, this.#filter, this.#counters, take, this.#wanted);
    if (this.#isUnsorted || (planned.plan.isSorted && this.#filter.distance === undefined))
      yield* fetch(this.#take);
    else yield* this.#sorted(fetch(asMatch));
  }

  #sorted(batches: AsyncIterable<Match[]>): AsyncGenerator<Document[], void, undefined> {
    return sortMatches(this.#engine, batches, this.#filter, this.#collation, this.#options);
  }
}

const asDocument: Take<Document> = (bytes, start, end) => decodeDocument(bytes, start, end);

function checkedOptions(given: FindOptions): Required<FindOptions> {
  const options = resolveOptions<Required<FindOptions>>("docdb", DEFAULT_FIND_OPTIONS, given);
  checkInteger("docdb", "skip", options.skip, 0, Number.MAX_SAFE_INTEGER);
  checkInteger("docdb", "limit", options.limit, 0, Number.MAX_SAFE_INTEGER);
  checkInteger("docdb", "sortBytes", options.sortBytes, 1, Number.MAX_SAFE_INTEGER);
  if (typeof options.sort !== "object" || options.sort === null)
    throw new InvalidArgumentError("DOCDB_SORT_INVALID", "sort", options.sort, "an object of fields");
  return options;
}
