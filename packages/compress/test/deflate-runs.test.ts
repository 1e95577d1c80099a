import { deflateSync, inflateSync } from "node:zlib";
import { seededRandom } from "@millrace/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deflateRuns } from "../src/deflate/deflate-runs.ts";
import { huffmanLengths, LONGEST_CODE } from "../src/deflate/huffman.ts";
import { lengthCode } from "../src/deflate/kernels.ts";

/** zlib checks the codes, the lengths and the checksum. */
const roundTrip = (bytes: Uint8Array): Uint8Array => new Uint8Array(inflateSync(deflateRuns(bytes)!));

describe("deflateRuns, as zlib reads it", () => {
  it("brings any bytes back, and runs of any length", () => {
    const run = fc.tuple(fc.nat(255), fc.integer({ min: 1, max: 600 }));
    fc.assert(
      fc.property(fc.array(run, { minLength: 1, maxLength: 300 }), (runs) => {
        const bytes = Uint8Array.from(runs.flatMap(([byte, length]) => new Array<number>(length).fill(byte)));
        expect(roundTrip(bytes)).toEqual(bytes);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 3000 }), (bytes) => {
        expect(roundTrip(bytes)).toEqual(bytes);
      }),
    );
  });

  it.each([1, 2, 3, 4095, 4096, 4097, 65_535, 65_536, 65_537, 131_072, 300_000])(
    "brings %d bytes back: noise, few values, and all the same",
    (length) => {
      const random = seededRandom(length);
      const noise = Uint8Array.from({ length }, () => random.nextInt(0, 255));
      const few = Uint8Array.from({ length }, () => Math.floor(Math.abs(20 * random.nextNormal())) & 0xff);
      for (const bytes of [noise, few, new Uint8Array(length), new Uint8Array(length).fill(255)]) {
        expect(roundTrip(bytes)).toEqual(bytes);
      }
    },
  );

  it("stores noise, and comes near to zlib's own runs and codes elsewhere", () => {
    const random = seededRandom(9);
    const noise = Uint8Array.from({ length: 200_000 }, () => random.nextInt(0, 255));
    expect(deflateRuns(noise)!.length).toBeLessThan(200_100);
    const few = Uint8Array.from({ length: 200_000 }, () => Math.floor(Math.abs(20 * random.nextNormal())));
    const zlib = deflateSync(few, { level: 1, strategy: 3, memLevel: 9 });
    expect(deflateRuns(few)!.length).toBeLessThan(1.01 * zlib.length);
  });

  it("keeps codes within 15 bits where the best ones are longer", () => {
    // Counts that grow like Fibonacci's numbers make the deepest tree.
    const counts = new Uint32Array(286);
    for (let i = 0, a = 1, b = 1; i < 23; i++, [a, b] = [b, a + b]) counts[i] = a;
    const lengths = new Uint8Array(286);
    huffmanLengths(counts, lengths);
    // The best code would have 22.
    expect(Math.max(...lengths)).toBeLessThanOrEqual(LONGEST_CODE);
    expect(lengths.reduce((sum, length) => sum + (length === 0 ? 0 : 2 ** -length), 0)).toBe(1);
    const skewed = Uint8Array.from(
      Array.from(counts).flatMap((count, byte) =>
        Array.from({ length: count }, (_, i) => (i % 2 === 0 ? byte : 255)),
      ),
    );
    expect(roundTrip(skewed)).toEqual(skewed);
  });
});

it("lengths of runs have the codes of RFC 1951, section 3.2.5", () => {
  const rows = [3, 10, 11, 12, 17, 18, 19, 22, 34, 35, 66, 67, 130, 131, 162, 227, 257, 258];
  expect(rows.map((length) => Object.values(lengthCode(length)))).toEqual([
    [257, 0, 0],
    [264, 0, 0],
    [265, 1, 0],
    [265, 1, 1],
    [268, 1, 0],
    [268, 1, 1],
    [269, 2, 0],
    [269, 2, 3],
    [272, 2, 3],
    [273, 3, 0],
    [276, 3, 7],
    [277, 4, 0],
    [280, 4, 15],
    [281, 5, 0],
    [281, 5, 31],
    [284, 5, 0],
    [284, 5, 30],
    [285, 0, 0],
  ]);
});
