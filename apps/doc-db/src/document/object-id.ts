import { InvalidArgumentError } from "@millrace/base";
import { markForDriver } from "./mark-for-driver.ts";

/** Bytes of an ObjectId. */
export const OBJECT_ID_BYTES = 12;

const PROCESS_BYTES: Uint8Array = crypto.getRandomValues(new Uint8Array(5));
let counter = crypto.getRandomValues(new Uint32Array(1))[0]! & 0xffffff;

/**
 * A 12-byte id that grows with time: 4 bytes of seconds since 1970, 5 random bytes a process, a counter of 3 bytes.
 * Layout of the BSON specification, type 0x07.
 */
export class ObjectId {
  /** The twelve bytes; do not change them. */
  readonly bytes: Uint8Array;

  /**
   * @param from - its twelve bytes, or 24 hexadecimal digits; without them it is a new id
   * @throws InvalidArgumentError `DOCDB_OBJECT_ID_LENGTH` unless there are 12 bytes, `DOCDB_OBJECT_ID_HEX`
   */
  constructor(from?: Uint8Array | string) {
    const bytes = from === undefined ? newBytes() : typeof from === "string" ? bytesOfHex(from) : from;
    if (bytes.length !== OBJECT_ID_BYTES) {
      throw new InvalidArgumentError("DOCDB_OBJECT_ID_LENGTH", "object id", bytes, "12 bytes");
    }
    this.bytes = bytes;
  }

  /** A new id, above all that this process made before. */
  static generate(): ObjectId {
    return new ObjectId(newBytes());
  }

  /** @throws InvalidArgumentError `DOCDB_OBJECT_ID_HEX` unless there are 24 hexadecimal digits */
  static fromHex(hex: string): ObjectId {
    return new ObjectId(bytesOfHex(hex));
  }

  /** 24 lower-case hexadecimal digits. */
  toHex(): string {
    return Array.from(this.bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  /** As {@link toHex}; what the driver calls it. */
  toHexString(): string {
    return this.toHex();
  }

  toString(): string {
    return this.toHex();
  }

  /** Whether another id, or its hexadecimal digits, are the same. */
  equals(other: unknown): boolean {
    return String(other).toLowerCase() === this.toHex();
  }

  /** The bytes, as the driver has them. */
  get id(): Buffer {
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset, OBJECT_ID_BYTES);
  }

  /** For the package `bson`. */
  serializeInto(target: Uint8Array, start: number): number {
    target.set(this.bytes, start);
    return OBJECT_ID_BYTES;
  }

  toJSON(): string {
    return this.toHex();
  }

  /** When it was made, to the second. */
  getTimestamp(): Date {
    return new Date(new DataView(this.bytes.buffer, this.bytes.byteOffset).getUint32(0) * 1000);
  }
}

markForDriver(ObjectId, "ObjectId");

function newBytes(): Uint8Array {
  const bytes = new Uint8Array(OBJECT_ID_BYTES);
  counter = (counter + 1) & 0xffffff;
  new DataView(bytes.buffer).setUint32(0, Math.floor(Date.now() / 1000) >>> 0);
  bytes.set(PROCESS_BYTES, 4);
  bytes[9] = counter >>> 16;
  bytes[10] = counter >>> 8;
  bytes[11] = counter;
  return bytes;
}

function bytesOfHex(hex: string): Uint8Array {
  if (!/^[0-9a-fA-F]{24}$/.test(hex)) {
    throw new InvalidArgumentError("DOCDB_OBJECT_ID_HEX", "object id", hex, "24 hexadecimal digits");
  }
  return Uint8Array.from({ length: OBJECT_ID_BYTES }, (_, i) =>
    Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16),
  );
}
