import { crc32c, writeU32, writeU64 } from "@millrace/base";
import { compressBytesSync } from "@millrace/compress";
import type { ZarrPlan } from "./zarr-plan.ts";

/** Encodes one chunk: compression, then the checksum. The result is a copy, or new. */
export function encodeChunk(bytes: Uint8Array, { codec, level, checksum }: ZarrPlan): Uint8Array {
  const packed = codec === "none" ? bytes : compressBytesSync(bytes, codec, level);
  if (!checksum) return codec === "none" ? bytes.slice() : packed;
  const checked = new Uint8Array(packed.length + 4);
  checked.set(packed);
  writeU32(checked, packed.length, crc32c(packed));
  return checked;
}

/**
 * The index that ends a shard (the codec `sharding_indexed`, version 1.0): offset and length of each chunk as 64-bit
 * words, all bits set for those that are missing, and a CRC-32C.
 * @param chunks - those at the shard's beginning, one behind the other
 */
export function shardIndex(chunks: readonly Uint8Array[], shardChunks: number): Uint8Array {
  const index = new Uint8Array(16 * shardChunks + 4).fill(0xff, 0, 16 * shardChunks);
  let offset = 0;
  for (const [i, { length }] of chunks.entries()) {
    writeU64(index, 16 * i, offset);
    writeU64(index, 16 * i + 8, length);
    offset += length;
  }
  writeU32(index, 16 * shardChunks, crc32c(index, 0, 0, 16 * shardChunks));
  return index;
}
