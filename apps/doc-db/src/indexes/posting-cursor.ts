import { assert, readVarint } from "@millrace/base";
import { TreeCursor } from "../btree/cursor.ts";
import type { KeyRange } from "../btree/key-range.ts";
import { compareBytes } from "../keys/compare.ts";
import type { PageReader } from "../storage/page-reader.ts";
import {
  NUMBER_KEY_BYTES,
  POSTING_KIND,
  SINGLE_BYTES,
  wholeNumberIn,
  writeNumberKey,
} from "./posting-format.ts";
import { PostingList } from "./posting-list.ts";

/** Room for any `_id`'s key. */
const ID_KEY_BYTES = 1024;
const NOTHING = 0;
/** Documents that were put in a list, to be read from its end. */
const LISTED = -1;

/** One document's place in an index: the values' part of the key and its `_id` behind that. */
export interface PostingPlace {
  readonly key: Uint8Array;
  /** How many bytes of the key are the `_id`. */
  readonly idBytes: number;
}

/** Goes over a range of an index, document by document, whether they share an entry or not. */
export class PostingCursor {
  /** The key of the document's `_id`, valid until the next one. */
  bytes: Uint8Array = new Uint8Array(0);
  idStart = 0;
  idEnd = 0;
  readonly #entries: TreeCursor;
  readonly #isDescending: boolean;
  /** Bytes of the `_id` that is in the entry's key. */
  #firstBytes = 0;
  /** What is left of the entry: its kind, from where up to where, and the number before. */
  #kind = NOTHING;
  #at = 0;
  #end = 0;
  #number = 0;
  #bits = 0;
  #numberKey: Uint8Array | undefined;
  #ownKey: Uint8Array | undefined;
  #list: PostingList | undefined;
  /** Documents up to this place were read before; undefined once one behind it was found. */
  #after: PostingPlace | undefined;

  /** @param after - only documents behind this place, in the cursor's direction */
  constructor(
    pager: PageReader,
    root: number,
    range: KeyRange,
    after: PostingPlace | undefined,
    isDescending: boolean,
  ) {
    this.#isDescending = isDescending;
    this.#after = after;
    const entries = new TreeCursor(pager, root, range, after?.key, isDescending);
    if (after === undefined || isDescending || entries.stepBack()) {
      this.#entries = entries;
      return;
    }
    const shared = entryBelow(pager, root, after);
    this.#entries =
      shared === undefined
        ? entries
        : new TreeCursor(pager, root, { lo: shared, hi: range.hi }, undefined, false);
  }

  /** Goes to the next document. @returns false at the end of the range */
  next(): boolean {
    if (this.#after !== undefined) return this.#nextBehind(this.#after);
    return this.#kind === NOTHING ? this.#nextEntry() : this.#nextInEntry();
  }

  /** Where the document is, as bytes of its own. */
  place(): PostingPlace {
    const { page, keyStart, keyEnd } = this.#entries;
    const valueBytes = keyEnd - this.#firstBytes - keyStart;
    const idBytes = this.idEnd - this.idStart;
    const key = new Uint8Array(valueBytes + idBytes);
    key.set(page.subarray(keyStart, keyStart + valueBytes));
    key.set(this.bytes.subarray(this.idStart, this.idEnd), valueBytes);
    return { key, idBytes };
  }

  /** The first document that was not read before. */
  #nextBehind({ key, idBytes }: PostingPlace): boolean {
    const value = key.subarray(0, key.length - idBytes);
    const id = key.subarray(value.length);
    while (this.#kind === NOTHING ? this.#nextEntry() : this.#nextInEntry()) {
      const { page, keyStart, keyEnd } = this.#entries;
      const entry = page.subarray(keyStart, keyEnd);
      const isSameValue = compareBytes(entry.subarray(0, entry.length - this.#firstBytes), value) === 0;
      const order = isSameValue
        ? compareBytes(this.bytes.subarray(this.idStart, this.idEnd), id)
        : compareBytes(entry, key);
      if (this.#isDescending ? order < 0 : order > 0) {
        this.#after = undefined;
        return true;
      }
    }
    return false;
  }

  #nextEntry(): boolean {
    const entries = this.#entries;
    if (!entries.next()) return false;
    const { page, keyEnd } = entries;
    const firstBytes = page[keyEnd]! | (page[keyEnd + 1]! << 8);
    this.#firstBytes = firstBytes;
    this.bytes = page;
    this.idStart = keyEnd - firstBytes;
    this.idEnd = keyEnd;
    const valueBytes = entries.valueLength();
    if (valueBytes === SINGLE_BYTES) return true;
    if (this.#isDescending) return this.#listEntry(keyEnd, keyEnd + valueBytes);
    this.#openEntry(page, keyEnd + SINGLE_BYTES, keyEnd + valueBytes);
    return true;
  }

  #openEntry(bytes: Uint8Array, start: number, end: number): void {
    const kind = bytes[start]!;
    this.#kind = kind;
    this.#at = start + 1;
    this.#end = end;
    if (kind === POSTING_KIND.keys) {
      this.#ownKey ??= new Uint8Array(ID_KEY_BYTES);
      for (let i = this.idStart; i < this.idEnd; i++) this.#ownKey[i - this.idStart] = this.bytes[i]!;
      return;
    }
    assert(kind === POSTING_KIND.deltas || kind === POSTING_KIND.bits, "an entry has one of three kinds");
    this.#number = wholeNumberIn(this.bytes, this.idStart, this.idEnd);
    this.#numberKey ??= new Uint8Array(NUMBER_KEY_BYTES);
    if (kind === POSTING_KIND.bits) {
      this.#number++;
      this.#bits = bytes[this.#at]!;
    }
  }

  /** Begins with the last document of an entry. */
  #listEntry(start: number, end: number): boolean {
    this.#list ??= new PostingList();
    this.#list.read(this.bytes, this.idStart, this.idEnd, start, end);
    this.#kind = LISTED;
    this.#at = this.#list.count;
    return this.#nextInEntry();
  }

