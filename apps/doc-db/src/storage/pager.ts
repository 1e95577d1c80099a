import { assert, CapacityError } from "@millrace/base";
import type { Wal } from "@millrace/wal";
import { KeyFilters } from "../btree/key-filters.ts";
import { LeafHints } from "../btree/leaf-hints.ts";
import { ColumnSets, type ColumnStats } from "../columns/column-sets.ts";
import type { FieldNames } from "../document/field-names.ts";
import { noteAllChanged, noteUnchanged } from "./changed-blocks.ts";
import { CommitRecords } from "./commit-records.ts";
import type { FileCipher } from "./file-cipher.ts";
import {
  freeCountOf,
  freeHeadOf,
  nextFreeOf,
  pageCountOf,
  setFreeChain,
  setNextFree,
  setPageCount,
} from "./meta-page.ts";
import { chooseNewPages } from "./new-pages.ts";
import { initPage, META_PAGE, PAGE_TYPE, setPageLsn } from "./page-format.ts";
import type { KnownCollection } from "./page-reader.ts";
import type { PageStore } from "./page-store.ts";
import { PageVersions } from "./page-versions.ts";
import type { PageWriter } from "./page-writer.ts";

/** What the pager has done since the database was opened. */
export interface PagerCounters {
  commits: number;
  /** Pages that commits changed, each counted once a commit. */
  loggedPages: number;
  loggedBytes: number;
  /** Those of pages that were there before, as a whole: of each the first time since the last checkpoint. */
  imageBytes: number;
  /** New pages that commits wrote to their places and not to the log. */
  placedBytes: number;
}

const NONE: ReadonlySet<number> = new Set();

/**
 * Pages under a log: changes are gathered in one transaction at a time, then logged as one commit or undone.
 *
 * A changed page stays pinned until its log records are durable, so no page reaches the file before its log. The
 * calls are synchronous; only the promise of `commit` waits for the disk.
 */
export class Pager implements PageWriter {
  readonly store: PageStore;
  readonly wal: Wal;
  readonly databaseId: number;
  readonly pageBytes: number;
  readonly records: CommitRecords;
  readonly versions: PageVersions = new PageVersions();
  readonly collections: Map<string, KnownCollection> = new Map();
  readonly hints: LeafHints;
  /** Columns of the pages as they are committed. */
  readonly #columns: ColumnSets;
  readonly filters: KeyFilters;
  readonly keptNames: Set<FieldNames> = new Set();
  readonly counters: PagerCounters = {
    commits: 0,
    loggedPages: 0,
    loggedBytes: 0,
    imageBytes: 0,
    placedBytes: 0,
  };
  /** Of the last record appended. */
  lastLsn: number;
  /** Whether full pages of large commits may go to their places at once: where others need the log whole they may not. */
  placesNewPages = false;
  /** Set during a long transaction: the pages it changed. They are not pinned, but spilled. */
  touched: Set<number> | undefined;
  /** What the running transaction changed, as it was before; undefined for a page that did not exist. */
  readonly #changed = new Map<number, Uint8Array<ArrayBuffer> | undefined>();
  /** Pinned pages whose newest change may not be durable in the log yet, with its lsn. */
  readonly #unsafe = new Map<number, number>();
  /** Pages that the running operation of a long transaction has pinned. */
  readonly #pinned = new Set<number>();
  #releasedLsn = 0;

  constructor(store: PageStore, wal: Wal, databaseId: number, cipher?: FileCipher) {
    this.store = store;
    this.records = new CommitRecords(store, databaseId, cipher, this.counters);
    this.wal = wal;
    this.pageBytes = store.pages.pageBytes;
    this.databaseId = databaseId;
    this.hints = new LeafHints(store.cache);
    this.#columns = new ColumnSets(store.cache.capacityBytes);
    this.filters = new KeyFilters(this);
    this.lastLsn = wal.stats.nextLsn - 1;
  }

  /** Whether a transaction has changed pages. */
  get isChanging(): boolean {
    return this.#changed.size > 0 || this.touched !== undefined;
  }

