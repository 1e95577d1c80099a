import type { Document as Stored } from "../document/value.ts";
import { defaultIndexName } from "../indexes/spec.ts";
import type { Backend } from "./backend.ts";
import { bulkWrite } from "./bulk-write.ts";
import { EmbeddedChangeStream } from "./change-stream.ts";
import { EmbeddedAggregationCursor, EmbeddedFindCursor } from "./cursor.ts";
import { inDriverShape, MongoServerError } from "./errors.ts";
import { plainIndexKey } from "./index-key.ts";
import {
  checkNotEmpty,
  checkOperators,
  checkReplacement,
  listCursor,
  NOTHING,
  throwFirst,
  throwMany,
  withIds,
  writeErrorsOf,
} from "./replies.ts";
import { transactionOf } from "./session.ts";
import { withoutDriverSettings } from "./settings.ts";
import { withPlainSort } from "./sort.ts";
import type * as api from "./types.ts";

/** The key of an index, as the driver takes it. */
type IndexKey = Parameters<api.Collection["createIndex"]>[0];

/** A collection in the driver's shape: each call is one of MongoDB's commands. */
export class EmbeddedCollection<T extends api.Document = api.Document> implements api.Collection<T> {
  readonly collectionName: string;
  readonly dbName: string;
  readonly #backend: Backend;

  constructor(backend: Backend, dbName: string, name: string) {
    this.#backend = backend;
    this.dbName = dbName;
    this.collectionName = name;
  }

  get namespace(): string {
    return `${this.dbName}.${this.collectionName}`;
  }

  async insertOne(document: T, options?: api.OperationOptions): Promise<api.InsertOneResult> {
    const [prepared] = withIds([document]);
    const reply = await this.#run({ insert: this.collectionName, documents: [prepared!] }, options);
    throwFirst(reply);
    return { acknowledged: true, insertedId: prepared!._id };
  }

  async insertMany(
    documents: readonly T[],
    options?: api.OperationOptions & { ordered?: boolean },
  ): Promise<api.InsertManyResult> {
    checkNotEmpty(documents);
    const prepared = withIds(documents);
    const command = { insert: this.collectionName, documents: prepared, ordered: options?.ordered ?? true };
    const reply = await this.#run(command, options);
    const failed = new Set(writeErrorsOf(reply).map(({ index }) => index));
    const done = prepared
      .map(({ _id }, i) => [i, _id] as const)
      .slice(0, failed.size > 0 && command.ordered ? Number(reply.n) : undefined);
    const insertedIds = Object.fromEntries(done.filter(([i]) => !failed.has(i)));
    const insertedCount = Number(reply.n);
    throwMany(reply, { ...NOTHING, insertedCount, insertedIds });
    return { acknowledged: true, insertedCount, insertedIds };
  }

  bulkWrite(
    operations: readonly api.BulkOperation[],
    options?: api.OperationOptions & { ordered?: boolean; let?: api.Document },
  ): Promise<api.BulkWriteResult> {
    checkNotEmpty(operations);
    return bulkWrite(this, operations, options);
  }

