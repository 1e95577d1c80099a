import { randomBytes } from "node:crypto";
import { assert, writeU32, writeU64 } from "@millrace/base";
import { AesGcm, authenticate, deriveKey, NONCE_BYTES, Nonces, type Sealed, TAG_BYTES } from "./aes-gcm.ts";
import { RECORD_HEAD_BYTES } from "./commit-record.ts";

/** What lies encrypted in a database file. */
export type SealedKind = "page" | "map";

const KINDS: Readonly<Record<SealedKind, number>> = { page: 1, map: 2 };

/**
 * Encrypts and authenticates what belongs to one database file. Its keys are made of the file's data key and salt, so
 * that a copy with the same password has other ones.
 */
export class FileCipher {
  readonly dataKey: Uint8Array;
  readonly salt: Uint8Array;
  readonly #pages: AesGcm;
  readonly #log: AesGcm;
  readonly #headerKey: Uint8Array;
  #nonces: Nonces | undefined;
  readonly #place = new Uint8Array(12);

  constructor(dataKey: Uint8Array, salt: Uint8Array) {
    this.dataKey = dataKey;
    this.salt = salt;
    this.#pages = new AesGcm(deriveKey(dataKey, salt, "pages"));
    this.#log = new AesGcm(deriveKey(dataKey, salt, "log"));
    this.#headerKey = deriveKey(dataKey, salt, "header");
  }

  /** Allows writing. @param opening - a number that the file's header holds durably, and no opening before had */
  beginWriting(opening: number): void {
    this.#nonces = new Nonces(opening);
  }

  /** Whether {@link FileCipher.beginWriting} was called. */
  get canWrite(): boolean {
    return this.#nonces !== undefined;
  }

  /** @param nonce - gets the nonce that the reader needs */
  sealPage(kind: SealedKind, level: number, number: number, plain: Uint8Array, nonce: Uint8Array): Sealed {
    nonce.set(this.#nextNonce());
    return this.#pages.seal(nonce, this.#placeOf(kind, level, number), plain);
  }

  /** @returns undefined for what was changed, or belongs to another place or time */
  openPage(
    kind: SealedKind,
    level: number,
    number: number,
    nonce: Uint8Array,
    bytes: Uint8Array,
    tag: Uint8Array,
  ): Uint8Array | undefined {
    return this.#pages.open(nonce, this.#placeOf(kind, level, number), bytes, tag);
  }

  /** A log record with its head as it is, and the rest encrypted for this lsn. */
  sealRecord(record: Uint8Array, lsn: number): Uint8Array {
    const nonce = this.#nextNonce();
    const head = record.subarray(0, RECORD_HEAD_BYTES);
    const { bytes, tag } = this.#log.seal(
      nonce,
      associatedWithRecord(head, lsn),
      record.subarray(RECORD_HEAD_BYTES),
    );
    const sealed = new Uint8Array(record.length + NONCE_BYTES + TAG_BYTES);
    sealed.set(head);
    sealed.set(nonce, RECORD_HEAD_BYTES);
    sealed.set(tag, RECORD_HEAD_BYTES + NONCE_BYTES);
    sealed.set(bytes, RECORD_HEAD_BYTES + NONCE_BYTES + TAG_BYTES);
    return sealed;
  }

  /** What {@link FileCipher.sealRecord} was given; undefined for a record that was changed or has another lsn. */
  openRecord(sealed: Uint8Array, lsn: number): Uint8Array | undefined {
    const start = RECORD_HEAD_BYTES + NONCE_BYTES + TAG_BYTES;
    if (sealed.length < start) return undefined;
    const head = sealed.subarray(0, RECORD_HEAD_BYTES);
    const nonce = sealed.subarray(RECORD_HEAD_BYTES, RECORD_HEAD_BYTES + NONCE_BYTES);
    const tag = sealed.subarray(RECORD_HEAD_BYTES + NONCE_BYTES, start);
    const rest = this.#log.open(nonce, associatedWithRecord(head, lsn), sealed.subarray(start), tag);
    if (rest === undefined) return undefined;
    const record = new Uint8Array(RECORD_HEAD_BYTES + rest.length);
    record.set(head);
    record.set(rest, RECORD_HEAD_BYTES);
    return record;
  }

  /** Tells whether a header is of one who has the key. */
  authenticateHeader(bytes: Uint8Array): Uint8Array {
    return authenticate(this.#headerKey, bytes);
  }

  #nextNonce(): Uint8Array {
    assert(this.#nonces !== undefined, "the opening is numbered durably before anything is encrypted");
    return this.#nonces.next();
  }

  #placeOf(kind: SealedKind, level: number, number: number): Uint8Array {
    const place = this.#place;
    place[0] = KINDS[kind];
    place[1] = level;
    writeU32(place, 4, number);
    return place;
  }
}

/** A new file's cipher, for a data key that other files may have too. */
export function newFileCipher(dataKey: Uint8Array): FileCipher {
  const cipher = new FileCipher(dataKey, randomBytes(16));
  cipher.beginWriting(1);
  return cipher;
}

function associatedWithRecord(head: Uint8Array, lsn: number): Uint8Array {
  const associated = new Uint8Array(RECORD_HEAD_BYTES + 8);
  associated.set(head);
  writeU64(associated, RECORD_HEAD_BYTES, lsn);
  return associated;
}
