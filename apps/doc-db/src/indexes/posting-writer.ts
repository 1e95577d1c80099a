import { assert, writeU16 } from "@millrace/base";
import {
  cellCount,
  hasKeyAt,
  keyLength,
  keyStart,
  searchNode,
  valueLength,
  valueStart,
} from "../btree/node.ts";
import { insertLeafCell, removeCell } from "../btree/node-change.ts";
import { deleteFromTree } from "../btree/tree.ts";
import { TreeInserter } from "../btree/tree-inserter.ts";
import { MAX_INDEX_VALUE_BYTES } from "../keys/encode-key.ts";
import type { PageWriter } from "../storage/page-writer.ts";
import { entryBelow } from "./posting-cursor.ts";
import { SINGLE_BYTES } from "./posting-format.ts";
import { PostingList } from "./posting-list.ts";

/** What the one writer that is at work has taken apart. */
const list = new PostingList();
const WRITERS = new WeakMap<PageWriter, PostingWriter>();
/** The value of an entry of one document. */
const single = new Uint8Array(SINGLE_BYTES);

/**
 * Puts documents into the entries of one index, and takes them out.
 *
 * Documents of one value share entries of bounded size: an entry is for those from the `_id` in its key up to the next
 * entry's. Documents that come by ascending value and `_id` are gathered, and an entry is written once for all of them.
 */
export class PostingWriter {
  readonly #pager: PageWriter;
  #root: number;
  readonly #inserter: TreeInserter;
  /** The entry that is in {@link list}: in which leaf, where, and whether it is there yet. */
  #leaf: Uint8Array | undefined;
  #index = 0;
  #isNew = false;
  /** Bytes of the values' part of its key, which are at the beginning of `#key`. */
  #valueBytes = 0;
  #key: Uint8Array = new Uint8Array(0);
  /** No entry of the same value follows. */
  #isLast = false;
  /** Nothing but documents behind those that were there has been put in. */
  #isAppended = false;

  constructor(pager: PageWriter, root: number) {
    this.#pager = pager;
    this.#root = root;
    this.#inserter = new TreeInserter(pager, root);
  }

  /** A writer for one call that puts an entry in or takes one out: the same one for all indexes of a database. */
  static for(pager: PageWriter, root: number): PostingWriter {
    const known = WRITERS.get(pager);
    if (known !== undefined) {
      known.#root = root;
      // Of a call that failed.
      known.#leaf = undefined;
      known.#inserter.moveTo(root);
      return known;
    }
    const made = new PostingWriter(pager, root);
    WRITERS.set(pager, made);
    return made;
  }

