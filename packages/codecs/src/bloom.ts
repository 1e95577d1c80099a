import {
  CorruptDataError,
  checkInteger,
  crc32c,
  InvalidArgumentError,
  readU16,
  readU32,
  resolveOptions,
  writeU16,
  writeU32,
} from "@millrace/base";
import { murmur3, murmur3OfU32 } from "./internal/murmur3.ts";

/** How sure a bloom filter is. */
export interface BloomFilterOptions {
  /** Share of absent keys that are reported as present once `expectedItems` were added; in (0, 1). @default 0.01 */
  readonly falsePositiveRate?: number;
}

/** What {@link BloomFilterOptions} are when they are not given. */
export const DEFAULT_BLOOM_FILTER_OPTIONS: Required<BloomFilterOptions> = Object.freeze({
  falsePositiveRate: 0.01,
});

/** "MRBF" and format version 1; the layout is in the README. */
const MAGIC = 0x4642524d;
const VERSION = 1;
const HEADER_BYTES = 12;
const CHECKSUM_BYTES = 4;
const MAX_HASHES = 64;
const MAX_WORDS = 2 ** 27;
/** Seeds of the two hashes: any two different ones, fixed for good because stored filters depend on them. */
const SEED_A = 0;
const SEED_B = 0x9747b28c;

/**
 * A set that may say "present" for a key that was never added, but never "absent" for one that was.
 *
 * Positions come from two 32-bit hashes, h1 + i * h2 (Kirsch and Mitzenmacher, 2006). A u32 key is the same key as
 * its four little-endian bytes.
 *
 * @example
 * const seen = BloomFilter.create(1000, { falsePositiveRate: 0.001 });
 * seen.addU32(42);
 * seen.hasU32(42); // true
 */
export class BloomFilter {
  /** Bits of the filter; a multiple of 32. */
  readonly bitCount: number;
  /** Bits that each key sets. */
  readonly hashCount: number;
  readonly #words: Int32Array;

  private constructor(words: Int32Array, hashCount: number) {
    this.#words = words;
    this.bitCount = words.length * 32;
    this.hashCount = hashCount;
  }

  /**
   * An empty filter.
   * @param expectedItems - how many different keys will be added, 1 or more
   * @throws InvalidArgumentError for a bad count or rate, or when both ask for more than 2^32 bits
   */
  static create(expectedItems: number, options?: BloomFilterOptions): BloomFilter {
    const { falsePositiveRate } = resolveOptions<Required<BloomFilterOptions>>(
      "codecs",
      DEFAULT_BLOOM_FILTER_OPTIONS,
      options,
    );
    checkInteger("codecs", "expectedItems", expectedItems, 1, Number.MAX_SAFE_INTEGER);
    if (!(falsePositiveRate > 0 && falsePositiveRate < 1)) {
      throw new InvalidArgumentError(
        "CODECS_OPTION_RANGE",
        "codecs falsePositiveRate",
        falsePositiveRate,
        "a number between 0 and 1, both excluded",
      );
    }
    // The optimum: m = -n ln p / (ln 2)^2 bits and k = m / n ln 2 hashes (Bloom, 1970; Broder and Mitzenmacher, 2004).
    const bits = (-expectedItems * Math.log(falsePositiveRate)) / Math.LN2 ** 2;
    const wordCount = Math.max(1, Math.ceil(bits / 32));
    if (wordCount > MAX_WORDS) {
      throw new InvalidArgumentError(
        "CODECS_BLOOM_SIZE",
        "expectedItems",
        expectedItems,
        `so many that the filter has at most 2^32 bits; these take ${wordCount * 32}`,
      );
    }
    const hashes = Math.round((bits / expectedItems) * Math.LN2);
    return new BloomFilter(new Int32Array(wordCount), Math.min(MAX_HASHES, Math.max(1, hashes)));
  }

