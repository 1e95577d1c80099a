export { CODEC_NAMES, type CodecName, type DeflateStrategy, detectCodec } from "./codec.ts";
export type { Hasher, HashName } from "./hasher.ts";
export { decompressLz4Frame } from "./lz4.ts";
export { decompressLz4Block } from "./lz4-block.ts";
export { compressLzf, decompressLzf } from "./lzf.ts";
export { decompressBlosc, decompressBloscSync } from "./node-blosc.ts";
export { decompressChunks } from "./node-chunks.ts";
export { compressBytes, compressBytesSync, decompressBytes, decompressBytesSync } from "./node-codec.ts";
export { newHasher, sha256Hex } from "./node-hash.ts";
