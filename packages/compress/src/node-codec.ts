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
  const filled = checkLevel(codec, level);
  const { Z_RLE, Z_DEFAULT_STRATEGY } = zlib.constants;
  const search = checkStrategy(strategy) === "rle" ? Z_RLE : Z_DEFAULT_STRATEGY;
  if (codec === "none") return bytes;
  if (codec !== "zstd") return compressors[codec](bytes, { level: filled, strategy: search });
  return compressors.zstd(bytes, { params: { [zlib.constants.ZSTD_c_compressionLevel]: filled } });
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
    return await decompressors[codec](bytes, { maxOutputLength: limitBytes });
  } catch (cause) {
    if ((cause as { code?: string }).code === "ERR_BUFFER_TOO_LARGE") {
      throw tooLarge(codec, limitBytes + 1, limitBytes);
    }
    throw corruptInput(codec, bytes.length, cause);
  }
}