  /** Adds an unsigned 32-bit key. */
  addU32(key: number): void {
    addHashes(this.#words, this.hashCount, murmur3OfU32(key, SEED_A), murmur3OfU32(key, SEED_B));
  }

  /** False when the key was certainly never added. */
  hasU32(key: number): boolean {
    return hasHashes(this.#words, this.hashCount, murmur3OfU32(key, SEED_A), murmur3OfU32(key, SEED_B));
  }

  /** Adds a key of any bytes, those of `key[start, end)`. */
  addBytes(key: Uint8Array, start = 0, end: number = key.length): void {
    const a = murmur3(key, SEED_A, start, end);
    addHashes(this.#words, this.hashCount, a, murmur3(key, SEED_B, start, end));
  }

  /** False when the key was certainly never added. */
  hasBytes(key: Uint8Array, start = 0, end: number = key.length): boolean {
    const a = murmur3(key, SEED_A, start, end);
    return hasHashes(this.#words, this.hashCount, a, murmur3(key, SEED_B, start, end));
  }

  /** The filter as bytes, with a header and a checksum. */
  serialize(): Uint8Array<ArrayBuffer> {
    const words = this.#words;
    const checksumAt = HEADER_BYTES + words.length * 4;
    const bytes = new Uint8Array(checksumAt + CHECKSUM_BYTES);
    writeU32(bytes, 0, MAGIC);
    writeU16(bytes, 4, VERSION);
    writeU16(bytes, 6, this.hashCount);
    writeU32(bytes, 8, words.length);
    for (let i = 0; i < words.length; i++) writeU32(bytes, HEADER_BYTES + i * 4, words[i]!);
    writeU32(bytes, checksumAt, crc32c(bytes, 0, 0, checksumAt));
    return bytes;
  }

  /**
   * Reads what {@link BloomFilter.serialize} wrote; `bytes` is one filter and nothing else.
   * @throws CorruptDataError when it is no filter, of another version, cut off, or its checksum is wrong
   */
  static deserialize(bytes: Uint8Array): BloomFilter {
    if (bytes.length < HEADER_BYTES + CHECKSUM_BYTES) {
      throw corrupt(0, `${bytes.length} bytes, expected at least ${HEADER_BYTES + CHECKSUM_BYTES}`);
    }
    if (readU32(bytes, 0) !== MAGIC) throw corrupt(0, 'it does not start with "MRBF"');
    const version = readU16(bytes, 4);
    if (version !== VERSION) throw corrupt(4, `format version ${version}, expected ${VERSION}`);
    const hashCount = readU16(bytes, 6);
    if (hashCount < 1 || hashCount > MAX_HASHES) {
      throw corrupt(6, `${hashCount} hashes, expected 1 to ${MAX_HASHES}`);
    }
    const wordCount = readU32(bytes, 8);
    const checksumAt = HEADER_BYTES + wordCount * 4;
    if (wordCount < 1 || wordCount > MAX_WORDS || checksumAt + CHECKSUM_BYTES !== bytes.length) {
      throw corrupt(8, `${wordCount} words declared, but the data has ${bytes.length} bytes`);
    }
    const expected = readU32(bytes, checksumAt);
    const found = crc32c(bytes, 0, 0, checksumAt);
    if (found !== expected) {
      throw corrupt(checksumAt, `the checksum is ${expected}, the bytes have ${found}`);
    }
    const words = new Int32Array(wordCount);
    for (let i = 0; i < wordCount; i++) words[i] = readU32(bytes, HEADER_BYTES + i * 4);
    return new BloomFilter(words, hashCount);
  }
}

function addHashes(words: Int32Array, hashCount: number, a: number, b: number): void {
  const bitCount = words.length * 32;
  let hash = a;
  for (let i = 0; i < hashCount; i++) {
    // Multiply and shift instead of a remainder: the quotient is exact in a double, and always below bitCount.
    const bit = Math.floor((hash / 4294967296) * bitCount);
    words[Math.floor(bit / 32)]! |= 1 << (bit & 31);
    hash = (hash + (b | 1)) >>> 0;
  }
}

function hasHashes(words: Int32Array, hashCount: number, a: number, b: number): boolean {
  const bitCount = words.length * 32;
  let hash = a;
  for (let i = 0; i < hashCount; i++) {
    const bit = Math.floor((hash / 4294967296) * bitCount);
    if (((words[Math.floor(bit / 32)]! >>> (bit & 31)) & 1) === 0) return false;
    hash = (hash + (b | 1)) >>> 0;
  }
  return true;
}

function corrupt(at: number, problem: string): CorruptDataError {
  return new CorruptDataError("CODECS_BLOOM_CORRUPT", "bloom filter", at, problem);
}
