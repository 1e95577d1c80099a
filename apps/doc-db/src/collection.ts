import { resolveOptions } from "@millrace/base";
import { AggregationCursor } from "./aggregation-cursor.ts";
import { findCollection, findOrCreateCollection } from "./catalog.ts";
import { deleteKeys } from "./collection-delete.ts";
import { getDocument } from "./collection-get.ts";
import { dropNamedIndexes, type IndexOptions, indexSpec, listIndexSpecs } from "./collection-indexes.ts";
import {
  type ImportOptions,
  type ImportResult,
  importDocuments,
  insertDocuments,
  replaceDocument,
} from "./collection-insert.ts";
import { documentCountOf } from "./collection-page.ts";
import { encodeId } from "./collection-store.ts";
import { CollectionSync, checkReplaceArguments } from "./collection-sync.ts";
import {
  changeOne,
  DEFAULT_UPDATE_OPTIONS,
  type UpdateOptions,
  type UpdateResult,
  updateDocuments,
} from "./collection-update.ts";
import { Constraints } from "./constraints/constraints.ts";
import type { Document, Value } from "./document/value.ts";
import { countMatches, fetchMatches } from "./fetch.ts";
import { FindCursor } from "./find-cursor.ts";
import type { FindOptions } from "./find-options.ts";
import { buildIndex } from "./indexes/store.ts";
import { compileUpdate } from "./mql/update/update.ts";
import { distinctValues } from "./query/distinct-values.ts";
import { compileFilter } from "./query/filter.ts";
import type { Executor } from "./storage/executor.ts";
import { FetchCounters } from "./take.ts";

/** Documents under one name. Made by `database.collection(name)`; it exists in the file from its first insert on. */
export class Collection extends CollectionSync {
  readonly #engine: Executor;

  constructor(engine: Executor, name: string) {
    super(engine, name);
    this.#engine = engine;
  }

