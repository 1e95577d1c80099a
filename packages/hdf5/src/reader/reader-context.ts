import type { ChunkCache } from "./chunk-store.ts";
import type { Hdf5Filters } from "./filters.ts";
import type { GlobalHeapReader } from "./global-heap.ts";
import type { Link } from "./links.ts";
import type { ReaderFile } from "./reader-file.ts";

/** What all objects of one reader share. */
export interface ReaderContext {
  readonly file: ReaderFile;
  readonly heap: GlobalHeapReader;
  readonly cache: ChunkCache;
  readonly filters: Hdf5Filters;
  readonly rootAddress: number;
  /** Links of the groups that were looked into last, by the addresses of their headers. */
  readonly links: Map<number, ReadonlyMap<string, Link>>;
}
