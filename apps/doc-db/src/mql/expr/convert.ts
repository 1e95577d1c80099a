import { Binary, Double } from "../../document/bson-types.ts";
import { Decimal128 } from "../../document/decimal128.ts";
import { ObjectId } from "../../document/object-id.ts";
import type { Value } from "../../document/value.ts";
import { compareValues } from "../../keys/compare.ts";
import { DEFAULT_FORMAT, formatDate } from "../date/format.ts";
import { parseDate } from "../date/parse.ts";
import { UTC } from "../date/time-zone.ts";
import { fail, LanguageError } from "../error.ts";
import {
  double,
  INT32_MAX,
  INT32_MIN,
  INT64_MAX,
  INT64_MIN,
  isNumeric,
  type Numeric,
  toDecimal,
  toInt64,
  toNumber,
} from "../number.ts";
import { isNullish, isTruthy, TYPE_NUMBERS, type TypeName, typeName } from "../types.ts";
import { compile, type Expression, fold, type OperatorTable, type Scope } from "./compile.ts";
import { dateOfNumber } from "./date.ts";
import { timeOf } from "./date-parts.ts";
import { compileOperands, namedArguments } from "./define.ts";

/** Operators that convert from type to type. */
export const CONVERT: OperatorTable = {
  $convert: compileConvert,
  $toBool: shorthand("$toBool", "bool"),
  $toDate: shorthand("$toDate", "date"),
  $toDecimal: shorthand("$toDecimal", "decimal"),
  $toDouble: shorthand("$toDouble", "double"),
  $toInt: shorthand("$toInt", "int"),
  $toLong: shorthand("$toLong", "long"),
  $toObjectId: shorthand("$toObjectId", "objectId"),
  $toString: shorthand("$toString", "string"),
};

function shorthand(name: string, type: TypeName): OperatorTable[string] {
  return (operand, scope) => {
    const parts = compileOperands(operand, scope);
    if (parts.length !== 1) fail(50723, name, parts.length, "one operand");
    return fold(parts, (context) => {
      const value = parts[0]!(context);
      return isNullish(value) ? null : convertTo(value, type);
    });
  };
}

function compileConvert(operand: Value, scope: Scope): Expression {
  const names = ["input", "to", "onError", "onNull", "format", "byteOrder", "base"];
  const codes = { notObject: 9, unknown: 9, missing: 9 };
  const given = namedArguments("$convert", operand, names, ["input", "to"], codes);
  const part = (name: string): Expression | undefined =>
    given[name] === undefined ? undefined : compile(given[name]!, scope);
  const [input, to] = [part("input")!, part("to")!];
  const [onError, onNull] = [part("onError"), part("onNull")];
  const used = [
    input,
    to,
    ...(onError === undefined ? [] : [onError]),
    ...(onNull === undefined ? [] : [onNull]),
  ];
  return fold(used, (context) => {
    const value = input(context);
    const target = to(context);
    const type = isNullish(target) ? undefined : targetType(target);
    if (isNullish(value)) return onNull === undefined ? null : onNull(context);
    if (type === undefined) return null;
    try {
      return convertTo(value, type);
    } catch (error) {
      if (onError !== undefined && error instanceof LanguageError) return onError(context);
      throw error;
    }
  });
}

function targetType(target: Value): TypeName {
  if (typeof target === "string") {
    return Object.hasOwn(TYPE_NUMBERS, target)
      ? (target as TypeName)
      : fail(2, "$convert to", target, "a type's name");
  }
  if (!isNumeric(target)) return fail(9, "$convert to", target, "a type's name or number");
  const number = toInt64(target);
  if (number === undefined) return fail(9, "$convert to", target, "a type's number");
  const found = Object.entries(TYPE_NUMBERS).find(([, known]) => BigInt(known) === number);
  return found === undefined ? fail(2, "$convert to", target, "a type's number") : (found[0] as TypeName);
}

/** @throws LanguageError 241 for what cannot be converted */
export function convertTo(value: Value, type: TypeName): Value {
  switch (type) {
    case "bool":
      return typeof value === "string" || isTruthy(value);
    case "string":
      return textOf(value) ?? cannot(value, type);
    case "int":
      return Number(integerIn(value, type, BigInt(INT32_MIN), BigInt(INT32_MAX)));
    case "long":
      return integerIn(value, type, INT64_MIN, INT64_MAX);
    case "double":
      return toDouble(value);
    case "decimal":
      return toDecimalValue(value);
    case "date":
      return toDate(value);
    case "objectId":
      if (value instanceof ObjectId) return value;
      if (typeof value === "string" && /^[0-9a-f]{24}$/i.test(value)) return ObjectId.fromHex(value);
  }
  return typeName(value) === type ? value : cannot(value, type);
}

