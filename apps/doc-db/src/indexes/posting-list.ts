import { assert, readVarint, varintLength, writeU16, writeVarint } from "@millrace/base";
import { compareBytes } from "../keys/compare.ts";
import {
  MAX_POSTING_BYTES,
  NUMBER_KEY_BYTES,
  POSTING_KIND,
  SINGLE_BYTES,
  wholeNumberIn,
  writeNumberKey,
} from "./posting-format.ts";

/** Most `_id`s that are gathered before they are written. */
const MAX_GATHERED = 4096;

const scratch = new Uint8Array(MAX_POSTING_BYTES);

/** The `_id`s of one entry of an index, taken apart: as numbers, or as keys. */
export class PostingList {
  #numbers: number[] = [];
  #keys: Uint8Array[] = [];
  /** Which of the two holds them. */
  #isNumeric = true;
  readonly #number = new Uint8Array(NUMBER_KEY_BYTES);

  get count(): number {
    return this.#isNumeric ? this.#numbers.length : this.#keys.length;
  }

  get isFull(): boolean {
    return this.count >= MAX_GATHERED;
  }

  clear(): void {
    this.#numbers.length = 0;
    this.#keys.length = 0;
    this.#isNumeric = true;
  }

  /**
   * Takes an entry apart.
   * @param idStart - where the first `_id` lies in `bytes`, up to `idEnd`
   * @param start - where the entry's value lies in them, up to `end`
   */
  read(bytes: Uint8Array, idStart: number, idEnd: number, start: number, end: number): void {
    this.clear();
    this.#begin(bytes, idStart, idEnd);
    if (end - start === SINGLE_BYTES) return;
    const kind = bytes[start + SINGLE_BYTES]!;
    const from = start + SINGLE_BYTES + 1;
    if (kind === POSTING_KIND.keys) this.#readKeys(bytes, from, end);
    else if (kind === POSTING_KIND.deltas) this.#readDeltas(bytes, from, end);
    else this.#readBits(bytes, from, end);
  }

