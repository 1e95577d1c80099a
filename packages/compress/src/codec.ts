import { promisify } from "node:util";
import * as zlib from "node:zlib";
import { CapacityError, CorruptDataError, checkInteger, checkOneOf } from "@millrace/base";

/** Byte codecs by name: `deflate` is the zlib form (RFC 1950), `gzip` RFC 1952, `zstd` RFC 8878. */
export type CodecName = "none" | "deflate" | "gzip" | "zstd";

/** Every codec name, in the order of the documentation. */
export const CODEC_NAMES: readonly CodecName[] = Object.freeze(["none", "deflate", "gzip", "zstd"]);

/** The levels that a codec takes; `none` takes none. */
const LEVELS = Object.freeze({
  none: { lo: 0, hi: 0, default: 0 },
  deflate: { lo: 0, hi: 9, default: 1 },
  gzip: { lo: 0, hi: 9, default: 6 },
  zstd: { lo: 1, hi: 22, default: 3 },
});

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
 * @returns `bytes` itself for `none`
 * @throws InvalidArgumentError for an unknown codec or a level out of its range
 */
export async function compressBytes(
  bytes: Uint8Array,
  codec: CodecName,
  level?: number,
): Promise<Uint8Array> {
  checkOneOf("compress", "codec", codec, CODEC_NAMES);
  const range = LEVELS[codec];
  const filled = checkInteger("compress", `${codec} level`, level ?? range.default, range.lo, range.hi);
  if (codec === "none") return bytes;
  if (codec !== "zstd") return compressors[codec](bytes, { level: filled });
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
  checkOneOf("compress", "codec", codec, CODEC_NAMES);
  if (codec === "none") {
    if (bytes.length > limitBytes) throw tooLarge(codec, bytes.length, limitBytes);
    return bytes;
  }
  try {
    return await decompressors[codec](bytes, { maxOutputLength: limitBytes });
  } catch (cause) {
    if ((cause as { code?: string }).code === "ERR_BUFFER_TOO_LARGE") {
      throw tooLarge(codec, limitBytes + 1, limitBytes);
    }
    throw corruptInput(codec, bytes.length, cause);
  }
}

/** The error for input that its decoder refused; `byteOffset` is how much the decoder had been given. */
export function corruptInput(codec: CodecName, byteOffset: number, cause: unknown): CorruptDataError {
  const problem = `the decoder says "${cause instanceof Error ? cause.message : String(cause)}"; the data is damaged, cut off or not ${codec}`;
  return new CorruptDataError("COMPRESS_DATA_CORRUPT", codec, byteOffset, problem, { cause });
}

function tooLarge(codec: CodecName, requiredBytes: number, limitBytes: number): CapacityError {
  return new CapacityError("COMPRESS_OUTPUT_LIMIT", `${codec} output (at least)`, requiredBytes, limitBytes);
}