function cannot(value: Value, type: TypeName): never {
  return fail(241, `conversion to ${type}`, value, "a value that can be converted");
}

/** A value as text; undefined for types that have none. */
export function textOf(value: Value): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (value instanceof Decimal128) return value.toString();
  if (typeof value === "number" || value instanceof Double) return numberText(Number(value));
  if (value instanceof ObjectId) return value.toHex();
  if (value instanceof Date) return `${formatDate(DEFAULT_FORMAT, value.getTime(), UTC)}Z`;
  if (value instanceof Binary && value.subtype === 4) {
    const hex = Buffer.from(value.bytes).toString("hex");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.*)$/, "$1-$2-$3-$4-$5");
  }
  const bytes = value instanceof Binary ? value.bytes : value instanceof Uint8Array ? value : undefined;
  return bytes === undefined ? undefined : Buffer.from(bytes).toString("base64");
}

function numberText(value: number): string {
  if (Object.is(value, -0)) return "-0";
  return String(value).replace(/e([+-])(\d)$/, "e$10$2");
}

function integerIn(value: Value, type: TypeName, least: bigint, most: bigint): bigint {
  let integer: bigint | undefined;
  if (typeof value === "boolean") integer = value ? 1n : 0n;
  else if (typeof value === "string")
    integer = /^[+-]?\d+$/.test(value) ? BigInt(value.replace(/^\+/, "")) : undefined;
  else if (value instanceof Decimal128) integer = value.exponent > 40 ? undefined : value.toBigInt("down");
  else if (value instanceof Date && type === "long") integer = BigInt(value.getTime());
  else if (isNumeric(value)) {
    const number = Math.trunc(toNumber(value));
    integer = typeof value === "bigint" ? value : Number.isFinite(number) ? BigInt(number) : undefined;
  } else {
    const number = numberOfBytes(value, false);
    integer = number === undefined ? undefined : BigInt(number as number);
  }
  if (integer === undefined || integer < least || integer > most) return cannot(value, type);
  return integer;
}

/** Little-endian integers and IEEE 754 numbers, as binary data hold them. */
function numberOfBytes(value: Value, isDouble: boolean): Value | undefined {
  const bytes = value instanceof Uint8Array ? value : undefined;
  if (bytes === undefined) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isDouble && bytes.length === 4) return double(view.getFloat32(0, true));
  if (isDouble) return bytes.length === 8 ? double(view.getFloat64(0, true)) : undefined;
  if (bytes.length === 1) return view.getInt8(0);
  if (bytes.length === 2) return view.getInt16(0, true);
  if (bytes.length === 4) return view.getInt32(0, true);
  return bytes.length === 8 ? view.getBigInt64(0, true) : undefined;
}

function toDouble(value: Value): Value {
  if (typeof value === "boolean") return double(Number(value));
  if (value instanceof Date) return double(value.getTime());
  if (value instanceof Decimal128) {
    const number = value.toNumber();
    return value.kind === "finite" && !Number.isFinite(number) ? cannot(value, "double") : double(number);
  }
  if (isNumeric(value)) return double(toNumber(value));
  if (typeof value !== "string") return numberOfBytes(value, true) ?? cannot(value, "double");
  if (/^[+-]?inf(inity)?$/i.test(value)) return value.startsWith("-") ? -Infinity : Infinity;
  if (/^[+-]?nan$/i.test(value)) return Number.NaN;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value)) return cannot(value, "double");
  const number = Number(value);
  return Number.isFinite(number) ? double(number) : cannot(value, "double");
}

function toDecimalValue(value: Value): Value {
  if (typeof value === "boolean") return Decimal128.fromInteger(value ? 1n : 0n);
  if (value instanceof Date) return Decimal128.fromInteger(BigInt(value.getTime()));
  if (isNumeric(value)) return toDecimal(value);
  if (typeof value !== "string") return cannot(value, "decimal");
  try {
    return Decimal128.parse(value);
  } catch {
    return cannot(value, "decimal");
  }
}

function toDate(value: Value): Value {
  const time = timeOf(value);
  if (time !== undefined) return new Date(time);
  if (typeof value === "string") return new Date(parseDate(value, UTC, false));
  if (typeName(value) === "int") return cannot(value, "date");
  const isTooFar = isNumeric(value) && compareValues(value as Numeric, INT64_MAX) > 0;
  return (isTooFar ? undefined : dateOfNumber(value)) ?? cannot(value, "date");
}
