import { expect, it } from "vitest";
import * as api from "../src/index.ts";

it("exports these names and no others", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "AbortedError",
      "AssertionError",
      "CapacityError",
      "ClosedError",
      "CorruptDataError",
      "INT",
      "InvalidArgumentError",
      "IoError",
      "MAX_VARINT_BYTES",
      "MillraceError",
      "SIMD",
      "WasmCode",
      "assert",
      "checkInteger",
      "checkOneOf",
      "crc32c",
      "describeValue",
      "formatByteSize",
      "formatDuration",
      "isMillraceError",
      "nearestName",
      "parseByteSize",
      "parseDuration",
      "readI64",
      "readU16",
      "readU32",
      "readU64",
      "readVarint",
      "resolveOptions",
      "seededRandom",
      "varintLength",
      "wasmModule",
      "webAssembly",
      "writeU16",
      "writeU32",
      "writeU64",
      "writeVarint",
      "zigzagDecode32",
      "zigzagEncode32",
    ]
  `);
});
