/** Writes bits into bytes, the lowest first, as deflate wants them. The caller has made room. */
export class BitWriter {
  readonly #out: Uint8Array;
  #at = 0;
  /** Bits that make no byte yet, and how many: fewer than 8. */
  #bits = 0;
  #bitCount = 0;

  constructor(out: Uint8Array) {
    this.#out = out;
  }

  /** Whole bytes written. */
  get byteCount(): number {
    return this.#at;
  }

  get pendingBits(): number {
    return this.#bits;
  }

  get pendingCount(): number {
    return this.#bitCount;
  }

  /** Writes the lowest bits of `value`; 16 at the most. */
  put(value: number, bitCount: number): void {
    this.#bits |= value << this.#bitCount;
    this.#bitCount += bitCount;
    for (; this.#bitCount >= 8; this.#bitCount -= 8) {
      this.#out[this.#at++] = this.#bits & 0xff;
      this.#bits >>>= 8;
    }
  }

  /** Fills the last byte up with zeros. */
  align(): void {
    if (this.#bitCount > 0) this.put(0, 8 - this.#bitCount);
  }

  /** Takes whole bytes over, which begin with the bits that were pending, and what is pending behind them. */
  take(bytes: Uint8Array, pendingBits: number, pendingCount: number): void {
    this.#out.set(bytes, this.#at);
    this.#at += bytes.length;
    this.#bits = pendingBits;
    this.#bitCount = pendingCount;
  }

  /** Writes whole bytes; nothing may be pending. */
  putBytes(bytes: Uint8Array): void {
    this.take(bytes, 0, 0);
  }
}
