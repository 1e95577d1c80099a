import { crc32c, readU32, seededRandom, writeU32 } from "@millrace/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeDeltaBitpack,
  deltaBitpackBound,
  encodeDeltaBitpack,
  readDeltaBitpackHeader,
  type Words32,
} from "../src/index.ts";

function encode(values: Words32): Uint8Array {
  const dst = new Uint8Array(deltaBitpackBound(values.length));
  return dst.subarray(0, encodeDeltaBitpack(values, 0, values.length, dst, 0));
}

function decode(bytes: Uint8Array): number[] {
  const { count } = readDeltaBitpackHeader(bytes, 0);
  const dst = new Int32Array(count);
  expect(decodeDeltaBitpack(bytes, 0, bytes.length, dst, 0)).toEqual({ count, byteLength: bytes.length });
  return [...dst];
}

function sample(count: number): Int32Array {
  const random = seededRandom(count);
  let value = random.nextInt(-1e6, 1e6);
  return Int32Array.from({ length: count }, (_, i) => {
    value += random.nextInt(-3, i % 500 === 0 ? 1e6 : 9);
    return value;
  });
}

describe("delta bit-packed blocks", () => {
  test.each([0, 1, 2, 128, 129, 130, 257, 258, 5000])("%d values come back", (count) => {
    const values = sample(count);
    const bytes = encode(values);
    expect(bytes.length).toBeLessThanOrEqual(deltaBitpackBound(count));
    expect(decode(bytes)).toEqual([...values]);
  });

  test("steps of equal size need no payload at all", () => {
    const bytes = encode(Uint32Array.from({ length: 129 }, (_, i) => 1000 + 10 * i));
    expect(bytes.length).toBe(16 + 4 + 0 + 4);
  });

  test("the bytes of a small block are those of the layout in the README", () => {
    const bytes = encode(new Uint32Array([100, 101, 103]));
    expect([...bytes.subarray(0, 21)]).toEqual([
      ...[0x4d, 0x44, 0x42, 1],
      ...[3, 0, 0, 0],
      ...[100, 0, 0, 0],
      ...[1, 0, 0, 0],
      ...[1, 0, 0, 0],
      0b10,
    ]);
    expect(readU32(bytes, 21)).toBe(crc32c(bytes, 0, 0, 21));
    expect(bytes.length).toBe(25);
  });

  test("what was in the output before does not matter", () => {
    const values = sample(300);
    const dirty = new Uint8Array(deltaBitpackBound(300)).fill(0xff);
    const end = encodeDeltaBitpack(values, 0, 300, dirty, 0);
    expect(dirty.slice(0, end)).toEqual(encode(values).slice());
  });

  test.each([Int32Array, Uint32Array])("any values come back, whatever wraps around: %o", (Array32) => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { maxLength: 300 }), fc.nat(5), (numbers, offset) => {
        const values = Array32.from(numbers);
        const dst = new Uint8Array(offset + deltaBitpackBound(values.length) + 3);
        const end = encodeDeltaBitpack(values, 0, values.length, dst, offset);
        const back = new Array32(values.length);
        const block = decodeDeltaBitpack(dst, offset, dst.length, back, 0);
        expect(block).toEqual({ count: values.length, byteLength: end - offset });
        expect(back).toEqual(values);
      }),
    );
  });

  test("blocks one behind the other are read one behind the other", () => {
    const parts = [sample(10), sample(0), sample(300)];
    const bytes = Uint8Array.from(parts.flatMap((part) => [...encode(part)]));
    const back: number[] = [];
    for (let at = 0; at < bytes.length; ) {
      const { count } = readDeltaBitpackHeader(bytes, at);
      const dst = new Int32Array(count);
      at += decodeDeltaBitpack(bytes, at, bytes.length, dst, 0).byteLength;
      back.push(...dst);
    }
    expect(back).toEqual(parts.flatMap((part) => [...part]));
  });

  test("every truncation is reported", () => {
    const bytes = encode(sample(200));
    const dst = new Int32Array(200);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeDeltaBitpack(bytes, 0, length, dst, 0)).toThrow(
        expect.objectContaining({ name: "CorruptDataError", code: "CODECS_DELTA_BITPACK_CORRUPT" }),
      );
    }
    expect(dst.every((value) => value === 0)).toBe(true);
  });

  test("every single flipped bit is reported", () => {
    const bytes = encode(sample(200));
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = bytes.slice();
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      const dst = new Int32Array(200);
      expect(() => decodeDeltaBitpack(damaged, 0, damaged.length, dst, 0), `bit ${bit}`).toThrow(
        expect.objectContaining({ code: "CODECS_DELTA_BITPACK_CORRUPT" }),
      );
    }
  });

  test("random bytes behind a valid start are reported and never hang", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 200 }), (bytes) => {
        writeU32(bytes, 0, 0x0142444d);
        expect(() => decodeDeltaBitpack(bytes, 0, bytes.length, new Int32Array(10), 0)).toThrow(
          expect.objectContaining({ code: "CODECS_DELTA_BITPACK_CORRUPT" }),
        );
      }),
    );
  });

  test("a huge declared count is refused before there is room made for it", () => {
    const bytes = encode(sample(10));
    writeU32(bytes, 4, 0xffffffff);
    expect(() => readDeltaBitpackHeader(bytes, 0)).toThrow(expect.objectContaining({ byteOffset: 4 }));
  });

  test("a width above 32 is reported with the place of the byte", () => {
    const bytes = encode(sample(10));
    bytes[16] = 33;
    expect(() => readDeltaBitpackHeader(bytes, 0)).toThrow("at byte 16: bit width 33, maximum is 32");
  });

  test("too little room is refused before anything is written", () => {
    const dst = new Uint8Array(deltaBitpackBound(3) - 1);
    expect(() => encodeDeltaBitpack(new Int32Array(3), 0, 3, dst, 0)).toThrow("output for");
    expect(dst.every((byte) => byte === 0)).toBe(true);
    const short = new Int32Array(2);
    const bytes = encode(sample(3));
    expect(() => decodeDeltaBitpack(bytes, 0, bytes.length, short, 0)).toThrow("output for 3 elements");
    expect([...short]).toEqual([0, 0]);
  });
});
