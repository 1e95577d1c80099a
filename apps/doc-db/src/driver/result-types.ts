/** What the driver's calls that write give back. */

export interface InsertOneResult {
  readonly acknowledged: boolean;
  readonly insertedId: unknown;
}

export interface InsertManyResult {
  readonly acknowledged: boolean;
  readonly insertedCount: number;
  readonly insertedIds: { readonly [index: number]: unknown };
}

export interface UpdateResult {
  readonly acknowledged: boolean;
  readonly matchedCount: number;
  readonly modifiedCount: number;
  readonly upsertedCount: number;
  readonly upsertedId: unknown;
}

export interface DeleteResult {
  readonly acknowledged: boolean;
  readonly deletedCount: number;
}

export interface BulkWriteResult {
  readonly insertedCount: number;
  readonly matchedCount: number;
  readonly modifiedCount: number;
  readonly deletedCount: number;
  readonly upsertedCount: number;
  readonly upsertedIds: { readonly [index: number]: unknown };
  readonly insertedIds: { readonly [index: number]: unknown };
}
