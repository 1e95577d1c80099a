import { ClosedError } from "@millrace/base";
import type { Hasher } from "./hasher.ts";

/** FIPS 180-4, 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
const ROUND_CONSTANTS = Int32Array.of(
  0x428a2f98,
  0x71374491,
  0xb5c0fbcf,
  0xe9b5dba5,
  0x3956c25b,
  0x59f111f1,
  0x923f82a4,
  0xab1c5ed5,
  0xd807aa98,
  0x12835b01,
  0x243185be,
  0x550c7dc3,
  0x72be5d74,
  0x80deb1fe,
  0x9bdc06a7,
  0xc19bf174,
  0xe49b69c1,
  0xefbe4786,
  0x0fc19dc6,
  0x240ca1cc,
  0x2de92c6f,
  0x4a7484aa,
  0x5cb0a9dc,
  0x76f988da,
  0x983e5152,
  0xa831c66d,
  0xb00327c8,
  0xbf597fc7,
  0xc6e00bf3,
  0xd5a79147,
  0x06ca6351,
  0x14292967,
  0x27b70a85,
  0x2e1b2138,
  0x4d2c6dfc,
  0x53380d13,
  0x650a7354,
  0x766a0abb,
  0x81c2c92e,
  0x92722c85,
  0xa2bfe8a1,
  0xa81a664b,
  0xc24b8b70,
  0xc76c51a3,
  0xd192e819,
  0xd6990624,
  0xf40e3585,
  0x106aa070,
  0x19a4c116,
  0x1e376c08,
  0x2748774c,
  0x34b0bcb5,
  0x391c0cb3,
  0x4ed8aa4a,
  0x5b9cca4f,
  0x682e6ff3,
  0x748f82ee,
  0x78a5636f,
  0x84c87814,
  0x8cc70208,
  0x90befffa,
  0xa4506ceb,
  0xbef9a3f7,
  0xc67178f2,
);
const BLOCK_BYTES = 64;
/** Where in the last block the length in bits begins. */
const LENGTH_AT = 56;
const TWO_29 = 2 ** 29;

/**
 * SHA-256 (FIPS 180-4) in plain TypeScript, bytes in any pieces: what a browser needs, whose WebCrypto only digests
 * what is there as a whole.
 */
export class Sha256 implements Hasher {
  /** FIPS 180-4, 5.3.3. */
  readonly #state = Int32Array.of(
    0x6a09e667,
    0xbb67ae85,
    0x3c6ef372,
    0xa54ff53a,
    0x510e527f,
    0x9b05688c,
    0x1f83d9ab,
    0x5be0cd19,
  );
  readonly #schedule = new Int32Array(64);
  /** The beginning of a block that is not whole yet. */
  readonly #block = new Uint8Array(BLOCK_BYTES);
  #totalBytes = 0;
  #isSpent = false;

  /** @throws ClosedError `COMPRESS_HASHER_SPENT` after {@link digestHex} */
  update(bytes: Uint8Array): void {
    this.#checkUsable();
    let at = 0;
    const held = this.#totalBytes % BLOCK_BYTES;
    this.#totalBytes += bytes.length;
    if (held > 0) {
      at = Math.min(bytes.length, BLOCK_BYTES - held);
      this.#block.set(bytes.subarray(0, at), held);
      if (held + at < BLOCK_BYTES) return;
      digestBlocks(this.#state, this.#schedule, this.#block, 0, BLOCK_BYTES);
    }
    const end = bytes.length - ((bytes.length - at) % BLOCK_BYTES);
    digestBlocks(this.#state, this.#schedule, bytes, at, end);
    this.#block.set(bytes.subarray(end));
  }

  /** @throws ClosedError `COMPRESS_HASHER_SPENT` the second time */
  digestHex(): string {
    this.#checkUsable();
    this.#isSpent = true;
    const held = this.#totalBytes % BLOCK_BYTES;
    const last = new Uint8Array(held < LENGTH_AT ? BLOCK_BYTES : 2 * BLOCK_BYTES);
    last.set(this.#block.subarray(0, held));
    last[held] = 0x80;
    const view = new DataView(last.buffer, last.length - 8);
    view.setUint32(0, Math.floor(this.#totalBytes / TWO_29));
    view.setUint32(4, (this.#totalBytes % TWO_29) * 8);
    digestBlocks(this.#state, this.#schedule, last, 0, last.length);
    return Array.from(this.#state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  }

  #checkUsable(): void {
    if (this.#isSpent) throw new ClosedError("COMPRESS_HASHER_SPENT", "the SHA-256 hasher");
  }
}

/** Adds the whole blocks of `bytes` in [start, end) to the state: FIPS 180-4, 6.2.2. */
function digestBlocks(
  state: Int32Array,
  schedule: Int32Array,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  const constants = ROUND_CONSTANTS;
  let h0 = state[0]!;
  let h1 = state[1]!;
  let h2 = state[2]!;
  let h3 = state[3]!;
  let h4 = state[4]!;
  let h5 = state[5]!;
  let h6 = state[6]!;
  let h7 = state[7]!;
  for (let at = start; at < end; ) {
    for (let i = 0; i < 16; i++, at += 4) {
      schedule[i] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
    }
    for (let i = 16; i < 64; i++) {
      const w15 = schedule[i - 15]!;
      const w2 = schedule[i - 2]!;
      const s0 = ((w15 >>> 7) | (w15 << 25)) ^ ((w15 >>> 18) | (w15 << 14)) ^ (w15 >>> 3);
      const s1 = ((w2 >>> 17) | (w2 << 15)) ^ ((w2 >>> 19) | (w2 << 13)) ^ (w2 >>> 10);
      schedule[i] = (schedule[i - 16]! + s0 + schedule[i - 7]! + s1) | 0;
    }
    let a = h0;
    let b = h1;
    let c = h2;
    let d = h3;
    let e = h4;
    let f = h5;
    let g = h6;
    let h = h7;
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + constants[i]! + schedule[i]!) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    h0 = (h0 + a) | 0;
    h1 = (h1 + b) | 0;
    h2 = (h2 + c) | 0;
    h3 = (h3 + d) | 0;
    h4 = (h4 + e) | 0;
    h5 = (h5 + f) | 0;
    h6 = (h6 + g) | 0;
    h7 = (h7 + h) | 0;
  }
  state[0] = h0;
  state[1] = h1;
  state[2] = h2;
  state[3] = h3;
  state[4] = h4;
  state[5] = h5;
  state[6] = h6;
  state[7] = h7;
}
