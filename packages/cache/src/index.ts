export {
  type CachePolicy,
  DEFAULT_PAGE_CACHE_OPTIONS,
  type EvictListener,
  type FilledPageCacheOptions,
  type PageCacheOptions,
} from "./options.ts";
export { PageCache } from "./page-cache.ts";
export type { CacheStatistics } from "./statistics.ts";
