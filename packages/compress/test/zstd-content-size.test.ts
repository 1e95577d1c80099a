import { constants, zstdCompressSync } from "node:zlib";
import { expect, it } from "vitest";
import { zstdContentSize } from "../src/zstd-content-size.ts";

it.each([0, 1, 255, 256, 257, 65_791, 65_792, 1_000_000])(
  "is found in a frame of %d bytes by libzstd",
  (size) => {
    const frame = zstdCompressSync(new Uint8Array(size), { pledgedSrcSize: size });
    expect(zstdContentSize(frame)).toBe(size);
    const unsaid = zstdCompressSync(new Uint8Array(size), {
      params: { [constants.ZSTD_c_contentSizeFlag]: 0 },
    });
    expect(zstdContentSize(unsaid)).toBeUndefined();
  },
);

it("is not found in what is no frame, or the beginning of one", () => {
  expect(zstdContentSize(new Uint8Array(20))).toBeUndefined();
  const frame = zstdCompressSync(new Uint8Array(1_000_000), { pledgedSrcSize: 1_000_000 });
  for (let length = 0; length < 9; length++)
    expect(zstdContentSize(frame.subarray(0, length))).toBeUndefined();
});
