import { randomBytes } from "node:crypto";
import { assert, writeU32 } from "@millrace/base";
import { AesGcm, KEY_BYTES, NONCE_BYTES } from "./aes-gcm.ts";

/** What is needed to read one piece of a temporary file; it stays in memory. */
export interface TemporarySeal {
  readonly nonce: Uint8Array;
  readonly tag: Uint8Array;
}

const NOTHING = new Uint8Array(0);

/** Encrypts files that nobody needs after the process, under a key that ends with it. */
export class TemporaryCipher {
  readonly #cipher = new AesGcm(randomBytes(KEY_BYTES));
  #count = 0;

  /** The encrypted bytes, as many, and what it takes to read them. */
  seal(plain: Uint8Array): { readonly bytes: Uint8Array; readonly seal: TemporarySeal } {
    const nonce = new Uint8Array(NONCE_BYTES);
    writeU32(nonce, 0, this.#count % 2 ** 32);
    writeU32(nonce, 4, Math.floor(this.#count / 2 ** 32));
    this.#count++;
    const { bytes, tag } = this.#cipher.seal(nonce, NOTHING, plain);
    return { bytes, seal: { nonce, tag } };
  }

  open(bytes: Uint8Array, { nonce, tag }: TemporarySeal): Uint8Array {
    const plain = this.#cipher.open(nonce, NOTHING, bytes, tag);
    assert(plain !== undefined, "a temporary file holds what was written to it");
    return plain;
  }
}
