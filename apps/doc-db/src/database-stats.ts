import type { KeyFilterStats } from "./btree/key-filters.ts";
import { listCollections } from "./catalog.ts";
import { documentBytesOf, documentCountOf, indexesOf } from "./collection-page.ts";
import type { ColumnStats } from "./columns/column-sets.ts";
import type { ReplicaStats } from "./ship/follower.ts";
import type { ShipStats } from "./ship/ship-stats.ts";
import type { Engine } from "./storage/engine.ts";
import { freeCountOf, pageCountOf } from "./storage/meta-page.ts";
import type { PageCompression } from "./storage/page-codec.ts";
import type { PageIo } from "./storage/page-file.ts";
import { META_PAGE } from "./storage/page-format.ts";

/** One collection in {@link DatabaseStats}. */
export interface CollectionStats {
  readonly name: string;
  readonly documents: number;
  /** Bytes of the encoded documents, without indexes and free space. */
  readonly bytes: number;
  /** Names of its indexes. */
  readonly indexes: readonly string[];
}

/** A database's state and counters at one moment. */
export interface DatabaseStats {
  readonly collections: readonly CollectionStats[];
  /** Pages, free ones included. */
  readonly pages: number;
  /** Bytes of each. */
  readonly pageBytes: number;
  readonly freePages: number;
  readonly walBytes: number;
  /** Part of the page reads since opening that found the page in memory, 0 to 1. */
  readonly cacheHitRate: number;
  /** Bytes of pages in memory. */
  readonly cacheBytes: number;
  /** Columns of fields that scans have looked at, in memory beside the pages. */
  readonly columns: ColumnStats;
  /** Transactions committed since opening. */
  readonly commits: number;
  /** Pages that they changed, each counted once a transaction. */
  readonly loggedPages: number;
  /** Bytes that they put into the log. */
  readonly loggedBytes: number;
  /** Bytes of new pages that they wrote to their places in the file, and not into the log. */
  readonly placedBytes: number;
  /** Syncs of the log since opening: commits divided by this is what waiting together saves. */
  readonly logSyncs: number;
  /** How its pages are compressed. */
  readonly compression: PageCompression;
  readonly isEncrypted: boolean;
  /** Bytes of the file as its pages were last written, without its log. */
  readonly fileBytes: number;
  /** What went between pages and file since opening, and the time it took to make one of the other. */
  readonly io: PageIo;
  /** Filters of `_id`s, which are made when many are looked for that are not there. */
  readonly bloom: KeyFilterStats;
  /** Of a database that is shipped. */
  readonly ship: ShipStats | undefined;
  /** Of one that follows another. */
  readonly replica: ReplicaStats | undefined;
}

/**
 * Counts what a database holds, and what it has done since it was opened.
 * @param ship - of what sends it, where it is shipped
 * @param replica - of what follows another one
 */
export function statsOf(
  engine: Engine,
  ship: ShipStats | undefined,
  replica: ReplicaStats | undefined,
): Promise<DatabaseStats> {
  const { pager } = engine;
  const { pageSettings } = engine.checkpoints;
  return engine.read(() => {
    const collections = listCollections(pager).map(({ name, page }) => {
      const bytes = pager.read(page);
      return {
        name,
        documents: documentCountOf(bytes),
        bytes: documentBytesOf(bytes),
        indexes: indexesOf(bytes).map(({ definition }) => definition.name),
      };
    });
    const meta = pager.read(META_PAGE);
    const cache = pager.store.cache.statistics;
    const { bytes: walBytes, syncs: logSyncs } = pager.wal.stats;
    return {
      collections,
      pages: pageCountOf(meta),
      pageBytes: pager.pageBytes,
      freePages: freeCountOf(meta),
      walBytes,
      cacheHitRate: cache.hitRate,
      cacheBytes: cache.bytes,
      columns: pager.columnStats,
      ...pager.counters,
      logSyncs,
      compression: pageSettings.compression,
      isEncrypted: pageSettings.locked !== undefined,
      fileBytes: pager.store.file.sizeSync(),
      io: { ...pager.store.pages.io },
      bloom: pager.filters.stats,
      ship,
      replica,
    };
  });
}
