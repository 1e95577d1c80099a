import { crc32c, seededRandom, writeU32 } from "@millrace/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BloomFilter } from "../src/index.ts";
import { murmur3, murmur3OfU32 } from "../src/internal/murmur3.ts";

const utf8 = new TextEncoder();

describe("murmur3", () => {
  test.each([
    ["", 0, 0],
    ["", 1, 0x514e28b7],
    ["", 0xffffffff, 0x81f16f39],
    ["test", 0, 0xba6bd213],
    ["test", 0x9747b28c, 0x704b81dc],
    ["Hello, world!", 0, 0xc0363e43],
    ["Hello, world!", 0x9747b28c, 0x24884cba],
    ["The quick brown fox jumps over the lazy dog", 0, 0x2e4ff723],
    ["The quick brown fox jumps over the lazy dog", 0x9747b28c, 0x2fa826cd],
  ])("of %o with seed %d is the published %d", (text, seed, hash) => {
    expect(murmur3(utf8.encode(text), seed)).toBe(hash);
  });

  test("of a number is that of its four bytes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer(), (value, seed) => {
        const bytes = new Uint8Array(4);
        writeU32(bytes, 0, value);
        expect(murmur3OfU32(value, seed)).toBe(murmur3(bytes, seed));
      }),
    );
  });
});

describe("bloom filter", () => {
  test("has the optimal size for its items and rate", () => {
    const filter = BloomFilter.create(1000, { falsePositiveRate: 0.01 });
    expect([filter.bitCount, filter.hashCount]).toEqual([9600, 7]);
    expect(BloomFilter.create(1, { falsePositiveRate: 0.999 })).toMatchObject({ bitCount: 32, hashCount: 1 });
  });

  test("finds every key that was added, before and after a round trip through bytes", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 })),
        fc.array(fc.uint8Array({ maxLength: 20 })),
        (numbers, keys) => {
          const filter = BloomFilter.create(20);
          for (const number of numbers) filter.addU32(number);
          for (const key of keys) filter.addBytes(key);
          const bytes = filter.serialize();
          const restored = BloomFilter.deserialize(bytes);
          for (const one of [filter, restored]) {
            expect(numbers.every((number) => one.hasU32(number))).toBe(true);
            expect(keys.every((key) => one.hasBytes(key))).toBe(true);
          }
          expect(restored.serialize()).toEqual(bytes);
        },
      ),
    );
  });

  test.each([0.1, 0.01, 0.001])("keeps to a false-positive rate of %d", (falsePositiveRate) => {
    const items = 20_000;
    const filter = BloomFilter.create(items, { falsePositiveRate });
    const random = seededRandom(5);
    const added = new Set<number>();
    while (added.size < items) added.add(random.nextU32());
    for (const key of added) filter.addU32(key);
    let tried = 0;
    let wrong = 0;
    for (; tried < 100_000; tried++) if (filter.hasU32(tried) && !added.has(tried)) wrong++;
    expect(wrong / tried).toBeLessThan(falsePositiveRate * 1.3 + 0.0001);
    expect(wrong / tried).toBeGreaterThan(falsePositiveRate * 0.5);
  });

  test("consecutive numbers as keys keep to the rate, too", () => {
    const filter = BloomFilter.create(10_000);
    for (let key = 0; key < 10_000; key++) filter.addU32(key);
    let wrong = 0;
    for (let key = 10_000; key < 60_000; key++) if (filter.hasU32(key)) wrong++;
    expect(wrong / 50_000).toBeLessThan(0.013);
  });

  test("a number is the same key as its little-endian bytes", () => {
    const filter = BloomFilter.create(10);
    filter.addU32(0x01020304);
    expect(filter.hasBytes(new Uint8Array([4, 3, 2, 1]))).toBe(true);
    expect(filter.hasBytes(new Uint8Array([1, 2, 3, 4]))).toBe(false);
  });

  test("a key may lie within other bytes", () => {
    const filter = BloomFilter.create(10);
    filter.addBytes(new Uint8Array([9, 1, 2, 3, 9]), 1, 4);
    expect(filter.hasBytes(new Uint8Array([1, 2, 3]))).toBe(true);
    expect(filter.hasBytes(new Uint8Array([8, 8, 1, 2, 3]), 2)).toBe(true);
    expect(filter.hasBytes(new Uint8Array([9, 1, 2, 3, 9]))).toBe(false);
  });

  test("every truncation, every flipped bit and every extra byte is reported", () => {
    const filter = BloomFilter.create(20);
    for (let key = 0; key < 20; key++) filter.addU32(key);
    const bytes = filter.serialize();
    const corrupt = expect.objectContaining({ name: "CorruptDataError", code: "CODECS_BLOOM_CORRUPT" });
    for (let length = 0; length < bytes.length; length++) {
      expect(() => BloomFilter.deserialize(bytes.subarray(0, length))).toThrow(corrupt);
    }
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = bytes.slice();
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => BloomFilter.deserialize(damaged), `bit ${bit}`).toThrow(corrupt);
    }
    expect(() => BloomFilter.deserialize(new Uint8Array([...bytes, 0]))).toThrow(corrupt);
  });

  test("an impossible header is reported although its checksum is right", () => {
    const bytes = BloomFilter.create(1).serialize();
    const reseal = (change: (copy: Uint8Array) => void): Uint8Array => {
      const copy = bytes.slice();
      change(copy);
      writeU32(copy, copy.length - 4, crc32c(copy, 0, 0, copy.length - 4));
      return copy;
    };
    expect(() => BloomFilter.deserialize(reseal((copy) => writeU32(copy, 8, 0xffffffff)))).toThrow(
      "at byte 8",
    );
    expect(() => BloomFilter.deserialize(reseal((copy) => copy.fill(0, 6, 8)))).toThrow("0 hashes, expected");
    expect(() => BloomFilter.deserialize(reseal((copy) => copy.fill(2, 4, 5)))).toThrow("format version 2");
  });

  test("bad items, rates and sizes are refused", () => {
    for (const items of [0, -1, 1.5]) expect(() => BloomFilter.create(items)).toThrow("an integer from 1");
    for (const falsePositiveRate of [0, 1, Number.NaN]) {
      expect(() => BloomFilter.create(1, { falsePositiveRate })).toThrow("between 0 and 1");
    }
    expect(() => BloomFilter.create(2 ** 40)).toThrow(expect.objectContaining({ code: "CODECS_BLOOM_SIZE" }));
    expect(() => BloomFilter.create(1, { rate: 1 } as object)).toThrow(
      expect.objectContaining({ code: "CODECS_OPTION_UNKNOWN" }),
    );
  });
});
