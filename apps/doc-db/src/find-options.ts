import type { Document, Value } from "./document/value.ts";
import type { SortSpec } from "./query/sort.ts";

/** What of the matches is wanted, and in which order. */
export interface FindOptions {
  /** Fields with 1 or -1; the first one counts most. Without it the order is that of the index that is used. */
  readonly sort?: SortSpec;
  /** Matches left out at the beginning. @default 0 */
  readonly skip?: number;
  /** Most matches given; 0 for all. @default 0 */
  readonly limit?: number;
  /** Fields that are wanted, left out or computed; see the README. An empty one is none. */
  readonly projection?: Document;
  /** The name or the key of the index to be used; `{ $natural: 1 }` for none. */
  readonly hint?: Value;
  /** How strings compare; MongoDB's fields. */
  readonly collation?: Document;
  /** Most bytes of documents kept in memory to be sorted. @default 32 MiB */
  readonly sortBytes?: number;
  /** Whether more than that goes to files beside the database; otherwise it is an error. @default true */
  readonly allowDiskUse?: boolean;
}

/** What {@link FindOptions} are when they are not given; an empty sort is none. */
export const DEFAULT_FIND_OPTIONS: Required<FindOptions> = Object.freeze({
  sort: Object.freeze({}),
  skip: 0,
  limit: 0,
  projection: Object.freeze({}),
  hint: null,
  collation: Object.freeze({ locale: "simple" }),
  sortBytes: 32 * 1024 * 1024,
  allowDiskUse: true,
});
