import { InvalidArgumentError } from "@millrace/base";
import type { Database } from "../database.ts";
import type { Document, Value } from "../document/value.ts";
import type { Explanation } from "../find-cursor.ts";
import type { Aggregate } from "./aggregates.ts";
import { type Comparison, conditionOf } from "./conditions.ts";
import { joinSources, type Source, semiJoin } from "./joins.ts";
import { type Order, type Page, pageAfter, tokenOf } from "./paging.ts";
import type { JoinOptions, WindowOptions } from "./query-options.ts";
import { compareSources } from "./sets.ts";
import { answered, replaceWithin } from "./subqueries.ts";

/** A field of a document, or a dotted path into one. */
export type FieldOf<T> = (keyof T & string) | `${keyof T & string}.${string}`;

/** Documents as `where` compares them: a value, several, or what a query of one field gives. */
export type Operand = Value | AnyQuery;

// biome-ignore lint/suspicious/noExplicitAny: the documents of another query are of no concern here
type AnyQuery = Query<any>;

/**
 * A query that is put together call by call; each call gives another one. It is run by MongoDB's stages, which
 * {@link Query.toPipeline} shows, so that indexes and limits of memory are those of `aggregate`.
 */
export class Query<T extends object = Document> implements AsyncIterable<T> {
  readonly #database: Pick<Database, "collection">;
  readonly #source: Source;
  /** Subqueries that have to be answered first, by the place that waits for their values. */
  readonly #pending: ReadonlyMap<object, AnyQuery>;
  readonly #order: Order;

  /** Made by `from`. */
  constructor(
    database: Pick<Database, "collection">,
    source: Source,
    pending: ReadonlyMap<object, AnyQuery> = new Map(),
    order: Order = {},
  ) {
    this.#database = database;
    this.#source = source;
    this.#pending = pending;
    this.#order = order;
  }

