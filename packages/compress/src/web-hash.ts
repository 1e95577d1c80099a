import { checkOneOf } from "@millrace/base";
import type { Hasher, HashName } from "./hasher.ts";
import { Sha256 } from "./sha256.ts";

/** Starts a digest, in plain TypeScript. @throws InvalidArgumentError for an unknown name */
export function newHasher(name: HashName): Hasher {
  checkOneOf("compress", "hash", name, ["sha256"]);
  return new Sha256();
}

/** The SHA-256 digest of `bytes` in lower-case hexadecimal. */
export function sha256Hex(bytes: Uint8Array): string {
  const hasher = new Sha256();
  hasher.update(bytes);
  return hasher.digestHex();
}

const CRC32_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc >>> 0;
});

/** CRC-32 as in gzip, ZIP and PNG. @param previous - the CRC of the bytes before, to go on from */
export function crc32(bytes: Uint8Array, previous = 0): number {
  let crc = ~previous;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ CRC32_TABLE[(crc ^ bytes[i]!) & 255]!;
  return ~crc >>> 0;
}
