import { checkInteger, checkOneOf, InvalidArgumentError } from "@millrace/base";

/** Codecs that a store compresses with. */
export const COMPRESSIONS = ["none", "zstd"] as const;

/** One of {@link COMPRESSIONS}. */
export type Compression = (typeof COMPRESSIONS)[number];

/** How an object's key is kept: encrypted with the repository's key. */
export interface Encryption {
  /** The first 16 hexadecimal digits of the SHA-256 of the repository's key. */
  readonly keyId: string;
  /** Nonce, encrypted key and tag, hexadecimal. */
  readonly wrappedKey: string;
}

/** What was done to an object's bytes before they were cut into shards. */
export interface Coding {
  readonly compression: Compression;
  readonly encryption: Encryption | null;
  /** Bytes of the object that are compressed and encrypted at a time. */
  readonly segmentBytes: number;
}

/** What is done where nothing is asked for. */
export const PLAIN_CODING: Coding = Object.freeze({
  compression: "none",
  encryption: null,
  segmentBytes: 1024 * 1024,
});

const MAX_SEGMENT_BYTES = 64 * 1024 * 1024;

/** True when the bytes that are cut into shards are the object's own. */
export function isPlain({ compression, encryption }: Coding): boolean {
  return compression === "none" && encryption === null;
}

/** Checks what a file says. @throws InvalidArgumentError for a field that no program of this version wrote */
export function checkCoding(coding: Partial<Coding> | undefined): Coding {
  const encryption = coding?.encryption ?? null;
  if (encryption !== null) {
    const { keyId, wrappedKey } = encryption;
    const isFine = /^[0-9a-f]{16}$/.test(keyId) && /^[0-9a-f]{120}$/.test(wrappedKey);
    if (!isFine) {
      throw new InvalidArgumentError("STORE_CODING_INVALID", "encryption", keyId, "a key's number and a key");
    }
  }
  return {
    compression: checkOneOf("store", "compression", coding?.compression, COMPRESSIONS),
    encryption: encryption === null ? null : { keyId: encryption.keyId, wrappedKey: encryption.wrappedKey },
    segmentBytes: checkInteger("store", "segmentBytes", coding?.segmentBytes, 1, MAX_SEGMENT_BYTES),
  };
}