  /** Where an `_id` is, or `-1 - index` where it belongs. */
  find(key: Uint8Array, start: number, end: number): number {
    const number = this.#isNumeric ? wholeNumberIn(key, start, end) : -1;
    const own = number < 0 ? key.subarray(start, end) : key;
    let lo = 0;
    let hi = this.count;
    // Most come in the order of their `_id`s.
    if (hi > 0 && this.#order(hi - 1, own, number) < 0) return -1 - hi;
    while (lo < hi) {
      const middle = (lo + hi) >>> 1;
      const order = this.#order(middle, own, number);
      if (order === 0) return middle;
      if (order < 0) lo = middle + 1;
      else hi = middle;
    }
    return -1 - lo;
  }

  /** Puts an `_id` in. @returns false, and nothing changed, where numbers would have to become keys */
  add(key: Uint8Array, start: number, end: number): boolean {
    if (this.count === 0) {
      this.#begin(key, start, end);
      return true;
    }
    const number = this.#isNumeric ? wholeNumberIn(key, start, end) : -1;
    if (this.#isNumeric && number < 0) {
      if (this.count > 1) return false;
      this.#keys = [this.keyAt(0)];
      this.#isNumeric = false;
    }
    const at = -1 - this.find(key, start, end);
    assert(at >= 0, "a document has an entry once");
    if (this.#isNumeric) insertAt(this.#numbers, at, number);
    else insertAt(this.#keys, at, key.slice(start, end));
    return true;
  }

  removeAt(index: number): void {
    if (this.#isNumeric) this.#numbers.splice(index, 1);
    else this.#keys.splice(index, 1);
  }

  /** An `_id`'s key, as bytes of its own. */
  keyAt(index: number): Uint8Array {
    return this.keyIn(index).slice();
  }

  /** As {@link PostingList.keyAt}, valid until the next call. */
  keyIn(index: number): Uint8Array {
    if (!this.#isNumeric) return this.#keys[index]!;
    writeNumberKey(this.#number, this.#numbers[index]!);
    return this.#number;
  }

  /** The value of an entry for the `_id`s from `from` up to `to`; undefined where that is too long. */
  encode(from: number, to: number): Uint8Array | undefined {
    let end = 0;
    let kind = POSTING_KIND.keys;
    if (to - from > 1) {
      if (this.#isNumeric) {
        const byteLength = this.#deltaBytes(from, to);
        const bitBytes = Math.ceil((this.#numbers[to - 1]! - this.#numbers[from]!) / 8);
        const isDense = bitBytes < byteLength;
        if (Math.min(bitBytes, byteLength) > MAX_POSTING_BYTES) return undefined;
        kind = isDense ? POSTING_KIND.bits : POSTING_KIND.deltas;
        end = isDense ? this.#writeBits(from, to, bitBytes) : this.#writeDeltas(from, to);
      } else {
        end = this.#writeKeys(from, to);
        if (end < 0) return undefined;
      }
    }
    const value = new Uint8Array(to - from > 1 ? SINGLE_BYTES + 1 + end : SINGLE_BYTES);
    writeU16(value, 0, this.keyIn(from).length);
    if (to - from > 1) {
      value[SINGLE_BYTES] = kind;
      for (let i = 0; i < end; i++) value[SINGLE_BYTES + 1 + i] = scratch[i]!;
    }
    return value;
  }

  #begin(key: Uint8Array, start: number, end: number): void {
    const number = wholeNumberIn(key, start, end);
    this.#isNumeric = number >= 0;
    if (number >= 0) this.#numbers.push(number);
    else this.#keys.push(key.slice(start, end));
  }

  #order(index: number, key: Uint8Array, number: number): number {
    if (number >= 0) return this.#numbers[index]! - number;
    return compareBytes(this.keyIn(index), key);
  }

  #readDeltas(bytes: Uint8Array, start: number, end: number): void {
    let number = this.#numbers[0]!;
    for (let at = start; at < end; ) {
      const delta = readVarint(bytes, at);
      number += delta.value;
      at = delta.end;
      this.#numbers.push(number);
    }
  }

  #readBits(bytes: Uint8Array, start: number, end: number): void {
    const first = this.#numbers[0]! + 1;
    for (let at = start; at < end; at++) {
      for (let byte = bytes[at]!; byte !== 0; byte &= byte - 1)
        this.#numbers.push(first + (at - start) * 8 + 31 - Math.clz32(byte & -byte));
    }
  }

  #readKeys(bytes: Uint8Array, start: number, end: number): void {
    let before = this.#keys[0] ?? this.keyAt(0);
    this.#keys = [before];
    this.#isNumeric = false;
    for (let at = start; at < end; ) {
      const shared = readVarint(bytes, at);
      const rest = readVarint(bytes, shared.end);
      const key = new Uint8Array(shared.value + rest.value);
      key.set(before.subarray(0, shared.value));
      key.set(bytes.subarray(rest.end, rest.end + rest.value), shared.value);
      at = rest.end + rest.value;
      this.#keys.push(key);
      before = key;
    }
  }

  #deltaBytes(from: number, to: number): number {
    let byteLength = 0;
    for (let i = from + 1; i < to; i++) byteLength += varintLength(this.#numbers[i]! - this.#numbers[i - 1]!);
    return byteLength;
  }

  #writeDeltas(from: number, to: number): number {
    let end = 0;
    for (let i = from + 1; i < to; i++)
      end = writeVarint(scratch, end, this.#numbers[i]! - this.#numbers[i - 1]!);
    return end;
  }

  #writeBits(from: number, to: number, byteLength: number): number {
    scratch.fill(0, 0, byteLength);
    const first = this.#numbers[from]! + 1;
    for (let i = from + 1; i < to; i++) {
      const bit = this.#numbers[i]! - first;
      scratch[bit >>> 3] = scratch[bit >>> 3]! | (1 << (bit & 7));
    }
    return byteLength;
  }

  /** @returns where they end; -1 where there is no room for them */
  #writeKeys(from: number, to: number): number {
    let end = 0;
    for (let i = from + 1; i < to; i++) {
      const before = this.#keys[i - 1]!;
      const key = this.#keys[i]!;
      let shared = 0;
      while (shared < before.length && before[shared] === key[shared]) shared++;
      const rest = key.length - shared;
      if (end + varintLength(shared) + varintLength(rest) + rest > MAX_POSTING_BYTES) return -1;
      end = writeVarint(scratch, end, shared);
      end = writeVarint(scratch, end, rest);
      scratch.set(key.subarray(shared), end);
      end += rest;
    }
    return end;
  }
}

function insertAt<T>(list: T[], at: number, item: T): void {
  if (at === list.length) list.push(item);
  else list.splice(at, 0, item);
}