  /** Keeps documents whose field compares so; or that match a filter of MongoDB's language. */
  where(field: FieldOf<T>, comparison: Comparison, value: Operand): Query<T>;
  where(filter: Document): Query<T>;
  where(fieldOrFilter: FieldOf<T> | Document, comparison: Comparison = "=", value: Operand = null): Query<T> {
    if (typeof fieldOrFilter !== "string") return this.#with({ $match: fieldOrFilter });
    if (!(value instanceof Query))
      return this.#with({ $match: conditionOf(fieldOrFilter, comparison, value) });
    const wanted = comparison === "in" || comparison === "not in" ? [] : null;
    const stage = { $match: conditionOf(fieldOrFilter, comparison, wanted) };
    const pending = new Map([...this.#pending, ...value.#pending, [stage, value] as const]);
    return new Query<T>(this.#database, this.#append(stage), pending, this.#order);
  }

  /** `where` behind `groupBy`, as SQL has it. */
  having(field: FieldOf<T>, comparison: Comparison, value: Operand): Query<T> {
    return this.where(field, comparison, value);
  }

  /** Keeps documents that have, or have not, a partner in another query. */
  whereExists(other: AnyQuery, on: { local: string; foreign: string }, has = true): Query<T> {
    return this.#joined(semiJoin(this.#source, { other: other.#source, ...on }, has), other);
  }

  /** Keeps some fields. */
  select<K extends keyof T & string>(...fields: readonly K[]): Query<Pick<T, K>> {
    const kept = Object.fromEntries(fields.map((field) => [field, 1]));
    const id = (fields as readonly string[]).includes("_id") ? {} : { _id: 0 };
    return this.#with({ $project: { ...kept, ...id } });
  }

  /** Adds a field, by an expression of MongoDB's language. */
  compute<Name extends string, V extends Value>(
    name: Name,
    expression: Value,
  ): Query<T & { readonly [key in Name]: V }> {
    return this.#with({ $addFields: { [name]: expression } });
  }

  /** Orders by one field more; the first call counts most. */
  orderBy(field: FieldOf<T>, direction: "ascending" | "descending" = "ascending"): Query<T> {
    const order = { ...this.#order, [field]: direction === "ascending" ? 1 : -1 } as const;
    const source = { ...this.#source, stages: [...this.#unordered(), { $sort: order }] };
    return new Query<T>(this.#database, source, this.#pending, order);
  }

  /** Most documents that are given. */
  limit(count: number): Query<T> {
    return this.#with({ $limit: count });
  }

  /** Documents left out at the beginning. */
  offset(count: number): Query<T> {
    return this.#with({ $skip: count });
  }

  /** Equal documents once. */
  distinct(): Query<T> {
    return this.#with({ $group: { _id: "$$ROOT" } }).#with({ $replaceWith: "$_id" });
  }

  /** Puts the partner in another query beside each document; see {@link JoinKind}. */
  join<U extends object, As extends string>(
    other: Query<U>,
    { local, foreign, as, kind = "inner" }: JoinOptions<As>,
  ): Query<T & { readonly [key in As]: U }> {
    const source = joinSources(this.#source, { kind, other: other.#source, local, foreign, as });
    return this.#joined(source, other) as unknown as Query<T & { readonly [key in As]: U }>;
  }

  /** One document for each combination of the fields' values, with what is computed of its members. */
  groupBy<K extends keyof T & string, A extends Readonly<Record<string, Aggregate<unknown>>>>(
    fields: readonly K[],
    aggregates: A,
  ): Query<Pick<T, K> & { readonly [name in keyof A]: NonNullable<A[name]["result"]> }> {
    const id = Object.fromEntries(fields.map((field) => [field, `$${field}`]));
    const computed = Object.entries(aggregates).map(([name, { accumulator }]) => [name, accumulator]);
    const group = { _id: fields.length === 0 ? null : id, ...Object.fromEntries(computed) };
    const kept = Object.fromEntries(fields.map((field) => [field, `$_id.${field}`]));
    const shown = Object.fromEntries(computed.map(([name]) => [name, `$${name}`]));
    return this.#with({ $group: group }).#with({ $replaceWith: { ...kept, ...shown } });
  }

  /** Adds a field that is computed from a document's neighbours. */
  window<Name extends string, R>(
    name: Name,
    { accumulator }: Aggregate<R>,
    { partitionBy, orderBy, rows }: WindowOptions,
  ): Query<T & { readonly [key in Name]: R }> {
    const sortBy = Object.fromEntries(
      Object.entries(orderBy).map(([field, direction]) => [field, direction === "ascending" ? 1 : -1]),
    );
    const output = {
      [name]: rows === undefined ? accumulator : { ...accumulator, window: { documents: rows } },
    };
    const partition = partitionBy === undefined ? {} : { partitionBy: `$${partitionBy}` };
    return this.#with({ $setWindowFields: { ...partition, sortBy, output } });
  }

  /** The documents of both, equal ones once. */
  union(other: Query<T>): Query<T> {
    return this.unionAll(other).distinct();
  }

  /** The documents of both, one behind the other. */
  unionAll(other: Query<T>): Query<T> {
    const { collection, stages } = other.#source;
    return this.#joined(this.#append({ $unionWith: { coll: collection, pipeline: stages } }), other);
  }

  /** The documents that both give. */
  intersect(other: Query<T>): Query<T> {
    return this.#joined(compareSources(this.#source, other.#source, { $size: 2 }), other);
  }

  /** The documents of this one that the other does not give. */
  except(other: Query<T>): Query<T> {
    return this.#joined(compareSources(this.#source, other.#source, { $eq: [1] }), other);
  }

  /**
   * A page of documents in the order of `orderBy`, which should end with a field that no two share.
   * @param after - `next` of the page before
   */
  async page(size: number, after?: string): Promise<Page<T>> {
    if (this.#source.stages.at(-1)?.$sort !== this.#order)
      throw new InvalidArgumentError("DOCDB_QUERY_PAGE", "page", "no order", "orderBy right before it");
    const behind = after === undefined ? [] : [{ $match: pageAfter(this.#order, after) }];
    const stages = [...this.#unordered(), ...behind, { $sort: this.#order }, { $limit: size }];
    const source = { ...this.#source, stages };
    const documents = await new Query<T>(this.#database, source, this.#pending).toArray();
    const isLast = documents.length < size;
    return { documents, next: isLast ? undefined : tokenOf(this.#order, documents.at(-1)! as Document) };
  }

  /** The stages that are run, with the answers of subqueries in them. */
  async toPipeline(): Promise<Document[]> {
    const answers = new Map<object, Document>();
    for (const [stage, query] of this.#pending) answers.set(stage, await answered(stage as Document, query));
    return this.#source.stages.map((stage) => answers.get(stage) ?? replaceWithin(stage, answers));
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    const pipeline = await this.toPipeline();
    for await (const document of this.#database.collection(this.#source.collection).aggregate(pipeline)) {
      yield document as T;
    }
  }

  /** All documents at once. */
  async toArray(): Promise<T[]> {
    const documents: T[] = [];
    for await (const document of this) documents.push(document);
    return documents;
  }

  /** Runs it, and tells how: the index that gave its documents, and how much of it and of them was looked at. */
  async explain(): Promise<Explanation> {
    const cursor = this.#database.collection(this.#source.collection).aggregate(await this.toPipeline());
    for await (const _ of cursor);
    return cursor.explain();
  }

  /** The first document; undefined where there is none. */
  async first(): Promise<T | undefined> {
    return (await this.limit(1).toArray())[0];
  }

  /** How many documents there are. */
  async count(): Promise<number> {
    const [found] = await this.#with<{ count: number }>({ $count: "count" }).toArray();
    return Number(found?.count ?? 0);
  }

  /** The value of an aggregate over all documents; undefined where there are none. */
  async aggregate<R>({ accumulator }: Aggregate<R>): Promise<R | undefined> {
    const [found] = await this.#with<{ value: R }>({ $group: { _id: null, value: accumulator } }).toArray();
    return found?.value;
  }

  /** The stages without an order that is the last one: another one, or a page, takes its place. */
  #unordered(): readonly Document[] {
    const { stages } = this.#source;
    return stages.at(-1)?.$sort === this.#order ? stages.slice(0, -1) : stages;
  }

  #with<U extends object = T>(stage: Document): Query<U> {
    return new Query<U>(this.#database, this.#append(stage), this.#pending, this.#order);
  }

  #append(stage: Document): Source {
    return { ...this.#source, stages: [...this.#source.stages, stage] };
  }

  #joined(source: Source, other: AnyQuery): Query<T> {
    return new Query<T>(this.#database, source, new Map([...this.#pending, ...other.#pending]), {});
  }
}
