/**
 * What application code may use of MongoDB's driver here: the classes of the package `mongodb` have all of this too,
 * so that what is written against these types runs on the file and on a server (test/driver.test.ts).
 */

import type {
  BulkOperation,
  ChangeStreamOptions,
  CollationOptions,
  CountOptions,
  CreateCollectionOptions,
  CreateIndexOptions,
  DeleteOptions,
  Document,
  FindOneAndChangeOptions,
  FindOneAndOptions,
  FindOptions,
  OperationOptions,
  SearchIndexDescription,
  Sort,
  UpdateOptions,
  WithId,
} from "./option-types.ts";
import type {
  BulkWriteResult,
  DeleteResult,
  InsertManyResult,
  InsertOneResult,
  UpdateResult,
} from "./result-types.ts";

export type * from "./option-types.ts";
export type * from "./result-types.ts";

/** What both kinds of cursors have. */
export interface Cursor<T> extends AsyncIterable<T> {
  readonly closed: boolean;
  next(): Promise<T | null>;
  hasNext(): Promise<boolean>;
  tryNext(): Promise<T | null>;
  toArray(): Promise<T[]>;
  forEach(take: (document: T) => unknown): Promise<void>;
  map<U>(transform: (document: T) => U): Cursor<U>;
  rewind(): void;
  close(): Promise<void>;
}

export interface FindCursor<T> extends Cursor<T> {
  filter(filter: Document): this;
  sort(sort: Sort): this;
  skip(count: number): this;
  limit(count: number): this;
  project(projection: Document): FindCursor<Document>;
  hint(hint: string | Document): this;
  collation(collation: CollationOptions): this;
  batchSize(count: number): this;
  clone(): FindCursor<T>;
  explain(verbosity?: "queryPlanner" | "executionStats" | "allPlansExecution"): Promise<Document>;
}

export interface AggregationCursor<T> extends Cursor<T> {
  batchSize(count: number): this;
  explain(verbosity?: "queryPlanner" | "executionStats" | "allPlansExecution"): Promise<Document>;
}

/** Changes as they are committed. */
export interface ChangeStream extends AsyncDisposable {
  readonly closed: boolean;
  /** Of the last event: what a later stream goes on from. */
  readonly resumeToken: unknown;
  hasNext(): Promise<boolean>;
  next(): Promise<Document>;
  tryNext(): Promise<Document | null>;
  [Symbol.asyncIterator](): AsyncGenerator<Document, void, void>;
  close(): Promise<void>;
}

/** Cursors that are gathered at once. */
export interface ListCursor extends AsyncIterable<Document> {
  toArray(): Promise<Document[]>;
}

export interface ClientSession extends AsyncDisposable {
  readonly hasEnded: boolean;
  startTransaction(): void;
  commitTransaction(): Promise<void>;
  abortTransaction(): Promise<void>;
  inTransaction(): boolean;
  /** Begins again when another transaction was faster. */
  withTransaction<T>(work: (session: ClientSession) => Promise<T>): Promise<T>;
  endSession(): Promise<void>;
}

export interface Collection<T extends Document = Document> {
  readonly collectionName: string;
  readonly dbName: string;
  readonly namespace: string;
  insertOne(document: T, options?: OperationOptions): Promise<InsertOneResult>;
  insertMany(
    documents: readonly T[],
    options?: OperationOptions & { ordered?: boolean },
  ): Promise<InsertManyResult>;
  bulkWrite(
    operations: readonly BulkOperation[],
    options?: OperationOptions & { ordered?: boolean; let?: Document },
  ): Promise<BulkWriteResult>;
  find(filter?: Document, options?: FindOptions): FindCursor<WithId<T>>;
  findOne(filter?: Document, options?: FindOptions): Promise<WithId<T> | null>;
  updateOne(filter: Document, update: Document | Document[], options?: UpdateOptions): Promise<UpdateResult>;
  updateMany(filter: Document, update: Document | Document[], options?: UpdateOptions): Promise<UpdateResult>;
  replaceOne(
    filter: Document,
    replacement: Document,
    options?: Omit<UpdateOptions, "arrayFilters">,
  ): Promise<UpdateResult>;
  deleteOne(filter?: Document, options?: DeleteOptions): Promise<DeleteResult>;
  deleteMany(filter?: Document, options?: DeleteOptions): Promise<DeleteResult>;
  findOneAndUpdate(
    filter: Document,
    update: Document | Document[],
    options?: FindOneAndChangeOptions,
  ): Promise<WithId<T> | null>;
  findOneAndReplace(
    filter: Document,
    replacement: Document,
    options?: Omit<FindOneAndChangeOptions, "arrayFilters">,
  ): Promise<WithId<T> | null>;
  findOneAndDelete(filter: Document, options?: FindOneAndOptions): Promise<WithId<T> | null>;
  countDocuments(filter?: Document, options?: CountOptions): Promise<number>;
  estimatedDocumentCount(): Promise<number>;
  distinct(
    key: string,
    filter?: Document,
    options?: OperationOptions & { collation?: CollationOptions },
  ): Promise<unknown[]>;
  aggregate(
    pipeline?: Document[],
    options?: OperationOptions & {
      hint?: string | Document;
      collation?: CollationOptions;
      allowDiskUse?: boolean;
      let?: Document;
    },
  ): AggregationCursor<Document>;
  createIndex(
    key: string | Record<string, 1 | -1 | "text" | "hashed" | "2d" | "2dsphere">,
    options?: CreateIndexOptions,
  ): Promise<string>;
  createIndexes(
    indexes: (CreateIndexOptions & { key: Record<string, 1 | -1 | "text" | "hashed" | "2d" | "2dsphere"> })[],
    options?: OperationOptions,
  ): Promise<string[]>;
  /** A vector index, with Atlas's description of it. */
  createSearchIndex(description: SearchIndexDescription): Promise<string>;
  createSearchIndexes(descriptions: SearchIndexDescription[]): Promise<string[]>;
  listSearchIndexes(name?: string): ListCursor;
  dropSearchIndex(name: string): Promise<void>;
  dropIndex(name: string, options?: OperationOptions): Promise<Document>;
  dropIndexes(options?: OperationOptions): Promise<boolean>;
  listIndexes(options?: OperationOptions): ListCursor;
  indexExists(names: string | string[]): Promise<boolean>;
  rename(name: string, options?: OperationOptions & { dropTarget?: boolean }): Promise<Collection>;
  drop(options?: OperationOptions): Promise<boolean>;
  watch(pipeline?: Document[], options?: ChangeStreamOptions): ChangeStream;
}

export interface Db {
  readonly databaseName: string;
  collection<T extends Document = Document>(name: string): Collection<T>;
  createCollection<T extends Document = Document>(
    name: string,
    options?: CreateCollectionOptions,
  ): Promise<Collection<T>>;
  listCollections(filter?: Document): ListCursor;
  dropCollection(name: string): Promise<boolean>;
  dropDatabase(): Promise<boolean>;
  command(command: Document, options?: OperationOptions): Promise<Document>;
  stats(): Promise<Document>;
  watch(pipeline?: Document[], options?: ChangeStreamOptions): ChangeStream;
}

export interface MongoClient extends AsyncDisposable {
  connect(): Promise<MongoClient>;
  db(name?: string): Db;
  startSession(): ClientSession;
  withSession<T>(work: (session: ClientSession) => Promise<T>): Promise<T>;
  watch(pipeline?: Document[], options?: ChangeStreamOptions): ChangeStream;
  close(): Promise<void>;
}