  get cacheBytes(): number {
    return this.store.cache.capacityBytes;
  }

  get path(): string {
    return this.store.file.path;
  }

  /** None while pages are changed: what is in columns would be of no commit. */
  get columns(): ColumnSets | undefined {
    return this.isChanging ? undefined : this.#columns;
  }

  get columnStats(): ColumnStats {
    return this.#columns.stats;
  }

  read(number: number): Uint8Array {
    return this.store.read(number);
  }

  /** A page's bytes to change; they are kept in memory until the transaction ends. */
  modify(number: number): Uint8Array {
    const page = this.modifyNoted(number);
    noteAllChanged(page);
    return page;
  }

  modifyNoted(number: number): Uint8Array {
    const page = this.store.read(number);
    if (this.touched !== undefined) {
      this.#touch(number);
      return page;
    }
    if (this.#changed.has(number)) return page;
    const bytes = this.store.pool.take();
    bytes.set(page);
    this.#change(number, bytes);
    noteUnchanged(page);
    return page;
  }

  /** A new, empty page of a type, from the free chain or at the end of the file. */
  allocate(type: number): { number: number; page: Uint8Array } {
    const meta = this.modify(META_PAGE);
    const free = freeHeadOf(meta);
    if (free !== 0) {
      const page = this.modify(free);
      setFreeChain(meta, nextFreeOf(page), freeCountOf(meta) - 1);
      initPage(page, free, type);
      return { number: free, page };
    }
    const number = pageCountOf(meta);
    if (number === 0xffffffff)
      throw new CapacityError("DOCDB_FILE_FULL", "database pages", number, 0xffffffff);
    const page = this.store.createZeroed(number);
    if (this.touched !== undefined) this.#touch(number);
    else if (!this.#changed.has(number)) this.#change(number, undefined);
    setPageCount(meta, number + 1);
    initPage(page, number, type);
    return { number, page };
  }

  /** Gives a page these bytes. @param isNew - whether the file does not have the page yet */
  replace(number: number, bytes: Uint8Array, isNew: boolean): void {
    this.collections.clear();
    this.filters.addPage(bytes);
    if (!isNew) {
      const page = this.modify(number);
      page.set(bytes);
      noteAllChanged(page);
      return;
    }
    const page = this.store.createZeroed(number);
    if (this.touched !== undefined) this.#touch(number);
    else this.#change(number, undefined);
    page.set(bytes);
  }

  /** A page that the log of another file changes. @param count - pages that there were before the transaction */
  modifyOrCreate(number: number, count: number): Uint8Array {
    this.filters.dropAll();
    if (number < count || this.#changed.has(number) || this.touched?.has(number) === true)
      return this.modify(number);
    const page = this.store.createZeroed(number);
    if (this.touched !== undefined) this.#touch(number);
    else this.#change(number, undefined);
    return page;
  }

  /** Says that the running operation is done with a page, so that a long transaction may let it go. */
  settle(number: number): void {
    if (this.#pinned.delete(number)) this.store.cache.unpin(number);
  }

  /** Puts a page on the chain of free ones. */
  free(number: number): void {
    const meta = this.modify(META_PAGE);
    const page = this.modify(number);
    initPage(page, number, PAGE_TYPE.free);
    setNextFree(page, freeHeadOf(meta));
    setFreeChain(meta, number, freeCountOf(meta) + 1);
  }

  /** Ends an operation that only read, or one step of a long transaction. */
  endOperation(): void {
    if (this.#pinned.size > 0) {
      for (const number of this.#pinned) this.store.cache.unpin(number);
      this.#pinned.clear();
    }
    this.store.endOperation();
  }

  /** Logs the transaction's changes. @returns when they are as safe as the log's durability says */
  commit(): Promise<void> {
    const placed = this.#placeNewPages();
    // The log says that they are there once they are.
    const after = placed.size === 0 ? undefined : this.store.file.sync();
    const parts = this.#gatherChanges(placed);
    if (parts.length === 0) return Promise.resolve();
    // The log has copied them when these return.
    const done = parts.length === 1 ? this.wal.append(parts[0]!, after) : this.wal.appendMany(parts, after);
    this.#logged(parts.length);
    return done.then(() => this.releaseDurable());
  }

  /** As {@link commit} at once. @throws as {@link Wal.appendSync} does; nothing more may be done then */
  commitSync(): void {
    const placed = this.#placeNewPages();
    if (placed.size > 0) this.store.file.syncSync();
    const parts = this.#gatherChanges(placed);
    if (parts.length === 0) return;
    this.wal.appendSync(parts);
    this.#logged(parts.length);
    this.releaseDurable();
  }

  /** Writes new pages of the commit to their places, where that is worth while. @returns their numbers */
  #placeNewPages(): ReadonlySet<number> {
    if (!this.placesNewPages) return NONE;
    const { store } = this;
    const placed = chooseNewPages(this.#changed, (number) => store.cache.peek(number)!);
    for (const number of placed) setPageLsn(store.cache.peek(number)!, this.lastLsn + 1);
    store.writeDirty([...placed]);
    this.counters.placedBytes += placed.size * this.pageBytes;
    return placed;
  }

  /** The records of the commit; none where nothing was changed. @param placed - pages that are in the file */
  #gatherChanges(placed: ReadonlySet<number>): Uint8Array[] {
    assert(this.touched === undefined, "a long transaction has a commit of its own");
    if (this.#changed.size > 0) return this.records.ofCommit(this.#changed, placed, this.lastLsn + 1);
    this.endOperation();
    return [];
  }

  /** @param count - records that the commit took */
  #logged(count: number): void {
    this.lastLsn += count;
    this.records.endCommit();
    this.#settleChanges();
    this.counters.commits++;
    this.endOperation();
  }

  /** Undoes the transaction: every page, and with them every tree, count and free chain, is as before. */
  rollback(): void {
    const { cache, pool } = this.store;
    this.collections.clear();
    this.keptNames.clear();
    for (const [number, bytes] of this.#changed) {
      cache.unpin(number);
      if (bytes === undefined) {
        this.store.drop(number);
        continue;
      }
      cache.peek(number)!.set(bytes);
      pool.give(bytes);
    }
    this.#changed.clear();
    this.endOperation();
  }

  /** Unpins the pages whose log records are durable. */
  releaseDurable(): void {
    const { durableLsn } = this.wal.stats;
    if (durableLsn === this.#releasedLsn) return;
    this.#releasedLsn = durableLsn;
    for (const [number, lsn] of this.#unsafe) {
      if (lsn > durableLsn) continue;
      this.store.cache.unpin(number);
      this.#unsafe.delete(number);
    }
  }

  /** Whether so many pages wait for the log that the cache gets short of room. */
  get isCrowded(): boolean {
    return (this.#unsafe.size + this.#changed.size) * this.pageBytes * 2 > this.store.cache.capacityBytes;
  }

  #touch(number: number): void {
    const { cache } = this.store;
    this.touched!.add(number);
    this.#columns.drop(number);
    cache.markDirty(number);
    if (this.#pinned.has(number)) return;
    cache.pin(number);
    this.#pinned.add(number);
  }

  #change(number: number, before: Uint8Array<ArrayBuffer> | undefined): void {
    this.store.cache.pin(number);
    this.store.cache.markDirty(number);
    this.#columns.drop(number);
    this.#changed.set(number, before);
  }

  #settleChanges(): void {
    const { cache, pool } = this.store;
    for (const [number, bytes] of this.#changed) {
      if (bytes !== undefined) {
        if (this.versions.isWatched) this.versions.keep(number, bytes);
        else pool.give(bytes);
      }
      // One pin a page is enough until the log is durable.
      if (this.#unsafe.has(number)) cache.unpin(number);
      this.#unsafe.set(number, this.lastLsn);
    }
    this.versions.advance();
    this.counters.loggedPages += this.#changed.size;
    this.#changed.clear();
  }
}
