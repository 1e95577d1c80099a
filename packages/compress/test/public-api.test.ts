import { expect, it } from "vitest";
import * as browser from "../src/browser.ts";
import * as api from "../src/index.ts";

it("exports these names and no others", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "CODEC_NAMES",
      "compressBytes",
      "compressBytesSync",
      "compressLzf",
      "crc32",
      "decompressBlosc",
      "decompressBloscSync",
      "decompressBytes",
      "decompressBytesSync",
      "decompressChunks",
      "decompressLz4Block",
      "decompressLz4Frame",
      "decompressLzf",
      "detectCodec",
      "newHasher",
      "readZip",
      "sha256Hex",
      "writeZip",
      "xxh64",
    ]
  `);
});

it("a browser has the same names", () => {
  expect(Object.keys(browser).sort()).toEqual(Object.keys(api).sort());
});
