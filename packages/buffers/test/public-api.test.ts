import { expect, test } from "vitest";
import * as api from "../src/index.ts";

test("exports what the README lists, and nothing else", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "BufferPool",
      "ChunkListFloat32",
      "ChunkListFloat64",
      "ChunkListInt16",
      "ChunkListInt32",
      "ChunkListInt64",
      "ChunkListInt8",
      "ChunkListUint16",
      "ChunkListUint32",
      "ChunkListUint64",
      "ChunkListUint8",
      "DEFAULT_BUFFER_POOL_OPTIONS",
      "DEFAULT_FRAME_POOL_OPTIONS",
      "DEFAULT_GROWABLE_OPTIONS",
      "ELEMENTS_PER_CHUNK",
      "ELEMENT_KINDS",
      "FramePool",
      "GrowableFloat32",
      "GrowableFloat64",
      "GrowableInt16",
      "GrowableInt32",
      "GrowableInt64",
      "GrowableInt8",
      "GrowableUint16",
      "GrowableUint32",
      "GrowableUint64",
      "GrowableUint8",
      "RecordColumns",
      "bytesPerElement",
      "checkRange",
      "kindOf",
      "newChunkList",
      "newGrowable",
      "newTypedArray",
      "sizeClassOf",
      "viewAs",
      "wordsOf",
    ]
  `);
});
