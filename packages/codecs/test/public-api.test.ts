import { expect, test } from "vitest";
import * as api from "../src/index.ts";

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
