import { Binary, type BSONRegExp, type Code, Double, type Timestamp } from "../document/bson-types.ts";
import { Decimal128 } from "../document/decimal128.ts";
import type { ObjectId } from "../document/object-id.ts";
import { type Document, rankOf, TYPE_RANK, type Value } from "../document/value.ts";

/** Compares two strings: below 0, 0 or above 0. */
export type CompareText = (a: string, b: string) => number;

/**
 * Compares two values in BSON's order: by type first, then by value; int64 and double exactly, NaN below all numbers.
 * @param text - how strings compare; by code points unless a collation says otherwise
 * @returns below 0, 0 or above 0
 */
export function compareValues(a: Value, b: Value, text: CompareText = compareStrings): number {
  const rank = rankOf(a);
  const other = rankOf(b);
  if (rank !== other) return rank - other;
  switch (rank) {
    case TYPE_RANK.null:
      return 0;
    case TYPE_RANK.number:
      return compareNumeric(a as Numeric, b as Numeric);
    case TYPE_RANK.string:
      return text(a as string, b as string);
    case TYPE_RANK.boolean:
      return Number(a) - Number(b);
    case TYPE_RANK.date:
      return compareNumbers((a as Date).getTime(), (b as Date).getTime());
    case TYPE_RANK.objectId:
      return compareBytes((a as ObjectId).bytes, (b as ObjectId).bytes);
    case TYPE_RANK.binary:
      return compareBinary(a as Uint8Array | Binary, b as Uint8Array | Binary);
    case TYPE_RANK.array:
      if (a === b) return 0;
      return compareArrays(a as readonly Value[], b as readonly Value[], text);
    case TYPE_RANK.object:
      if (a === b) return 0;
      return compareDocuments(a as Document, b as Document, text);
    default:
      return compareRare(rank, a, b);
  }
}

function compareRare(rank: number, a: Value, b: Value): number {
  switch (rank) {
    case TYPE_RANK.timestamp: {
      const [x, y] = [a as Timestamp, b as Timestamp];
      return x.seconds - y.seconds || x.increment - y.increment;
    }
    case TYPE_RANK.regex: {
      const [x, y] = [a as BSONRegExp, b as BSONRegExp];
      return compareStrings(x.pattern, y.pattern) || compareStrings(x.options, y.options);
    }
    case TYPE_RANK.code:
      return compareStrings((a as Code).code, (b as Code).code);
    case TYPE_RANK.codeWithScope: {
      const [x, y] = [a as Code, b as Code];
      return (
        compareStrings(x.code, y.code) ||
        compareDocuments(x.scope as Document, y.scope as Document, compareStrings)
      );
    }
    default:
      return 0;
  }
}

type Numeric = number | bigint | Double | Decimal128;

function compareNumeric(a: Numeric, b: Numeric): number {
  const x = a instanceof Double ? a.value : a;
  const y = b instanceof Double ? b.value : b;
  if (x instanceof Decimal128 || y instanceof Decimal128) return compareDecimals(decimalOf(x), decimalOf(y));
  return compareNumbers(x, y);
}

function decimalOf(value: number | bigint | Decimal128): Decimal128 {
  if (value instanceof Decimal128) return value;
  return typeof value === "bigint" ? Decimal128.fromInteger(value) : Decimal128.exactly(value);
}

function compareDecimals(a: Decimal128, b: Decimal128): number {
  if (a.isNaN || b.isNaN) return Number(b.isNaN) - Number(a.isNaN);
  if (a.kind === "infinite" || b.kind === "infinite") return infinitySign(a) - infinitySign(b);
  if (a.isZero || b.isZero || a.isNegative !== b.isNegative) return signOf(a) - signOf(b);
  const direction = a.isNegative ? -1 : 1;
  const magnitude = (value: Decimal128): number => value.exponent + value.coefficient.toString().length;
  if (magnitude(a) !== magnitude(b)) return (magnitude(a) - magnitude(b)) * direction;
  const shift = BigInt(Math.abs(a.exponent - b.exponent));
  const x = a.exponent > b.exponent ? a.signed * 10n ** shift : a.signed;
  const y = b.exponent > a.exponent ? b.signed * 10n ** shift : b.signed;
  return x < y ? -1 : Number(x > y);
}

function infinitySign(value: Decimal128): number {
  return value.kind === "infinite" ? (value.isNegative ? -1 : 1) : 0;
}

function signOf(value: Decimal128): number {
  return value.isZero ? 0 : value.isNegative ? -1 : 1;
}

/** By length, then subtype, then bytes. */
function compareBinary(a: Uint8Array | Binary, b: Uint8Array | Binary): number {
  const x = a instanceof Binary ? a : { bytes: a, subtype: 0 };
  const y = b instanceof Binary ? b : { bytes: b, subtype: 0 };
  return x.bytes.length - y.bytes.length || x.subtype - y.subtype || compareBytes(x.bytes, y.bytes);
}

/** Compares bytes as unsigned numbers, a beginning before what goes on. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const difference = a[i]! - b[i]!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function compareNumbers(a: number | bigint, b: number | bigint): number {
  if (a < b) return -1;
  if (a > b) return 1;
  // Equal, or one is NaN.
  return Number(Number.isNaN(b)) - Number(Number.isNaN(a));
}

/** Compares text by code points, as the bytes of UTF-8 compare; UTF-16 units order surrogates before U+E000 to U+FFFF. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const isSurrogate = x >= 0xd800 && x <= 0xdfff;
    if (isSurrogate === (y >= 0xd800 && y <= 0xdfff)) return x - y;
    return (isSurrogate ? 0x10000 : x) - (isSurrogate ? y : 0x10000);
  }
  return a.length - b.length;
}

function compareArrays(a: readonly Value[], b: readonly Value[], text: CompareText): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const order = compareValues(a[i]!, b[i]!, text);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** Field by field: the types of the values, then the names, then the values. */
function compareDocuments(a: Document, b: Document, text: CompareText): number {
  const names = Object.keys(a);
  const others = Object.keys(b);
  const n = Math.min(names.length, others.length);
  for (let i = 0; i < n; i++) {
    const value = a[names[i]!]!;
    const other = b[others[i]!]!;
    const order =
      rankOf(value) - rankOf(other) ||
      compareStrings(names[i]!, others[i]!) ||
      compareValues(value, other, text);
    if (order !== 0) return order;
  }
  return names.length - others.length;
}
