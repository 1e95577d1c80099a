import { assert } from "@millrace/base";
import { GrowableUint32 } from "@millrace/buffers";
import { Bitmap } from "@millrace/codecs";
import { hashKey } from "../keys/hash-key.ts";
import { wholeNumberIn } from "./posting-format.ts";

/**
 * A set of `_id`s that may have more than were put in, never less: whole numbers that lie close together as bits,
 * others as hashes. Sets are intersected: bits word by word, hashes one by one.
 */
export class IdSet {
  /** The number of the first bit. */
  readonly #base: number;
  readonly #bits: Bitmap | undefined;
  readonly #gathered = new GrowableUint32({ initialCapacity: 64 });
  #hashes: Uint32Array = new Uint32Array(1);

  /** @param numbers - the lowest and the highest number that there is; undefined for no bits */
  constructor(numbers: readonly [number, number] | undefined) {
    this.#base = numbers?.[0] ?? 0;
    this.#bits = numbers === undefined ? undefined : new Bitmap(numbers[1] - numbers[0] + 1);
  }

  /** Puts the `_id` in whose key lies from `start` to `end`. */
  add(bytes: Uint8Array, start: number, end: number): void {
    const number = this.#bits === undefined ? -1 : wholeNumberIn(bytes, start, end);
    if (number < 0) this.#gathered.push(hashOf(bytes, start, end));
    else this.#bits!.set(number - this.#base);
  }

  /** Says that all were put in: from now on it may be asked. */
  seal(): void {
    this.#hashes = tableOf(this.#gathered.view());
    this.#gathered.clear();
  }

  /** Keeps what is in both. @param other - with bits for the same numbers, and sealed */
  and(other: IdSet): void {
    if (this.#bits !== undefined) {
      assert(other.#bits !== undefined && other.#base === this.#base, "sets of one kind are intersected");
      this.#bits.and(other.#bits);
    }
    const theirs = other.#hashes;
    this.#hashes = tableOf(this.#hashes.filter((hash) => hash !== 0 && isIn(theirs, hash)));
  }

  /** Whether it has an `_id`: always when that was put in, hardly ever otherwise. */
  has(bytes: Uint8Array, start: number, end: number): boolean {
    const number = this.#bits === undefined ? -1 : wholeNumberIn(bytes, start, end);
    if (number >= 0) return this.#bits!.has(number - this.#base);
    return isIn(this.#hashes, hashOf(bytes, start, end));
  }
}

/** A table of hashes, half full at the most: each is at its place or behind it, before the next zero. */
function tableOf(hashes: Uint32Array): Uint32Array {
  let size = 2;
  while (size < hashes.length * 2) size *= 2;
  const table = new Uint32Array(size);
  const mask = size - 1;
  for (let i = 0; i < hashes.length; i++) {
    const hash = hashes[i]!;
    let at = hash & mask;
    while (table[at] !== 0 && table[at] !== hash) at = (at + 1) & mask;
    table[at] = hash;
  }
  return table;
}

function isIn(table: Uint32Array, hash: number): boolean {
  const mask = table.length - 1;
  let at = hash & mask;
  while (table[at] !== 0 && table[at] !== hash) at = (at + 1) & mask;
  return table[at] === hash;
}

/** Never 0, which is an empty place. */
function hashOf(key: Uint8Array, start: number, end: number): number {
  return hashKey(0, key, start, end) >>> 0 || 1;
}
