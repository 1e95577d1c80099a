import { expect, test } from "vitest";
import * as api from "../src/index.ts";
import * as simd from "../src/simd.ts";

test("exports what the README lists, and nothing else", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "Bitmap",
      "BloomFilter",
      "DEFAULT_BLOOM_FILTER_OPTIONS",
      "bitWidthOf",
      "countRuns",
      "countStepRuns",
      "csrToRows",
      "decodeDeltaBitpack",
      "decodeRuns",
      "decodeStepRuns",
      "deltaBitpackBound",
      "deltaDecode",
      "deltaEncode",
      "encodeDeltaBitpack",
      "encodeRuns",
      "encodeStepRuns",
      "eventsToCsr",
      "expandedLength",
      "packBits",
      "packedByteLength",
      "prefixSumInPlace",
      "readDeltaBitpackHeader",
      "shuffleBytes",
      "unpackBits",
      "unpackDeltas",
      "unshuffleBytes",
      "validateCsr",
      "weightedEventsToCsr",
      "zigzagDecode",
      "zigzagEncode",
    ]
  `);
});

test("the entry ./simd exports what the README lists, and nothing else", () => {
  expect(Object.keys(simd).sort()).toMatchInlineSnapshot(`
    [
      "deltas4BitWidth",
      "isSimdAvailable",
      "packDeltas4",
      "unpackDeltas4",
      "unpackDeltas4Simd",
      "unpackDeltasSimd",
    ]
  `);
});
