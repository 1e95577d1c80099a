/** Bits that no word of flags of 0 and 1 has. */
const NO_FLAG = 0xfefefefe | 0;

/** One flag a neuron, as bytes that are looked at four at a time. */
export class FlagVector {
  /** The bytes, little-endian, padded with zeros. */
  readonly words: Uint32Array;
  readonly #bytes: Uint8Array;

  constructor(neurons: number) {
    this.words = new Uint32Array((neurons + 3) >> 2);
    this.#bytes = new Uint8Array(this.words.buffer);
  }

  /** Takes over a vector of as many flags as there are neurons. */
  set(flags: Uint8Array | readonly boolean[]): void {
    const bytes = this.#bytes;
    if (flags instanceof Uint8Array) bytes.set(flags);
    else for (let i = 0; i < flags.length; i++) bytes[i] = flags[i] ? 1 : 0;
  }

  /** Whether each is 0 or 1. */
  get isValid(): boolean {
    return areFlags(this.words);
  }
}

/** Whether each byte of these words is 0 or 1. */
export function areFlags(words: Uint32Array): boolean {
  let bits = 0;
  let more = 0;
  // Two chains of four: one by one each step would wait for the one before.
  const end = words.length & ~3;
  let i = 0;
  for (; i < end; i += 4) {
    bits |= words[i]! | words[i + 1]!;
    more |= words[i + 2]! | words[i + 3]!;
  }
  for (; i < words.length; i++) bits |= words[i]!;
  return ((bits | more) & NO_FLAG) === 0;
}

/** Bytes as words without a copy, where they begin and end at one. */
export function wordsInPlace(bytes: Uint8Array): Uint32Array | undefined {
  if (bytes.byteOffset % 4 !== 0 || bytes.length % 4 !== 0) return undefined;
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
}

/** A word with 1 for each byte that is not 0: what was not checked may be any byte. */
function flagsOf(word: number): number {
  let bits = word | (word >>> 4);
  bits |= bits >>> 2;
  bits |= bits >>> 1;
  return bits & 0x01010101;
}

/**
 * Lists the bytes that are not 0 by their index, ascending.
 * @param words - flags, four a word, little-endian; words[start, end) are looked at
 * @param dst - takes the indices from `dstStart` on; has room for 4 a word
 * @returns where in `dst` the indices end
 */
export function listFlagged(
  words: Uint32Array,
  start: number,
  end: number,
  dst: Uint16Array | Uint32Array,
  dstStart: number,
): number {
  let at = dstStart;
  for (let w = start; w < end; w++) {
    // A flag is the lowest bit of its byte: whoever clears the lowest bit set visits one flag after another.
    let word = words[w]! | 0;
    if ((word & NO_FLAG) !== 0) word = flagsOf(word);
    while (word !== 0) {
      dst[at++] = ((w - start) << 2) + ((31 - Math.clz32(word & -word)) >> 3);
      word &= word - 1;
    }
  }
  return at;
}
