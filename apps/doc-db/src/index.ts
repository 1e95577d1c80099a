export {
  Collection,
  DEFAULT_INDEX_OPTIONS,
  type ImportOptions,
  type ImportResult,
  type IndexOptions,
} from "./collection.ts";
export { type CollectionStats, Database, type DatabaseStats } from "./database.ts";
export { decodeDocument } from "./document/decode.ts";
export { encodeDocument } from "./document/encode.ts";
export { ObjectId } from "./document/object-id.ts";
export type { Document, Value } from "./document/value.ts";
export { DEFAULT_FIND_OPTIONS, type Explanation, FindCursor, type FindOptions } from "./find-cursor.ts";
export { compareValues } from "./keys/compare.ts";
export { encodeKey } from "./keys/encode-key.ts";
export { type DatabaseDurability, type DatabaseOptions, DEFAULT_DATABASE_OPTIONS } from "./options.ts";
export {
  type CompiledFilter,
  type Condition,
  compileFilter,
  type FieldLookup,
  matchesDocument,
} from "./query/filter.ts";
export type { SortSpec } from "./query/sort.ts";
