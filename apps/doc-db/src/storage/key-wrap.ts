/** How a file keeps the key of its data: encrypted under a key that is made of a password (docs/formats/doc-db.md). */
import { randomBytes, scrypt } from "node:crypto";
import { MillraceError } from "@millrace/base";
import { AesGcm, deriveKey, KEY_BYTES, NONCE_BYTES } from "./aes-gcm.ts";

/** What opens an encrypted file: a password, or a key of 32 bytes. */
export interface Secret {
  readonly password?: string | undefined;
  readonly key?: Uint8Array | undefined;
}

/** Makes keys of passwords slowly: RFC 7914; 32 MiB and some 150 ms. */
export interface ScryptCost {
  readonly log2N: number;
  readonly r: number;
  readonly p: number;
}

/** A data key that a secret opens. */
export interface KeyWrap {
  /** Undefined for a secret that is a key already. */
  readonly cost: ScryptCost | undefined;
  readonly salt: Uint8Array;
  readonly nonce: Uint8Array;
  readonly wrapped: Uint8Array;
  readonly tag: Uint8Array;
}

export const SALT_BYTES = 16;
const COST: ScryptCost = Object.freeze({ log2N: 15, r: 8, p: 3 });
/** A damaged or hostile header must not make us take all memory or time. */
const MAX_COST: ScryptCost = Object.freeze({ log2N: 20, r: 16, p: 16 });
const USE = new TextEncoder().encode("millrace doc-db data key");

/** Whether a secret was given at all. */
export function hasSecret({ password, key }: Secret): boolean {
  return (password ?? key) !== undefined;
}

/** Whether keys may be made at that cost. */
export function isCostAllowed({ log2N, r, p }: ScryptCost): boolean {
  const { log2N: mostN, r: mostR, p: mostP } = MAX_COST;
  return log2N >= 1 && log2N <= mostN && r >= 1 && r <= mostR && p >= 1 && p <= mostP;
}

/** Wraps a data key under a secret, with a new salt. */
export async function wrapKey(dataKey: Uint8Array, secret: Secret): Promise<KeyWrap> {
  const salt = randomBytes(SALT_BYTES);
  const nonce = randomBytes(NONCE_BYTES);
  const cost = secret.password === undefined ? undefined : COST;
  const { bytes: wrapped, tag } = new AesGcm(await wrappingKey(secret, salt, cost)).seal(nonce, USE, dataKey);
  return { cost, salt, nonce, wrapped, tag };
}

/** @throws MillraceError `DOCDB_PASSWORD_MISSING`, `DOCDB_PASSWORD_WRONG` */
export async function unwrapKey(wrap: KeyWrap, secret: Secret, path: string): Promise<Uint8Array> {
  const isByKey = wrap.cost === undefined;
  const what = isByKey ? "key of 32 bytes" : "password";
  if (!hasSecret(secret))
    throw new MillraceError(
      "DOCDB_PASSWORD_MISSING",
      isByKey
        ? `${path}: is encrypted by a key; give its 32 bytes as the option key`
        : `${path}: is encrypted; give its password, as the option password or to the command as --password-file`,
    );
  const isOther = (wrap.cost === undefined) !== (secret.password === undefined);
  const dataKey = isOther
    ? undefined
    : new AesGcm(await wrappingKey(secret, wrap.salt, wrap.cost)).open(
        wrap.nonce,
        USE,
        wrap.wrapped,
        wrap.tag,
      );
  if (dataKey !== undefined) return dataKey;
  const problem = isOther ? `it takes a ${what}` : `this is not its ${what}`;
  throw new MillraceError("DOCDB_PASSWORD_WRONG", `${path}: is encrypted, and ${problem}`);
}

function wrappingKey(
  { password, key }: Secret,
  salt: Uint8Array,
  cost: ScryptCost | undefined,
): Promise<Uint8Array> {
  if (cost === undefined) return Promise.resolve(deriveKey(key!, salt, "wrapping"));
  const { log2N, r, p } = cost;
  const N = 2 ** log2N;
  // What the password looks like on different keyboards and systems is one password.
  const text = password!.normalize("NFKC");
  return new Promise((resolve, reject) => {
    scrypt(text, salt, KEY_BYTES, { N, r, p, maxmem: 128 * r * (N + p + 2) * 2 }, (error, made) => {
      if (error === null) resolve(made);
      else reject(error);
    });
  });
}
