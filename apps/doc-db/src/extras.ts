export { AggregationCursor } from "./aggregation-cursor.ts";
export { decodeBson } from "./bson/decode.ts";
export { encodeBson } from "./bson/encode.ts";
export type { KeyFilterStats } from "./btree/key-filters.ts";
export { ChangeReader, type ChangeReaderOptions, type ChangeScope } from "./changes/change-reader.ts";
export type { ChangeKind } from "./changes/feed.ts";
export { type LiveQueryOptions, liveQuery } from "./changes/live-query.ts";
export type { Trigger, TriggerSpec } from "./changes/trigger.ts";
export { Collection } from "./collection.ts";
export type { IndexOptions } from "./collection-indexes.ts";
export type { ImportOptions, ImportResult } from "./collection-insert.ts";
export { DEFAULT_UPDATE_OPTIONS, type UpdateOptions, type UpdateResult } from "./collection-update.ts";
export type { SyncUpdateOptions } from "./collection-update-sync.ts";
export { type Constraint, Constraints } from "./constraints/constraints.ts";
export { ForeignKeyError, type ForeignKeySpec, type ReferenceAction } from "./constraints/foreign-keys.ts";
export { Database, type ReplicaOptions } from "./database.ts";
export { databaseMetrics } from "./database-metrics.ts";
export type { CollectionStats, DatabaseStats } from "./database-stats.ts";
export { Binary, BSONRegExp, Code, Double, MaxKey, MinKey, Timestamp } from "./document/bson-types.ts";
export { Decimal128, type DecimalRounding } from "./document/decimal128.ts";
export { decodeDocument } from "./document/decode.ts";
export { encodeChanged, encodeDocument, encodeStored, type StoredBytes } from "./document/encode.ts";
export { LazyDocument } from "./document/lazy-document.ts";
export { ObjectId } from "./document/object-id.ts";
export type { Document, Value } from "./document/value.ts";
export { type Explanation, FindCursor } from "./find-cursor.ts";
export { DEFAULT_FIND_OPTIONS, type FindOptions } from "./find-options.ts";
export {
  type Aggregate,
  average,
  collect,
  count,
  denseRank,
  largest,
  rank,
  rowNumber,
  shifted,
  smallest,
  sum,
} from "./fluent/aggregates.ts";
export type { Comparison } from "./fluent/conditions.ts";
export { from } from "./fluent/from.ts";
export type { JoinKind } from "./fluent/joins.ts";
export type { Page } from "./fluent/paging.ts";
export { type FieldOf, type Operand, Query } from "./fluent/query.ts";
export type { JoinOptions, WindowOptions } from "./fluent/query-options.ts";
export { SoftQuery } from "./fluent/soft-delete.ts";
export { DuplicateKeyError } from "./indexes/duplicate-key.ts";
export { compareValues } from "./keys/compare.ts";
export { encodeKey } from "./keys/encode-key.ts";
export type { BackupResult } from "./maintenance/backup.ts";
export type { CopyOptions } from "./maintenance/copy-settings.ts";
export type { RescuedCounts, RescueResult } from "./maintenance/rescue-database.ts";
export { LanguageError } from "./mql/error.ts";
export {
  type DatabaseDurability,
  type DatabaseOptions,
  DEFAULT_DATABASE_OPTIONS,
  type SecretOptions,
} from "./options.ts";
export {
  type CompiledFilter,
  type Condition,
  compileFilter,
  type FieldLookup,
  matchesDocument,
} from "./query/filter.ts";
export type { SortSpec } from "./query/sort.ts";
export type { User } from "./server/scram.ts";
export { DEFAULT_SERVE_OPTIONS, DocumentServer, type ServeOptions, serve } from "./server/server.ts";
export type { ReplicaStats } from "./ship/follower.ts";
export { openReplica } from "./ship/open-replica.ts";
export { DEFAULT_SHIP_OPTIONS, type ShipOptions } from "./ship/options.ts";
export { type RestoreOptions, type RestoreResult, restoreDatabase } from "./ship/restore.ts";
export type { ShipStats } from "./ship/ship-stats.ts";
export type { PageCompression } from "./storage/page-codec.ts";
export type { PageIo } from "./storage/page-file.ts";
export { Snapshot, Transaction } from "./transaction.ts";
