import { readU16, readU32 } from "@millrace/base";
import type { ReaderFile } from "./reader-file.ts";

const TWO_32 = 2 ** 32;
const decoder = new TextDecoder("utf-8");

/** Reads the fields of one structure in order; what goes beyond its end is an error of the file. */
export class Cursor {
  readonly file: ReaderFile;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where `bytes[0]` is in the file. */
  readonly address: number;
  /** What is read, for messages. */
  readonly what: string;
  /** The next field. */
  at = 0;

  constructor(file: ReaderFile, bytes: Uint8Array<ArrayBuffer>, address: number, what: string) {
    this.file = file;
    this.bytes = bytes;
    this.address = address;
    this.what = what;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  u8(): number {
    return this.bytes[this.#advance(1)]!;
  }

  u16(): number {
    return readU16(this.bytes, this.#advance(2));
  }

  u32(): number {
    return readU32(this.bytes, this.#advance(4));
  }

  /** An unsigned integer of 0 to 8 bytes; above 2^53 the nearest double. */
  uint(byteLength: number): number {
    const start = this.#advance(byteLength);
    let value = 0;
    for (let i = byteLength - 1; i >= 0; i--) value = value * 256 + this.bytes[start + i]!;
    return value;
  }

  u64(): number {
    const start = this.#advance(8);
    return readU32(this.bytes, start) + readU32(this.bytes, start + 4) * TWO_32;
  }

  /** An address; all ones give NO_ADDRESS. */
  offset(): number {
    return this.#uintOrOnes(this.file.offsetBytes, -1);
  }

  /** A length; all ones, which stand for "no limit" or "none", give Infinity. */
  length(): number {
    return this.#uintOrOnes(this.file.lengthBytes, Number.POSITIVE_INFINITY);
  }

  take(length: number): Uint8Array<ArrayBuffer> {
    const start = this.#advance(length);
    return this.bytes.subarray(start, start + length);
  }

  skip(length: number): void {
    this.#advance(length);
  }

  /** A cursor over the next `length` bytes, which this one leaves behind. */
  sub(length: number, what: string = this.what): Cursor {
    const start = this.#advance(length);
    return new Cursor(this.file, this.bytes.subarray(start, start + length), this.address + start, what);
  }

  /** Text of a known length; NULs at its end do not count. */
  text(length: number): string {
    return textOf(this.take(length));
  }

  /** Text that ends with a NUL; with `padding` its bytes, the NUL too, are a multiple of that many. */
  textUntilNul(padding = 1): string {
    const end = this.bytes.indexOf(0, this.at);
    if (end < 0) throw this.corrupt("a name has no end");
    const text = decoder.decode(this.bytes.subarray(this.at, end));
    this.skip(Math.ceil((end + 1 - this.at) / padding) * padding);
    return text;
  }

  /** @throws CorruptDataError when the next bytes are not the letters of `signature` */
  expectSignature(signature: string): void {
    const start = this.#advance(signature.length);
    for (let i = 0; i < signature.length; i++) {
      if (this.bytes[start + i] === signature.charCodeAt(i)) continue;
      throw this.corrupt(`${this.what} has no signature "${signature}"`);
    }
  }

  /** Reads a version. @throws MillraceError `HDF5_UNSUPPORTED_VERSION` above `most` */
  version(most: number, least = 0): number {
    const version = this.u8();
    if (version >= least && version <= most) return version;
    throw this.file.unsupported(
      "VERSION",
      `version ${version} of ${this.what} at byte ${this.address} (known: ${least} to ${most})`,
    );
  }

  corrupt(problem: string): Error {
    return this.file.corrupt(this.address, problem);
  }

  #advance(length: number): number {
    const start = this.at;
    if (!(length >= 0 && start + length <= this.bytes.length)) {
      throw this.corrupt(`${this.what} ends after ${this.bytes.length} bytes, inside a field`);
    }
    this.at = start + length;
    return start;
  }

  #uintOrOnes(byteLength: number, ones: number): number {
    const start = this.at;
    const value = this.uint(byteLength);
    for (let i = 0; i < byteLength; i++) if (this.bytes[start + i] !== 0xff) return value;
    return ones;
  }
}

/** Bytes as UTF-8 up to the NULs at their end; what is no UTF-8 becomes U+FFFD. */
export function textOf(bytes: Uint8Array): string {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return decoder.decode(bytes.subarray(0, end));
}

/** How many bytes an integer up to `limit` takes: libhdf5's H5VM_limit_enc_size. */
export function bytesToHold(limit: number): number {
  return Math.floor(Math.floor(Math.log2(Math.max(limit, 1))) / 8) + 1;
}
