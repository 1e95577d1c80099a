import { checkInteger, checkOneOf, resolveOptions } from "@millrace/base";

/** Which entry goes when room is needed: the paper's SIEVE, or the least recently used one. */
export type CachePolicy = "sieve" | "lru";

/**
 * Hears of an entry before it is evicted; a dirty one must be written here, or its changes are lost.
 *
 * When it throws, the entry stays, still dirty, and the error reaches the caller of `set`. It may read the cache
 * but not change it. It is not called for `delete` and `clear`.
 */
export type EvictListener<V> = (key: number, value: V, isDirty: boolean) => void;

/** Limits and policy of a {@link PageCache}. */
export interface PageCacheOptions<V> {
  /** Most bytes, as given to `set`, held at once; 1 to 2^53 - 1. @default 64 MiB */
  readonly capacityBytes?: number;
  /** Most entries held at once; 1 to 2^26. Tables grow up to it as needed. @default 1,048,576 */
  readonly capacityEntries?: number;
  /** Who is evicted. @default "sieve" */
  readonly policy?: CachePolicy;
  /** Called before each eviction. @default does nothing */
  readonly onEvict?: EvictListener<V>;
}

/** {@link PageCacheOptions} with every field filled in. */
export type FilledPageCacheOptions<V> = Required<PageCacheOptions<V>>;

/** What a {@link PageCache} uses where nothing is given. */
export const DEFAULT_PAGE_CACHE_OPTIONS: FilledPageCacheOptions<unknown> = Object.freeze({
  capacityBytes: 64 * 1024 * 1024,
  capacityEntries: 2 ** 20,
  policy: "sieve",
  onEvict: () => {},
});

/** @throws InvalidArgumentError for an unknown key or a value outside its range */
export function resolvePageCacheOptions<V>(given: PageCacheOptions<V>): FilledPageCacheOptions<V> {
  const options = resolveOptions<FilledPageCacheOptions<V>>(
    "cache",
    { ...DEFAULT_PAGE_CACHE_OPTIONS },
    given,
  );
  checkInteger("cache", "capacityBytes", options.capacityBytes, 1, Number.MAX_SAFE_INTEGER);
  checkInteger("cache", "capacityEntries", options.capacityEntries, 1, 2 ** 26);
  checkOneOf("cache", "policy", options.policy, ["sieve", "lru"]);
  return options;
}
