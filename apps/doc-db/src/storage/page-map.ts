import { assert, readU16, readU32, writeU16, writeU32 } from "@millrace/base";
import { NONCE_BYTES, TAG_BYTES } from "./aes-gcm.ts";
import { initPage, PAGE_HEAD_BYTES, PAGE_TYPE } from "./page-format.ts";

const PLAIN_ENTRY_BYTES = 8;
/** Room for any entry: what a header has for the one of the root. */
export const MAX_ENTRY_BYTES: number = PLAIN_ENTRY_BYTES + NONCE_BYTES + TAG_BYTES;

/** How a page's bytes are written; 0 where there is none. */
export const ENTRY_FORM = { none: 0, asIs: 1, zstd: 2, deflate: 3 } as const;

/** Bytes of an entry: with encryption it holds nonce and tag as well. */
export function entryBytes(isEncrypted: boolean): number {
  return isEncrypted ? MAX_ENTRY_BYTES : PLAIN_ENTRY_BYTES;
}

/** Where one page is: bytes of a map page, or of the header. */
export interface Entry {
  readonly bytes: Uint8Array;
  readonly at: number;
}

export function unitOf({ bytes, at }: Entry): number {
  return readU32(bytes, at);
}

/** Bytes in the file, without what fills the last unit up. */
export function storedBytesOf({ bytes, at }: Entry): number {
  return readU16(bytes, at + 4);
}

export function formOf({ bytes, at }: Entry): number {
  return bytes[at + 6]!;
}

export function nonceOf({ bytes, at }: Entry): Uint8Array {
  return bytes.subarray(at + PLAIN_ENTRY_BYTES, at + PLAIN_ENTRY_BYTES + NONCE_BYTES);
}

export function tagOf({ bytes, at }: Entry): Uint8Array {
  return bytes.subarray(at + PLAIN_ENTRY_BYTES + NONCE_BYTES, at + MAX_ENTRY_BYTES);
}

export function setEntry({ bytes, at }: Entry, unit: number, storedBytes: number, form: number): void {
  writeU32(bytes, at, unit);
  writeU16(bytes, at + 4, storedBytes);
  bytes[at + 6] = form;
  bytes[at + 7] = 0;
}

/** Reads and writes the map's own pages. */
export interface MapStorage {
  /** Bytes of a page of the map. */
  readonly pageBytes: number;
  readMap(level: number, index: number, entry: Entry): Uint8Array;
  /** Puts where it wrote it into the entry. */
  writeMap(level: number, index: number, page: Uint8Array, entry: Entry): void;
}

/**
 * Where each page of a file lies: a tree of map pages, those of level 0 with the entries of pages, others with those of
 * the level below. Read as they are needed, kept in memory; {@link PageMap.save} writes those that changed to new
 * places, up to the root, whose entry is the header's.
 */
export class PageMap {
  readonly #storage: MapStorage;
  readonly #entryBytes: number;
  /** Entries of one map page. */
  readonly #fan: number;
  /** Map pages by level and index, as far as they were read. */
  readonly #pages: Map<number, Uint8Array>[] = [];
  readonly #changed: Set<number>[] = [];
  #root: Entry;

  /** @param levels - 0 for a map without any page */
  constructor(storage: MapStorage, isEncrypted: boolean, levels: number, root: Uint8Array) {
    this.#storage = storage;
    const { pageBytes } = storage;
    this.#entryBytes = entryBytes(isEncrypted);
    this.#fan = Math.floor((pageBytes - PAGE_HEAD_BYTES) / this.#entryBytes);
    this.#root = { bytes: root.slice(), at: 0 };
    for (let level = 0; level < levels; level++) this.#addLevel();
  }

  get levels(): number {
    return this.#pages.length;
  }

  /** The entry of the root's page, {@link MAX_ENTRY_BYTES}. */
  get root(): Uint8Array {
    return this.#root.bytes;
  }

