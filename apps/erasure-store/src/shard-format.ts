import {
  CorruptDataError,
  checkInteger,
  readU16,
  readU32,
  readU64,
  writeU16,
  writeU32,
  writeU64,
} from "@millrace/base";
import { crc32, type Words64, xxh64 } from "@millrace/compress";
import type { CodeFamily } from "@millrace/reed-solomon";
import { type Coding, checkCoding } from "./coding.ts";
import { CODE_FAMILIES } from "./engines.ts";
import { MAX_NAME_BYTES } from "./object-name.ts";
import { CHECKSUM_BYTES, MAX_SHARDS, MAX_UNIT_BYTES } from "./stripe-layout.ts";

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
  /** When the put began, in milliseconds since 1970. */
  readonly createdMs: number;
  /** What was done to the bytes before they were cut into shards. */
  readonly coding: Coding;
}

/** What stands at the end of a shard file, known only when all is written. */
export interface ShardTrailer {
  /** Size of the object. */
  readonly bytes: number;
  /** Bytes that were cut into shards. */
  readonly storedBytes: number;
  /** As in the manifest. */
  readonly sha256: string | null;
  /** SHA-256 of the header and all unit checksums, hexadecimal. */
  readonly digest: string;
}

const HEADER_MAGIC = new TextEncoder().encode("MRSHARD\n");
const TRAILER_MAGIC = new TextEncoder().encode("MRSHEND\n");
const FORMAT_VERSION = 4;
const FIXED_HEADER_BYTES = 40;
const CRC_BYTES = 4;
/** Most bytes of the JSON text behind the name. */
const MAX_DETAILS_BYTES = 1024;
/** A header is no longer than this. */
export const MAX_HEADER_BYTES: number = FIXED_HEADER_BYTES + MAX_NAME_BYTES + MAX_DETAILS_BYTES + CRC_BYTES;
/** A trailer's length. */
export const TRAILER_BYTES = 92;
const TRAILER_CRC_AT = TRAILER_BYTES - CRC_BYTES;
const NO_SHA256 = "00".repeat(32);

export function encodeShardHeader(header: ShardHeader): Uint8Array {
  const name = new TextEncoder().encode(header.object);
  const details = new TextEncoder().encode(
    JSON.stringify({ createdMs: header.createdMs, coding: header.coding }),
  );
  const bytes = new Uint8Array(FIXED_HEADER_BYTES + name.length + details.length + CRC_BYTES);
  bytes.set(HEADER_MAGIC, 0);
  writeU16(bytes, 8, FORMAT_VERSION);
  writeU16(bytes, 10, name.length);
  bytes[12] = header.dataShards;
  bytes[13] = header.parityShards;
  bytes[14] = header.shardIndex;
  bytes[15] = CODE_FAMILIES.indexOf(header.codeFamily);
  writeU32(bytes, 16, header.unitBytes);
  writeU16(bytes, 20, details.length);
  // Bytes 22 and 23 are reserved and 0.
  bytes.set(Buffer.from(header.uploadId, "hex"), 24);
  bytes.set(name, FIXED_HEADER_BYTES);
  bytes.set(details, FIXED_HEADER_BYTES + name.length);
  writeU32(bytes, bytes.length - CRC_BYTES, crc32(bytes.subarray(0, bytes.length - CRC_BYTES)));
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
  const nameEnd = FIXED_HEADER_BYTES + readU16(bytes, 10);
  const crcAt = nameEnd + readU16(bytes, 20);
  const headerCrc = crc32(bytes.subarray(0, Math.min(crcAt, bytes.length)));
  if (crcAt + CRC_BYTES > bytes.length || readU32(bytes, crcAt) !== headerCrc) {
    throw corruptShard(path, 0, "the header's checksum is wrong");
  }
  const { createdMs, coding } = detailsOf(bytes.subarray(nameEnd, crcAt), path);
  // The checksum holds, so a program wrote this; whether it was one of ours nobody knows.
  const field = (name: string, at: number, value: number, lo: number, hi: number): number => {
    if (Number.isInteger(value) && value >= lo && value <= hi) return value;
    throw corruptShard(path, at, `its ${name} is ${value}, not a whole number from ${lo} to ${hi}`);
  };
  const dataShards = field("number of data shards", 12, bytes[12]!, 1, MAX_SHARDS);
  const parityShards = field("number of parity shards", 13, bytes[13]!, 0, MAX_SHARDS - dataShards);
  const header: ShardHeader = {
    object: new TextDecoder().decode(bytes.subarray(FIXED_HEADER_BYTES, nameEnd)),
    uploadId: Buffer.from(bytes.subarray(24, 40)).toString("hex"),
    dataShards,
    parityShards,
    codeFamily: CODE_FAMILIES[field("code family", 15, bytes[15]!, 0, CODE_FAMILIES.length - 1)]!,
    shardIndex: field("shard number", 14, bytes[14]!, 0, dataShards + parityShards - 1),
    unitBytes: 8 * field("unit size in words of 8 bytes", 16, readU32(bytes, 16) / 8, 1, MAX_UNIT_BYTES / 8),
    createdMs,
    coding,
  };
  return { header, headerBytes: crcAt + CRC_BYTES, headerCrc };
}

