import type { ObjectId } from "../document/object-id.ts";
import { type Document, rankOf, TYPE_RANK, type Value } from "../document/value.ts";

/**
 * Compares two values in BSON's order: by type first, then by value; int64 and double exactly, NaN below all numbers.
 * @returns below 0, 0 or above 0
 */
export function compareValues(a: Value, b: Value): number {
  const rank = rankOf(a);
  const other = rankOf(b);
  if (rank !== other) return rank - other;
  switch (rank) {
    case TYPE_RANK.null:
      return 0;
    case TYPE_RANK.number:
      return compareNumbers(a as number | bigint, b as number | bigint);
    case TYPE_RANK.string:
      return compareStrings(a as string, b as string);
    case TYPE_RANK.boolean:
      return Number(a) - Number(b);
    case TYPE_RANK.date:
      return compareNumbers((a as Date).getTime(), (b as Date).getTime());
    case TYPE_RANK.objectId:
      return compareBytes((a as ObjectId).bytes, (b as ObjectId).bytes);
    case TYPE_RANK.binary:
      return (
        (a as Uint8Array).length - (b as Uint8Array).length || compareBytes(a as Uint8Array, b as Uint8Array)
      );
    case TYPE_RANK.array:
      return compareArrays(a as readonly Value[], b as readonly Value[]);
    default:
      return compareDocuments(a as Document, b as Document);
  }
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

/** By code points, as the bytes of UTF-8 compare; UTF-16 units order surrogates before U+E000 to U+FFFF. */
function compareStrings(a: string, b: string): number {
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

function compareArrays(a: readonly Value[], b: readonly Value[]): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const order = compareValues(a[i]!, b[i]!);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** Field by field: the types of the values, then the names, then the values. */
function compareDocuments(a: Document, b: Document): number {
  const names = Object.keys(a);
  const others = Object.keys(b);
  const n = Math.min(names.length, others.length);
  for (let i = 0; i < n; i++) {
    const value = a[names[i]!]!;
    const other = b[others[i]!]!;
    const order =
      rankOf(value) - rankOf(other) || compareStrings(names[i]!, others[i]!) || compareValues(value, other);
    if (order !== 0) return order;
  }
  return names.length - others.length;
}
