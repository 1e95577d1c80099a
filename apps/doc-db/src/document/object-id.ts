import { InvalidArgumentError } from "@millrace/base";

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

  /** @throws InvalidArgumentError `DOCDB_OBJECT_ID_LENGTH` unless there are 12 bytes */
  constructor(bytes: Uint8Array) {
    if (bytes.length !== OBJECT_ID_BYTES) {
      throw new InvalidArgumentError("DOCDB_OBJECT_ID_LENGTH", "object id", bytes, "12 bytes");
    }
    this.bytes = bytes;
  }

  /** A new id, above all that this process made before. */
  static generate(): ObjectId {
    const bytes = new Uint8Array(OBJECT_ID_BYTES);
    counter = (counter + 1) & 0xffffff;
    new DataView(bytes.buffer).setUint32(0, Math.floor(Date.now() / 1000) >>> 0);
    bytes.set(PROCESS_BYTES, 4);
    bytes[9] = counter >>> 16;
    bytes[10] = counter >>> 8;
    bytes[11] = counter;
    return new ObjectId(bytes);
  }

  /** @throws InvalidArgumentError `DOCDB_OBJECT_ID_HEX` unless there are 24 hexadecimal digits */
  static fromHex(hex: string): ObjectId {
    if (!/^[0-9a-fA-F]{24}$/.test(hex)) {
      throw new InvalidArgumentError("DOCDB_OBJECT_ID_HEX", "object id", hex, "24 hexadecimal digits");
    }
    return new ObjectId(
      Uint8Array.from({ length: OBJECT_ID_BYTES }, (_, i) =>
        Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16),
      ),
    );
  }

  /** 24 lower-case hexadecimal digits. */
  toHex(): string {
    return Array.from(this.bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  toString(): string {
    return this.toHex();
  }
}
