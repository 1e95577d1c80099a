import {
  CorruptDataError,
  crc32c,
  readU16,
  readU32,
  readU64,
  writeU16,
  writeU32,
  writeU64,
} from "@millrace/base";
import type { CodeFamily } from "@millrace/reed-solomon";
import { CODE_FAMILIES } from "./engines.ts";
import { MAX_NAME_BYTES } from "./object-name.ts";

/** What a shard file says of itself; the layout is in docs/formats/shard.md. */
export interface ShardHeader {
  readonly object: string;
  /** 32 hexadecimal digits, fresh for each put: shards of two puts never mix. */
  readonly uploadId: string;
  readonly dataShards: number;
  readonly parityShards: number;
  readonly codeFamily: CodeFamily;
  /** Which shard this is; its place in any list means nothing. */
  readonly shardIndex: number;
  readonly unitBytes: number;
}

/** What stands at the end of a shard file, known only when all is written. */
export interface ShardTrailer {
  /** Size of the object. */
  readonly bytes: number;
  /** SHA-256 of the object, hexadecimal. */
  readonly sha256: string;
  /** SHA-256 of the header and all unit checksums, hexadecimal. */
  readonly digest: string;
}

const HEADER_MAGIC = new TextEncoder().encode("MRSHARD\n");
const TRAILER_MAGIC = new TextEncoder().encode("MRSHEND\n");
const FORMAT_VERSION = 1;
const FIXED_HEADER_BYTES = 40;
const CRC_BYTES = 4;
/** A header is no longer than this. */
export const MAX_HEADER_BYTES: number = FIXED_HEADER_BYTES + MAX_NAME_BYTES + CRC_BYTES;
/** A trailer's length. */
export const TRAILER_BYTES = 84;

export function encodeShardHeader(header: ShardHeader): Uint8Array {
  const name = new TextEncoder().encode(header.object);
  const bytes = new Uint8Array(FIXED_HEADER_BYTES + name.length + CRC_BYTES);
  bytes.set(HEADER_MAGIC, 0);
  writeU16(bytes, 8, FORMAT_VERSION);
  writeU16(bytes, 10, name.length);
  bytes[12] = header.dataShards;
  bytes[13] = header.parityShards;
  bytes[14] = header.shardIndex;
  bytes[15] = CODE_FAMILIES.indexOf(header.codeFamily);
  writeU32(bytes, 16, header.unitBytes);
  // Bytes 20 to 23 are reserved and 0.
  bytes.set(Buffer.from(header.uploadId, "hex"), 24);
  bytes.set(name, FIXED_HEADER_BYTES);
  writeU32(bytes, bytes.length - CRC_BYTES, crc32c(bytes, 0, 0, bytes.length - CRC_BYTES));
  return bytes;
}

/**
 * Reads a header.
 * @param bytes - the beginning of a file, its first {@link MAX_HEADER_BYTES} or all of it
 * @param path - for messages
 * @throws CorruptDataError `STORE_SHARD_CORRUPT`, `STORE_SHARD_VERSION`
 */
export function decodeShardHeader(
  bytes: Uint8Array,
  path: string,
): { header: ShardHeader; headerBytes: number; headerCrc: number } {
  if (bytes.length < FIXED_HEADER_BYTES + CRC_BYTES || !isAt(bytes, 0, HEADER_MAGIC)) {
    throw corruptShard(path, 0, "it does not begin as a shard does");
  }
  const version = readU16(bytes, 8);
  if (version !== FORMAT_VERSION) {
    throw new CorruptDataError(
      "STORE_SHARD_VERSION",
      path,
      8,
      `shard format version ${version}, this program reads ${FORMAT_VERSION}; the byte is damaged, or a newer program wrote it`,
    );
  }
  const crcAt = FIXED_HEADER_BYTES + readU16(bytes, 10);
  const headerCrc = crc32c(bytes, 0, 0, Math.min(crcAt, bytes.length));
  if (crcAt + CRC_BYTES > bytes.length || readU32(bytes, crcAt) !== headerCrc) {
    throw corruptShard(path, 0, "the header's checksum is wrong");
  }
  const header: ShardHeader = {
    object: new TextDecoder().decode(bytes.subarray(FIXED_HEADER_BYTES, crcAt)),
    uploadId: Buffer.from(bytes.subarray(24, 40)).toString("hex"),
    dataShards: bytes[12]!,
    parityShards: bytes[13]!,
    codeFamily: CODE_FAMILIES[bytes[15]!]!,
    shardIndex: bytes[14]!,
    unitBytes: readU32(bytes, 16),
  };
  return { header, headerBytes: crcAt + CRC_BYTES, headerCrc };
}

/** The header's checksum is part of the trailer's: a trailer of another shard does not fit. */
export function encodeShardTrailer(trailer: ShardTrailer, headerCrc: number): Uint8Array {
  const bytes = new Uint8Array(TRAILER_BYTES);
  bytes.set(TRAILER_MAGIC, 0);
  writeU64(bytes, 8, trailer.bytes);
  bytes.set(Buffer.from(trailer.sha256, "hex"), 16);
  bytes.set(Buffer.from(trailer.digest, "hex"), 48);
  writeU32(bytes, 80, crc32c(bytes, headerCrc, 0, 80));
  return bytes;
}

/** @throws CorruptDataError `STORE_SHARD_CORRUPT` */
export function decodeShardTrailer(
  bytes: Uint8Array,
  headerCrc: number,
  path: string,
  byteOffset: number,
): ShardTrailer {
  if (!isAt(bytes, 0, TRAILER_MAGIC)) throw corruptShard(path, byteOffset, "it does not end as a shard does");
  if (readU32(bytes, 80) !== crc32c(bytes, headerCrc, 0, 80)) {
    throw corruptShard(path, byteOffset, "the trailer's checksum is wrong");
  }
  return {
    bytes: readU64(bytes, 8),
    sha256: Buffer.from(bytes.subarray(16, 48)).toString("hex"),
    digest: Buffer.from(bytes.subarray(48, 80)).toString("hex"),
  };
}

const SEED = new Uint8Array(12);

/** The checksum of `bytes[start, end)` as the unit of a stripe: a unit in another place or shard does not fit. */
export function unitChecksum(
  bytes: Uint8Array,
  start: number,
  end: number,
  headerCrc: number,
  stripe: number,
): number {
  writeU32(SEED, 0, headerCrc);
  writeU64(SEED, 4, stripe);
  return crc32c(bytes, crc32c(SEED), start, end);
}

export function corruptShard(path: string, byteOffset: number, problem: string): CorruptDataError {
  return new CorruptDataError("STORE_SHARD_CORRUPT", path, byteOffset, problem);
}

function isAt(bytes: Uint8Array, at: number, expected: Uint8Array): boolean {
  return expected.every((byte, i) => bytes[at + i] === byte);
}
