/** Cursors of the embedded database in the driver's shape. */
import type { Document as Stored } from "../document/value.ts";
import type { FindOptions as StoreOptions } from "../find-options.ts";
import { inDriverShape } from "./errors.ts";
import { fromStored } from "./from-stored.ts";
import { plainSort } from "./sort.ts";
import type { AggregationCursor, CollationOptions, Cursor, Document, FindCursor, Sort } from "./types.ts";

/** Reads a source from its beginning, when it is first asked for something. */
export class EmbeddedCursor<T> implements Cursor<T> {
  readonly #open: () => AsyncIterable<T>;
  #iterator: AsyncIterator<T> | undefined;
  #ahead: T | undefined;
  #hasAhead = false;
  #isClosed = false;
  readonly #take: (value: T) => T;

  /** @param take - makes what is given of what the source gives */
  constructor(open: () => AsyncIterable<T>, take: (value: T) => T = asItIs) {
    this.#open = open;
    this.#take = take;
  }

  get closed(): boolean {
    return this.#isClosed;
  }

  async next(): Promise<T | null> {
    if (!(await this.hasNext())) return null;
    this.#hasAhead = false;
    return this.#ahead!;
  }

  tryNext(): Promise<T | null> {
    return this.next();
  }

  async hasNext(): Promise<boolean> {
    if (this.#hasAhead) return true;
    if (this.#isClosed) return false;
    return inDriverShape(async () => {
      this.#iterator ??= this.#open()[Symbol.asyncIterator]();
      const { done, value } = await this.#iterator.next();
      if (done === true) {
        await this.close();
        return false;
      }
      this.#ahead = this.#take(value);
      this.#hasAhead = true;
      return true;
    });
  }

  async toArray(): Promise<T[]> {
    const all: T[] = [];
    for await (const document of this) all.push(document);
    return all;
  }

  async forEach(take: (document: T) => unknown): Promise<void> {
    for await (const document of this) if (take(document) === false) return;
  }

  map<U>(transform: (document: T) => U): Cursor<U> {
    const open = this.#open;
    const take = this.#take;
    return new EmbeddedCursor(async function* () {
      for await (const document of open()) yield transform(take(document));
    });
  }

  rewind(): void {
    this.#iterator = undefined;
    this.#hasAhead = false;
    this.#isClosed = false;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#hasAhead = false;
    await this.#iterator?.return?.();
    this.#iterator = undefined;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    try {
      while (await this.hasNext()) {
        this.#hasAhead = false;
        yield this.#ahead!;
      }
    } finally {
      await this.close();
    }
  }
}

function asItIs<T>(value: T): T {
  return value;
}

/** What a find cursor asks of its collection. */
export interface FindSource {
  open(filter: Stored, options: StoreOptions): AsyncIterable<Stored>;
  explain(filter: Stored, options: StoreOptions, verbosity: string): Promise<Stored>;
}

export class EmbeddedFindCursor<T> extends EmbeddedCursor<T> implements FindCursor<T> {
  readonly #source: FindSource;
  readonly #state: { filter: Document; options: Record<string, unknown> };

  constructor(source: FindSource, filter: Document, options: Record<string, unknown>) {
    const state = { filter, options };
    super(
      () => source.open(state.filter as Stored, state.options as StoreOptions) as AsyncIterable<T>,
      fromStored,
    );
    this.#source = source;
    this.#state = state;
  }

  filter(filter: Document): this {
    this.#state.filter = filter;
    return this;
  }

  sort(sort: Sort): this {
    return this.#set("sort", plainSort(sort));
  }

  skip(count: number): this {
    return this.#set("skip", count);
  }

  limit(count: number): this {
    return this.#set("limit", Math.abs(count));
  }

  project(projection: Document): FindCursor<Document> {
    this.#set("projection", projection);
    return this as unknown as FindCursor<Document>;
  }

  hint(hint: string | Document): this {
    return this.#set("hint", hint);
  }

  collation(collation: CollationOptions): this {
    return this.#set("collation", collation);
  }

  /** Of no use here, where nothing is sent. */
  batchSize(_count: number): this {
    return this;
  }

  clone(): FindCursor<T> {
    return new EmbeddedFindCursor<T>(this.#source, this.#state.filter, { ...this.#state.options });
  }

  explain(verbosity = "allPlansExecution"): Promise<Document> {
    return inDriverShape(() =>
      this.#source.explain(this.#state.filter as Stored, this.#state.options as StoreOptions, verbosity),
    );
  }

  #set(name: string, value: unknown): this {
    this.#state.options = { ...this.#state.options, [name]: value };
    return this;
  }
}

export class EmbeddedAggregationCursor<T> extends EmbeddedCursor<T> implements AggregationCursor<T> {
  readonly #explain: (verbosity: string) => Promise<Stored>;

  constructor(open: () => AsyncIterable<T>, explain: (verbosity: string) => Promise<Stored>) {
    super(open, fromStored);
    this.#explain = explain;
  }

  /** Of no use here, where nothing is sent. */
  batchSize(_count: number): this {
    return this;
  }

  /** Of the query that the pipeline begins with. */
  explain(verbosity = "allPlansExecution"): Promise<Document> {
    return inDriverShape(() => this.#explain(verbosity));
  }
}
