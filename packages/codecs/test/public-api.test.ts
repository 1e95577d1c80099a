import { expect, test } from "vitest";
import * as api from "../src/index.ts";
import * as simd from "../src/simd.ts";

test("exports what the README lists, and nothing else", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "Bitmap",
      "BloomFilter",
      "DEFAULT_BLOOM_FILTER_OPTIONS",
      "DEFAULT_INT_ENCODING_OPTIONS",
      "bitWidthOf",
      "chooseIntEncoding",
      "countRuns",
      "countStepRuns",
      "csrToRows",
      "decodeDeltaBitpack",
      "decodeInts",
      "decodeRuns",
      "decodeStepRuns",
      "deltaBitpackBound",
      "deltaDecode",
      "deltaEncode",
      "encodeDeltaBitpack",
      "encodeInts",
      "encodeRuns",
      "encodeStepRuns",
      "encodedIntsBound",
      "eventsToCsr",
      "expandedLength",
      "flagsToCsr",
      "listFlags",
      "packBits",
      "packedByteLength",
      "prefixSumInPlace",
      "readDeltaBitpackHeader",
      "readIntsHeader",
      "shuffleBytes",
      "unpackBits",
      "unpackDeltas",
      "unshuffleBits",
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
