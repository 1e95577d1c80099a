/** Documents into BSON: what drivers read, and what mongorestore takes. */
import { InvalidArgumentError } from "@millrace/base";
import { Binary, type BSONRegExp, type Code, Double, type Timestamp } from "../document/bson-types.ts";
import { Decimal128 } from "../document/decimal128.ts";
import { MAX_DOCUMENT_DEPTH } from "../document/format.ts";
import type { ObjectId } from "../document/object-id.ts";
import { type Document, rankOf, TYPE_RANK, type Value } from "../document/value.ts";
import { BSON, OLD_BINARY } from "./types.ts";

/** Of a document with all that is around it in a message: few values within each other may become very many bytes. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Encodes a document. A number that is an integer of 32 bits is an int32, any other a double, a bigint an int64, as
 * documents are stored.
 * @throws InvalidArgumentError `DOCDB_BSON_VALUE` for names with NUL and too many levels
 */
export function encodeBson(document: Document): Uint8Array {
  const writer = new BsonWriter();
  writer.document(document);
  return writer.bytes;
}

/** A document that is BSON already; {@link BsonWriter} takes it wherever a value may be. */
export class EncodedDocument {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** Gathers documents, and whatever belongs around them, in one run of bytes. */
export class BsonWriter {
  #buffer: Buffer = Buffer.allocUnsafe(1024);
  #length = 0;

  /** What was written; valid until more is. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  get length(): number {
    return this.#length;
  }

  byte(value: number): void {
    const at = this.#room(1);
    this.#buffer[at] = value;
  }

  int32(value: number): void {
    const at = this.#room(4);
    this.#buffer.writeInt32LE(value | 0, at);
  }

  /** Writes over what is there: lengths are known last. */
  int32At(at: number, value: number): void {
    this.#buffer.writeInt32LE(value, at);
  }

  int64(value: bigint): void {
    const at = this.#room(8);
    this.#buffer.writeBigInt64LE(BigInt.asIntN(64, value), at);
  }

  document(document: Document, depth = 1): void {
    this.#container(depth, () => {
      for (const name of Object.keys(document)) this.#field(name, document[name]!, depth);
    });
  }

  #array(values: readonly Value[], depth: number): void {
    this.#container(depth, () => {
      for (let i = 0; i < values.length; i++) this.#field(String(i), values[i]!, depth);
    });
  }

  #date(time: number): void {
    if (Number.isNaN(time)) throw new InvalidArgumentError("DOCDB_BSON_VALUE", "date", time, "a valid one");
    this.int64(BigInt(time));
  }

  #container(depth: number, fill: () => void): void {
    if (depth > MAX_DOCUMENT_DEPTH)
      throw new InvalidArgumentError("DOCDB_BSON_VALUE", "levels", depth, `at most ${MAX_DOCUMENT_DEPTH}`);
    const start = this.#room(4);
    fill();
    this.byte(0);
    this.int32At(start, this.#length - start);
  }

  #field(name: string, value: Value, depth: number): void {
    // As drivers do with fields that are not set.
    if (value === undefined) return;
    const at = this.#room(1);
    this.#name(name);
    const type = this.#value(value, depth);
    this.#buffer[at] = type;
  }

  /** @returns the type's byte */
  #value(value: Value | EncodedDocument, depth: number): number {
    if (value instanceof EncodedDocument) {
      this.#copy(value.bytes);
      return BSON.object;
    }
    switch (rankOf(value)) {
      case TYPE_RANK.null:
        return BSON.null;
      case TYPE_RANK.boolean:
        this.byte(value === true ? 1 : 0);
        return BSON.boolean;
      case TYPE_RANK.number:
        return this.#number(value as number | bigint | Double | Decimal128);
      case TYPE_RANK.string:
        this.#string(value as string);
        return BSON.string;
      case TYPE_RANK.object:
        this.document(value as Document, depth + 1);
        return BSON.object;
      case TYPE_RANK.array:
        this.#array(value as readonly Value[], depth + 1);
        return BSON.array;
      case TYPE_RANK.binary:
        this.#binary(value as Uint8Array | Binary);
        return BSON.binary;
      case TYPE_RANK.objectId:
        this.#copy((value as ObjectId).bytes);
        return BSON.objectId;
      case TYPE_RANK.date:
        this.#date((value as Date).getTime());
        return BSON.date;
      case TYPE_RANK.timestamp:
        this.int32((value as Timestamp).increment);
        this.int32((value as Timestamp).seconds);
        return BSON.timestamp;
      case TYPE_RANK.regex:
        this.#name((value as BSONRegExp).pattern);
        this.#name((value as BSONRegExp).options);
        return BSON.regex;
      case TYPE_RANK.code:
        this.#string((value as Code).code);
        return BSON.code;
      case TYPE_RANK.codeWithScope: {
        const start = this.#room(4);
        this.#string((value as Code).code);
        this.document((value as Code).scope as Document, depth + 1);
        this.int32At(start, this.#length - start);
        return BSON.codeWithScope;
      }
      case TYPE_RANK.minKey:
        return BSON.minKey;
    }
    return BSON.maxKey;
  }

  #number(value: number | bigint | Double | Decimal128): number {
    if (value instanceof Decimal128) {
      this.#copy(value.toBytes());
      return BSON.decimal;
    }
    if (typeof value === "bigint") {
      this.int64(value);
      return BSON.int64;
    }
    const plain = value instanceof Double ? value.value : value;
    if (typeof value === "number" && (plain | 0) === plain && !Object.is(plain, -0)) {
      this.int32(plain);
      return BSON.int32;
    }
    const at = this.#room(8);
    this.#buffer.writeDoubleLE(plain, at);
    return BSON.double;
  }

  #binary(value: Uint8Array | Binary): void {
    const { bytes, subtype } = value instanceof Binary ? value : { bytes: value, subtype: 0 };
    const isOld = subtype === OLD_BINARY;
    this.int32(bytes.length + (isOld ? 4 : 0));
    this.byte(subtype);
    if (isOld) this.int32(bytes.length);
    this.#copy(bytes);
  }

  #string(text: string): void {
    const at = this.#room(4);
    this.#text(text);
    this.byte(0);
    this.int32At(at, this.#length - at - 4);
  }

  #name(text: string): void {
    if (text.includes("\0")) {
      const expected = "no NUL, with which BSON ends it";
      throw new InvalidArgumentError("DOCDB_BSON_VALUE", "name or pattern", text, expected);
    }
    this.#text(text);
    this.byte(0);
  }

  #text(text: string): void {
    // UTF-8 has at most three bytes for a code unit.
    const at = this.#room(text.length * 3);
    this.#length = at + this.#buffer.write(text, at, "utf8");
  }

  #copy(bytes: Uint8Array): void {
    const at = this.#room(bytes.length);
    this.#buffer.set(bytes, at);
  }

  /** Makes room, in another buffer if need be: ask for it before the buffer is looked at. */
  #room(length: number): number {
    const at = this.#length;
    this.#length = at + length;
    if (this.#length > this.#buffer.length) {
      if (this.#length > MAX_BYTES)
        throw new InvalidArgumentError("DOCDB_BSON_VALUE", "bytes", this.#length, `at most ${MAX_BYTES}`);
      const larger = Buffer.allocUnsafe(Math.max(this.#length, this.#buffer.length * 2));
      larger.set(this.#buffer.subarray(0, at));
      this.#buffer = larger;
    }
    return at;
  }
}
