import { seededRandom } from "@millrace/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  chooseIntEncoding,
  encodedIntsBound,
  encodeInts,
  type IntEncoding,
  readIntsHeader,
} from "../src/index.ts";
import { shapedValues, valuesFor } from "./int-values.ts";

/** Bytes of the values without the 20 of the header and checksum. */
function payloadBytes(values: Int32Array | Uint32Array): { encoding: IntEncoding; bytes: number } {
  const dst = new Uint8Array(encodedIntsBound(values.length));
  const end = encodeInts(values, 0, values.length, dst, 0);
  return { encoding: readIntsHeader(dst, 0, end).encoding, bytes: end - 20 };
}

describe("chooseIntEncoding", () => {
  it.each(["constant", "runs", "delta", "frame", "raw"] as const)(
    "picks %s where it is smallest",
    (encoding) => {
      for (const count of [1000, 100_000]) {
        expect(chooseIntEncoding(valuesFor(encoding, count)).encoding, `${count} values`).toBe(encoding);
      }
    },
  );

  it("knows the exact bytes of arrays that it looks at whole", () => {
    fc.assert(
      fc.property(shapedValues(1500), (values) => {
        const { encoding, estimatedBytes } = chooseIntEncoding(values);
        expect(payloadBytes(values)).toEqual({ encoding, bytes: estimatedBytes });
      }),
      { numRuns: 300 },
    );
  });

  it.each(["runs", "delta", "frame"] as const)("is near the bytes of a long array: %s", (encoding) => {
    const values = valuesFor(encoding, 300_000);
    const { estimatedBytes } = chooseIntEncoding(values);
    const { bytes } = payloadBytes(values);
    expect(estimatedBytes / bytes).toBeGreaterThan(0.7);
    expect(estimatedBytes / bytes).toBeLessThan(1.5);
  });

  it("does not take a sample without changes for a constant array", () => {
    const values = new Uint32Array(100_000).fill(9);
    values[1234] = 10;
    expect(chooseIntEncoding(values, { sampleSize: 256 }).encoding).toBe("runs");
  });

  it("looks at more where it is asked to", () => {
    // Small numbers but for one in 2,000: a small sample sees none of them.
    const random = seededRandom(3);
    const values = Uint32Array.from({ length: 200_000 }, (_, i) =>
      i % 2000 === 1000 ? 2 ** 31 : random.nextInt(0, 255),
    );
    expect(chooseIntEncoding(values, { sampleSize: 256 }).estimatedBytes).toBeLessThan(200_100);
    expect(chooseIntEncoding(values, { sampleSize: 200_000 }).estimatedBytes).toBeGreaterThan(200_100);
  });

  it("takes no bytes for no values, and 4 for one", () => {
    expect(chooseIntEncoding(new Int32Array(0))).toEqual({ encoding: "raw", estimatedBytes: 0 });
    expect(chooseIntEncoding(new Int32Array([-1]))).toEqual({ encoding: "constant", estimatedBytes: 4 });
  });

  it.each([0, 255, 2 ** 30 + 1, 300.5, Number.NaN])("refuses a sample of %d", (sampleSize) => {
    expect(() => chooseIntEncoding(new Int32Array(1), { sampleSize })).toThrow(
      expect.objectContaining({ code: "CODECS_OPTION_RANGE" }),
    );
  });

  it("refuses an option that does not exist, by name", () => {
    const options = { sampelSize: 500 } as object;
    expect(() => chooseIntEncoding(new Int32Array(1), options)).toThrow('"sampleSize", perhaps');
  });
});
