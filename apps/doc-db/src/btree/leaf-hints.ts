import { readU32 } from "@millrace/base";
import type { PageCache } from "@millrace/cache";
import { PAGE_TYPE } from "../storage/page-format.ts";
import { cellAt, cellCount, hasKeyAt, treeRootOf } from "./node.ts";

/** Bytes of the cache for each key that is remembered. */
const BYTES_A_KEY = 512;
const MAX_PLACES = 1 << 22;
/** Words of a place: the cache's entry of the leaf; the slot in it, and 16 bits of the key's hash above that. */
const WORDS = 2;
/** Places that a key may be in. */
const GROUP = 4;
const GROUP_WORDS = GROUP * WORDS;

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
const warmPages: (Uint8Array | undefined)[] = new Array<Uint8Array | undefined>(MAX_WARM).fill(undefined);

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
  /** Of the key that was looked for last. */
  #hash = 0;

  constructor(cache: PageCache<Uint8Array<ArrayBuffer>>) {
    this.#cache = cache;
    let places = 1024;
    while (places < cache.capacityBytes / BYTES_A_KEY && places < MAX_PLACES) places *= 2;
    this.#places = new Uint32Array(places * WORDS);
    this.#mask = (places - 1) & -GROUP;
  }

  /** Looks whether the leaf of a key is known; {@link LeafHints.page} and `index` say where it is then. */
  find(root: number, key: Uint8Array, start: number, end: number): boolean {
    const hash = hashOf(root, key, start, end);
    this.#hash = hash;
    // Any of the places of its group, which lie in one line of the processor's cache.
    const group = (hash & this.#mask) * WORDS;
    const tag = hash >>> 16;
    for (let place = group; place < group + GROUP_WORDS; place += WORDS)
      if (this.#places[place + 1]! >>> 16 === tag && this.#isAt(place, root, key, start, end)) return true;
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
      const hash = hashOf(root, bytes, starts[i]!, ends[i]!);
      warmHashes[i] = hash;
      sum += places[(hash & mask) * WORDS + 1]!;
    }
    for (let i = 0; i < count; i++) {
      const hash = warmHashes[i]!;
      const group = (hash & mask) * WORDS;
      warmPages[i] = undefined;
      for (let place = group; place < group + GROUP_WORDS; place += WORDS) {
        if (places[place + 1]! >>> 16 !== hash >>> 16) continue;
        const page = this.#cache.peekEntry(places[place]!);
        warmPages[i] = page;
        warmHashes[i] = places[place + 1]!;
        if (page !== undefined) sum += page[0]!;
        break;
      }
    }
    for (let i = 0; i < count; i++) {
      const page = warmPages[i];
      if (page === undefined) continue;
      const index = warmHashes[i]! & 0xffff;
      if (index < cellCount(page)) sum += page[cellAt(page, index)]!;
      warmPages[i] = undefined;
    }
    // Kept, lest it all be left out.
    this.#warmth = sum;
  }

  /** What was touched last; of no meaning. */
  get warmth(): number {
    return this.#warmth;
  }

  #isAt(place: number, root: number, key: Uint8Array, start: number, end: number): boolean {
    const slot = this.#places[place + 1]!;
    const page = this.#cache.getEntry(this.#places[place]!);
    if (page === undefined || page[4] !== PAGE_TYPE.leaf || treeRootOf(page) !== root) return false;
    const index = slot & 0xffff;
    if (index >= cellCount(page) || !hasKeyAt(page, index, key, start, end)) return false;
    this.page = page;
    this.index = index;
    return true;
  }

  /** Remembers where the key is that {@link LeafHints.find} was last asked for. */
  note(leaf: number, index: number): void {
    const places = this.#places;
    const group = (this.#hash & this.#mask) * WORDS;
    const tag = this.#hash >>> 16;
    let place = group;
    // What it has left behind, else what is empty, else each in turn.
    while (place < group + GROUP_WORDS && places[place + 1]! >>> 16 !== tag) place += WORDS;
    if (place === group + GROUP_WORDS) {
      place = group;
      while (place < group + GROUP_WORDS && places[place] !== 0) place += WORDS;
    }
    if (place === group + GROUP_WORDS) place = group + (this.#turn++ & (GROUP - 1)) * WORDS;
    places[place] = this.#cache.entryOf(leaf);
    places[place + 1] = ((this.#hash & 0xffff0000) | index) >>> 0;
  }
}

/** Spreads a key and its tree over 32 bits: four bytes at a time, multiplied and folded. */
function hashOf(root: number, key: Uint8Array, start: number, end: number): number {
  let hash = Math.imul(root ^ (end - start), 0x9e3779b1);
  let at = start;
  for (; at + 4 <= end; at += 4) hash = Math.imul(hash ^ readU32(key, at) ^ (hash >>> 15), 0x85ebca6b);
  for (; at < end; at++) hash = Math.imul(hash ^ key[at]! ^ (hash >>> 15), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
