// The same names as index.ts, with what a browser has: Compression Streams, and SHA-256 in plain TypeScript.
export { CODEC_NAMES, type CodecName, type DeflateStrategy, detectCodec } from "./codec.ts";
export type { Hasher, HashName } from "./hasher.ts";
export { decompressLz4Frame } from "./lz4.ts";
export { decompressLz4Block } from "./lz4-block.ts";
export { compressLzf, decompressLzf } from "./lzf.ts";
export { decompressBlosc, decompressBloscSync } from "./web-blosc.ts";
export {
  compressBytes,
  compressBytesSync,
  decompressBytes,
  decompressBytesSync,
  decompressChunks,
} from "./web-codec.ts";
export { crc32, newHasher, sha256Hex } from "./web-hash.ts";
export { type Words64, xxh64 } from "./xxh64.ts";
export { readZip, writeZip } from "./zip.ts";
