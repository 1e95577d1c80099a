/** AES-256-GCM, its keys and its nonces: what encrypted pages, log records and temporary files are made with. */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import { CapacityError, writeU32 } from "@millrace/base";

export const KEY_BYTES = 32;
export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;
const MAX_COUNTER = 0xffffffff;

/** What was encrypted, with the tag that tells whether it is as it was. */
export interface Sealed {
  readonly bytes: Uint8Array;
  readonly tag: Uint8Array;
}

/** AES-256-GCM under one key. No two messages may have one nonce: {@link Nonces} sees to it. */
export class AesGcm {
  readonly #key: KeyObject;

  /** @param key - 32 bytes */
  constructor(key: Uint8Array) {
    this.#key = createSecretKey(key);
  }

  /** @param associated - what the reader must give too, without it being in the result */
  seal(nonce: Uint8Array, associated: Uint8Array, plain: Uint8Array): Sealed {
    const cipher = createCipheriv("aes-256-gcm", this.#key, nonce);
    cipher.setAAD(associated);
    const bytes = cipher.update(plain);
    cipher.final();
    return { bytes, tag: cipher.getAuthTag() };
  }

  /** @returns undefined when key, nonce, associated bytes, bytes or tag are not those of the sealing */
  open(
    nonce: Uint8Array,
    associated: Uint8Array,
    bytes: Uint8Array,
    tag: Uint8Array,
  ): Uint8Array | undefined {
    const decipher = createDecipheriv("aes-256-gcm", this.#key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(associated);
    decipher.setAuthTag(tag);
    const plain = decipher.update(bytes);
    try {
      decipher.final();
    } catch {
      // Its one reason: the tag does not fit.
      return undefined;
    }
    return plain;
  }
}

/**
 * Nonces of one opening of a file: the number of the opening, which is raised durably before the first of them is
 * used; a random word, in case a copy of the file has an opening of the same number; a counter.
 */
export class Nonces {
  readonly #bytes = new Uint8Array(NONCE_BYTES);
  #counter = 0;

  constructor(opening: number) {
    writeU32(this.#bytes, 0, opening);
    this.#bytes.set(randomBytes(4), 4);
  }

  /** One that was never given before; its bytes are valid until the next call. @throws CapacityError `DOCDB_NONCES_SPENT` */
  next(): Uint8Array {
    if (this.#counter === MAX_COUNTER)
      throw new CapacityError(
        "DOCDB_NONCES_SPENT",
        "encrypted writes since the database was opened (close it and open it again)",
        MAX_COUNTER + 1,
        MAX_COUNTER,
      );
    writeU32(this.#bytes, 8, this.#counter++);
    return this.#bytes;
  }
}

/** A key made of another one for one use. */
export function deriveKey(key: Uint8Array, salt: Uint8Array, use: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", key, salt, `millrace doc-db ${use}`, KEY_BYTES));
}

/** HMAC-SHA256. */
export function authenticate(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  return createHmac("sha256", key).update(bytes).digest();
}
