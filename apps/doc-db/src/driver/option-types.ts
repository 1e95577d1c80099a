import type { ClientSession } from "./types.ts";

/** Fields of any type. */
export interface Document {
  // Records of any kind are documents.
  [field: string]: unknown;
}

/** A document as it is stored. */
export type WithId<T> = T & { _id: unknown };

/** Which way a field is sorted. */
export type SortDirection = 1 | -1 | "asc" | "desc" | "ascending" | "descending" | { readonly $meta: string };

/** Fields to sort by, in any of the forms that the driver takes. */
export type Sort =
  | string
  | { [field: string]: SortDirection }
  | Map<string, SortDirection>
  | [string, SortDirection][]
  | [string, SortDirection];

/** What any operation may be given. */
export interface OperationOptions {
  session?: ClientSession;
  comment?: unknown;
}

export interface CollationOptions {
  locale: string;
  strength?: number;
  caseLevel?: boolean;
  caseFirst?: string;
  numericOrdering?: boolean;
  alternate?: string;
  maxVariable?: string;
}

export interface FindOptions extends OperationOptions {
  sort?: Sort;
  skip?: number;
  limit?: number;
  projection?: Document;
  hint?: string | Document;
  collation?: CollationOptions;
  /** Constants that expressions know as `$$name`. */
  let?: Document;
  batchSize?: number;
}

export interface CountOptions extends OperationOptions {
  skip?: number;
  limit?: number;
  hint?: string | Document;
  collation?: CollationOptions;
}

export interface UpdateOptions extends OperationOptions {
  upsert?: boolean;
  arrayFilters?: Document[];
  hint?: string | Document;
  collation?: CollationOptions;
  /** Constants that expressions know as `$$name`. */
  let?: Document;
}

export interface DeleteOptions extends OperationOptions {
  hint?: string | Document;
  collation?: CollationOptions;
  /** Constants that expressions know as `$$name`. */
  let?: Document;
}

export interface FindOneAndOptions extends OperationOptions {
  sort?: Sort;
  projection?: Document;
  hint?: string | Document;
  collation?: CollationOptions;
  /** Constants that expressions know as `$$name`. */
  let?: Document;
}

export interface FindOneAndChangeOptions extends FindOneAndOptions {
  upsert?: boolean;
  returnDocument?: "before" | "after";
  arrayFilters?: Document[];
}

/** `definition` is `{ fields: [{ type: "vector", path, numDimensions, similarity }] }`. */
export interface SearchIndexDescription extends Document {
  /** @default "default" */
  name?: string;
  type?: string;
  definition: Document;
}

export interface CreateIndexOptions extends OperationOptions {
  name?: string;
  unique?: boolean;
  sparse?: boolean;
  hidden?: boolean;
  expireAfterSeconds?: number;
  partialFilterExpression?: Document;
  collation?: CollationOptions;
  wildcardProjection?: Document;
  weights?: Document;
  default_language?: string;
  language_override?: string;
  bits?: number;
  min?: number;
  max?: number;
}

export interface CreateCollectionOptions extends OperationOptions {
  validator?: Document;
  validationLevel?: string;
  validationAction?: string;
}

interface UpdateModel {
  filter: Document;
  update: Document | Document[];
  upsert?: boolean;
  arrayFilters?: Document[];
  hint?: string | Document;
  collation?: CollationOptions;
}

interface DeleteModel {
  filter: Document;
  hint?: string | Document;
  collation?: CollationOptions;
}

/** One operation of `bulkWrite`. */
export type BulkOperation =
  | { insertOne: { document: Document } }
  | { updateOne: UpdateModel }
  | { updateMany: UpdateModel }
  | { replaceOne: Omit<UpdateModel, "update" | "arrayFilters"> & { replacement: Document } }
  | { deleteOne: DeleteModel }
  | { deleteMany: DeleteModel };

/** Which changes a stream begins with, and how much of them it gives. */
export interface ChangeStreamOptions {
  /** Behind the event of this token. */
  resumeAfter?: unknown;
  /** As `resumeAfter`; takes the token of an `invalidate`, too. */
  startAfter?: unknown;
  /** `updateLookup`: updates come with the document as it is when the event is read. */
  fullDocument?: string;
  /** `whenAvailable` gives null: older versions are not kept. */
  fullDocumentBeforeChange?: string;
  /** With the first change of this time, a timestamp. */
  startAtOperationTime?: unknown;
  /** How long a server waits before it says that there is nothing; a file says it at once. */
  maxAwaitTimeMS?: number;
}
