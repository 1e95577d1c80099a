import { createHmac } from "node:crypto";
import { type Hasher, newHasher } from "@millrace/compress";

/** Keeps the digest's use of an object's key apart from the cipher's. */
const LABEL = "millrace-store digest\n";

/**
 * The digest of an object's bytes: SHA-256; of an encrypted object HMAC-SHA-256 of that under the object's key, so that
 * whoever has the shards cannot even tell whether a guess at its content is right.
 */
export class ObjectDigest {
  readonly #hasher: Hasher = newHasher("sha256");
  readonly #key: Uint8Array | undefined;

  /** @param key - of the object; undefined for one that is not encrypted */
  constructor(key: Uint8Array | undefined) {
    this.#key = key;
  }

  update(bytes: Uint8Array): void {
    this.#hasher.update(bytes);
  }

  /** 64 hexadecimal digits. Once, at the end. */
  hex(): string {
    const sha256 = this.#hasher.digestHex();
    if (this.#key === undefined) return sha256;
    return createHmac("sha256", this.#key).update(LABEL).update(Buffer.from(sha256, "hex")).digest("hex");
  }
}
