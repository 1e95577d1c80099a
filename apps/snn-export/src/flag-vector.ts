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
  for (let i = 0; i < words.length; i++) bits |= words[i]!;
  return (bits & NO_FLAG) === 0;
}

/** Bytes as words without a copy, where they begin and end at one. */
export function wordsInPlace(bytes: Uint8Array): Uint32Array | undefined {
  if (bytes.byteOffset % 4 !== 0 || bytes.length % 4 !== 0) return undefined;
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
}