  /** Unique fields, checks and foreign keys: what is there, and more of it. */
  get constraints(): Constraints {
    return new Constraints(this.#engine, this.name);
  }

  /**
   * Puts a document in; without an `_id` it gets an ObjectId.
   * @returns its `_id`, once the document is as safe as the durability says
   * @throws MillraceError `DOCDB_KEY_DUPLICATE`; nothing was changed then
   */
  async insertOne(document: Document): Promise<Value> {
    return (await this.insertMany([document]))[0]!;
  }

  /** Puts documents in, all of them or none. @returns their `_id`s @throws as {@link insertOne} */
  async insertMany(documents: readonly Document[]): Promise<Value[]> {
    return insertDocuments(this.#engine, this.name, documents);
  }

  /**
   * Puts documents in as they come, all of them or none, in memory bounded by the cache. Nobody else reads or writes
   * the database meanwhile.
   * @throws whatever the source throws; nothing was changed then
   */
  async importFrom(documents: AsyncIterable<Document>, options: ImportOptions = {}): Promise<ImportResult> {
    return importDocuments(this.#engine, this.name, documents, options);
  }

  /** The document with an `_id`; undefined when there is none. */
  async get(id: Value): Promise<Document | undefined> {
    const key = encodeId(id);
    return this.#engine.read((pager) => getDocument(pager, this.name, key));
  }

  /**
   * The documents that match a filter, read as they are asked for.
   * @throws InvalidArgumentError for a filter with operators or operands that are not supported, by name
   * @example
   * for await (const person of people.find({ age: { $gte: 18 } }, { sort: { name: 1 }, limit: 10 })) console.log(person);
   */
  find(filter: Document = {}, options?: FindOptions): FindCursor {
    return new FindCursor(this.#engine, this.name, filter, options);
  }

  /** How many documents match; of an empty filter known without looking at any. */
  async countDocuments(filter: Document = {}): Promise<number> {
    if (Object.keys(filter).length === 0) {
      return this.#engine.read((pager) => {
        const page = findCollection(pager, this.name);
        return page === undefined ? 0 : documentCountOf(pager.read(page));
      });
    }
    return countMatches(this.#engine, this.name, compileFilter(filter));
  }

  /** The first match; undefined when there is none. */
  async findOne(filter: Document = {}, options?: Omit<FindOptions, "limit">): Promise<Document | undefined> {
    for await (const document of this.find(filter, { ...options, limit: 1 })) return document;
    return undefined;
  }

  /**
   * Documents that a pipeline makes of this collection's; a `$match` in front uses an index.
   * @throws LanguageError for a stage or expression that is not understood, by name
   */
  aggregate(pipeline: readonly Document[]): AggregationCursor {
    return new AggregationCursor(this.#engine, this.name, pipeline);
  }

  /** The distinct values of a field, of arrays those of their elements, ascending. */
  async distinct(field: string, filter: Document = {}, options?: FindOptions): Promise<Value[]> {
    return distinctValues(this.find(filter, options), field);
  }

  /**
   * Changes the first match by update operators; with `upsert` a document is made when none matches.
   * @throws LanguageError for operators or operands that are not understood; nothing was changed then
   * @example
   * await people.updateOne({ _id: 1 }, { $inc: { visits: 1 }, $push: { seen: new Date() } });
   */
  updateOne(
    filter: Document,
    update: Document | readonly Document[],
    options?: UpdateOptions,
  ): Promise<UpdateResult> {
    return updateDocuments(this.#engine, this.name, filter, update, resolveUpdateOptions(options), false);
  }

  /** As {@link Collection.updateOne} for all matches, in transactions of up to a few hundred documents. */
  updateMany(
    filter: Document,
    update: Document | readonly Document[],
    options?: UpdateOptions,
  ): Promise<UpdateResult> {
    return updateDocuments(this.#engine, this.name, filter, update, resolveUpdateOptions(options), true);
  }

  /** Changes the first match. @returns it as it was before, or is after; undefined when there was none */
  async findOneAndUpdate(
    filter: Document,
    update: Document,
    returnDocument: "before" | "after" = "before",
  ): Promise<Document | undefined> {
    const compiled = compileUpdate(update);
    const apply = (document: Document): Document => compiled.apply(document, filter, false);
    return (await changeOne(this.#engine, this.name, compileFilter(filter), apply))?.[returnDocument];
  }

  /** Takes the first match out. @returns it; undefined when there was none */
  async findOneAndDelete(filter: Document): Promise<Document | undefined> {
    return (await changeOne(this.#engine, this.name, compileFilter(filter), () => undefined))?.before;
  }

  /** Takes the first match out. @returns whether there was one */
  async deleteOne(filter: Document): Promise<boolean> {
    return (await this.findOneAndDelete(filter)) !== undefined;
  }

  /** Takes all matches out, in transactions of up to a few hundred documents. @returns how many there were */
  async deleteMany(filter: Document): Promise<number> {
    let count = 0;
    for await (const batch of fetchMatches(
      this.#engine,
      this.name,
      compileFilter(filter),
      new FetchCounters(),
    )) {
      count += await deleteKeys(
        this.#engine,
        this.name,
        batch.map(({ idKey }) => idKey),
      );
    }
    return count;
  }

  /**
   * Puts a document in the place of the one with its `_id`, which must be there.
   * @param rest - nothing: the driver's call of this name has a filter first, which would be stored as the document
   * @returns whether it was there; nothing is changed when it was not
   * @throws InvalidArgumentError `DOCDB_REPLACE_ARGUMENTS` for a second argument
   */
  async replaceOne(document: Document, ...rest: readonly never[]): Promise<boolean> {
    checkReplaceArguments(rest);
    return replaceDocument(this.#engine, this.name, document);
  }

  /**
   * Makes an index and fills it.
   * @param key - a field or dotted path, or fields with 1, -1, "text", "hashed", "2dsphere" or "2d"
   * @returns false when it was there already
   * @throws DuplicateKeyError when a unique one meets equal values; there is no index then
   * @throws LanguageError with MongoDB's number for an index that cannot be, or that another one is in the way of
   */
  async createIndex(key: string | Document, options?: IndexOptions): Promise<boolean> {
    const spec = indexSpec(key, options);
    return this.#engine.writeLong(async (pager) =>
      buildIndex(pager, findOrCreateCollection(pager, this.name), spec),
    );
  }

  /** Takes an index out. @throws LanguageError 27 when there is none of that name */
  async dropIndex(name: string): Promise<void> {
    await this.#engine.writeLong(async (pager) => dropNamedIndexes(pager, this.name, [name]));
  }

  /** The specifications of all indexes, that of `_id` first. */
  async listIndexes(): Promise<Document[]> {
    return this.#engine.read((pager) => listIndexSpecs(pager, this.name));
  }
}

function resolveUpdateOptions(options: UpdateOptions | undefined): Required<UpdateOptions> {
  return resolveOptions<Required<UpdateOptions>>("docdb", DEFAULT_UPDATE_OPTIONS, options);
}
