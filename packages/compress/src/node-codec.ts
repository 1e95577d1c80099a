import { promisify } from "node:util";
import * as zlib from "node:zlib";
import {
  type CodecName,
  checkDecompression,
  checkLevel,
  checkStrategy,
  corruptInput,
  type DeflateStrategy,
  tooLarge,
} from "./codec.ts";
import { deflateRuns } from "./deflate/deflate-runs.ts";
import { zstdContentSize } from "./zstd-content-size.ts";

const compressors = {
  deflate: promisify<Uint8Array, zlib.ZlibOptions, Uint8Array>(zlib.deflate),
  gzip: promisify<Uint8Array, zlib.ZlibOptions, Uint8Array>(zlib.gzip),
  zstd: promisify<Uint8Array, zlib.ZstdOptions, Uint8Array>(zlib.zstdCompress),
};
const decompressors = {
  deflate: promisify<Uint8Array, zlib.ZlibOptions, Uint8Array>(zlib.inflate),
  gzip: promisify<Uint8Array, zlib.ZlibOptions, Uint8Array>(zlib.gunzip),
  zstd: promisify<Uint8Array, zlib.ZstdOptions, Uint8Array>(zlib.zstdDecompress),
};
const syncCompressors = { deflate: zlib.deflateSync, gzip: zlib.gzipSync, zstd: zlib.zstdCompressSync };
const syncDecompressors = { deflate: zlib.inflateSync, gzip: zlib.gunzipSync, zstd: zlib.zstdDecompressSync };

const MAX_OUTPUT_BUFFER_BYTES = 1024 * 1024;
/** The least that zlib takes. */
const LEAST_OUTPUT_BUFFER_BYTES = 64;
/** Data that shrink more take several buffers; a larger one would be allocated in vain for most. */
const LIKELY_RATIO = 16;

/**
 * Compresses `bytes` in libuv's thread pool.
 * @param level - 0 to 9 for deflate (default 1) and gzip (default 6), 1 to 22 for zstd (default 3)
 * @param strategy - `"rle"` (deflate and gzip): matches at distance one only, which is quicker and enough for
 *   shuffled numbers; every decoder reads it. Not used by zstd. Default `"default"`
 * @returns `bytes` itself for `none`
 * @throws InvalidArgumentError for an unknown codec or strategy, or a level out of its range
 */
export async function compressBytes(
  bytes: Uint8Array,
  codec: CodecName,
  level?: number,
  strategy?: DeflateStrategy,
): Promise<Uint8Array> {
  const options = compressionOptions(bytes.length, codec, level, strategy);
  return codec === "none" ? bytes : tight(await compressors[codec](bytes, options));
}

/** {@link compressBytes} at once, on this thread. */
export function compressBytesSync(
  bytes: Uint8Array,
  codec: CodecName,
  level?: number,
  strategy?: DeflateStrategy,
): Uint8Array {
  const options = compressionOptions(bytes.length, codec, level, strategy);
  if (codec === "none") return bytes;
  // Ours is quicker where there are vectors; every decoder reads either.
  const ours = codec === "deflate" && strategy === "rle" && bytes.length > 0 ? deflateRuns(bytes) : undefined;
  return tight(ours ?? syncCompressors[codec](bytes, options));
}

/**
 * Decompresses `bytes` in libuv's thread pool.
 * @param limitBytes - the most that may come out: what a hostile input can make us allocate
 * @throws CorruptDataError when `bytes` are damaged, cut off, or not of this codec
 * @throws CapacityError when more than `limitBytes` would come out
 */
export async function decompressBytes(
  bytes: Uint8Array,
  codec: CodecName,
  limitBytes: number,
): Promise<Uint8Array> {
  checkDecompression(bytes, codec, limitBytes);
  if (codec === "none") return bytes;
  try {
    return tight(await decompressors[codec](bytes, decompressionOptions(bytes, codec, limitBytes)));
  } catch (cause) {
    throw decoderError(cause, codec, bytes.length, limitBytes);
  }
}

/** {@link decompressBytes} at once, on this thread. */
export function decompressBytesSync(bytes: Uint8Array, codec: CodecName, limitBytes: number): Uint8Array {
  checkDecompression(bytes, codec, limitBytes);
  if (codec === "none") return bytes;
  try {
    return tight(syncDecompressors[codec](bytes, decompressionOptions(bytes, codec, limitBytes)));
  } catch (cause) {
    throw decoderError(cause, codec, bytes.length, limitBytes);
  }
}

function compressionOptions(
  byteLength: number,
  codec: CodecName,
  level: number | undefined,
  strategy: DeflateStrategy | undefined,
): zlib.ZlibOptions & zlib.ZstdOptions {
  const filled = checkLevel(codec, level);
  const { Z_RLE, Z_DEFAULT_STRATEGY, ZSTD_c_compressionLevel } = zlib.constants;
  const search = checkStrategy(strategy) === "rle" ? Z_RLE : Z_DEFAULT_STRATEGY;
  // What cannot be compressed grows a little; one buffer for all of it spares a turn of the pool for each 16 KiB.
  const chunkSize = Math.min(byteLength + (byteLength >> 8) + 64, MAX_OUTPUT_BUFFER_BYTES);
  if (codec === "zstd") {
    // The frame's header gets the size, which HDF5's zstd plugin, for one, relies on.
    return { chunkSize, params: { [ZSTD_c_compressionLevel]: filled }, pledgedSrcSize: byteLength };
  }
  return { chunkSize, level: filled, strategy: search, memLevel: 9 };
}

/** One buffer for all that comes out, as far as that is known or likely: zlib would gather pieces of 16 KiB. */
function decompressionOptions(
  bytes: Uint8Array,
  codec: CodecName,
  limitBytes: number,
): zlib.ZlibOptions & zlib.ZstdOptions {
  const said = codec === "zstd" ? zstdContentSize(bytes) : undefined;
  const likelyBytes = said === undefined ? bytes.length * LIKELY_RATIO : said + 1;
  // One byte more than may come out: a buffer that is just full makes zlib ask for another one.
  const chunkSize = Math.min(limitBytes + 1, MAX_OUTPUT_BUFFER_BYTES, likelyBytes);
  return { maxOutputLength: limitBytes, chunkSize: Math.max(chunkSize, LEAST_OUTPUT_BUFFER_BYTES) };
}

/** The output without the rest of its buffer, where most of that is empty: the caller may keep it for long. */
function tight(output: Uint8Array): Uint8Array {
  return output.length * 2 < output.buffer.byteLength ? new Uint8Array(output) : output;
}

function decoderError(cause: unknown, codec: CodecName, byteLength: number, limitBytes: number): Error {
  if ((cause as { code?: string }).code === "ERR_BUFFER_TOO_LARGE") {
    return tooLarge(codec, limitBytes + 1, limitBytes);
  }
  return corruptInput(codec, byteLength, cause);
}
