/** BSON into documents: what drivers send, and what mongodump writes. */
import { isUtf8 } from "node:buffer";
import { CorruptDataError } from "@millrace/base";
import { Binary, BSONRegExp, Code, Double, MaxKey, MinKey, Timestamp } from "../document/bson-types.ts";
import { Decimal128 } from "../document/decimal128.ts";
import { MAX_DOCUMENT_DEPTH } from "../document/format.ts";
import { ObjectId } from "../document/object-id.ts";
import { type Document, setField, type Value } from "../document/value.ts";
import { BSON, OLD_BINARY } from "./types.ts";

/** Bytes of the smallest document: its length and the zero at its end. */
const MIN_BYTES = 5;

/**
 * Decodes one document. Of the types that BSON deprecated, `undefined` becomes null and a symbol a string.
 * @param start - where it begins; it may end before the bytes do
 * @throws CorruptDataError `DOCDB_BSON_INVALID` with the byte
 * @example
 * decodeBson(encodeBson({ a: 1 })); // { a: 1 }
 */
export function decodeBson(bytes: Uint8Array, start = 0): Document {
  return new Reader(bytes, start).document(1);
}

/** How many bytes the document at `start` has. @throws CorruptDataError `DOCDB_BSON_INVALID` */
export function bsonLength(bytes: Uint8Array, start = 0): number {
  const left = bytes.length - start;
  const length = left < 4 ? 0 : new DataView(bytes.buffer, bytes.byteOffset + start, 4).getInt32(0, true);
  if (length >= MIN_BYTES && length <= left) return length;
  throw invalid(start, `a document of ${length} bytes, ${left} are there`);
}

/** Reads values one behind the other, each checked against the end of the document that it is in. */
class Reader {
  readonly #bytes: Buffer;
  #at: number;
  /** End of the innermost document, its zero left out. */
  #end: number;

  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = start;
    this.#end = bytes.length;
  }

  document(depth: number): Document {
    const document: Record<string, Value> = {};
    this.#fields(depth, (name, value) => setField(document, name, value));
    return document;
  }

  #array(depth: number): Value[] {
    const values: Value[] = [];
    // The names count the elements; drivers read them in order, whatever they say.
    this.#fields(depth, (_, value) => values.push(value));
    return values;
  }

  #fields(depth: number, take: (name: string, value: Value) => void): void {
    const start = this.#at;
    if (depth > MAX_DOCUMENT_DEPTH) throw invalid(start, `more than ${MAX_DOCUMENT_DEPTH} levels`);
    const outer = this.#end;
    const length = this.#need(4) && this.#bytes.readInt32LE(start);
    if (length < MIN_BYTES || start + length > outer)
      throw invalid(start, `a document of ${length} bytes where ${outer - start} are left`);
    this.#end = start + length - 1;
    if (this.#bytes[this.#end] !== 0) throw invalid(this.#end, "a document that does not end with a zero");
    this.#at = start + 4;
    while (this.#at < this.#end) {
      const type = this.#bytes[this.#at++]!;
      const name = this.#name();
      take(name, this.#value(type, depth));
    }
    this.#at = start + length;
    this.#end = outer;
  }

  #value(type: number, depth: number): Value {
    const bytes = this.#bytes;
    switch (type) {
      case BSON.double: {
        const value = bytes.readDoubleLE(this.#take(8));
        // As a number, an integer of 32 bits would be stored as one.
        return (value | 0) === value && !Object.is(value, -0) ? new Double(value) : value;
      }
      case BSON.string:
      case BSON.symbol:
        return this.#string();
      case BSON.object:
        return this.document(depth + 1);
      case BSON.array:
        return this.#array(depth + 1);
      case BSON.binary:
        return this.#binary();
      case BSON.undefined:
      case BSON.null:
        return null;
      case BSON.objectId:
        return new ObjectId(this.#copy(12));
      case BSON.boolean:
        return bytes[this.#take(1)] !== 0;
      case BSON.date:
        return this.#date();
      case BSON.regex:
        return new BSONRegExp(this.#name(), this.#name());
      case BSON.code:
        return new Code(this.#string());
      case BSON.codeWithScope: {
        this.#take(4);
        return new Code(this.#string(), this.document(depth + 1));
      }
      case BSON.int32:
        return bytes.readInt32LE(this.#take(4));
      case BSON.timestamp: {
        const at = this.#take(8);
        return new Timestamp(bytes.readUInt32LE(at + 4), bytes.readUInt32LE(at));
      }
      case BSON.int64:
        return bytes.readBigInt64LE(this.#take(8));
      case BSON.decimal:
        return Decimal128.fromBytes(bytes.subarray(this.#take(16), this.#at));
      case BSON.minKey:
        return new MinKey();
      case BSON.maxKey:
        return new MaxKey();
    }
    throw invalid(
      this.#at - 1,
      `a value of type 0x${type.toString(16).padStart(2, "0")}, which there is not`,
    );
  }

  #binary(): Value {
    const length = this.#length(0);
    const subtype = this.#bytes[this.#take(1)]!;
    if (subtype !== OLD_BINARY) {
      const bytes = this.#copy(length);
      return subtype === 0 ? bytes : new Binary(bytes, subtype);
    }
    const inner = this.#length(0);
    if (inner + 4 !== length) throw invalid(this.#at - 4, `old binary of ${inner} bytes within ${length}`);
    return new Binary(this.#copy(inner), OLD_BINARY);
  }

  #date(): Date {
    const at = this.#take(8);
    const time = new Date(Number(this.#bytes.readBigInt64LE(at)));
    if (Number.isNaN(time.getTime())) throw invalid(at, "a date beyond the year 275760");
    return time;
  }

  #string(): string {
    const length = this.#length(1);
    const start = this.#take(length);
    if (this.#bytes[start + length - 1] !== 0) throw invalid(start, "a string that does not end with a zero");
    return this.#text(start, start + length - 1);
  }

  #name(): string {
    const start = this.#at;
    const end = this.#bytes.indexOf(0, start);
    if (end < 0 || end >= this.#end) throw invalid(start, "a name without an end");
    this.#at = end + 1;
    return this.#text(start, end);
  }

  #text(start: number, end: number): string {
    // Most names and many strings are short and ASCII: then this is the faster way.
    if (end - start <= 16) {
      let text = "";
      for (let i = start; i < end; i++) {
        const code = this.#bytes[i]!;
        if (code > 0x7f) return this.#unicode(start, end);
        text += String.fromCharCode(code);
      }
      return text;
    }
    return this.#unicode(start, end);
  }

  #unicode(start: number, end: number): string {
    if (!isUtf8(this.#bytes.subarray(start, end))) throw invalid(start, "text that is not UTF-8");
    return this.#bytes.toString("utf8", start, end);
  }

  #length(least: number): number {
    const length = this.#bytes.readInt32LE(this.#take(4));
    if (length >= least && length <= this.#end - this.#at) return length;
    throw invalid(this.#at - 4, `${length} bytes where ${this.#end - this.#at} are left`);
  }

  #copy(length: number): Uint8Array {
    const start = this.#take(length);
    return new Uint8Array(this.#bytes.subarray(start, start + length));
  }

  #take(length: number): number {
    this.#need(length);
    const start = this.#at;
    this.#at += length;
    return start;
  }

  #need(length: number): true {
    if (this.#end - this.#at >= length) return true;
    throw invalid(this.#at, `a value of ${length} bytes where ${this.#end - this.#at} are left`);
  }
}

function invalid(byteOffset: number, problem: string): CorruptDataError {
  return new CorruptDataError("DOCDB_BSON_INVALID", "BSON", byteOffset, problem);
}
