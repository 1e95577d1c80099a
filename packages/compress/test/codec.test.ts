import { execFileSync } from "node:child_process";
import { isMillraceError, seededRandom } from "@millrace/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as browser from "../src/browser.ts";
import * as node from "../src/index.ts";

const { CODEC_NAMES, compressBytes, detectCodec } = node;

type Entry = Pick<typeof node, "compressBytes" | "decompressBytes" | "decompressChunks">;

const LIMIT = 1 << 22;
/** Node's calls that do all at once, under the names of the others. */
const atOnce: Entry = {
  compressBytes: async (...given) => node.compressBytesSync(...given),
  decompressBytes: async (...given) => node.decompressBytesSync(...given),
  decompressChunks: node.decompressChunks,
};
/** Both entries with their codecs; the browser's works in Node too. */
const CODECS: readonly (readonly [name: string, codec: node.CodecName, entry: Entry])[] = [
  ...CODEC_NAMES.map((codec) => [`${codec} of Node`, codec, node] as const),
  ...CODEC_NAMES.map((codec) => [`${codec} of Node, at once`, codec, atOnce] as const),
  ...(["none", "deflate", "gzip"] as const).map(
    (codec) => [`${codec} of a browser`, codec, browser] as const,
  ),
];
const packed = CODECS.filter(([, codec]) => codec !== "none");
const text = new TextEncoder().encode("events, spikes, shards and documents. ".repeat(500));

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return new Uint8Array(Buffer.concat(parts));
}

describe.each(CODECS)("codec %s", (_name, codec, { compressBytes, decompressBytes, decompressChunks }) => {
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

describe.each(packed)("codec %s, on bad input", (_name, codec, entry) => {
  const { compressBytes, decompressBytes, decompressChunks } = entry;

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

describe.each([
  ["Node", node],
  ["a browser", browser],
])("chunks of %s", (_name, { decompressChunks }) => {
  it("pass on an error of the source as it is", async () => {
    const failing = (async function* (): AsyncGenerator<Uint8Array> {
      yield (await compressBytes(text, "gzip")).subarray(0, 20);
      throw new Error("the disk is gone");
    })();
    await expect(collect(decompressChunks(failing, "gzip"))).rejects.toThrow("the disk is gone");
  });

  it("close the source when the reader stops early", async () => {
    let isClosed = false;
    const small = await compressBytes(seededRandom(3).fill(new Uint8Array(200_000)), "gzip");
    const source = (async function* (): AsyncGenerator<Uint8Array> {
      try {
        yield* pieces(small, 1000);
      } finally {
        isClosed = true;
      }
    })();
    for await (const chunk of decompressChunks(source, "gzip")) if (chunk.length > 0) break;
    await expect.poll(() => isClosed).toBe(true);
  });
});

it("codecs are recognised by their magic number", async () => {
  expect(detectCodec(await compressBytes(text, "gzip"))).toBe("gzip");
  expect(detectCodec(await compressBytes(text, "zstd"))).toBe("zstd");
  expect(detectCodec(text)).toBe("none");
  expect(detectCodec(new Uint8Array(0))).toBe("none");
});

it("each entry reads what the other one writes", async () => {
  for (const codec of ["deflate", "gzip"] as const) {
    const there = await browser.decompressBytes(await node.compressBytes(text, codec, 9), codec, LIMIT);
    expect(there).toEqual(text);
    const back = await node.decompressBytes(await browser.compressBytes(text, codec), codec, LIMIT);
    expect(new Uint8Array(back)).toEqual(text);
  }
});

it("a browser says of zstd that it does not have it, and what to do", async () => {
  const calls = [
    browser.compressBytes(text, "zstd"),
    browser.decompressBytes(text, "zstd", LIMIT),
    collect(browser.decompressChunks(pieces(text, 100), "zstd")),
  ];
  for (const call of calls) {
    await expect(call).rejects.toMatchObject({ code: "COMPRESS_CODEC_UNAVAILABLE" });
    await expect(call).rejects.toThrow("use gzip or deflate");
  }
});

it.skipIf(process.platform === "win32")("the gzip program reads what codec gzip writes", async () => {
  const out = execFileSync("gzip", ["-dc"], { input: await compressBytes(text, "gzip") });
  expect(new Uint8Array(out)).toEqual(text);
});

describe("the strategy rle", () => {
  const runs = new Uint8Array(50_000).map((_, i) => (i % 5000 < 4000 ? 7 : i));

  it.each(["deflate", "gzip"] as const)(
    "changes how %s looks for repetitions, and not what comes out",
    async (codec) => {
      const plain = await compressBytes(runs, codec, 1, "default");
      const packed = await compressBytes(runs, codec, 1, "rle");
      expect(packed).not.toEqual(plain);
      expect(new Uint8Array(await node.decompressBytes(packed, codec, LIMIT))).toEqual(runs);
    },
  );

  it.each([node, browser])("is checked", async (entry) => {
    await expect(entry.compressBytes(runs, "deflate", 1, "huffman" as "rle")).rejects.toThrow(/strategy/);
  });
});

it("compressed bytes do not hold a buffer that is mostly empty", async () => {
  const zeros = new Uint8Array(1 << 20);
  for (const codec of ["deflate", "gzip", "zstd"] as const) {
    for (const small of [await compressBytes(zeros, codec), node.compressBytesSync(zeros, codec)]) {
      expect(small.buffer.byteLength).toBeLessThan(16_384);
    }
  }
});

it("a browser does nothing at once but none, and says so", () => {
  expect(browser.compressBytesSync(text, "none")).toBe(text);
  expect(browser.decompressBytesSync(text, "none", LIMIT)).toBe(text);
  const refused = expect.objectContaining({ code: "COMPRESS_CODEC_UNAVAILABLE" });
  for (const codec of ["deflate", "gzip", "zstd"] as const) {
    expect(() => browser.compressBytesSync(text, codec)).toThrow(refused);
    expect(() => browser.decompressBytesSync(text, codec, LIMIT)).toThrow(refused);
  }
});

it("a frame of zstd has the size of its content in its header", async () => {
  const bytes = new Uint8Array(1000);
  for (const frame of [await compressBytes(bytes, "zstd"), node.compressBytesSync(bytes, "zstd")]) {
    // One segment, the size less 256 in two bytes (RFC 8878, 3.1.1.1).
    expect(frame[4]! >> 5).toBe(0b011);
    expect(frame[5]! + 256 * frame[6]! + 256).toBe(1000);
  }
});
