import { readFileSync } from "node:fs";
import { isMillraceError, seededRandom, writeU32 } from "@millrace/base";
import { describe, expect, it } from "vitest";
import { decompressBlosc, decompressBloscSync } from "../src/index.ts";

interface Case {
  readonly codec: string;
  readonly shuffle: string;
  readonly count: number;
  readonly elementBytes: number;
  readonly buffer: string;
}

// Made by numcodecs through make-blosc.py beside it.
const cases = JSON.parse(readFileSync(new URL("./fixtures/blosc.json", import.meta.url), "utf8")) as Case[];

/** Element i is i * i / 700, little-endian, cut to its size. */
function plain({ count, elementBytes }: Case): Uint8Array {
  const bytes = new Uint8Array(count * elementBytes);
  for (let i = 0; i < count; i++) {
    let value = Math.floor((i * i) / 700);
    for (let byte = 0; byte < elementBytes; byte++, value = Math.floor(value / 256)) {
      bytes[i * elementBytes + byte] = value % 256;
    }
  }
  return bytes;
}

describe.each(cases)(
  "a buffer of numcodecs: $codec, shuffle $shuffle, $count x $elementBytes bytes",
  (one) => {
    const bytes = new Uint8Array(Buffer.from(one.buffer, "base64"));
    const expected = plain(one);

    it("is decompressed", async () => {
      expect(decompressBloscSync(bytes, expected.length)).toEqual(expected);
      expect(await decompressBlosc(bytes, expected.length)).toEqual(expected);
    });

    it("is refused when cut off at any byte, and above the limit", () => {
      for (let length = 0; length < bytes.length; length += Math.max(1, bytes.length >> 6)) {
        expect(() => decompressBloscSync(bytes.subarray(0, length), 1 << 20)).toThrow(/damaged or cut off/);
      }
      expect(() => decompressBloscSync(bytes, expected.length - 1)).toThrow("blosc output");
    });
  },
);

it("damaged bytes are an error of ours or give as many bytes as the header says", () => {
  const random = seededRandom(21);
  for (const one of cases) {
    const bytes = new Uint8Array(Buffer.from(one.buffer, "base64"));
    for (let round = 0; round < 20; round++) {
      const damaged = bytes.slice();
      damaged[random.nextInt(0, bytes.length - 1)]! ^= 1 << random.nextInt(0, 7);
      try {
        decompressBloscSync(damaged, 1 << 20);
      } catch (error) {
        expect(isMillraceError(error), String(error)).toBe(true);
      }
    }
  }
});

it("a header that promises much is refused before memory is taken", () => {
  const compressed = cases.find(({ codec, count }) => codec === "zstd" && count > 1000)!;
  const bytes = new Uint8Array(Buffer.from(compressed.buffer, "base64"));
  writeU32(bytes, 4, 0xffff_ffff);
  expect(() => decompressBloscSync(bytes, 1 << 20)).toThrow("blosc output");
  writeU32(bytes, 4, 1 << 20);
  writeU32(bytes, 8, 1);
  expect(() => decompressBloscSync(bytes, 1 << 20)).toThrow(/blocks do not fit/);
});
