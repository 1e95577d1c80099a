import { createHash } from "node:crypto";
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
