import { BloomFilter } from "@millrace/codecs";
import type { PageReader } from "../storage/page-reader.ts";
import { TreeCursor } from "./cursor.ts";
import { estimateEntries, estimateLeaves } from "./estimate.ts";
import { ALL_KEYS } from "./key-range.ts";
import { cellCount, isLeaf, keyLength, keyStart, treeRootOf } from "./node.ts";

/** Searches in vain, each of which read a page of the file, before a filter is thought of. */
const MIN_MISSES = 64;
/** A filter is made after so many of them for each leaf: making it reads every leaf. */
const MISSES_A_LEAF = 1 / 4;
/** Leaves that are read with each further search in vain until all were. */
const LEAVES_AT_ONCE = 8;
/** Of the cache's bytes, what all filters together may have. */
const FRACTION = 16;
/** Keys that a filter has room for, to those that there are. */
const ROOM = 1.5;
/** Beyond so many times the keys that it has room for a filter says too little. */
const OVERFULL = 2;
/** The first one that there is room for is taken. */
const RATES = [0.01, 0.1];
const MAX_TREES = 1024;

/** The newest pages of a file. */
export interface FilteredPages extends PageReader {
  /** Whether anything is changed that may be undone. */
  readonly isChanging: boolean;
  readonly store: {
    readonly pages: { readonly io: { readonly pagesRead: number } };
    readonly cache: { readonly capacityBytes: number };
  };
}

/** What filters of keys took and did. */
export interface KeyFilterStats {
  readonly bytes: number;
  /** Searches that asked one. */
  readonly asked: number;
  /** Those of them that then read nothing. */
  readonly saved: number;
}

interface TreeFilter {
  /** Searches in vain so far. */
  misses: number;
  /** As many, when it is time for a filter; never when there is no room for one. */
  threshold: number;
  filter: BloomFilter | undefined;
  /** Keys up to this one are in it; undefined at the beginning. */
  after: Uint8Array | undefined;
  /** Whether all keys are. */
  isWhole: boolean;
  room: number;
  added: number;
}

/**
 * Bloom filters of the keys of trees, in memory, so that a search in vain need not read a leaf to see that.
 *
 * A filter must have every key that is in its tree's newest pages, and may have others: keys that are taken out, or
 * whose putting in is undone, stay in it. So whatever puts keys into leaves tells it: each entry, or a leaf as a
 * whole. It is begun, and filled leaf by leaf, only while nothing is changed that may be undone, as the root may be
 * that of another tree again then; a tree that is made or dropped has none.
 */
export class KeyFilters {
  readonly #pages: FilteredPages;
  readonly #trees = new Map<number, TreeFilter>();
  #asked = 0;
  #saved = 0;
  /** Pages read before the search that goes on. */
  #pagesRead = 0;

  constructor(pages: FilteredPages) {
    this.#pages = pages;
  }

  get stats(): KeyFilterStats {
    return { bytes: this.#bytes, asked: this.#asked, saved: this.#saved };
  }

  /** Whether a key, which lies from `start` to `end`, is certainly not in a tree. Otherwise it is looked for now. */
  lacks(root: number, key: Uint8Array, start: number, end: number): boolean {
    this.#pagesRead = this.#pages.store.pages.io.pagesRead;
    const tree = this.#trees.get(root);
    if (tree === undefined || !tree.isWhole) return false;
    this.#asked++;
    if (tree.filter!.hasBytes(key, start, end)) return false;
    this.#saved++;
    return true;
  }

  /** Says that the key that {@link KeyFilters.lacks} was asked for is not there: after enough of them it makes a filter. */
  missed(root: number): void {
    const pages = this.#pages;
    if (pages.store.pages.io.pagesRead === this.#pagesRead || pages.isChanging) return;
    const tree = this.#trees.get(root) ?? this.#newTree(root);
    if (tree === undefined || tree.isWhole || ++tree.misses < tree.threshold) return;
    try {
      if (tree.filter !== undefined) this.#fill(root, tree);
      else this.#begin(root, tree);
    } catch {
      // A damaged page is told to whoever needs it; the filter can do without.
      Object.assign(tree, { filter: undefined, threshold: Number.POSITIVE_INFINITY });
    }
  }

  /** Must be told of each key that is put into a tree. */
  add(root: number, key: Uint8Array, start = 0, end: number = key.length): void {
    if (this.#trees.size === 0) return;
    const tree = this.#trees.get(root);
    if (tree?.filter === undefined) return;
    tree.filter.addBytes(key, start, end);
    if (++tree.added > tree.room * OVERFULL) this.#trees.delete(root);
  }

  /** Must be told of each page that is given other bytes as a whole. */
  addPage(page: Uint8Array): void {
    if (this.#trees.size === 0 || !isLeaf(page) || !this.#trees.has(treeRootOf(page))) return;
    for (let i = 0; i < cellCount(page); i++) {
      const start = keyStart(page, i);
      this.add(treeRootOf(page), page, start, start + keyLength(page, i));
    }
  }

  /** Must be told of each tree that is made or dropped. */
  drop(root: number): void {
    this.#trees.delete(root);
  }

  /** Must be told before pages change in other ways. */
  dropAll(): void {
    this.#trees.clear();
  }

  get #bytes(): number {
    let bytes = 0;
    for (const { filter } of this.#trees.values()) bytes += (filter?.bitCount ?? 0) / 8;
    return bytes;
  }

  #newTree(root: number): TreeFilter | undefined {
    if (this.#trees.size >= MAX_TREES) return undefined;
    const tree: TreeFilter = {
      misses: 0,
      threshold: MIN_MISSES,
      filter: undefined,
      after: undefined,
      isWhole: false,
      room: 0,
      added: 0,
    };
    this.#trees.set(root, tree);
    return tree;
  }

  #begin(root: number, tree: TreeFilter): void {
    tree.threshold = Math.max(MIN_MISSES, estimateLeaves(this.#pages, root) * MISSES_A_LEAF);
    if (tree.misses < tree.threshold) return;
    tree.room = Math.ceil(ROOM * Math.max(1000, estimateEntries(this.#pages, root, ALL_KEYS)));
    const free = this.#pages.store.cache.capacityBytes / FRACTION - this.#bytes;
    for (const falsePositiveRate of RATES) {
      // As many bits as the filter will have: -n ln p / (ln 2)^2.
      if ((-tree.room * Math.log(falsePositiveRate)) / Math.LN2 ** 2 / 8 > free) continue;
      tree.filter = BloomFilter.create(tree.room, { falsePositiveRate });
      return;
    }
    tree.threshold = Number.POSITIVE_INFINITY;
  }

  #fill(root: number, tree: TreeFilter): void {
    const cursor = new TreeCursor(this.#pages, root, ALL_KEYS, tree.after, false);
    let [page, start, end] = [cursor.page, 0, 0];
    for (let leaves = 1; cursor.next(); ) {
      if (cursor.page !== page) {
        if (++leaves > LEAVES_AT_ONCE && end > 0) {
          tree.after = page.slice(start, end);
          return;
        }
        page = cursor.page;
      }
      start = cursor.keyStart;
      end = cursor.keyEnd;
      tree.filter!.addBytes(page, start, end);
      tree.added++;
    }
    tree.isWhole = true;
    tree.after = undefined;
  }
}
