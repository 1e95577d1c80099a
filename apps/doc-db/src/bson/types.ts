/** Type bytes of the BSON specification, version 1.1 (bsonspec.org/spec.html). */
export const BSON: {
  readonly [name in
    | "double"
    | "string"
    | "object"
    | "array"
    | "binary"
    | "undefined"
    | "objectId"
    | "boolean"
    | "date"
    | "null"
    | "regex"
    | "code"
    | "symbol"
    | "codeWithScope"
    | "int32"
    | "timestamp"
    | "int64"
    | "decimal"
    | "minKey"
    | "maxKey"]: number;
} = Object.freeze({
  double: 0x01,
  string: 0x02,
  object: 0x03,
  array: 0x04,
  binary: 0x05,
  undefined: 0x06,
  objectId: 0x07,
  boolean: 0x08,
  date: 0x09,
  null: 0x0a,
  regex: 0x0b,
  code: 0x0d,
  symbol: 0x0e,
  codeWithScope: 0x0f,
  int32: 0x10,
  timestamp: 0x11,
  int64: 0x12,
  decimal: 0x13,
  minKey: 0xff,
  maxKey: 0x7f,
});

/** Old binary: the bytes have a length of their own in front, within that of the value. */
export const OLD_BINARY = 2;
