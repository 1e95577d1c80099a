/** The bytes of a segment, as docs/formats/wal.md lays them out; all words are little-endian. */
import { CorruptDataError, crc32c, readU32, readU64, writeU32, writeU64 } from "@millrace/base";

export const HEADER_BYTES = 64;
export const FRAME_HEADER_BYTES = 16;
export const FORMAT_VERSION = 1;

/** "MRWALSEG" */
const MAGIC = Uint8Array.of(0x4d, 0x52, 0x57, 0x41, 0x4c, 0x53, 0x45, 0x47);
const SALT_OFFSET = 32;
const SALT_BYTES = 16;
const HEADER_CRC_OFFSET = 60;

/** What a segment says of itself. */
export interface SegmentHeader {
  /** 1 for the first segment of a log, one more for each that follows. */
  readonly sequence: number;
  /** The lsn of the first record in it, or the next one's where it has none. */
  readonly firstLsn: number;
  /** CRC-32C of the salt: what the checksum of each frame goes on from. */
  readonly saltCrc: number;
}

/** A new header with a random salt. @returns its bytes, and what they say */
export function newHeader(sequence: number, firstLsn: number): { bytes: Uint8Array; header: SegmentHeader } {
  const bytes = new Uint8Array(HEADER_BYTES);
  bytes.set(MAGIC);
  writeU32(bytes, 8, FORMAT_VERSION);
  writeU32(bytes, 12, HEADER_BYTES);
  writeU64(bytes, 16, sequence);
  writeU64(bytes, 24, firstLsn);
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  bytes.set(salt, SALT_OFFSET);
  writeU32(bytes, HEADER_CRC_OFFSET, crc32c(bytes, 0, 0, HEADER_CRC_OFFSET));
  return { bytes, header: { sequence, firstLsn, saltCrc: crc32c(salt) } };
}

/**
 * Reads the header of the segment file at `path`, whose name says `sequence`.
 * @throws CorruptDataError for anything but an intact header of this version
 */
export function readHeader(bytes: Uint8Array, path: string, sequence: number): SegmentHeader {
  if (bytes.length < HEADER_BYTES || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    throw corrupt("WAL_HEADER_CORRUPT", path, 0, "no log segment: it does not begin with MRWALSEG");
  }
  const version = readU32(bytes, 8);
  if (version !== FORMAT_VERSION) {
    throw corrupt(
      "WAL_VERSION_UNKNOWN",
      path,
      8,
      `format version is ${version}, expected ${FORMAT_VERSION}; read it with the release that wrote it`,
    );
  }
  if (readU32(bytes, HEADER_CRC_OFFSET) !== crc32c(bytes, 0, 0, HEADER_CRC_OFFSET)) {
    throw corrupt("WAL_HEADER_CORRUPT", path, HEADER_CRC_OFFSET, "the header's checksum does not match");
  }
  if (readU64(bytes, 16) !== sequence) {
    const found = readU64(bytes, 16);
    throw corrupt("WAL_HEADER_CORRUPT", path, 16, `this is segment ${found}, its name says ${sequence}`);
  }
  const saltCrc = crc32c(bytes, 0, SALT_OFFSET, SALT_OFFSET + SALT_BYTES);
  return { sequence, firstLsn: readU64(bytes, 24), saltCrc };
}

/**
 * Completes the frame at `at`, whose payload is in place.
 * @param pending - records from the last durable one up to this: `lsn - durableLsn`
 */
export function sealFrame(
  bytes: Uint8Array,
  at: number,
  payloadBytes: number,
  lsn: number,
  pending: number,
  saltCrc: number,
): void {
  // One more than the length: a frame never begins like unwritten zeros, even when the record is empty.
  writeU32(bytes, at + 4, payloadBytes + 1);
  writeU32(bytes, at + 8, lsn % 2 ** 32);
  writeU32(bytes, at + 12, Math.min(pending, 0xffffffff));
  writeU32(bytes, at, crc32c(bytes, saltCrc, at + 4, at + FRAME_HEADER_BYTES + payloadBytes));
}

/** Payload bytes that the frame header at `at` declares; -1 for unwritten space. */
export function payloadBytesAt(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at + 4) - 1;
}

/** Whether the whole frame at `at`, all of it in `bytes`, has this lsn and a matching checksum. */
export function isFrame(
  bytes: Uint8Array,
  at: number,
  payloadBytes: number,
  lsn: number,
  saltCrc: number,
): boolean {
  if (readU32(bytes, at + 8) !== lsn % 2 ** 32) return false;
  return readU32(bytes, at) === crc32c(bytes, saltCrc, at + 4, at + FRAME_HEADER_BYTES + payloadBytes);
}

/** A CorruptDataError whose format names the file. */
export function corrupt(code: string, path: string, byteOffset: number, problem: string): CorruptDataError {
  return new CorruptDataError(code, `write-ahead log ${path}`, byteOffset, problem);
}