  /**
   * Puts a document in; {@link PostingWriter.finish} must follow the last one.
   * @param key - the values' part and the `_id`, of `idBytes` bytes
   */
  add(key: Uint8Array, idBytes: number): void {
    const valueBytes = key.length - idBytes;
    if (this.#leaf !== undefined && this.#isLast && this.#isSameValue(key, valueBytes) && !list.isFull) {
      if (list.find(key, valueBytes, key.length) === -1 - list.count && list.add(key, valueBytes, key.length))
        return;
    }
    this.finish();
    const leaf = this.#inserter.leafOf(key);
    const at = -1 - searchNode(leaf, key);
    assert(at >= 0, "a document has an entry once");
    // Keys that were cut say nothing of where the value ends.
    const isShared = valueBytes < MAX_INDEX_VALUE_BYTES;
    if (isShared && at > 0 && hasValue(leaf, at - 1, key, valueBytes)) {
      this.#extend(leaf, at - 1, key, valueBytes);
    } else if (isShared && at === 0 && beginsWith(this.#inserter.lo, key, valueBytes)) {
      const below = entryBelow(this.#pager, this.#root, { key, idBytes });
      if (below === undefined) this.#begin(leaf, at, key, valueBytes);
      else this.#extendFrom(below, key, valueBytes);
    } else if (isShared && at < cellCount(leaf) && hasValue(leaf, at, key, valueBytes)) {
      this.#extend(leaf, at, key, valueBytes);
    } else {
      this.#begin(leaf, at, key, valueBytes);
      this.#isLast &&= isShared;
    }
  }

  /** As {@link PostingWriter.add} for one document, with what {@link PostingWriter.finish} does. */
  addOne(key: Uint8Array, idBytes: number): void {
    const valueBytes = key.length - idBytes;
    const leaf = this.#inserter.leafOf(key);
    const at = -1 - searchNode(leaf, key);
    assert(at >= 0, "a document has an entry once");
    const mayShare =
      (at > 0 ? hasValue(leaf, at - 1, key, valueBytes) : beginsWith(this.#inserter.lo, key, valueBytes)) ||
      (at < cellCount(leaf) && hasValue(leaf, at, key, valueBytes));
    if (mayShare || valueBytes >= MAX_INDEX_VALUE_BYTES) {
      this.add(key, idBytes);
      this.finish();
      return;
    }
    writeU16(single, 0, idBytes);
    if (!insertLeafCell(leaf, at, key, single)) this.#inserter.add(key, single);
  }

  /** Writes what was gathered. */
  finish(): void {
    const leaf = this.#leaf;
    if (leaf === undefined) return;
    this.#leaf = undefined;
    if (!this.#isNew) removeCell(leaf, this.#index);
    this.#write(leaf, 0, list.count);
  }

  /** Takes a document out. @returns whether it was there */
  remove(key: Uint8Array, idBytes: number): boolean {
    const valueBytes = key.length - idBytes;
    if (valueBytes >= MAX_INDEX_VALUE_BYTES) return deleteFromTree(this.#pager, this.#root, key);
    let leaf = this.#inserter.leafOf(key);
    let index = searchNode(leaf, key);
    if (index < -1) {
      index = -2 - index;
      if (!hasValue(leaf, index, key, valueBytes)) return false;
    } else if (index === -1) {
      const below = entryBelow(this.#pager, this.#root, { key, idBytes });
      if (below === undefined) return false;
      leaf = this.#inserter.leafOf(below);
      index = searchNode(leaf, below);
    }
    if (valueLength(leaf, index) === SINGLE_BYTES && cellCount(leaf) > 1) {
      if (!hasKeyAt(leaf, index, key, 0, key.length)) return false;
      removeCell(leaf, index);
      return true;
    }
    readEntry(leaf, index);
    const place = list.find(key, valueBytes, key.length);
    if (place < 0) return false;
    list.removeAt(place);
    this.#key = key.slice();
    this.#valueBytes = valueBytes;
    this.#index = index;
    if (place > 0) {
      removeCell(leaf, index);
      this.#write(leaf, 0, list.count);
      return true;
    }
    // The entry's key was the document's; another leaf may be the place of the key that it has now.
    if (cellCount(leaf) > 1) {
      removeCell(leaf, index);
    } else {
      deleteFromTree(this.#pager, this.#root, key);
      this.#inserter.forget();
    }
    if (list.count > 0) this.#write(undefined, 0, list.count);
    return true;
  }

  /** An entry in a leaf before the one that the document's own key belongs to. */
  #extendFrom(below: Uint8Array, key: Uint8Array, valueBytes: number): void {
    const leaf = this.#inserter.leafOf(below);
    this.#extend(leaf, searchNode(leaf, below), key, valueBytes);
    this.#isLast = false;
  }

  #extend(leaf: Uint8Array, index: number, key: Uint8Array, valueBytes: number): void {
    readEntry(leaf, index);
    this.#open(leaf, index, key, valueBytes, false);
    const at = -1 - list.find(key, valueBytes, key.length);
    const { count } = list;
    this.#isAppended = at === count;
    if (list.add(key, valueBytes, key.length)) return;
    // A key among numbers stands alone: as keys they would take many times the room.
    this.#leaf = undefined;
    if (at > 0 && at < count) {
      removeCell(leaf, index);
      this.#write(leaf, 0, at);
      this.#write(undefined, at, count);
    }
    list.clear();
    list.add(key, valueBytes, key.length);
    this.#write(undefined, 0, 1);
  }

  #begin(leaf: Uint8Array, index: number, key: Uint8Array, valueBytes: number): void {
    list.clear();
    list.add(key, valueBytes, key.length);
    this.#open(leaf, index, key, valueBytes, true);
    this.#isAppended = true;
  }

  #open(leaf: Uint8Array, index: number, key: Uint8Array, valueBytes: number, isNew: boolean): void {
    this.#leaf = leaf;
    this.#index = index;
    this.#isNew = isNew;
    this.#key = key.slice();
    this.#valueBytes = valueBytes;
    const next = isNew ? index : index + 1;
    this.#isLast =
      next < cellCount(leaf)
        ? !hasValue(leaf, next, key, valueBytes)
        : !beginsWith(this.#inserter.hi, key, valueBytes);
  }

  #isSameValue(key: Uint8Array, valueBytes: number): boolean {
    return valueBytes === this.#valueBytes && beginsWith(this.#key, key, valueBytes);
  }

  /** Writes a part of the list, as one entry or several. @param leaf - the first one's, where `#index` is free for it */
  #write(leaf: Uint8Array | undefined, from: number, to: number): void {
    const value = list.encode(from, to);
    if (value === undefined) {
      const middle = this.#isAppended ? this.#fullEntry(from, to) : (from + to) >>> 1;
      this.#write(leaf, from, middle);
      this.#write(undefined, middle, to);
      return;
    }
    const id = list.keyIn(from);
    const key = new Uint8Array(this.#valueBytes + id.length);
    for (let i = 0; i < this.#valueBytes; i++) key[i] = this.#key[i]!;
    key.set(id, this.#valueBytes);
    if (leaf !== undefined && insertLeafCell(leaf, this.#index, key, value)) return;
    assert(this.#inserter.add(key, value), "an entry's key is new");
  }

  /** Of documents that came by ascending `_id`, the most that one entry has room for. */
  #fullEntry(from: number, to: number): number {
    let fits = from + 1;
    let above = to;
    while (above - fits > 1) {
      const middle = (fits + above) >>> 1;
      if (list.encode(from, middle) === undefined) above = middle;
      else fits = middle;
    }
    return fits;
  }
}

function readEntry(leaf: Uint8Array, index: number): void {
  const start = valueStart(leaf, index);
  const idBytes = leaf[start]! | (leaf[start + 1]! << 8);
  list.read(leaf, start - idBytes, start, start, start + valueLength(leaf, index));
}

/** Whether the values' part of an entry's key is that of another key. */
function hasValue(leaf: Uint8Array, index: number, key: Uint8Array, valueBytes: number): boolean {
  const start = keyStart(leaf, index);
  const value = start + keyLength(leaf, index);
  const idBytes = leaf[value]! | (leaf[value + 1]! << 8);
  if (value - start - idBytes !== valueBytes) return false;
  for (let i = 0; i < valueBytes; i++) if (leaf[start + i] !== key[i]) return false;
  return true;
}

/** Whether `other` begins with the first bytes of a key. */
function beginsWith(other: Uint8Array | undefined, key: Uint8Array, byteLength: number): boolean {
  if (other === undefined || other.length < byteLength) return false;
  for (let i = 0; i < byteLength; i++) if (other[i] !== key[i]) return false;
  return true;
}
