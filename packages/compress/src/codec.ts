import { CapacityError, CorruptDataError, checkInteger, checkOneOf } from "@millrace/base";

/** Byte codecs by name: `deflate` is the zlib form (RFC 1950), `gzip` RFC 1952, `zstd` RFC 8878. */
export type CodecName = "none" | "deflate" | "gzip" | "zstd";

/** Every codec name, in the order of the documentation. */
export const CODEC_NAMES: readonly CodecName[] = Object.freeze(["none", "deflate", "gzip", "zstd"]);

/** How deflate looks for repetitions: `"default"` anywhere in its window, `"rle"` for runs of one byte only. */
export type DeflateStrategy = "default" | "rle";

/** The levels that a codec takes; `none` takes none. */
const LEVELS = Object.freeze({
  none: { lo: 0, hi: 0, default: 0 },
  deflate: { lo: 0, hi: 9, default: 1 },
  gzip: { lo: 0, hi: 9, default: 6 },
  zstd: { lo: 1, hi: 22, default: 3 },
});

/** Checks codec and level. @returns the level, filled up @throws InvalidArgumentError */
export function checkLevel(codec: CodecName, level: number | undefined): number {
  checkOneOf("compress", "codec", codec, CODEC_NAMES);
  const range = LEVELS[codec];
  return checkInteger("compress", `${codec} level`, level ?? range.default, range.lo, range.hi);
}

/** Checks the strategy. @returns it, filled up @throws InvalidArgumentError */
export function checkStrategy(strategy: DeflateStrategy | undefined): DeflateStrategy {
  return checkOneOf("compress", "strategy", strategy ?? "default", ["default", "rle"]);
}

/** The codec whose magic number `bytes` begin with: gzip (1f 8b) or zstd (28 b5 2f fd), else `none`. */
export function detectCodec(bytes: Uint8Array): "none" | "gzip" | "zstd" {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return "gzip";
  if (bytes[0] === 0x28 && bytes[1] === 0xb5 && bytes[2] === 0x2f && bytes[3] === 0xfd) return "zstd";
  return "none";
}

/** Checks the arguments of `decompressBytes`, and what `none` may give. */
export function checkDecompression(bytes: Uint8Array, codec: CodecName, limitBytes: number): void {
  checkOneOf("compress", "codec", codec, CODEC_NAMES);
  if (codec === "none" && bytes.length > limitBytes) throw tooLarge(codec, bytes.length, limitBytes);
}

/** The error for input that its decoder refused; `byteOffset` is how much the decoder had been given. */
export function corruptInput(codec: CodecName, byteOffset: number, cause: unknown): CorruptDataError {
  const problem = `the decoder says "${cause instanceof Error ? cause.message : String(cause)}"; the data is damaged, cut off or not ${codec}`;
  return new CorruptDataError("COMPRESS_DATA_CORRUPT", codec, byteOffset, problem, { cause });
}

/** The error for output beyond the caller's limit. */
export function tooLarge(codec: CodecName, requiredBytes: number, limitBytes: number): CapacityError {
  return new CapacityError("COMPRESS_OUTPUT_LIMIT", `${codec} output (at least)`, requiredBytes, limitBytes);
}