/** The header's checksum is part of the trailer's: a trailer of another shard does not fit. */
export function encodeShardTrailer(trailer: ShardTrailer, headerCrc: number): Uint8Array {
  const bytes = new Uint8Array(TRAILER_BYTES);
  bytes.set(TRAILER_MAGIC, 0);
  writeU64(bytes, 8, trailer.bytes);
  writeU64(bytes, 16, trailer.storedBytes);
  bytes.set(Buffer.from(trailer.sha256 ?? NO_SHA256, "hex"), 24);
  bytes.set(Buffer.from(trailer.digest, "hex"), 56);
  writeU32(bytes, TRAILER_CRC_AT, crc32(bytes.subarray(0, TRAILER_CRC_AT), headerCrc));
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
  if (readU32(bytes, TRAILER_CRC_AT) !== crc32(bytes.subarray(0, TRAILER_CRC_AT), headerCrc)) {
    throw corruptShard(path, byteOffset, "the trailer's checksum is wrong");
  }
  const sha256 = Buffer.from(bytes.subarray(24, 56)).toString("hex");
  return {
    bytes: readU64(bytes, 8),
    storedBytes: readU64(bytes, 16),
    sha256: sha256 === NO_SHA256 ? null : sha256,
    digest: Buffer.from(bytes.subarray(56, TRAILER_CRC_AT)).toString("hex"),
  };
}

/** Where the checksum and unit of one stripe are in a run of them. */
export interface UnitSlot {
  readonly start: number;
  /** The end of the unit. */
  readonly end: number;
  readonly stripe: number;
}

/** The slots of a run: consecutive stripes, each but the last of `slotBytes`. */
export function* slotsOf(
  runLength: number,
  slotBytes: number,
  firstStripe: number,
): Generator<UnitSlot, void, undefined> {
  for (let start = 0, stripe = firstStripe; start < runLength; start += slotBytes, stripe++) {
    yield { start, end: Math.min(start + slotBytes, runLength), stripe };
  }
}

/** Puts the checksum of a slot's unit in front of it. */
export function sealUnit(run: Uint8Array, slot: UnitSlot, headerCrc: number): void {
  const [low, high] = unitChecksum(run, slot, headerCrc);
  writeU32(run, slot.start, low);
  writeU32(run, slot.start + 4, high);
}

/** Whether the checksum in a slot is that of its unit. */
export function isUnitWhole(run: Uint8Array, slot: UnitSlot, headerCrc: number): boolean {
  const [low, high] = unitChecksum(run, slot, headerCrc);
  return readU32(run, slot.start) === low && readU32(run, slot.start + 4) === high;
}

/** The checksum of a unit of a stripe, which is its seed together with the shard: a unit elsewhere does not fit. */
function unitChecksum(run: Uint8Array, { start, end, stripe }: UnitSlot, headerCrc: number): Words64 {
  const unit = run.subarray(start + CHECKSUM_BYTES, end);
  return xxh64(unit, [stripe >>> 0, (headerCrc ^ Math.floor(stripe / 2 ** 32)) >>> 0]);
}

export function corruptShard(path: string, byteOffset: number, problem: string): CorruptDataError {
  return new CorruptDataError("STORE_SHARD_CORRUPT", path, byteOffset, problem);
}

function isAt(bytes: Uint8Array, at: number, expected: Uint8Array): boolean {
  return expected.every((byte, i) => bytes[at + i] === byte);
}

/** The header's checksum holds, so a program wrote this; what it says is checked all the same. */
function detailsOf(bytes: Uint8Array, path: string): Pick<ShardHeader, "createdMs" | "coding"> {
  try {
    const { createdMs, coding } = JSON.parse(new TextDecoder().decode(bytes)) as Partial<ShardHeader>;
    return {
      createdMs: checkInteger("store", "createdMs", createdMs, 0, Number.MAX_SAFE_INTEGER),
      coding: checkCoding(coding),
    };
  } catch (error) {
    throw corruptShard(path, FIXED_HEADER_BYTES, error instanceof Error ? error.message : String(error));
  }
}
