import { MillraceError } from "@millrace/base";
import {
  type CodecName,
  checkDecompression,
  checkLevel,
  checkStrategy,
  corruptInput,
  type DeflateStrategy,
  tooLarge,
} from "./codec.ts";
import { CountedSource } from "./counted-source.ts";

/**
 * Compresses `bytes` by the browser's CompressionStream, off this thread.
 * @param level - checked, but the browser has one level only
 * @param strategy - checked, but the browser has one strategy only
 * @returns `bytes` itself for `none`
 * @throws InvalidArgumentError for an unknown codec or strategy, or a level out of its range
 * @throws MillraceError `COMPRESS_CODEC_UNAVAILABLE` for zstd, which browsers do not have
 */
export async function compressBytes(
  bytes: Uint8Array,
  codec: CodecName,
  level?: number,
  strategy?: DeflateStrategy,
): Promise<Uint8Array> {
  checkLevel(codec, level);
  checkStrategy(strategy);
  if (codec === "none") return bytes;
  const pair = new CompressionStream(webFormatOf(codec));
  return joined(transformed(new CountedSource(once(bytes)), pair));
}

/**
 * Decompresses `bytes` by the browser's DecompressionStream, off this thread.
 * @param limitBytes - the most that may come out: what a hostile input can make us allocate
 * @throws CorruptDataError when `bytes` are damaged, cut off, or not of this codec
 * @throws CapacityError when more than `limitBytes` would come out
 * @throws MillraceError `COMPRESS_CODEC_UNAVAILABLE` for zstd, which browsers do not have
 */
export async function decompressBytes(
  bytes: Uint8Array,
  codec: CodecName,
  limitBytes: number,
): Promise<Uint8Array> {
  checkDecompression(bytes, codec, limitBytes);
  if (codec === "none") return bytes;
  return joined(limited(decompressChunks(once(bytes), codec), codec, limitBytes));
}

/**
 * As Node's, for `none` only: a browser compresses in streams, which takes turns of the event loop.
 * @throws MillraceError `COMPRESS_CODEC_UNAVAILABLE` for all other codecs
 */
export function compressBytesSync(
  bytes: Uint8Array,
  codec: CodecName,
  level?: number,
  strategy?: DeflateStrategy,
): Uint8Array {
  checkLevel(codec, level);
  checkStrategy(strategy);
  return codec === "none" ? bytes : refuseSync(codec);
}

/** As Node's, for `none` only. @throws MillraceError `COMPRESS_CODEC_UNAVAILABLE` for all other codecs */
export function decompressBytesSync(bytes: Uint8Array, codec: CodecName, limitBytes: number): Uint8Array {
  checkDecompression(bytes, codec, limitBytes);
  return codec === "none" ? bytes : refuseSync(codec);
}

function refuseSync(codec: CodecName): never {
  throw new MillraceError(
    "COMPRESS_CODEC_UNAVAILABLE",
    `compress: ${codec} cannot be done at once in browsers; await compressBytes or decompressBytes there`,
  );
}

/**
 * Decompresses a sequence of byte chunks as they come; memory does not depend on the length of the whole.
 * @returns chunks that stay valid; with `none` the source itself
 * @throws CorruptDataError when the data is damaged, cut off, or not of this codec
 * @throws MillraceError `COMPRESS_CODEC_UNAVAILABLE` for zstd, which browsers do not have
 */
export async function* decompressChunks(
  source: AsyncIterable<Uint8Array>,
  codec: CodecName,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (codec === "none") {
    yield* source;
    return;
  }
  const counted = new CountedSource(source);
  const pair = new DecompressionStream(webFormatOf(codec));
  try {
    yield* transformed(counted, pair);
  } catch (cause) {
    throw counted.error ?? corruptInput(codec, counted.bytes, cause);
  }
}

function webFormatOf(codec: "deflate" | "gzip" | "zstd"): "deflate" | "gzip" {
  if (codec !== "zstd") return codec;
  throw new MillraceError(
    "COMPRESS_CODEC_UNAVAILABLE",
    "compress: zstd is not available in browsers; use gzip or deflate there, or leave the work to Node",
  );
}

/** What comes out of a transforming pair of streams while `source` goes in. */
async function* transformed(
  source: AsyncIterable<Uint8Array>,
  pair: CompressionStream | DecompressionStream,
): AsyncGenerator<Uint8Array, void, undefined> {
  const writer = (pair.writable as WritableStream<Uint8Array>).getWriter();
  const reader = pair.readable.getReader();
  const feeding = (async () => {
    try {
      for await (const chunk of source) await writer.write(chunk);
      await writer.close();
    } catch (error) {
      // Ends the reading below with this error, unless it was that which ended first.
      await writer.abort(error).catch(() => {});
    }
  })();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
    await feeding;
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function* limited(
  chunks: AsyncIterable<Uint8Array>,
  codec: CodecName,
  limitBytes: number,
): AsyncGenerator<Uint8Array> {
  let count = 0;
  for await (const chunk of chunks) {
    count += chunk.length;
    if (count > limitBytes) throw tooLarge(codec, limitBytes + 1, limitBytes);
    yield chunk;
  }
}

async function joined(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of chunks) parts.push(part);
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
