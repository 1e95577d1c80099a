/** The server's side of SCRAM-SHA-256 (RFC 5802, RFC 7677). */
import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from "node:crypto";
import { fail } from "../mql/error.ts";

/** As MongoDB has it. */
const ITERATIONS = 15_000;
const SALT_BYTES = 28;
const NONCE_BYTES = 24;

/** Who may use a server. */
export interface User {
  readonly name: string;
  readonly password: string;
}

/** What a server knows of its user: not the password. */
export class Credentials {
  readonly #name: string;
  readonly #salt = randomBytes(SALT_BYTES);
  readonly #storedKey: Buffer;
  readonly #serverKey: Buffer;
  /** For names that there are not: their salt is always the same, as that of a user would be. */
  readonly #secret = randomBytes(32);

  constructor({ name, password }: User) {
    this.#name = name;
    const salted = pbkdf2Sync(password.normalize("NFKC"), this.#salt, ITERATIONS, 32, "sha256");
    this.#storedKey = sha256(hmac(salted, "Client Key"));
    this.#serverKey = hmac(salted, "Server Key");
  }

  get userName(): string {
    return this.#name;
  }

  /** Begins a conversation. @throws LanguageError 18 */
  start(payload: string): Conversation {
    const match = /^([ny],(?:a=[^,]*)?,)(n=([^,]*),r=([!-+\--~]+))$/.exec(payload);
    if (match === null) return fail(18, "saslStart", "payload", "a first message of SCRAM-SHA-256");
    const [, header, bare, name, clientNonce] = match as unknown as string[];
    const isKnown = name!.replaceAll("=2C", ",").replaceAll("=3D", "=") === this.#name;
    const salt = isKnown ? this.#salt : hmac(this.#secret, name!).subarray(0, SALT_BYTES);
    const nonce = clientNonce + randomBytes(NONCE_BYTES).toString("base64");
    const first = `r=${nonce},s=${salt.toString("base64")},i=${ITERATIONS}`;
    const keys = isKnown ? { stored: this.#storedKey, server: this.#serverKey } : undefined;
    return new Conversation(keys, header!, nonce, bare!, first);
  }
}

/** One attempt to prove that the password is known. */
export class Conversation {
  /** What the client is told first. */
  readonly first: string;
  readonly #keys: { readonly stored: Buffer; readonly server: Buffer } | undefined;
  readonly #header: string;
  readonly #nonce: string;
  readonly #bare: string;

  constructor(
    keys: { readonly stored: Buffer; readonly server: Buffer } | undefined,
    header: string,
    nonce: string,
    bare: string,
    first: string,
  ) {
    this.#keys = keys;
    this.#header = header;
    this.#nonce = nonce;
    this.#bare = bare;
    this.first = first;
  }

  /** Checks the proof. @returns the server's own proof @throws LanguageError 18 */
  finish(payload: string): string {
    const match = /^(c=([^,]+),r=([^,]+)),p=([A-Za-z0-9+/=]+)$/.exec(payload);
    if (match === null) return refuse();
    const [, without, channel, nonce, proof] = match as unknown as string[];
    if (channel !== Buffer.from(this.#header).toString("base64") || nonce !== this.#nonce) return refuse();
    const message = `${this.#bare},${this.first},${without}`;
    const signature = hmac(this.#keys?.stored ?? randomBytes(32), message);
    const given = Buffer.from(proof!, "base64");
    if (given.length !== signature.length) return refuse();
    const clientKey = given.map((byte, i) => byte ^ signature[i]!);
    if (this.#keys === undefined || !timingSafeEqual(sha256(clientKey), this.#keys.stored)) return refuse();
    return `v=${hmac(this.#keys.server, message).toString("base64")}`;
  }
}

function refuse(): never {
  return fail(18, "authentication", "proof", "the name and password of the server's user");
}

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