  #nextInEntry(): boolean {
    const bytes = this.#entries.page;
    switch (this.#kind) {
      case POSTING_KIND.deltas: {
        // A varint; nothing is allocated, as this is what most documents are found by.
        let at = this.#at;
        let byte = bytes[at++]!;
        let number = this.#number + (byte & 127);
        for (let scale = 128; byte >= 128 && at < this.#end; scale *= 128) {
          byte = bytes[at++]!;
          number += (byte & 127) * scale;
        }
        this.#number = number;
        this.#at = at;
        if (at >= this.#end) this.#kind = NOTHING;
        return this.#giveNumber(number);
      }
      case POSTING_KIND.bits: {
        while (this.#bits === 0) this.#nextByte();
        const bits = this.#bits;
        const number = this.#number + 31 - Math.clz32(bits & -bits);
        this.#bits = bits & (bits - 1);
        // The last byte has the last document's bit.
        if (this.#bits === 0 && this.#at + 1 >= this.#end) this.#kind = NOTHING;
        return this.#giveNumber(number);
      }
      case POSTING_KIND.keys: {
        const shared = readVarint(bytes, this.#at);
        const rest = readVarint(bytes, shared.end);
        const key = this.#ownKey!;
        for (let i = 0; i < rest.value; i++) key[shared.value + i] = bytes[rest.end + i]!;
        this.#at = rest.end + rest.value;
        if (this.#at >= this.#end) this.#kind = NOTHING;
        return this.#give(key, shared.value + rest.value);
      }
      default: {
        this.#at--;
        if (this.#at === 0) this.#kind = NOTHING;
        const key = this.#list!.keyIn(this.#at);
        return this.#give(key, key.length);
      }
    }
  }

  #nextByte(): void {
    this.#at++;
    assert(this.#at < this.#end, "the last byte of an entry's bits has one");
    this.#number += 8;
    this.#bits = this.#entries.page[this.#at]!;
  }

  #giveNumber(number: number): boolean {
    const key = this.#numberKey!;
    writeNumberKey(key, number);
    return this.#give(key, NUMBER_KEY_BYTES);
  }

  #give(bytes: Uint8Array, length: number): boolean {
    this.bytes = bytes;
    this.idStart = 0;
    this.idEnd = length;
    return true;
  }
}

/**
 * The key of the entry that a document shares, or would share: the last one of its value that does not begin behind
 * it. Undefined where there is none.
 */
export function entryBelow(pager: PageReader, root: number, place: PostingPlace): Uint8Array | undefined {
  const cursor = cursorBelow(pager, root, place);
  return cursor.next() ? cursor.key() : undefined;
}

/** Whether an index has a document under a value. */
export function hasPosting(pager: PageReader, root: number, place: PostingPlace): boolean {
  const cursor = cursorBelow(pager, root, place);
  if (!cursor.next()) return false;
  const { page, keyEnd } = cursor;
  const list = new PostingList();
  const firstBytes = page[keyEnd]! | (page[keyEnd + 1]! << 8);
  list.read(page, keyEnd - firstBytes, keyEnd, keyEnd, keyEnd + cursor.valueLength());
  return list.find(place.key, place.key.length - place.idBytes, place.key.length) >= 0;
}

function cursorBelow(pager: PageReader, root: number, { key, idBytes }: PostingPlace): TreeCursor {
  const value = key.subarray(0, key.length - idBytes);
  // The first key behind the document's own.
  const behind = new Uint8Array(key.length + 1);
  behind.set(key);
  return new TreeCursor(pager, root, { lo: value, hi: value }, behind, true);
}
