/** Names of the digests that are offered. */
export type HashName = "sha256";

/** A digest in progress; bytes may come in any pieces. */
export interface Hasher {
  update(bytes: Uint8Array): void;
  /** The digest in lower-case hexadecimal; the hasher is spent after it. */
  digestHex(): string;
}
