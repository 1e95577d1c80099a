import { checkInteger, InvalidArgumentError } from "@millrace/base";
import { checkRange } from "@millrace/buffers";

/**
 * A fixed number of bits, all clear at first; bit i is bit i % 32 of word i / 32.
 *
 * @example
 * const active = new Bitmap(100);
 * active.set(3);
 * active.has(3); // true
 */
export class Bitmap {
  /** How many bits there are. */
  readonly size: number;
  /** The bits, 32 a word; bits from `size` on are 0 and must stay so. */
  readonly words: Uint32Array<ArrayBuffer>;

  /** @throws InvalidArgumentError when `size` is not a whole number from 0 to 2^32 - 1 */
  constructor(size: number) {
    this.size = checkInteger("codecs", "bitmap size", size, 0, 2 ** 32 - 1);
    this.words = new Uint32Array(Math.ceil(size / 32));
  }

  /** Sets a bit. @throws InvalidArgumentError when there is no such bit */
  set(bit: number): void {
    this.#check(bit);
    this.words[bit >>> 5]! |= 1 << (bit & 31);
  }

  /** Clears a bit. @throws InvalidArgumentError when there is no such bit */
  clear(bit: number): void {
    this.#check(bit);
    this.words[bit >>> 5]! &= ~(1 << (bit & 31));
  }

  /** Whether the bit is set; false for bits that do not exist. */
  has(bit: number): boolean {
    return bit >= 0 && bit < this.size && ((this.words[bit >>> 5]! >>> (bit & 31)) & 1) === 1;
  }

  /** Clears every bit. */
  clearAll(): void {
    this.words.fill(0);
  }

  /** How many bits are set. */
  count(): number {
    return countWords(this.words, this.words.length);
  }

  /**
   * How many of the bits below `bit` are set.
   * @throws InvalidArgumentError when `bit` is not in [0, size]
   */
  rank(bit: number): number {
    checkRange("codecs", "Bitmap.rank", 0, bit, this.size);
    const whole = countWords(this.words, bit >>> 5);
    const rest = bit & 31;
    return rest === 0 ? whole : whole + popcount(this.words[bit >>> 5]! & ((1 << rest) - 1));
  }

  /** The bit with `k` set bits below it, that is the k-th set bit counted from 0; -1 when there is none. */
  select(k: number): number {
    if (!(k >= 0)) return -1;
    let left = k;
    for (let at = 0; at < this.words.length; at++) {
      let word = this.words[at]!;
      const n = popcount(word);
      if (left >= n) {
        left -= n;
        continue;
      }
      for (; left > 0; left--) word &= word - 1;
      return at * 32 + lowestBit(word);
    }
    return -1;
  }

  /**
   * Writes the numbers of the set bits, in order, from bit `from` on, as long as there is room.
   * @returns how many were written
   * @throws InvalidArgumentError when `from` is not in [0, size] or `dstStart` not inside `dst`
   */
  indices(dst: Uint32Array, dstStart = 0, from = 0): number {
    checkRange("codecs", "Bitmap.indices", from, this.size, this.size);
    checkRange("codecs", "Bitmap.indices, output", dstStart, dst.length, dst.length);
    return collectBits(this.words, from, dst, dstStart) - dstStart;
  }

  /** Keeps the bits that are set in both. @throws InvalidArgumentError for another size */
  and(other: Bitmap): void {
    const theirs = this.#wordsOf(other);
    const ours = this.words;
    for (let i = 0; i < ours.length; i++) ours[i]! &= theirs[i]!;
  }

  /** Sets the bits that are set in `other`. @throws InvalidArgumentError for another size */
  or(other: Bitmap): void {
    const theirs = this.#wordsOf(other);
    const ours = this.words;
    for (let i = 0; i < ours.length; i++) ours[i]! |= theirs[i]!;
  }

  /** Clears the bits that are set in `other`. @throws InvalidArgumentError for another size */
  andNot(other: Bitmap): void {
    const theirs = this.#wordsOf(other);
    const ours = this.words;
    for (let i = 0; i < ours.length; i++) ours[i]! &= ~theirs[i]!;
  }

  /** Flips the bits that are set in `other`. @throws InvalidArgumentError for another size */
  xor(other: Bitmap): void {
    const theirs = this.#wordsOf(other);
    const ours = this.words;
    for (let i = 0; i < ours.length; i++) ours[i]! ^= theirs[i]!;
  }

  #check(bit: number): void {
    if (Number.isInteger(bit) && bit >= 0 && bit < this.size) return;
    throw new InvalidArgumentError("CODECS_BITMAP_RANGE", "bit", bit, `a whole number below ${this.size}`);
  }

  #wordsOf(other: Bitmap): Uint32Array {
    if (other.size === this.size) return other.words;
    throw new InvalidArgumentError(
      "CODECS_BITMAP_SIZE",
      "size of the other bitmap",
      other.size,
      `${this.size}`,
    );
  }
}

/** Set bits of a 32-bit word: sums of pairs, nibbles, bytes (Warren, Hacker's Delight, 5-1). */
function popcount(word: number): number {
  let v = word | 0;
  v -= (v >>> 1) & 0x55555555;
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function countWords(words: Uint32Array, end: number): number {
  let count = 0;
  for (let i = 0; i < end; i++) count += popcount(words[i]!);
  return count;
}

/** The number of the lowest set bit of a word that has one. */
function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}

function collectBits(words: Uint32Array, from: number, dst: Uint32Array, dstStart: number): number {
  let to = dstStart;
  const room = dst.length;
  for (let at = from >>> 5; at < words.length && to < room; at++) {
    let word = words[at]! | 0;
    if (at === from >>> 5) word &= -1 << (from & 31);
    for (; word !== 0 && to < room; word &= word - 1) dst[to++] = at * 32 + lowestBit(word);
  }
  return to;
}
