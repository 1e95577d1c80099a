import { InvalidArgumentError } from "@millrace/base";
import { Binary, BSONRegExp, Code, Double, MaxKey, MinKey, Timestamp } from "./bson-types.ts";
import { Decimal128 } from "./decimal128.ts";
import { ObjectId } from "./object-id.ts";

/**
 * What a field may hold. A number that is an integer of 32 bits is stored as int32, any other number as double (as is
 * every {@link Double}); a bigint as int64; a Uint8Array as binary of subtype 0.
 */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Date
  | Uint8Array
  | ObjectId
  | Double
  | Decimal128
  | Binary
  | Timestamp
  | BSONRegExp
  | Code
  | MinKey
  | MaxKey
  | readonly Value[]
  | Document;

/** Fields by name, in order. */
export interface Document {
  readonly [field: string]: Value;
}

/** Ranks of the types in comparisons, BSON's order; gaps leave room for the types to come. */
export const TYPE_RANK = {
  minKey: 0x04,
  null: 0x08,
  number: 0x10,
  string: 0x18,
  object: 0x20,
  array: 0x28,
  binary: 0x30,
  objectId: 0x38,
  boolean: 0x40,
  date: 0x48,
  timestamp: 0x50,
  regex: 0x58,
  code: 0x60,
  codeWithScope: 0x68,
  maxKey: 0x7f,
} as const;

/** The rank of a value's type. @throws InvalidArgumentError `DOCDB_VALUE_TYPE` for what no field may hold */
export function rankOf(value: Value): number {
  switch (typeof value) {
    case "number":
    case "bigint":
      return TYPE_RANK.number;
    case "string":
      return TYPE_RANK.string;
    case "boolean":
      return TYPE_RANK.boolean;
    case "object":
      if (value === null) return TYPE_RANK.null;
      if (Array.isArray(value)) return TYPE_RANK.array;
      if (value instanceof ObjectId) return TYPE_RANK.objectId;
      if (value instanceof Date) return TYPE_RANK.date;
      if (value instanceof Uint8Array) return TYPE_RANK.binary;
      if (isPlain(value)) return TYPE_RANK.object;
      return rankOfBsonType(value);
  }
  throw noValue(value);
}

function rankOfBsonType(value: object): number {
  if (value instanceof Double || value instanceof Decimal128) return TYPE_RANK.number;
  if (value instanceof Binary) return TYPE_RANK.binary;
  if (value instanceof Timestamp) return TYPE_RANK.timestamp;
  if (value instanceof BSONRegExp) return TYPE_RANK.regex;
  if (value instanceof Code) return value.scope === undefined ? TYPE_RANK.code : TYPE_RANK.codeWithScope;
  if (value instanceof MinKey) return TYPE_RANK.minKey;
  if (value instanceof MaxKey) return TYPE_RANK.maxKey;
  throw noValue(value);
}

function noValue(value: unknown): InvalidArgumentError {
  const expected =
    "null, a boolean, number, bigint, string, Date, Uint8Array, ObjectId, BSON type, array or plain object";
  return new InvalidArgumentError("DOCDB_VALUE_TYPE", "field value", value, expected);
}

/** Whether a value is a document in its own right. */
export function isDocument(value: Value | undefined): value is Document {
  return typeof value === "object" && value !== null && rankOf(value) === TYPE_RANK.object;
}

/** Sets a field, even one called `__proto__`, which an assignment would take for something else. */
export function setField(document: Record<string, Value>, name: string, value: Value): void {
  if (name !== "__proto__") document[name] = value;
  else Object.defineProperty(document, name, { value, enumerable: true, configurable: true, writable: true });
}

/** A field of the document's own, not one of its prototype's. */
export function getField(document: Document, name: string): Value | undefined {
  return Object.hasOwn(document, name) ? document[name] : undefined;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}
