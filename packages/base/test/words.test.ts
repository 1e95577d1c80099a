import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readI64, readU16, readU32, readU64, writeU16, writeU32, writeU64 } from "../src/index.ts";

const offset = fc.integer({ min: 0, max: 9 });

describe("little-endian words", () => {
  it("agree with a DataView at every offset", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), offset, (bytes, at) => {
        const view = new DataView(bytes.buffer, bytes.byteOffset);
        expect(readU16(bytes, at)).toBe(view.getUint16(at, true));
        expect(readU32(bytes, at)).toBe(view.getUint32(at, true));
        expect(readU64(bytes, at)).toBe(Number(view.getBigUint64(at, true)));
        expect(readI64(bytes, at)).toBe(Number(view.getBigInt64(at, true)));
      }),
    );
  });

  it("write what a DataView reads back, negative 64-bit numbers in two's complement", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), offset, (value, at) => {
        const bytes = new Uint8Array(20);
        const view = new DataView(bytes.buffer);
        writeU64(bytes, at, value);
        expect(view.getBigInt64(at, true)).toBe(BigInt(value));
        expect(readI64(bytes, at)).toBe(value === 0 ? 0 : value);
        writeU32(bytes, at, value >>> 0);
        expect(view.getUint32(at, true)).toBe(value >>> 0);
        writeU16(bytes, at, value & 0xffff);
        expect(view.getUint16(at, true)).toBe(value & 0xffff);
      }),
    );
  });

  it.each([0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, -1])(
    "hold %d exactly in 64 bits",
    (value) => {
      const bytes = new Uint8Array(8);
      writeU64(bytes, 0, value);
      expect(readI64(bytes, 0)).toBe(value);
    },
  );
});
