/** A cache's counters at one moment. */
export interface CacheStatistics {
  /** Calls of `get` that found their key, since the cache was made. */
  readonly hits: number;
  /** Calls of `get` that did not. */
  readonly misses: number;
  /** hits / (hits + misses), 0 before the first `get`. */
  readonly hitRate: number;
  /** Entries dropped to make room; `delete` and `clear` do not count. */
  readonly evictions: number;
  /** Entries held now. */
  readonly entries: number;
  /** Sum of their byte lengths. */
  readonly bytes: number;
  /** Entries with at least one pin. */
  readonly pinned: number;
  /** Entries marked dirty. */
  readonly dirty: number;
}
