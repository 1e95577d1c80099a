import {
  createEvictionOrder,
  type EvictionOrder,
  growEvictionOrder,
  linkNewest,
  unlinkEntry,
} from "./eviction-order.ts";
import { createKeyTable, growKeyTable, insertKey, type KeyTable, removeKey } from "./key-table.ts";

/** Entries the tables have room for at first; they double from there. */
const FIRST_ENTRIES = 64;

/**
 * What a cache knows of its entries, one array a fact, all by entry number (1 and up), and the sums over them.
 *
 * It keeps the arrays and the sums in step and knows nothing of policies and limits but the size its arrays may
 * grow to.
 */
export class EntryStore<V> {
  readonly entryLimit: number;
  table: KeyTable = createKeyTable(0);
  order: EvictionOrder = createEvictionOrder(0);
  /** Place 0 stays undefined, which is what looking up a key that is not here gives. */
  values: (V | undefined)[] = [];
  byteLengths: Float64Array = new Float64Array(0);
  dirty: Uint8Array = new Uint8Array(0);
  entries = 0;
  bytes = 0;
  dirtyEntries = 0;
  pinnedEntries = 0;
  pinnedBytes = 0;
  #capacity = 0;
  /** Numbers given out so far, and those of them that came back. */
  #usedNumbers = 0;
  #freeNumbers: number[] = [];

  constructor(entryLimit: number) {
    this.entryLimit = entryLimit;
    this.reset();
  }

  /** Drops everything and starts with small tables again; nothing may be pinned. */
  reset(): void {
    this.#capacity = Math.min(FIRST_ENTRIES, this.entryLimit);
    this.table = createKeyTable(this.#capacity);
    this.order = createEvictionOrder(this.#capacity);
    this.values = [undefined];
    this.byteLengths = new Float64Array(this.#capacity + 1);
    this.dirty = new Uint8Array(this.#capacity + 1);
    this.entries = 0;
    this.bytes = 0;
    this.dirtyEntries = 0;
    this.#usedNumbers = 0;
    this.#freeNumbers = [];
  }

  /** Adds a key that is not here as the newest entry; fewer than `entryLimit` may be here. */
  add(key: number, value: V, byteLength: number): void {
    const entry = this.#freeNumbers.pop() ?? this.#nextNumber();
    // Adding 0 turns -0 to 0, so that no listener ever sees it.
    insertKey(this.table, entry, key + 0);
    linkNewest(this.order, entry);
    this.values[entry] = value;
    this.byteLengths[entry] = byteLength;
    this.entries++;
    this.bytes += byteLength;
  }

  /** Puts another value in the place of a pinned entry's. */
  replacePinned(entry: number, value: V, byteLength: number): void {
    const moreBytes = byteLength - this.byteLengths[entry]!;
    this.values[entry] = value;
    this.byteLengths[entry] = byteLength;
    this.bytes += moreBytes;
    this.pinnedBytes += moreBytes;
  }

  /** Takes an entry out that is not pinned. */
  remove(entry: number): void {
    removeKey(this.table, entry);
    unlinkEntry(this.order, entry);
    this.setDirty(entry, 0);
    this.values[entry] = undefined;
    this.entries--;
    this.bytes -= this.byteLengths[entry]!;
    this.#freeNumbers.push(entry);
  }

  pin(entry: number): void {
    if (++this.order.pins[entry]! > 1) return;
    this.pinnedEntries++;
    this.pinnedBytes += this.byteLengths[entry]!;
  }

  unpin(entry: number): void {
    if (--this.order.pins[entry]! > 0) return;
    this.pinnedEntries--;
    this.pinnedBytes -= this.byteLengths[entry]!;
  }

  setDirty(entry: number, dirty: 0 | 1): void {
    this.dirtyEntries += dirty - this.dirty[entry]!;
    this.dirty[entry] = dirty;
  }

  /** Keys of the dirty entries, ascending. */
  dirtyKeys(): number[] {
    const keys: number[] = [];
    for (let entry = 1; entry <= this.#usedNumbers; entry++) {
      if (this.dirty[entry] !== 0) keys.push(this.table.keys[entry]!);
    }
    return keys.sort((a, b) => a - b);
  }

  #nextNumber(): number {
    if (this.#usedNumbers === this.#capacity) this.#grow();
    return ++this.#usedNumbers;
  }

  #grow(): void {
    const capacity = Math.min(this.#capacity * 2, this.entryLimit);
    growKeyTable(this.table, capacity);
    growEvictionOrder(this.order, capacity);
    const byteLengths = new Float64Array(capacity + 1);
    byteLengths.set(this.byteLengths);
    this.byteLengths = byteLengths;
    const dirty = new Uint8Array(capacity + 1);
    dirty.set(this.dirty);
    this.dirty = dirty;
    this.#capacity = capacity;
  }
}
