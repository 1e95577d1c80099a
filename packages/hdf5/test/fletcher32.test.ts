import { seededRandom } from "@millrace/base";
import { describe, expect, it } from "vitest";
import { fletcher32 } from "../src/internal/fletcher32.ts";

/** Word by word modulo 65535, by definition; 0 and 65535 stand for the same there. */
function naive(bytes: Uint8Array): number[] {
  let sum1 = 0;
  let sum2 = 0;
  for (let i = 0; i < bytes.length; i += 2) {
    sum1 = (sum1 + bytes[i]! * 256 + (bytes[i + 1] ?? 0)) % 65_535;
    sum2 = (sum2 + sum1) % 65_535;
  }
  return [sum1, sum2];
}

describe("fletcher32", () => {
  it("is 0 of nothing, and the sums of big-endian words", () => {
    expect(fletcher32(new Uint8Array(0), 0, 0)).toBe(0);
    // abcdefgh as big-endian words: the sums of 0x6162, 0x6364, 0x6566, 0x6768 by hand.
    const [sum1, sum2] = naive(new TextEncoder().encode("abcdefgh"));
    expect(fletcher32(new TextEncoder().encode("abcdefgh"), 0, 8)).toBe(((sum2! << 16) | sum1!) >>> 0);
  });

  it.each([1, 2, 3, 719, 720, 721, 722, 100_001])("agrees with the definition on %d bytes", (length) => {
    for (const bytes of [
      seededRandom(length).fill(new Uint8Array(length)),
      new Uint8Array(length).fill(255),
    ]) {
      const sum = fletcher32(bytes, 0, length);
      expect([(sum & 0xffff) % 65_535, (sum >>> 16) % 65_535]).toEqual(naive(bytes));
    }
  });

  it("looks at its range only", () => {
    const bytes = Uint8Array.of(9, 1, 2, 3, 9);
    expect(fletcher32(bytes, 1, 4)).toBe(fletcher32(Uint8Array.of(1, 2, 3), 0, 3));
  });
});
