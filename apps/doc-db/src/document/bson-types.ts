/**
 * Values of the BSON specification (bsonspec.org) that JavaScript has no type of its own for. They have what the package
 * `bson` looks for in its own classes, so that MongoDB's driver takes them.
 */
import { InvalidArgumentError } from "@millrace/base";
import { markForDriver } from "./mark-for-driver.ts";

/** How bytes are told as text. */
type BytesEncoding = "hex" | "base64" | "utf8" | "utf-8" | "latin1" | "binary";

/** A double that is told from an int32: without it, 5 is stored as an int32. The driver's `Double`. */
export class Double {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }

  valueOf(): number {
    return this.value;
  }

  toString(): string {
    return String(this.value);
  }

  toJSON(): number {
    return this.value;
  }
}

markForDriver(Double, "Double");

/** Bytes with a subtype other than 0, which a plain Uint8Array stands for. */
export class Binary {
  readonly bytes: Uint8Array;
  /** From 0 to 255; 4 is a UUID. */
  readonly subtype: number;

  constructor(bytes: Uint8Array, subtype: number) {
    this.bytes = bytes;
    this.subtype = subtype;
  }

  /** What the driver calls {@link Binary.subtype}. */
  get sub_type(): number {
    return this.subtype;
  }

  /** The same bytes as a Buffer, as the driver has them. */
  get buffer(): Buffer {
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
  }

  /** How many there are, for the driver. */
  get position(): number {
    return this.bytes.length;
  }

  length(): number {
    return this.bytes.length;
  }

  value(): Buffer {
    return this.buffer;
  }

  /** @throws InvalidArgumentError `DOCDB_VALUE_TYPE` unless it is a UUID */
  toUUID(): UUID {
    if (this.subtype === 4) return new UUID(this.bytes);
    throw new InvalidArgumentError("DOCDB_VALUE_TYPE", "subtype", this.subtype, "4, that of a UUID");
  }

  toString(encoding: BytesEncoding = "utf8"): string {
    return this.buffer.toString(encoding);
  }

  toJSON(): string {
    return this.toString("base64");
  }
}

markForDriver(Binary, "Binary");

/** A universally unique id (RFC 9562), sixteen bytes of subtype 4. The driver's `UUID`. */
export class UUID extends Binary {
  /**
   * @param from - sixteen bytes, or their 32 hexadecimal digits with or without dashes; without them it is a random one
   * @throws InvalidArgumentError `DOCDB_VALUE_TYPE` for anything else
   */
  constructor(from: Uint8Array | string = crypto.randomUUID()) {
    super(typeof from === "string" ? bytesOfUuid(from) : from, 4);
    if (this.bytes.length !== 16)
      throw new InvalidArgumentError("DOCDB_VALUE_TYPE", "UUID", from, "16 bytes, or 32 hexadecimal digits");
  }

  /** @param withDashes - groups of 8, 4, 4, 4 and 12 digits. @default true */
  toHexString(withDashes = true): string {
    const hex = this.buffer.toString("hex");
    return withDashes ? hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5") : hex;
  }

  /** Whether another UUID, or its digits, are the same. */
  equals(other: unknown): boolean {
    const text = other instanceof Uint8Array ? Buffer.from(other).toString("hex") : String(other);
    return text.replaceAll("-", "").toLowerCase() === this.toHexString(false);
  }

  /** @param encoding - without it the digits with dashes */
  override toString(encoding?: BytesEncoding): string {
    return encoding === undefined ? this.toHexString() : super.toString(encoding);
  }

  override toJSON(): string {
    return this.toHexString();
  }
}

function bytesOfUuid(text: string): Uint8Array {
  const digits = text.replaceAll("-", "");
  return /^[0-9a-fA-F]{32}$/.test(digits) ? new Uint8Array(Buffer.from(digits, "hex")) : new Uint8Array(0);
}

/** MongoDB's internal time: seconds since 1970 and a counter within the second, 32 bits each. */
export class Timestamp {
  readonly seconds: number;
  readonly increment: number;

  constructor(seconds: number, increment: number) {
    this.seconds = seconds >>> 0;
    this.increment = increment >>> 0;
  }

  /** What the driver calls {@link Timestamp.seconds}. */
  get t(): number {
    return this.seconds;
  }

  /** What the driver calls {@link Timestamp.increment}. */
  get i(): number {
    return this.increment;
  }

  getHighBits(): number {
    return this.seconds | 0;
  }

  getLowBits(): number {
    return this.increment | 0;
  }

  toString(): string {
    return String((BigInt(this.seconds) << 32n) | BigInt(this.increment));
  }

  toJSON(): { $timestamp: string } {
    return { $timestamp: this.toString() };
  }
}

markForDriver(Timestamp, "Timestamp");

/** A regular expression as it is stored: PCRE's text, and options in alphabetical order. */
export class BSONRegExp {
  readonly pattern: string;
  readonly options: string;

  constructor(pattern: string, options = "") {
    this.pattern = pattern;
    this.options = [...options].sort().join("");
  }
}

markForDriver(BSONRegExp, "BSONRegExp");

/** JavaScript as text, which is kept but never run; with a scope when it has one. */
export class Code {
  readonly code: string;
  readonly scope: object | undefined;

  constructor(code: string, scope?: object) {
    this.code = code;
    this.scope = scope;
  }
}

markForDriver(Code, "Code");

/** Below all other values. */
export class MinKey {
  readonly kind = "MinKey";

  toJSON(): object {
    return {};
  }
}

markForDriver(MinKey, "MinKey");

/** Above all other values. */
export class MaxKey {
  readonly kind = "MaxKey";

  toJSON(): object {
    return {};
  }
}

markForDriver(MaxKey, "MaxKey");
