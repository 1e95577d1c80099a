import { CapacityError, InvalidArgumentError, MillraceError } from "@millrace/base";
import { EntryStore } from "./entry-store.ts";
import { findEntry } from "./key-table.ts";
import { chooseLruVictim, touchLru } from "./lru.ts";
import { type EvictListener, type PageCacheOptions, resolvePageCacheOptions } from "./options.ts";
import { chooseSieveVictim, touchSieve } from "./sieve.ts";
import type { CacheStatistics } from "./statistics.ts";

/**
 * A cache of pages by integer key, bounded in bytes and in entries, with pins and dirty marks.
 *
 * Keys are integers from 0 to 2^53 - 1; all of them work alike, those beyond 2^32 too (see `key-table.ts`).
 * Everything is synchronous and held in memory; what a value is, the cache does not ask.
 *
 * @example
 * const cache = new PageCache<Uint8Array>({ capacityBytes: 8192, onEvict: (key, page, isDirty) => {} });
 * cache.set(7, new Uint8Array(4096), 4096);
 * cache.get(7); // the page
 */
export class PageCache<V> {
  readonly capacityBytes: number;
  readonly capacityEntries: number;
  readonly #isSieve: boolean;
  readonly #onEvict: EvictListener<V>;
  readonly #store: EntryStore<V>;
  #isEvicting = false;
  #hits = 0;
  #misses = 0;
  #evictions = 0;

  /** @throws InvalidArgumentError for an unknown option or one outside its range */
  constructor(options: PageCacheOptions<V> = {}) {
    const filled = resolvePageCacheOptions(options);
    this.capacityBytes = filled.capacityBytes;
    this.capacityEntries = filled.capacityEntries;
    this.#isSieve = filled.policy === "sieve";
    this.#onEvict = filled.onEvict;
    this.#store = new EntryStore(filled.capacityEntries);
  }

