import { execFileSync } from "node:child_process";
import { isMillraceError, seededRandom } from "@millrace/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  CODEC_NAMES,
  type CodecName,
  compressBytes,
  decompressBytes,
  decompressChunks,
  detectCodec,
} from "../src/index.ts";

const LIMIT = 1 << 22;
const packed = CODEC_NAMES.filter((name) => name !== "none");
const text = new TextEncoder().encode("events, spikes, shards and documents. ".repeat(500));

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return new Uint8Array(Buffer.concat(parts));
}

describe.each(CODEC_NAMES)("codec %s", (codec: CodecName) => {
  it("gives back any bytes, at once and in pieces", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 500 }),
        fc.integer({ min: 1, max: 60 }),
        async (bytes, size) => {
          const small = await compressBytes(bytes, codec);
          expect(new Uint8Array(await decompressBytes(small, codec, LIMIT))).toEqual(bytes);
          expect(await collect(decompressChunks(pieces(small, size), codec))).toEqual(bytes);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("refuses to put out more than the limit", async () => {
    const small = await compressBytes(text, codec);
    await expect(decompressBytes(small, codec, text.length - 1)).rejects.toMatchObject({
      code: "COMPRESS_OUTPUT_LIMIT",
      limitBytes: text.length - 1,
    });
    expect((await decompressBytes(small, codec, text.length)).length).toBe(text.length);
  });
});

describe.each(packed)("codec %s, on bad input", (codec: CodecName) => {
  it("makes repetitive text at least ten times smaller", async () => {
    expect((await compressBytes(text, codec)).length).toBeLessThan(text.length / 10);
  });

  it("says of every truncation that it is corrupt, at once and in pieces", async () => {
    const small = await compressBytes(text.subarray(0, 300), codec);
    for (let n = 0; n < small.length; n++) {
      const cut = small.subarray(0, n);
      const outcome = await decompressBytes(cut, codec, LIMIT).catch((error: unknown) => error);
      // zstd takes no bytes at all for no frames at all; everything else must be refused.
      if (n > 0 || codec !== "zstd") expect(isMillraceError(outcome, "COMPRESS_DATA_CORRUPT")).toBe(true);
    }
    const broken = collect(decompressChunks(pieces(small.subarray(0, small.length - 5), 7), codec));
    await expect(broken).rejects.toMatchObject({
      code: "COMPRESS_DATA_CORRUPT",
      byteOffset: small.length - 5,
    });
  });

  it("answers random bytes with its own error", async () => {
    const noise = seededRandom(5).fill(new Uint8Array(200));
    await expect(decompressBytes(noise, codec, LIMIT)).rejects.toMatchObject({
      code: "COMPRESS_DATA_CORRUPT",
    });
  });

  it("rejects a level out of its range", async () => {
    await expect(compressBytes(text, codec, 23)).rejects.toThrow("level");
  });
});

describe("chunks", () => {
  it("pass on an error of the source as it is", async () => {
    const failing = (async function* (): AsyncGenerator<Uint8Array> {
      yield (await compressBytes(text, "gzip")).subarray(0, 20);
      throw new Error("the disk is gone");
    })();
    await expect(collect(decompressChunks(failing, "gzip"))).rejects.toThrow("the disk is gone");
  });

  it("are recognised by their magic number", async () => {
    expect(detectCodec(await compressBytes(text, "gzip"))).toBe("gzip");
    expect(detectCodec(await compressBytes(text, "zstd"))).toBe("zstd");
    expect(detectCodec(text)).toBe("none");
    expect(detectCodec(new Uint8Array(0))).toBe("none");
  });
});

it.skipIf(process.platform === "win32")("the gzip program reads what codec gzip writes", async () => {
  const out = execFileSync("gzip", ["-dc"], { input: await compressBytes(text, "gzip") });
  expect(new Uint8Array(out)).toEqual(text);
});
