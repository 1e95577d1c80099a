import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  MAX_VARINT_BYTES,
  readVarint,
  varintLength,
  writeVarint,
  zigzagDecode32,
  zigzagEncode32,
} from "../src/index.ts";

const bytesOf = (value: number): Uint8Array => {
  const bytes = new Uint8Array(MAX_VARINT_BYTES);
  return bytes.subarray(0, writeVarint(bytes, 0, value));
};

describe("varints", () => {
  it.each([
    [0, [0]],
    [127, [127]],
    [128, [0x80, 1]],
    [300, [0xac, 0x02]],
    [624485, [0xe5, 0x8e, 0x26]],
    [Number.MAX_SAFE_INTEGER, [255, 255, 255, 255, 255, 255, 255, 15]],
  ])("write %d as the published LEB128 bytes", (value, bytes) => {
    expect([...bytesOf(value)]).toEqual(bytes);
  });

  it("read back every integer up to 2^53 - 1, at any offset, with its length", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.integer({ min: 0, max: 5 }), (value, at) => {
        const bytes = new Uint8Array(at + MAX_VARINT_BYTES);
        const end = writeVarint(bytes, at, value);
        expect(readVarint(bytes, at)).toEqual({ value, end });
        expect(varintLength(value)).toBe(end - at);
      }),
    );
  });

  it("reject every truncation, naming the offset", () => {
    const bytes = bytesOf(Number.MAX_SAFE_INTEGER);
    for (let n = 0; n < bytes.length; n++) {
      expect(() => readVarint(bytes.subarray(0, n), 0)).toThrow("varint: at byte 0: it runs past the end");
    }
  });

  it("reject more than 53 bits and endless continuation", () => {
    expect(() => readVarint(Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 16), 0)).toThrow("53 bits");
    expect(() => readVarint(new Uint8Array(64).fill(128), 3)).toThrow(
      "at byte 3: it holds more than 53 bits",
    );
  });
});

describe("zigzag", () => {
  it.each([
    [0, 0],
    [-1, 1],
    [1, 2],
    [-2, 3],
    [2 ** 31 - 1, 2 ** 32 - 2],
    [-(2 ** 31), 2 ** 32 - 1],
  ])("maps %d to %d and back", (value, mapped) => {
    expect(zigzagEncode32(value)).toBe(mapped);
    expect(zigzagDecode32(mapped)).toBe(value);
  });
});