  /** The entry of a page; undefined when there is none. */
  find(number: number): Entry | undefined {
    if (number >= this.#capacity) return undefined;
    const entry = this.#entryIn(0, number);
    return entry === undefined || formOf(entry) === ENTRY_FORM.none ? undefined : entry;
  }

  /** The entry of a page, to be changed. */
  change(number: number): Entry {
    while (number >= this.#capacity) this.#deepen();
    return this.#changeIn(0, number);
  }

  /** Every entry, with level and number of its page, -1 for the file's pages: the map's own pages are read for it. */
  *entries(): Generator<readonly [entry: Entry, level: number, number: number], void, undefined> {
    let level = this.levels - 1;
    if (level < 0) return;
    yield [this.#root, level, 0];
    for (let indexes = [0]; level >= 0; level--) {
      const below: number[] = [];
      for (const index of indexes) {
        const page = this.#page(level, index)!;
        for (let i = 0; i < this.#fan; i++) {
          const entry = { bytes: page, at: PAGE_HEAD_BYTES + i * this.#entryBytes };
          if (formOf(entry) === ENTRY_FORM.none) continue;
          below.push(index * this.#fan + i);
          yield [entry, level - 1, below.at(-1)!];
        }
      }
      indexes = below;
    }
  }

  /** Writes what changed, from the lowest level up. */
  save(): void {
    for (let level = 0; level < this.levels; level++) {
      for (const index of [...this.#changed[level]!].sort((a, b) => a - b)) {
        const page = this.#pages[level]!.get(index)!;
        const isRoot = level + 1 === this.levels;
        const entry = isRoot ? this.#root : this.#changeIn(level + 1, index);
        this.#storage.writeMap(level, index, page, entry);
      }
      this.#changed[level]!.clear();
    }
  }

  /** Pages that a map of these levels has room for. */
  get #capacity(): number {
    return this.levels === 0 ? 0 : this.#fan ** this.levels;
  }

  /** The entry with a number in the map pages of a level. */
  #entryIn(level: number, number: number): Entry | undefined {
    const page = this.#page(level, Math.floor(number / this.#fan));
    return page === undefined ? undefined : this.#entryAt(page, number);
  }

  #changeIn(level: number, number: number): Entry {
    const index = Math.floor(number / this.#fan);
    let page = this.#page(level, index);
    if (page === undefined) {
      page = new Uint8Array(this.#storage.pageBytes);
      initPage(page, index, PAGE_TYPE.map);
      page[5] = level;
      this.#pages[level]!.set(index, page);
    }
    this.#changed[level]!.add(index);
    return this.#entryAt(page, number);
  }

  #entryAt(page: Uint8Array, number: number): Entry {
    return { bytes: page, at: PAGE_HEAD_BYTES + (number % this.#fan) * this.#entryBytes };
  }

  #page(level: number, index: number): Uint8Array | undefined {
    const known = this.#pages[level]!.get(index);
    if (known !== undefined) return known;
    const entry = level + 1 === this.levels ? this.#root : this.#entryIn(level + 1, index);
    if (entry === undefined || formOf(entry) === ENTRY_FORM.none) return undefined;
    const page = this.#storage.readMap(level, index, entry);
    this.#pages[level]!.set(index, page);
    return page;
  }

  /** Puts a new root above the one there is. */
  #deepen(): void {
    const old = this.#root;
    const had = this.levels;
    assert(had < 8, "a map of that many levels holds all pages that have a number");
    this.#root = { bytes: new Uint8Array(MAX_ENTRY_BYTES), at: 0 };
    this.#addLevel();
    if (had === 0) return;
    const { bytes, at } = this.#changeIn(had, 0);
    bytes.set(old.bytes.subarray(0, this.#entryBytes), at);
  }

  #addLevel(): void {
    this.#pages.push(new Map());
    this.#changed.push(new Set());
  }
}
