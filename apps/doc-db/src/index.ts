export { Binary, BSONRegExp, Code, Double, MaxKey, MinKey, Timestamp, UUID } from "./document/bson-types.ts";
export { Decimal128, type DecimalRounding } from "./document/decimal128.ts";
export { ObjectId } from "./document/object-id.ts";
export { connect } from "./driver/connect.ts";
export { MongoBulkWriteError, MongoServerError, type WriteError } from "./driver/errors.ts";
export type {
  AggregationCursor,
  BulkOperation,
  BulkWriteResult,
  ChangeStream,
  ChangeStreamOptions,
  ClientSession,
  CollationOptions,
  Collection,
  CountOptions,
  CreateCollectionOptions,
  CreateIndexOptions,
  Cursor,
  Db,
  DeleteOptions,
  DeleteResult,
  Document,
  FindCursor,
  FindOneAndChangeOptions,
  FindOneAndOptions,
  FindOptions,
  InsertManyResult,
  InsertOneResult,
  ListCursor,
  MongoClient,
  OperationOptions,
  SearchIndexDescription,
  Sort,
  UpdateOptions,
  UpdateResult,
  WithId,
} from "./driver/types.ts";
