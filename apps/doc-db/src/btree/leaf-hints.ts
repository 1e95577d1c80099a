import type { PageCache } from "@millrace/cache";
import { hashKey } from "../keys/hash-key.ts";
import { PAGE_TYPE } from "../storage/page-format.ts";
import { cellAt, cellCount, hasKeyAt, keyLength, keyStart, treeRootOf } from "./node.ts";

/** Bytes of the cache for each key that is remembered. */
const BYTES_A_KEY = 512;
const MAX_PLACES = 1 << 22;
/**
 * Words of a place. The first: the cache's entry of the leaf, below 2^26, and above it six bits of the key's hash. The
 * second: the slot, below 2^10; where its cell lies, below 2^15; seven bits of the hash.
 */
const WORDS = 2;
const ENTRY_BITS = 26;
const ENTRY_MASK = 2 ** ENTRY_BITS - 1;
const SLOT_MASK = 1023;
const CELL_SHIFT = 10;
const CELL_MASK = 2 ** 15 - 1;
const TAG_SHIFT = 25;
/** Places that a key may be in. */
const GROUP = 4;
const GROUP_WORDS = GROUP * WORDS;

/** Cells of a leaf that are all remembered when one of them is looked for: documents are few to a leaf. */
const MAX_NEIGHBOURS = 32;

/** Keys one behind the other, and where each begins and ends. */
export interface KeyList {
  bytes: Uint8Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  count: number;
}

/** Keys that are warmed at once, at the most. */
export const MAX_WARM = 64;
const warmHashes = new Uint32Array(MAX_WARM);

/**
 * Where keys were found: the leaf and the slot, so that a key that is asked for again needs no way down its tree.
 *
 * A table of fixed size; a key takes the place of another one. What it says may be out of date: the page is asked
 * whether it is a leaf of that tree and has that key in that slot, and only then it is the one.
 */
export class LeafHints {
  /** What {@link LeafHints.find} found. */
  page: Uint8Array = new Uint8Array(0);
  index = 0;
  readonly #cache: PageCache<Uint8Array<ArrayBuffer>>;
  readonly #places: Uint32Array;
  readonly #mask: number;
  #turn = 0;
  #warmth = 0;

  constructor(cache: PageCache<Uint8Array<ArrayBuffer>>) {
    this.#cache = cache;
    let places = 1024;
    while (places < cache.capacityBytes / BYTES_A_KEY && places < MAX_PLACES) places *= 2;
    this.#places = new Uint32Array(places * WORDS);
    this.#mask = (places - 1) & -GROUP;
  }

  /** Looks whether the leaf of a key is known; {@link LeafHints.page} and `index` say where it is then. */
  find(root: number, key: Uint8Array, start: number, end: number): boolean {
    const hash = hashKey(root, key, start, end);
    // Any of the places of its group, which lie in one line of the processor's cache.
    const group = (hash & this.#mask) * WORDS;
    for (let place = group; place < group + GROUP_WORDS; place += WORDS)
      if (this.#hasTag(place, hash) && this.#isAt(place, root, key, start, end)) return true;
    return false;
  }

  /**
   * Touches what {@link LeafHints.find} and whoever reads the values will look at, for many keys of a tree: memory is
   * then read for all of them at once, where one search after the other would wait for each.
   */
  warm(root: number, keys: KeyList): void {
    const { bytes, starts, ends, count } = keys;
    const places = this.#places;
    const mask = this.#mask;
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const hash = hashKey(root, bytes, starts[i]!, ends[i]!);
      warmHashes[i] = hash;
      sum += places[(hash & mask) * WORDS + 1]!;
    }
    for (let i = 0; i < count; i++) {
      const hash = warmHashes[i]!;
      const group = (hash & mask) * WORDS;
      for (let place = group; place < group + GROUP_WORDS; place += WORDS) {
        if (!this.#hasTag(place, hash)) continue;
        const page = this.#cache.peekEntry(places[place]! & ENTRY_MASK);
        if (page !== undefined) sum += page[0]! + cellBytes(page, places[place + 1]!);
        break;
      }
    }
    // Kept, lest it all be left out.
    this.#warmth = sum;
  }

  /** What was touched last; of no meaning. */
  get warmth(): number {
    return this.#warmth;
  }

  #hasTag(place: number, hash: number): boolean {
    return (
      this.#places[place]! >>> ENTRY_BITS === hash >>> ENTRY_BITS &&
      this.#places[place + 1]! >>> TAG_SHIFT === tagOf(hash)
    );
  }

  #isAt(place: number, root: number, key: Uint8Array, start: number, end: number): boolean {
    const slot = this.#places[place + 1]!;
    const page = this.#cache.getEntry(this.#places[place]! & ENTRY_MASK);
    // The cell is read while the page's head is, not after it.
    if (page !== undefined) this.#warmth = cellBytes(page, slot);
    if (page === undefined || page[4] !== PAGE_TYPE.leaf || treeRootOf(page) !== root) return false;
    const index = slot & SLOT_MASK;
    if (index >= cellCount(page) || !hasKeyAt(page, index, key, start, end)) return false;
    this.page = page;
    this.index = index;
    return true;
  }

  /** Remembers a leaf of a tree: where the key is in it that was found, and its neighbours where they are few. */
  note(root: number, leaf: number, index: number): void {
    const page = this.#cache.peek(leaf);
    if (page === undefined) return;
    const entry = this.#cache.entryOf(leaf);
    const count = cellCount(page);
    if (index > SLOT_MASK) return;
    const isSmall = count <= MAX_NEIGHBOURS;
    for (let i = isSmall ? 0 : index; i < (isSmall ? count : index + 1); i++) {
      const start = keyStart(page, i);
      this.#put(hashKey(root, page, start, start + keyLength(page, i)), entry, cellAt(page, i), i);
    }
  }

  #put(hash: number, entry: number, cell: number, index: number): void {
    const places = this.#places;
    const group = (hash & this.#mask) * WORDS;
    let place = group;
    // What it has left behind, else what is empty, else each in turn.
    while (place < group + GROUP_WORDS && !this.#hasTag(place, hash)) place += WORDS;
    if (place === group + GROUP_WORDS) {
      place = group;
      while (place < group + GROUP_WORDS && places[place] !== 0) place += WORDS;
    }
    if (place === group + GROUP_WORDS) place = group + (this.#turn++ & (GROUP - 1)) * WORDS;
    places[place] = (hash & ~ENTRY_MASK) | entry;
    places[place + 1] = (tagOf(hash) << TAG_SHIFT) | (cell << CELL_SHIFT) | index;
  }
}

/** Bits of a hash that are in the second word: not those of the first, nor those that choose the place. */
function tagOf(hash: number): number {
  return (hash >>> 19) & 127;
}

/** Reads of a cell the three lines of the processor's cache that are mostly looked at: more lines did not help. */
function cellBytes(page: Uint8Array, slot: number): number {
  const cell = (slot >>> CELL_SHIFT) & CELL_MASK;
  // Pages have powers of two.
  const mask = page.length - 1;
  return page[cell & mask]! + page[(cell + 64) & mask]! + page[(cell + 128) & mask]!;
}
