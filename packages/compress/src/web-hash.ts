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