  /** The value under `key`, which counts as a use; undefined, and a miss, when it is not here. */
  get(key: number): V | undefined {
    const entry = findEntry(this.#store.table, key);
    if (entry === 0) {
      this.#misses++;
      return undefined;
    }
    this.#hits++;
    this.#touch(entry);
    return this.#store.values[entry];
  }

  /** The value under `key`, with no effect on the eviction order and the statistics. */
  peek(key: number): V | undefined {
    return this.#store.values[findEntry(this.#store.table, key)];
  }

  /** The number under which the cache keeps `key`, from 1 on, for {@link PageCache.getEntry}; 0 when it is not here. */
  entryOf(key: number): number {
    return findEntry(this.#store.table, key);
  }

  /**
   * The value that an entry has now, which counts as a use and a hit: `get` without the search. Numbers are given
   * again, so the caller has to look whether the value is the one that is wanted.
   * @returns undefined, and a miss, when no entry has that number now
   */
  getEntry(entry: number): V | undefined {
    const value = this.#store.values[entry];
    if (value === undefined) {
      this.#misses++;
      return undefined;
    }
    this.#hits++;
    this.#touch(entry);
    return value;
  }

  /** As {@link PageCache.getEntry}, with no effect on the eviction order and the statistics. */
  peekEntry(entry: number): V | undefined {
    return this.#store.values[entry];
  }

  /** Whether `key` is here; no effect on the eviction order and the statistics. */
  has(key: number): boolean {
    return findEntry(this.#store.table, key) !== 0;
  }

  /**
   * Puts a value in, evicting others for it. Under a key that is here it replaces the value, as a use; pins and the
   * dirty mark stay.
   *
   * @param byteLength - what the value counts against `capacityBytes`; 0 or more
   * @throws CapacityError `CACHE_VALUE_TOO_LARGE` when it can never fit, `CACHE_ENTRIES_PINNED` when too much is
   *   pinned; nothing was evicted then
   * @throws InvalidArgumentError for a key or a length that is no integer in range
   * @throws whatever `onEvict` throws; the value was not put in then
   */
  set(key: number, value: V, byteLength: number): void {
    if (!Number.isSafeInteger(key) || key < 0) {
      throw new InvalidArgumentError("CACHE_KEY_RANGE", "cache key", key, "an integer from 0 to 2^53 - 1");
    }
    if (!Number.isSafeInteger(byteLength) || byteLength < 0) {
      throw new InvalidArgumentError(
        "CACHE_VALUE_LENGTH",
        "cache byteLength",
        byteLength,
        "an integer from 0",
      );
    }
    this.#checkMayChange();
    const entry = findEntry(this.#store.table, key);
    if (entry === 0) this.#insert(key, value, byteLength);
    else this.#replace(entry, value, byteLength);
  }

  /**
   * Drops an entry without calling `onEvict`, its unwritten changes too.
   * @returns whether it was here
   * @throws MillraceError `CACHE_ENTRY_PINNED` when it is pinned
   */
  delete(key: number): boolean {
    this.#checkMayChange();
    const entry = findEntry(this.#store.table, key);
    if (entry === 0) return false;
    if (this.#store.order.pins[entry] !== 0) throw pinnedError(`key ${key} is`);
    this.#store.remove(entry);
    return true;
  }

  /**
   * Drops every entry without calling `onEvict`, and gives the grown tables back. The counters go on.
   * @throws MillraceError `CACHE_ENTRY_PINNED` when any is pinned; nothing was dropped then
   */
  clear(): void {
    this.#checkMayChange();
    if (this.#store.pinnedEntries > 0) throw pinnedError(`${this.#store.pinnedEntries} entries are`);
    this.#store.reset();
  }

  /** Keeps `key` from eviction until as many `unpin`s follow; false, and nothing done, when it is not here. */
  pin(key: number): boolean {
    this.#checkMayChange();
    const entry = findEntry(this.#store.table, key);
    if (entry === 0) return false;
    this.#store.pin(entry);
    return true;
  }

  /** Takes one pin back. @throws InvalidArgumentError `CACHE_KEY_UNPINNED` when `key` has none */
  unpin(key: number): void {
    this.#checkMayChange();
    const entry = findEntry(this.#store.table, key);
    if (entry === 0 || this.#store.order.pins[entry] === 0) {
      throw new InvalidArgumentError("CACHE_KEY_UNPINNED", "cache unpin", key, "a key with a pin on it");
    }
    this.#store.unpin(entry);
  }

  /** Says that the value under `key` has changes to be written. @throws InvalidArgumentError `CACHE_KEY_MISSING` */
  markDirty(key: number): void {
    this.#store.setDirty(this.#presentEntry(key), 1);
  }

  /** Says that the changes under `key` are written. @throws InvalidArgumentError `CACHE_KEY_MISSING` */
  markClean(key: number): void {
    this.#store.setDirty(this.#presentEntry(key), 0);
  }

  /** Keys of the dirty entries, ascending, which is also the order they lie in a file of pages. */
  dirtyKeys(): number[] {
    return this.#store.dirtyKeys();
  }

  /**
   * Hands every dirty entry to `write`, by ascending key, and marks each clean once its call returned.
   * @throws whatever `write` throws; that entry and those after it stay dirty
   */
  flushDirty(write: (key: number, value: V) => void): void {
    for (const key of this.dirtyKeys()) {
      const entry = findEntry(this.#store.table, key);
      // `write` may have evicted or cleaned a later one by its own calls to this cache.
      if (entry === 0 || this.#store.dirty[entry] === 0) continue;
      write(key, this.#store.values[entry] as V);
      if (this.has(key)) this.markClean(key);
    }
  }

  /** The counters now, as a new object. */
  get statistics(): CacheStatistics {
    const gets = this.#hits + this.#misses;
    return {
      hits: this.#hits,
      misses: this.#misses,
      hitRate: gets === 0 ? 0 : this.#hits / gets,
      evictions: this.#evictions,
      entries: this.#store.entries,
      bytes: this.#store.bytes,
      pinned: this.#store.pinnedEntries,
      dirty: this.#store.dirtyEntries,
    };
  }

  #touch(entry: number): void {
    // A branch, not a strategy object: both sides are then inlined where two policies live in one process.
    if (this.#isSieve) touchSieve(this.#store.order, entry);
    else touchLru(this.#store.order, entry);
  }

  #insert(key: number, value: V, byteLength: number): void {
    this.#makeRoom(key, byteLength, 1, byteLength);
    this.#store.add(key, value, byteLength);
  }

  #replace(entry: number, value: V, byteLength: number): void {
    const store = this.#store;
    // Pinned meanwhile, lest it be evicted to make room for itself.
    store.pin(entry);
    try {
      this.#makeRoom(store.table.keys[entry]!, byteLength, 0, byteLength - store.byteLengths[entry]!);
      store.replacePinned(entry, value, byteLength);
      this.#touch(entry);
    } finally {
      store.unpin(entry);
    }
  }

  #makeRoom(key: number, byteLength: number, moreEntries: number, moreBytes: number): void {
    if (byteLength > this.capacityBytes) {
      throw new CapacityError(
        "CACHE_VALUE_TOO_LARGE",
        `cache value of key ${key}`,
        byteLength,
        this.capacityBytes,
      );
    }
    const pinnedEntries = this.#store.pinnedEntries + moreEntries;
    const pinnedBytes = this.#store.pinnedBytes + moreBytes;
    if (pinnedEntries > this.capacityEntries || pinnedBytes > this.capacityBytes) {
      throw new CapacityError(
        "CACHE_ENTRIES_PINNED",
        `cache value of key ${key} beside ${this.#store.pinnedEntries} pinned entries (of ${this.capacityEntries} at most)`,
        pinnedBytes,
        this.capacityBytes,
      );
    }
    while (
      this.#store.entries + moreEntries > this.capacityEntries ||
      this.#store.bytes + moreBytes > this.capacityBytes
    ) {
      this.#evictOne();
    }
  }

  #evictOne(): void {
    const order = this.#store.order;
    const entry = this.#isSieve ? chooseSieveVictim(order, this.#store.entries) : chooseLruVictim(order);
    this.#isEvicting = true;
    try {
      this.#onEvict(
        this.#store.table.keys[entry]!,
        this.#store.values[entry] as V,
        this.#store.dirty[entry] === 1,
      );
    } finally {
      this.#isEvicting = false;
    }
    this.#store.remove(entry);
    this.#evictions++;
  }

  #presentEntry(key: number): number {
    const entry = findEntry(this.#store.table, key);
    if (entry !== 0) return entry;
    throw new InvalidArgumentError("CACHE_KEY_MISSING", "cache key", key, "a key that is in the cache");
  }

  #checkMayChange(): void {
    if (!this.#isEvicting) return;
    throw new MillraceError(
      "CACHE_EVICTION_REENTRANT",
      "cache: onEvict changed the cache it was called from; it may only read it, change it after set returned",
    );
  }
}

function pinnedError(what: string): MillraceError {
  return new MillraceError("CACHE_ENTRY_PINNED", `cache: ${what} pinned and cannot be dropped; unpin first`);
}