  find(filter: api.Document = {}, options: api.FindOptions = {}): api.FindCursor<api.WithId<T>> {
    const { session, ...rest } = withoutDriverSettings(options);
    const within = transactionOf(session === undefined ? undefined : { session });
    const source = {
      open: (wanted: Stored, settings: object) =>
        this.#backend.find(this.dbName, this.collectionName, wanted, settings, within),
      explain: (wanted: Stored, settings: object, verbosity: string) =>
        this.#backend.command(
          { explain: { find: this.collectionName, filter: wanted, ...settings }, verbosity },
          this.dbName,
          within,
        ),
    };
    return new EmbeddedFindCursor<api.WithId<T>>(source, filter, withPlainSort(rest));
  }

  async findOne(filter: api.Document = {}, options: api.FindOptions = {}): Promise<api.WithId<T> | null> {
    const cursor = this.find(filter, { ...options, limit: 1 });
    const found = await cursor.next();
    await cursor.close();
    return found;
  }

  updateOne(
    filter: api.Document,
    update: api.Document | api.Document[],
    options: api.UpdateOptions = {},
  ): Promise<api.UpdateResult> {
    checkOperators(update);
    return this.#update(filter, update, options, false);
  }

  updateMany(
    filter: api.Document,
    update: api.Document | api.Document[],
    options: api.UpdateOptions = {},
  ): Promise<api.UpdateResult> {
    checkOperators(update);
    return this.#update(filter, update, options, true);
  }

  replaceOne(
    filter: api.Document,
    replacement: api.Document,
    options: Omit<api.UpdateOptions, "arrayFilters"> = {},
  ): Promise<api.UpdateResult> {
    checkReplacement(replacement);
    return this.#update(filter, replacement, options, false);
  }

  deleteOne(filter: api.Document = {}, options: api.DeleteOptions = {}): Promise<api.DeleteResult> {
    return this.#delete(filter, options, 1);
  }

  deleteMany(filter: api.Document = {}, options: api.DeleteOptions = {}): Promise<api.DeleteResult> {
    return this.#delete(filter, options, 0);
  }

  findOneAndUpdate(
    filter: api.Document,
    update: api.Document | api.Document[],
    options: api.FindOneAndChangeOptions = {},
  ): Promise<api.WithId<T> | null> {
    checkOperators(update);
    return this.#modify(filter, { update }, options);
  }

  findOneAndReplace(
    filter: api.Document,
    replacement: api.Document,
    options: Omit<api.FindOneAndChangeOptions, "arrayFilters"> = {},
  ): Promise<api.WithId<T> | null> {
    checkReplacement(replacement);
    return this.#modify(filter, { update: replacement }, options);
  }

  findOneAndDelete(filter: api.Document, options: api.FindOneAndOptions = {}): Promise<api.WithId<T> | null> {
    return this.#modify(filter, { remove: true }, options);
  }

  async countDocuments(filter: api.Document = {}, options: api.CountOptions = {}): Promise<number> {
    const { session: _, comment: __, ...rest } = options;
    return Number((await this.#run({ count: this.collectionName, query: filter, ...rest }, options)).n);
  }

  async estimatedDocumentCount(): Promise<number> {
    return Number((await this.#run({ count: this.collectionName }, undefined)).n);
  }

  async distinct(
    key: string,
    filter: api.Document = {},
    options: api.OperationOptions & { collation?: api.CollationOptions } = {},
  ): Promise<unknown[]> {
    const { session: _, comment: __, ...rest } = options;
    const reply = await this.#run({ distinct: this.collectionName, key, query: filter, ...rest }, options);
    return reply.values as unknown[];
  }

  aggregate(
    pipeline: api.Document[] = [],
    options: Parameters<api.Collection["aggregate"]>[1] = {},
  ): api.AggregationCursor<api.Document> {
    const { session: _, comment: __, ...rest } = options;
    const within = transactionOf(options);
    const stages = pipeline as Stored[];
    return new EmbeddedAggregationCursor(
      () => this.#backend.aggregate(this.dbName, this.collectionName, stages, rest as object, within),
      (verbosity) => {
        const explained = {
          aggregate: this.collectionName,
          pipeline: stages,
          cursor: {},
          ...(rest as Stored),
        };
        return this.#backend.command({ explain: explained, verbosity }, this.dbName, within);
      },
    );
  }

  async createIndex(key: IndexKey, options: api.CreateIndexOptions = {}): Promise<string> {
    const { session, comment: _, ...rest } = options;
    const [name] = await this.createIndexes(
      [{ ...rest, key: plainIndexKey(key) as Exclude<IndexKey, string> }],
      session === undefined ? {} : { session },
    );
    return name!;
  }

  async createIndexes(
    indexes: Parameters<api.Collection["createIndexes"]>[0],
    options: api.OperationOptions = {},
  ): Promise<string[]> {
    const specs = indexes.map((spec) => {
      const key = plainIndexKey(spec.key);
      return { ...spec, key, name: spec.name ?? defaultIndexName(key) };
    });
    await this.#run({ createIndexes: this.collectionName, indexes: specs }, options);
    return specs.map(({ name }) => name);
  }

  async createSearchIndex(description: api.SearchIndexDescription): Promise<string> {
    return (await this.createSearchIndexes([description]))[0]!;
  }

  async createSearchIndexes(descriptions: api.SearchIndexDescription[]): Promise<string[]> {
    await this.#run({ createSearchIndexes: this.collectionName, indexes: descriptions }, {});
    return descriptions.map(({ name = "default" }) => name);
  }

  listSearchIndexes(name?: string): api.ListCursor {
    return this.aggregate([{ $listSearchIndexes: name === undefined ? {} : { name } }]);
  }

  async dropSearchIndex(name: string): Promise<void> {
    await this.#run({ dropSearchIndex: this.collectionName, name }, {});
  }

  dropIndex(name: string, options: api.OperationOptions = {}): Promise<api.Document> {
    return this.#run({ dropIndexes: this.collectionName, index: name }, options);
  }

  async dropIndexes(options: api.OperationOptions = {}): Promise<boolean> {
    await this.#run({ dropIndexes: this.collectionName, index: "*" }, options);
    return true;
  }

  listIndexes(options: api.OperationOptions = {}): api.ListCursor {
    return listCursor(() => this.#run({ listIndexes: this.collectionName }, options));
  }

  async indexExists(names: string | string[]): Promise<boolean> {
    const there = (await this.listIndexes().toArray()).map(({ name }) => name);
    return [names].flat().every((name) => there.includes(name));
  }

  async rename(
    name: string,
    options: api.OperationOptions & { dropTarget?: boolean } = {},
  ): Promise<api.Collection> {
    const to = `${this.dbName}.${name}`;
    await this.#run(
      { renameCollection: this.namespace, to, dropTarget: options.dropTarget ?? false },
      options,
    );
    return new EmbeddedCollection(this.#backend, this.dbName, name);
  }

  async drop(options: api.OperationOptions = {}): Promise<boolean> {
    try {
      await this.#run({ drop: this.collectionName }, options);
      return true;
    } catch (error) {
      if (error instanceof MongoServerError && error.code === 26) return false;
      throw error;
    }
  }

  watch(pipeline: api.Document[] = [], options: api.ChangeStreamOptions = {}): api.ChangeStream {
    const scope = { database: this.dbName, collection: this.collectionName };
    return new EmbeddedChangeStream(
      (settings) => this.#backend.watch(scope, pipeline as Stored[], settings),
      options,
    );
  }

  async #update(
    filter: api.Document,
    update: api.Document | api.Document[],
    options: api.UpdateOptions,
    multi: boolean,
  ): Promise<api.UpdateResult> {
    const { session: _, comment: __, let: given, ...rest } = options;
    const updates = [{ q: filter, u: update, multi, ...rest }];
    const reply = await this.#run({ update: this.collectionName, updates, ...letField(given) }, options);
    throwFirst(reply);
    const upserted = (reply.upserted as readonly Stored[] | undefined)?.[0];
    const upsertedCount = upserted === undefined ? 0 : 1;
    return {
      acknowledged: true,
      matchedCount: Number(reply.n) - upsertedCount,
      modifiedCount: Number(reply.nModified),
      upsertedCount,
      upsertedId: upserted?._id ?? null,
    };
  }

  async #delete(filter: api.Document, options: api.DeleteOptions, limit: number): Promise<api.DeleteResult> {
    const { session: _, comment: __, let: given, ...rest } = options;
    const deletes = [{ q: filter, limit, ...rest }];
    const reply = await this.#run({ delete: this.collectionName, deletes, ...letField(given) }, options);
    throwFirst(reply);
    return { acknowledged: true, deletedCount: Number(reply.n) };
  }

  async #modify(
    filter: api.Document,
    what: api.Document,
    options: api.FindOneAndChangeOptions & { readonly includeResultMetadata?: boolean },
  ): Promise<api.WithId<T> | null> {
    const { session: _, comment: __, projection, returnDocument, includeResultMetadata, ...rest } = options;
    const command = {
      findAndModify: this.collectionName,
      query: filter,
      ...what,
      ...withPlainSort(rest),
      fields: projection ?? {},
      new: returnDocument === "after",
    };
    const reply = await this.#run(command, options);
    return (includeResultMetadata === true ? reply : reply.value) as unknown as api.WithId<T> | null;
  }

  #run(command: api.Document, options: api.OperationOptions | undefined): Promise<Stored> {
    return inDriverShape(async () =>
      this.#backend.command(command as Stored, this.dbName, transactionOf(options)),
    );
  }
}

/** Variables are those of a command, not of one of its operations. */
function letField(variables: api.Document | undefined): api.Document {
  return variables === undefined ? {} : { let: variables };
}
