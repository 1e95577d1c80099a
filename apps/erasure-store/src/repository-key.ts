import { createCipheriv, createDecipheriv, randomBytes, scrypt } from "node:crypto";
import { MillraceError } from "@millrace/base";
import { sha256Hex } from "@millrace/compress";
import { fileSource, readSourceFull, type Vfs } from "@millrace/files";
import type { Encryption } from "./coding.ts";

/** Where the repository's key comes from. */
export interface KeyReference {
  /** "env:NAME" or "file:PATH": never the key itself, which has no business in a configuration. */
  readonly key: string;
  /** What is there: 64 hexadecimal digits, or a passphrase that scrypt makes a key of. @default "scrypt" */
  readonly derive?: "raw" | "scrypt";
  /** Of scrypt, 32 hexadecimal digits; `init` makes it. */
  readonly salt?: string;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
/** RFC 7914's parameters for interactive use, doubled twice: 32 MiB and about 0.1 s. */
const SCRYPT = { N: 32_768, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };
const MAX_SECRET_BYTES = 64 * 1024;

/** The key of a store: it encrypts the keys of objects, and nothing else. */
export class RepositoryKey {
  readonly id: string;
  readonly #key: Uint8Array;

  constructor(key: Uint8Array) {
    this.#key = key;
    this.id = sha256Hex(key).slice(0, 16);
  }

  /** Draws a key for one object and encrypts it. @param about - the object and its upload, which must be the same later */
  newObjectKey(about: string): { key: Uint8Array; encryption: Encryption } {
    const key = randomBytes(KEY_BYTES);
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv("aes-256-gcm", this.#key, nonce).setAAD(Buffer.from(about));
    const wrapped = Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
    return { key, encryption: { keyId: this.id, wrappedKey: wrapped.toString("hex") } };
  }

  /** @throws MillraceError `STORE_KEY_WRONG` when this is not the key that encrypted it */
  openObjectKey({ keyId, wrappedKey }: Encryption, about: string): Uint8Array {
    const bytes = Buffer.from(wrappedKey, "hex");
    const tagAt = bytes.length - TAG_BYTES;
    try {
      const decipher = createDecipheriv("aes-256-gcm", this.#key, bytes.subarray(0, NONCE_BYTES));
      decipher.setAAD(Buffer.from(about)).setAuthTag(bytes.subarray(tagAt));
      return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, tagAt)), decipher.final()]);
    } catch (cause) {
      const problem =
        keyId === this.id ? "its key was tampered with" : `it needs the key ${keyId}, this is ${this.id}`;
      throw new MillraceError("STORE_KEY_WRONG", `${about.split("\n")[0]}: ${problem}`, { cause });
    }
  }
}

/**
 * Reads the key that a configuration refers to.
 * @throws MillraceError `STORE_KEY_ABSENT`, `STORE_KEY_INVALID`
 */
export async function readRepositoryKey(
  vfs: Vfs,
  reference: KeyReference | null,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<RepositoryKey> {
  if (reference === null) {
    throw new MillraceError(
      "STORE_KEY_ABSENT",
      'the object is encrypted and the configuration names no key: add "encryption: {key: env:NAME}"',
    );
  }
  const secret = await readSecret(vfs, reference.key, environment);
  if (reference.derive === "raw") {
    if (/^[0-9a-fA-F]{64}$/.test(secret)) return new RepositoryKey(Buffer.from(secret, "hex"));
    throw new MillraceError("STORE_KEY_INVALID", `${reference.key}: a raw key has 64 hexadecimal digits`);
  }
  const salt = Buffer.from(reference.salt ?? "", "hex");
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  scrypt(secret, salt, KEY_BYTES, SCRYPT, (error, key) => (error === null ? resolve(key) : reject(error)));
  return new RepositoryKey(await promise);
}

/**
 * A secret that a configuration refers to by "env:NAME" or "file:PATH", without the line's end.
 * @throws MillraceError `STORE_KEY_ABSENT`
 */
export async function readSecret(
  vfs: Vfs,
  reference: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const [, kind, place] = /^(env|file):(.+)$/.exec(reference) ?? [];
  if (kind === "env" && place !== undefined) {
    const value = environment[place];
    if (value !== undefined && value !== "") return value;
    throw new MillraceError("STORE_KEY_ABSENT", `the environment has no ${place}; set it`);
  }
  if (kind === "file" && place !== undefined) {
    await using source = await fileSource(vfs, place);
    const bytes = new Uint8Array(Math.min(source.size, MAX_SECRET_BYTES));
    await readSourceFull(source, bytes, 0);
    const text = new TextDecoder().decode(bytes).replace(/\r?\n$/, "");
    if (text !== "") return text;
    throw new MillraceError("STORE_KEY_ABSENT", `${place}: the file is empty`);
  }
  throw new MillraceError("STORE_KEY_ABSENT", `${reference}: expected env:NAME or file:PATH`);
}
