import { crc32c, writeU32 } from "@millrace/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeInts,
  encodedIntsBound,
  encodeInts,
  type IntEncoding,
  readIntsHeader,
  type Words32,
} from "../src/index.ts";
import { shapedValues, valuesFor } from "./int-values.ts";

const ENCODINGS = ["raw", "constant", "runs", "delta", "frame"] as const;

function encode(values: Words32, sampleSize = 4096): Uint8Array {
  const dst = new Uint8Array(encodedIntsBound(values.length)).fill(0xff);
  return dst.slice(0, encodeInts(values, 0, values.length, dst, 0, { sampleSize }));
}

/** The container with some of its words changed and the checksum made right again. */
function forged(bytes: Uint8Array, words: Readonly<Record<number, number>>): Uint8Array {
  const copy = bytes.slice();
  for (const [at, word] of Object.entries(words)) writeU32(copy, Number(at), word);
  writeU32(copy, copy.length - 4, crc32c(copy, 0, 0, copy.length - 4));
  return copy;
}

const isCorrupt = (byteOffset?: number): unknown =>
  expect.objectContaining({
    name: "CorruptDataError",
    code: "CODECS_INTS_CORRUPT",
    ...(byteOffset === undefined ? {} : { byteOffset }),
  });

describe("encodeInts and decodeInts", () => {
  it.each(ENCODINGS)("bring values back that suit the encoding %s, and name it", (encoding) => {
    for (const count of [2000, 4097, 100_001]) {
      const values = valuesFor(encoding, count);
      const bytes = encode(values);
      const header = { encoding, count, byteLength: bytes.length };
      expect(readIntsHeader(bytes, 0)).toEqual(header);
      const back = new Int32Array(count);
      expect(decodeInts(bytes, 0, bytes.length, back, 0)).toEqual(header);
      expect(back).toEqual(values);
    }
  });

  it("bring any values back, signed or not, at any offset, never longer than the values and 20 bytes", () => {
    fc.assert(
      fc.property(shapedValues(3000), fc.nat(5), fc.boolean(), (values, offset, isSmallSample) => {
        const count = values.length;
        const dst = new Uint8Array(offset + encodedIntsBound(count) + 3);
        const options = { sampleSize: isSmallSample ? 256 : 4096 };
        const end = encodeInts(values, 0, count, dst, offset, options);
        expect(end - offset).toBeLessThanOrEqual(20 + 4 * count);
        const back = values instanceof Int32Array ? new Int32Array(count + 2) : new Uint32Array(count + 2);
        const header = decodeInts(dst, offset, dst.length, back, 1);
        expect(header.byteLength).toBe(end - offset);
        expect([...back]).toEqual([0, ...values, 0]);
      }),
      { numRuns: 400 },
    );
  });

  it.each(["constant", "runs", "delta", "frame"] as const)(
    "are never longer than the values and 20 bytes where the sample suits %s and the rest is noise",
    (encoding: IntEncoding) => {
      const values = valuesFor("raw", 30_000);
      const calm = valuesFor(encoding, 129);
      // The first, middle and last pieces are all that a sample of 384 values sees.
      for (const start of [0, Math.floor((30_000 - 129) / 2), 30_000 - 129]) values.set(calm, start);
      const bytes = encode(values, 384);
      expect(bytes.length).toBe(20 + 4 * 30_000);
      const back = new Int32Array(30_000);
      decodeInts(bytes, 0, bytes.length, back, 0);
      expect(back).toEqual(values);
    },
  );

  it("encode a part of an array like the part alone", () => {
    const values = valuesFor("delta", 1000);
    const dst = new Uint8Array(encodedIntsBound(300));
    const end = encodeInts(values, 200, 500, dst, 0);
    expect(dst.slice(0, end)).toEqual(encode(values.slice(200, 500)));
  });

  it("write the bytes of the layout in the README", () => {
    const bytes = encode(new Uint32Array([7, 7, 7]));
    expect([...bytes.subarray(0, 20)]).toEqual([
      ...[0x4d, 0x49, 0x45, 1],
      ...[1, 0, 0, 0],
      ...[3, 0, 0, 0],
      ...[4, 0, 0, 0],
      ...[7, 0, 0, 0],
    ]);
    expect(bytes.length).toBe(24);
  });
});

