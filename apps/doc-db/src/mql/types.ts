/** Names and numbers of BSON's types (bsonspec.org), as `$type` uses them. */
import { Binary, BSONRegExp, Code, Double, MaxKey, MinKey, Timestamp } from "../document/bson-types.ts";
import { Decimal128 } from "../document/decimal128.ts";
import { ObjectId } from "../document/object-id.ts";
import type { Value } from "../document/value.ts";

/** Numbers of the types by their names. */
export const TYPE_NUMBERS = {
  minKey: -1,
  double: 1,
  string: 2,
  object: 3,
  array: 4,
  binData: 5,
  undefined: 6,
  objectId: 7,
  bool: 8,
  date: 9,
  null: 10,
  regex: 11,
  dbPointer: 12,
  javascript: 13,
  symbol: 14,
  javascriptWithScope: 15,
  int: 16,
  timestamp: 17,
  long: 18,
  decimal: 19,
  maxKey: 127,
} as const;

export type TypeName = keyof typeof TYPE_NUMBERS | "missing";

/** The type's name of a value; "missing" where there is none. */
export function typeName(value: Value | undefined): TypeName {
  switch (typeof value) {
    case "undefined":
      return "missing";
    case "string":
      return "string";
    case "boolean":
      return "bool";
    case "bigint":
      return "long";
    case "number":
      return (value | 0) === value && !Object.is(value, -0) ? "int" : "double";
  }
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (value instanceof Date) return "date";
  if (value instanceof ObjectId) return "objectId";
  if (value instanceof Double) return "double";
  if (value instanceof Decimal128) return "decimal";
  if (value instanceof Uint8Array || value instanceof Binary) return "binData";
  return rareTypeName(value as object);
}

function rareTypeName(value: object): TypeName {
  if (value instanceof Timestamp) return "timestamp";
  if (value instanceof BSONRegExp) return "regex";
  if (value instanceof Code) return value.scope === undefined ? "javascript" : "javascriptWithScope";
  if (value instanceof MinKey) return "minKey";
  if (value instanceof MaxKey) return "maxKey";
  return "object";
}

/** Null, or not there at all. */
export function isNullish(value: Value | undefined): value is null | undefined {
  return value === null || value === undefined;
}

/** What counts as true: everything but false, zero, null and what is missing. */
export function isTruthy(value: Value | undefined): boolean {
  if (value === null || value === undefined || value === false || value === 0 || value === 0n) return false;
  if (value instanceof Double) return value.value !== 0;
  return !(value instanceof Decimal128 && value.isZero);
}
