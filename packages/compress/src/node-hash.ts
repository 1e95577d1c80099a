import { createHash } from "node:crypto";
import { crc32 as zlibCrc32 } from "node:zlib";
import type { Hasher, HashName } from "./hasher.ts";

/**
 * Starts a digest.
 * @example
 * const hasher = newHasher("sha256");
 * hasher.update(new TextEncoder().encode("abc"));
 * hasher.digestHex(); // ba7816bf…f20015ad (FIPS 180-4)
 */
export function newHasher(name: HashName): Hasher {
  const hash = createHash(name);
  return {
    update: (bytes) => {
      hash.update(bytes);
    },
    digestHex: () => hash.digest("hex"),
  };
}

/** The SHA-256 digest of `bytes` in lower-case hexadecimal. */
export function sha256Hex(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/**
 * CRC-32 as in gzip, ZIP and PNG (ISO-HDLC), by zlib's vectors: several times as fast as `crc32c` of base.
 * @param previous - the CRC of the bytes before, to go on from
 * @example
 * crc32(new TextEncoder().encode("123456789")).toString(16); // cbf43926
 */
export function crc32(bytes: Uint8Array, previous = 0): number {
  return zlibCrc32(bytes, previous);
}