describe.each(ENCODINGS)("a damaged container, %s", (encoding) => {
  const values = valuesFor(encoding, encoding === "raw" ? 60 : 600);
  const bytes = encode(values);

  it("has the encoding that is tested", () => {
    expect(readIntsHeader(bytes, 0).encoding).toBe(encoding);
  });

  it("is refused at every truncation before anything is written", () => {
    const dst = new Int32Array(600);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeInts(bytes, 0, length, dst, 0), `${length} bytes`).toThrow(isCorrupt());
    }
    expect(dst.every((value) => value === 0)).toBe(true);
  });

  it("is refused for every single flipped bit", () => {
    const dst = new Int32Array(600);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = bytes.slice();
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => decodeInts(damaged, 0, damaged.length, dst, 0), `bit ${bit}`).toThrow(isCorrupt());
    }
    expect(dst.every((value) => value === 0)).toBe(true);
  });

  it("with a right checksum over random words is refused or decoded, and never writes outside", () => {
    fc.assert(
      fc.property(
        fc.nat(Math.floor(bytes.length / 4) - 2),
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        (word, value) => {
          const dst = new Int32Array(values.length + 1);
          const damaged = forged(bytes, { [4 * word]: value });
          try {
            decodeInts(damaged, 0, damaged.length, dst, 0);
          } catch (error) {
            // A forged count may be larger than the output: that is the caller's room, not the data.
            expect((error as { code: string }).code).toMatch(/^CODECS_[A-Z_]+_(CORRUPT|INVALID)$/);
            expect(dst.every((element) => element === 0)).toBe(true);
          }
          expect(dst.at(-1)).toBe(0);
        },
      ),
    );
  });
});

describe("a container with a right checksum but wrong contents", () => {
  it.each([
    ["an encoding that does not exist", "constant", { 4: 5 }, 4],
    ["too many raw values", "raw", { 8: 61 }, 16],
    ["a constant of the wrong length", "raw", { 4: 1 }, 16],
    ["a frame of another length", "frame", { 8: 599 - 64 }, 16],
    ["a frame with width 33", "frame", { 20: 33 }, 20],
    ["runs with a counts' width of 0", "runs", { 24: 32 }, 24],
    ["runs with a values' width of 33", "runs", { 24: 33 + 256 * 6 }, 24],
    ["more runs than there are bytes", "runs", { 16: 0xffffffff }, 16],
    ["runs of another length", "runs", { 8: 599 }, 16],
    ["a delta block of another count", "delta", { 8: 599 }, 16],
  ] as const)("is refused: %s", (_, encoding, words, byteOffset) => {
    const bytes = encode(valuesFor(encoding, encoding === "raw" ? 60 : 600));
    const dst = new Int32Array(2000);
    const damaged = forged(bytes, words);
    expect(() => decodeInts(damaged, 0, damaged.length, dst, 0)).toThrow(isCorrupt(byteOffset));
    expect(dst.every((value) => value === 0)).toBe(true);
  });

  it.each(["frame", "runs"] as const)("is refused where there is no room for the head of %s", (encoding) => {
    const short = encode(new Int32Array([1]));
    const id = ENCODINGS.indexOf(encoding);
    expect(() => decodeInts(forged(short, { 4: id }), 0, short.length, new Int32Array(9), 0)).toThrow(
      isCorrupt(16),
    );
  });
});

describe("room", () => {
  it("that is too little is refused before anything is written", () => {
    const dst = new Uint8Array(encodedIntsBound(10) - 1);
    expect(() => encodeInts(new Int32Array(10), 0, 10, dst, 0)).toThrow("output for");
    expect(dst.every((byte) => byte === 0)).toBe(true);
    const bytes = encode(new Int32Array(10).fill(3));
    const short = new Int32Array(9);
    expect(() => decodeInts(bytes, 0, bytes.length, short, 0)).toThrow("output for 10 elements");
    expect(short.every((value) => value === 0)).toBe(true);
  });
});
