import { CapacityError } from "@millrace/base";
import { Binary, type BSONRegExp, type Code, Double, type Timestamp } from "../document/bson-types.ts";
import { Decimal128 } from "../document/decimal128.ts";
import type { ObjectId } from "../document/object-id.ts";
import { type Document, rankOf, TYPE_RANK, type Value } from "../document/value.ts";
import { compareValues } from "./compare.ts";

/** Longest value part of an index key in bytes; what lies behind is cut off, and the documents decide. */
export const MAX_INDEX_VALUE_BYTES = 512;

/** Of any value that is compared by its key: few values within each other may become very many bytes. */
const MAX_KEY_BYTES = 48 * 1024 * 1024;

/** Bit of a number's last word: the digits of a decimal follow. */
const HAS_DIGITS = 1;

const encoder = new TextEncoder();
let scratch = new Uint8Array(4096);
let view = new DataView(scratch.buffer);
let at = 0;

/**
 * Encodes a value so that comparing bytes compares values in BSON's order.
 *
 * No encoding is a beginning of another one, so that encodings can be put one behind the other. The layout is in
 * docs/formats/doc-db.md.
 */
export function encodeKey(value: Value): Uint8Array<ArrayBuffer> {
  at = 0;
  writeKey(value);
  return scratch.slice(0, at);
}

/** A key that lies in bytes which the next one is written over. */
export interface SharedKey {
  bytes: Uint8Array;
  length: number;
}

const shared: SharedKey = { bytes: scratch, length: 0 };

/** As {@link encodeKey} without bytes of its own: valid until the next key is encoded. */
export function encodeSharedKey(value: Value): SharedKey {
  at = 0;
  writeKey(value);
  shared.bytes = scratch;
  shared.length = at;
  return shared;
}

/** As {@link encodeKey}, cut to {@link MAX_INDEX_VALUE_BYTES}: the order of what remains is kept. */
export function encodeIndexValue(value: Value): Uint8Array<ArrayBuffer> {
  at = 0;
  writeKey(value);
  return scratch.slice(0, Math.min(at, MAX_INDEX_VALUE_BYTES));
}

function writeKey(value: Value): void {
  const rank = rankOf(value);
  reserve(32);
  scratch[at++] = rank;
  switch (rank) {
    case TYPE_RANK.number:
      writeAnyNumber(value as number | bigint | Double | Decimal128);
      return;
    case TYPE_RANK.string:
      writeText(value as string);
      return;
    case TYPE_RANK.boolean:
      scratch[at++] = value === true ? 1 : 0;
      return;
    case TYPE_RANK.date:
      writeOrderedDouble((value as Date).getTime());
      return;
    case TYPE_RANK.objectId:
      writeBytes((value as ObjectId).bytes);
      return;
    case TYPE_RANK.binary:
      writeBinary(value as Uint8Array | Binary);
      return;
    case TYPE_RANK.array:
      for (const element of value as readonly Value[]) writeKey(element);
      writeEnd();
      return;
    case TYPE_RANK.object:
      for (const [name, field] of Object.entries(value as Document)) {
        reserve(1);
        scratch[at++] = rankOf(field);
        writeText(name);
        writeKey(field);
      }
      writeEnd();
      return;
    case TYPE_RANK.timestamp:
      view.setUint32(at, (value as Timestamp).seconds);
      view.setUint32(at + 4, (value as Timestamp).increment);
      at += 8;
      return;
    case TYPE_RANK.regex:
      writeText((value as BSONRegExp).pattern);
      writeText((value as BSONRegExp).options);
      return;
    case TYPE_RANK.code:
      writeText((value as Code).code);
      return;
    case TYPE_RANK.codeWithScope:
      writeText((value as Code).code);
      writeKey((value as Code).scope as Document);
  }
}

function writeBinary(value: Uint8Array | Binary): void {
  const { bytes, subtype } = value instanceof Binary ? value : { bytes: value, subtype: 0 };
  view.setUint32(at, bytes.length);
  scratch[at + 4] = subtype;
  at += 5;
  writeBytes(bytes);
}

function writeAnyNumber(value: number | bigint | Double | Decimal128): void {
  if (value instanceof Decimal128) writeDecimal(value);
  else writeNumber(value instanceof Double ? value.value : value);
}

