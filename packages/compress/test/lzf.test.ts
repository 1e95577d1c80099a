import { seededRandom } from "@millrace/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compressLzf, decompressLzf } from "../src/index.ts";

/** What h5py 3.7 (liblzf 3.6) makes of i * i % 23 for i below 200. */
const GOLDEN = "FwABBAkQAg0DEgwIBgYIDBIDDQIQCQQBAOClFgEMEg==";

/** Compresses with enough room, whatever comes out. */
function packed(bytes: Uint8Array): Uint8Array {
  const into = new Uint8Array(bytes.length + Math.ceil(bytes.length / 32) + 3);
  return into.subarray(0, compressLzf(bytes, into));
}

/** The format in ten lines, without any checks. */
function naiveDecode(bytes: Uint8Array): number[] {
  const out: number[] = [];
  for (let i = 0; i < bytes.length; ) {
    const control = bytes[i++]!;
    if (control < 32) {
      out.push(...bytes.subarray(i, i + control + 1));
      i += control + 1;
    } else {
      const length = (control >> 5 === 7 ? 7 + bytes[i++]! : control >> 5) + 2;
      const distance = (control % 32) * 256 + bytes[i++]! + 1;
      for (let n = 0; n < length; n++) out.push(out[out.length - distance]!);
    }
  }
  return out;
}

/** Bytes with repetitions near and far. */
const repetitive = fc
  .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 60 })), {
    maxLength: 30,
  })
  .map((parts) =>
    Uint8Array.from(
      parts.flatMap(([part, times]) =>
        Array<number[]>(times)
          .fill([...part])
          .flat(),
      ),
    ),
  );

describe("LZF", () => {
  it("gives back any bytes, as a decoder without checks does", () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), repetitive), (bytes) => {
        const small = packed(bytes);
        expect(naiveDecode(small)).toEqual(Array.from(bytes));
        expect(decompressLzf(small, bytes.length)).toEqual(bytes);
      }),
      { numRuns: 300 },
    );
  });

  it("finds matches up to 8192 bytes back, and of up to 264 bytes", () => {
    const noise = seededRandom(3).fill(new Uint8Array(8192));
    for (const gap of [8191, 8192]) {
      const bytes = new Uint8Array(gap + 300);
      bytes.set(noise.subarray(0, gap));
      bytes.set(noise.subarray(0, 300), gap);
      expect(decompressLzf(packed(bytes), bytes.length)).toEqual(bytes);
      expect(packed(bytes).length).toBeLessThan(gap + gap / 32 + 20);
    }
    expect(packed(new Uint8Array(265)).length).toBe(2 + 3);
    expect(packed(new Uint8Array(1000)).length).toBeLessThan(20);
  });

  it("says by 0 that the result does not fit, at every size of the room", () => {
    const bytes = Uint8Array.from({ length: 400 }, (_, i) => (i * i) % 23);
    const { length } = packed(bytes);
    for (let room = 0; room < length; room++) {
      const into = new Uint8Array(room);
      expect(compressLzf(bytes, into)).toBe(0);
    }
    expect(compressLzf(bytes, new Uint8Array(length))).toBeLessThanOrEqual(length);
    expect(compressLzf(new Uint8Array(0), new Uint8Array(8))).toBe(0);
    expect(decompressLzf(new Uint8Array(0), 0)).toEqual(new Uint8Array(0));
  });

  it("decodes what liblzf made", () => {
    const made = Buffer.from(GOLDEN, "base64");
    const bytes = Uint8Array.from({ length: 200 }, (_, i) => (i * i) % 23);
    expect(decompressLzf(made, 200)).toEqual(bytes);
  });

  it("says of every truncation and of other amounts that they are corrupt", () => {
    const bytes = Uint8Array.from({ length: 300 }, (_, i) => (i * i) % 29);
    const small = packed(bytes);
    const refused = expect.objectContaining({ code: "COMPRESS_LZF_CORRUPT" });
    for (let n = 0; n < small.length; n++)
      expect(() => decompressLzf(small.subarray(0, n), 300)).toThrow(refused);
    expect(() => decompressLzf(small, 299)).toThrow(refused);
    expect(() => decompressLzf(small, 301)).toThrow(refused);
    expect(() => decompressLzf(Uint8Array.of(0x20, 0), 3)).toThrow("goes back 1 bytes, there are 0");
  });

  it("takes any bytes without a wrong amount or another error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.integer({ min: 0, max: 400 }), (bytes, byteLength) => {
        try {
          expect(decompressLzf(bytes, byteLength).length).toBe(byteLength);
        } catch (error) {
          expect(error).toMatchObject({ code: "COMPRESS_LZF_CORRUPT" });
        }
      }),
    );
  });
});
