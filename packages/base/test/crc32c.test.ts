import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crc32c } from "../src/index.ts";

/** One bit at a time, straight from the definition of the reflected polynomial. */
function crc32cOracle(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

describe("crc32c", () => {
  it("gives the check value of the catalogue for the nine digits", () => {
    expect(crc32c(new TextEncoder().encode("123456789"))).toBe(0xe3069283);
  });

  it("gives the values of RFC 3720, appendix B.4", () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => 31 - i))).toBe(0x113fdb5c);
  });

  it("agrees with the bitwise definition at every length around the unrolled step", () => {
    const bytes = new Uint8Array(readFileSync(new URL(import.meta.url))).subarray(0, 70);
    for (let n = 0; n <= bytes.length; n++) {
      expect(crc32c(bytes.subarray(0, n))).toBe(crc32cOracle(bytes.subarray(0, n)));
    }
  });

  it("can go on from a previous value, over any split and range", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(), (bytes, at) => {
        const split = bytes.length === 0 ? 0 : at % bytes.length;
        const whole = crc32cOracle(bytes);
        expect(crc32c(bytes.subarray(split), crc32c(bytes.subarray(0, split)))).toBe(whole);
        expect(crc32c(bytes, crc32c(bytes, 0, 0, split), split)).toBe(whole);
      }),
    );
  });
});