/** A decimal that an int64 or a double holds has that one's key; any other one has its digits behind the double below it. */
function writeDecimal(value: Decimal128): void {
  const exact = exactNumber(value);
  if (exact !== undefined) {
    writeNumber(exact);
    return;
  }
  const nearest = value.toNumber();
  const floor = compareValues(nearest, value) > 0 ? nextBelow(nearest) : nearest;
  // Among int64 beyond 2^53 several integers have one double below them.
  const isAmongIntegers = Math.abs(floor) >= 2 ** 53 && Math.abs(floor) <= 2 ** 63;
  const rest = isAmongIntegers ? Number(value.toBigInt("floor")! - BigInt(floor)) : 0;
  writeOrderedDouble(floor);
  view.setUint16(at, (rest * 2) | HAS_DIGITS);
  at += 2;
  writeDigits(value);
}

/** The int64 or the double that a decimal is equal to. */
function exactNumber(value: Decimal128): number | bigint | undefined {
  if (value.kind !== "finite") return value.toNumber();
  const integer = Math.abs(value.exponent) < 40 ? value.toBigInt("floor")! : undefined;
  const isWhole = integer !== undefined && compareValues(integer, value) === 0;
  if (isWhole && BigInt.asIntN(64, integer) === integer) return integer;
  const nearest = value.toNumber();
  return compareValues(nearest, value) === 0 ? nearest : undefined;
}

/** Decimal exponent and digits, two a byte; all bits inverted of a negative number. */
function writeDigits(value: Decimal128): void {
  const all = value.coefficient.toString();
  const digits = all.replace(/0+$/, "");
  reserve(digits.length / 2 + 8);
  const start = at;
  view.setUint16(at, value.exponent + all.length + 8192);
  at += 2;
  for (let i = 0; i < digits.length; i += 2)
    scratch[at++] = 1 + Number(digits.slice(i, i + 2).padEnd(2, "0"));
  scratch[at++] = 0;
  if (!value.isNegative) return;
  for (let i = start; i < at; i++) scratch[i] = scratch[i]! ^ 255;
}

/** A double at or below the number, and twice what the number is above it: for int64 beyond 2^53 only. */
function writeNumber(value: number | bigint): void {
  let floor = Number(value);
  let rest = 0;
  if (typeof value === "bigint" && BigInt(floor) !== value) {
    if (BigInt(floor) > value) floor = nextBelow(floor);
    rest = Number(value - BigInt(floor));
  }
  writeOrderedDouble(floor);
  view.setUint16(at, rest * 2);
  at += 2;
}

/** Sign bit flipped for positive numbers, all bits for negative ones; NaN as zeros, below all. */
function writeOrderedDouble(value: number): void {
  if (Number.isNaN(value)) {
    view.setFloat64(at, 0);
  } else {
    // Adding 0 makes -0 the same key as 0.
    view.setFloat64(at, value + 0);
    const flip = scratch[at]! < 128 ? 0 : 255;
    scratch[at] = scratch[at]! ^ (flip === 0 ? 128 : 255);
    for (let i = 1; i < 8; i++) scratch[at + i] = scratch[at + i]! ^ flip;
  }
  at += 8;
}

function nextBelow(value: number): number {
  if (value === Number.POSITIVE_INFINITY) return Number.MAX_VALUE;
  if (value === 0) return -Number.MIN_VALUE;
  const bits = new BigInt64Array(new Float64Array([value]).buffer);
  bits[0] = bits[0]! + (value > 0 ? -1n : 1n);
  return new Float64Array(bits.buffer)[0]!;
}

/** UTF-8 with 0x00 as 0x00 0xff, ended by 0x00 0x00. */
function writeText(text: string): void {
  reserve(text.length * 6 + 2);
  const { written } = encoder.encodeInto(text, scratch.subarray(at));
  const nul = scratch.subarray(at, at + written).indexOf(0);
  at += written;
  if (nul >= 0) escapeZeros(at - written);
  scratch[at++] = 0;
  scratch[at++] = 0;
}

function escapeZeros(start: number): void {
  const plain = scratch.slice(start, at);
  at = start;
  for (const byte of plain) {
    scratch[at++] = byte;
    if (byte === 0) scratch[at++] = 255;
  }
}

function writeBytes(bytes: Uint8Array): void {
  reserve(bytes.length);
  scratch.set(bytes, at);
  at += bytes.length;
}

function writeEnd(): void {
  reserve(1);
  scratch[at++] = 0;
}

function reserve(byteLength: number): void {
  if (at + byteLength <= scratch.length) return;
  if (at + byteLength > MAX_KEY_BYTES)
    throw new CapacityError("DOCDB_KEY_TOO_LONG", "value as a key", at + byteLength, MAX_KEY_BYTES);
  const grown = new Uint8Array(Math.max(at + byteLength, scratch.length * 2));
  grown.set(scratch.subarray(0, at));
  scratch = grown;
  view = new DataView(grown.buffer);
}
