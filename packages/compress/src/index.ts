export { decompressChunks, detectCodec } from "./chunks.ts";
export { CODEC_NAMES, type CodecName, compressBytes, decompressBytes } from "./codec.ts";
export { type Hasher, type HashName, newHasher, sha256Hex } from "./hash.ts";
