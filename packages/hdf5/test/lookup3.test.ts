import { describe, expect, it } from "vitest";
import { lookup3 } from "../src/internal/lookup3.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("lookup3", () => {
  // driver5() of Bob Jenkins' lookup3.c.
  it.each([
    ["", 0, 0xdeadbeef],
    ["", 0xdeadbeef, 0xbd5b7dde],
    ["Four score and seven years ago", 0, 0x17770551],
    ["Four score and seven years ago", 1, 0xcd628161],
  ])("of %j from %d is the published value", (text, initial, expected) => {
    expect(lookup3(bytes(text), 0, text.length, initial)).toBe(expected);
  });

  it("depends on nothing outside its range", () => {
    const text = "Four score and seven years ago";
    const wide = bytes(`xx${text}yyyy`);
    expect(lookup3(wide, 2, 2 + text.length)).toBe(0x17770551);
  });

  it("changes with each bit, for every length of the last block", () => {
    for (let length = 1; length <= 26; length++) {
      const seen = new Set<number>();
      for (let bit = -1; bit < 8 * length; bit++) {
        const block = new Uint8Array(length);
        if (bit >= 0) block[bit >> 3]! |= 1 << (bit & 7);
        seen.add(lookup3(block, 0, length));
      }
      expect(seen.size).toBe(8 * length + 1);
    }
  });
});
