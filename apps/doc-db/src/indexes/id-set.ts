import { assert, crc32c } from "@millrace/base";
import { GrowableUint32 } from "@millrace/buffers";
import { Bitmap } from "@millrace/codecs";
import { wholeNumberIn } from "./posting-format.ts";

/**
 * A set of `_id`s that may have more than were put in, never less: whole numbers that lie close together as bits,
 * others as hashes in order. Sets are intersected: bits word by word, hashes by merging.
 */
export class IdSet {
  /** The number of the first bit. */
  readonly #base: number;
  readonly #bits: Bitmap | undefined;
  readonly #gathered = new GrowableUint32({ initialCapacity: 64 });
  #hashes: Uint32Array = new Uint32Array(0);

  /** @param numbers - the lowest and the highest number that there is; undefined for no bits */
  constructor(numbers: readonly [number, number] | undefined) {
    this.#base = numbers?.[0] ?? 0;
    this.#bits = numbers === undefined ? undefined : new Bitmap(numbers[1] - numbers[0] + 1);
  }

  /** Puts the `_id` in whose key lies from `start` to `end`. */
  add(bytes: Uint8Array, start: number, end: number): void {
    const number = this.#bits === undefined ? -1 : wholeNumberIn(bytes, start, end);
    if (number < 0) this.#gathered.push(crc32c(bytes, 0, start, end));
    else this.#bits!.set(number - this.#base);
  }

  /** Says that all were put in: from now on it may be asked. */
  seal(): void {
    this.#hashes = this.#gathered.view().slice().sort();
    this.#gathered.clear();
  }

  /** Keeps what is in both. @param other - with bits for the same numbers, and sealed */
  and(other: IdSet): void {
    if (this.#bits !== undefined) {
      assert(other.#bits !== undefined && other.#base === this.#base, "sets of one kind are intersected");
      this.#bits.and(other.#bits);
    }
    this.#hashes = common(this.#hashes, other.#hashes);
  }

  /** Whether it has an `_id`: always when that was put in, hardly ever otherwise. */
  has(bytes: Uint8Array, start: number, end: number): boolean {
    const number = this.#bits === undefined ? -1 : wholeNumberIn(bytes, start, end);
    if (number >= 0) return this.#bits!.has(number - this.#base);
    const hashes = this.#hashes;
    const hash = crc32c(bytes, 0, start, end);
    let lo = 0;
    let hi = hashes.length;
    while (lo < hi) {
      const middle = (lo + hi) >>> 1;
      if (hashes[middle]! < hash) lo = middle + 1;
      else hi = middle;
    }
    return hashes[lo] === hash;
  }
}

/** What two ascending lists have both. */
function common(a: Uint32Array, b: Uint32Array): Uint32Array {
  const both = new Uint32Array(Math.min(a.length, b.length));
  let count = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const order = a[i]! - b[j]!;
    if (order === 0) {
      both[count++] = a[i]!;
      j++;
    }
    if (order <= 0) i++;
    else j++;
  }
  return both.subarray(0, count);
}
