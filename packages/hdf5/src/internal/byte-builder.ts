import { writeU16, writeU32, writeU64 } from "@millrace/base";

/** Stands for "no address" in a file with 8-byte addresses. */
export const UNDEFINED_ADDRESS = -1;

/** Bytes that grow at the end; words are little-endian. */
export class ByteBuilder {
  /** Where the first byte goes in the file. */
  readonly address: number;
  #bytes = new Uint8Array(256);
  #length = 0;

  constructor(address = 0) {
    this.address = address;
  }

  get length(): number {
    return this.#length;
  }

  /** The file address of the next byte. */
  get end(): number {
    return this.address + this.#length;
  }

  /** What was added so far; valid until the next addition. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  u8(value: number): this {
    this.#grow(1);
    this.#bytes[this.#length++] = value;
    return this;
  }

  u16(value: number): this {
    this.#grow(2);
    writeU16(this.#bytes, this.#length, value);
    this.#length += 2;
    return this;
  }

  u32(value: number): this {
    this.#grow(4);
    writeU32(this.#bytes, this.#length, value);
    this.#length += 4;
    return this;
  }

  /** An integer of up to 53 bits; {@link UNDEFINED_ADDRESS} gives eight bytes of 0xff. */
  u64(value: number): this {
    this.#grow(8);
    writeU64(this.#bytes, this.#length, value);
    this.#length += 8;
    return this;
  }

  add(bytes: Uint8Array): this {
    this.#grow(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  ascii(text: string): this {
    for (let i = 0; i < text.length; i++) this.u8(text.charCodeAt(i));
    return this;
  }

  zeros(count: number): this {
    this.#grow(count);
    this.#length += count;
    return this;
  }

  #grow(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#length + count, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}
