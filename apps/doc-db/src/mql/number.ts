/** Arithmetic over int32, int64, double and decimal128, with MongoDB's rules for the type of the result. */
import { Double } from "../document/bson-types.ts";
import { DECIMAL_DIGITS, Decimal128, digitsOf } from "../document/decimal128.ts";
import type { Value } from "../document/value.ts";
import { typeName } from "./types.ts";

export type Numeric = number | bigint | Double | Decimal128;
export type NumericType = "int" | "long" | "double" | "decimal";

export const INT32_MIN: number = -(2 ** 31);
export const INT32_MAX: number = 2 ** 31 - 1;
export const INT64_MIN: bigint = -(2n ** 63n);
export const INT64_MAX: bigint = 2n ** 63n - 1n;
const RANK: Readonly<Record<NumericType, number>> = { int: 0, long: 1, double: 2, decimal: 3 };

export function isNumeric(value: Value | undefined): value is Numeric {
  return (
    typeof value === "number" ||
    typeof value === "bigint" ||
    value instanceof Double ||
    value instanceof Decimal128
  );
}

export function numericType(value: Numeric): NumericType {
  return typeName(value) as NumericType;
}

/** The type that a result has: decimal before double before int64 before int32. */
export function widerType(a: NumericType, b: NumericType): NumericType {
  return RANK[a] >= RANK[b] ? a : b;
}

/** A double as a value: wrapped when it would be taken for an int32 otherwise. */
export function double(value: number): number | Double {
  return (value | 0) === value && !Object.is(value, -0) ? new Double(value) : value;
}

/** The nearest double. */
export function toNumber(value: Numeric): number {
  if (typeof value === "number") return value;
  return value instanceof Decimal128 ? value.toNumber() : Number(value);
}

export function toDecimal(value: Numeric): Decimal128 {
  if (value instanceof Decimal128) return value;
  if (typeof value === "bigint") return Decimal128.fromInteger(value);
  return numericType(value) === "int"
    ? Decimal128.fromInteger(BigInt(value as number))
    : Decimal128.fromDouble(Number(value));
}

/** An exact integer; undefined when the number is none, or no integer of 64 bits. */
export function toInt64(value: Numeric): bigint | undefined {
  if (typeof value === "bigint") return value;
  if (value instanceof Decimal128) {
    if (value.kind !== "finite" || value.exponent > DECIMAL_DIGITS) return undefined;
    const whole = value.toBigInt("floor")!;
    const isWhole = whole === value.toBigInt("ceiling");
    return isWhole && BigInt.asIntN(64, whole) === whole ? whole : undefined;
  }
  const number = Number(value);
  if (!Number.isInteger(number) || number < -(2 ** 63) || number >= 2 ** 63) return undefined;
  return BigInt(number);
}

/** An exact integer of 32 bits; undefined for anything else. */
export function toInt32(value: Numeric): number | undefined {
  const integer = toInt64(value);
  return integer !== undefined && BigInt.asIntN(32, integer) === integer ? Number(integer) : undefined;
}

export function isNaNValue(value: Value | undefined): boolean {
  return value instanceof Decimal128 ? value.isNaN : isNumeric(value) && Number.isNaN(Number(value));
}

/** An integer in the narrowest type from `type` on that holds it; a double beyond 64 bits. */
export function integerOf(value: bigint, type: NumericType): Numeric {
  if (type === "int" && BigInt.asIntN(32, value) === value) return Number(value);
  return BigInt.asIntN(64, value) === value ? value : double(Number(value));
}

export function add(a: Numeric, b: Numeric): Numeric {
  const type = widerType(numericType(a), numericType(b));
  if (type === "decimal") return addDecimals(toDecimal(a), toDecimal(b));
  if (type === "double") return double(toNumber(a) + toNumber(b));
  return integerOf(BigInt(a as number) + BigInt(b as number), type);
}

export function negate(a: Numeric): Numeric {
  if (a instanceof Decimal128) return negateDecimal(a);
  if (numericType(a) === "double") return double(-Number(a));
  return integerOf(-BigInt(a as number), numericType(a));
}

export function subtract(a: Numeric, b: Numeric): Numeric {
  const type = widerType(numericType(a), numericType(b));
  if (type === "decimal") return addDecimals(toDecimal(a), negateDecimal(toDecimal(b)));
  if (type === "double") return double(toNumber(a) - toNumber(b));
  return integerOf(BigInt(a as number) - BigInt(b as number), type);
}

export function multiply(a: Numeric, b: Numeric): Numeric {
  const type = widerType(numericType(a), numericType(b));
  if (type === "decimal") return multiplyDecimals(toDecimal(a), toDecimal(b));
  if (type === "double") return double(toNumber(a) * toNumber(b));
  return integerOf(BigInt(a as number) * BigInt(b as number), type);
}

/** The remainder with the sign of the dividend; the divisor is not zero. */
export function remainder(a: Numeric, b: Numeric): Numeric {
  const type = widerType(numericType(a), numericType(b));
  if (type === "decimal") return remainderOfDecimals(toDecimal(a), toDecimal(b));
  if (type === "double") return double(toNumber(a) % toNumber(b));
  return integerOf(BigInt(a as number) % BigInt(b as number), type);
}

export function isZero(value: Numeric): boolean {
  return value instanceof Decimal128 ? value.isZero : Number(value) === 0;
}

export function negateDecimal(a: Decimal128): Decimal128 {
  if (a.kind === "nan") return a;
  if (a.kind === "infinite") return a.isNegative ? Decimal128.INFINITY : Decimal128.NEGATIVE_INFINITY;
  return Decimal128.from(!a.isNegative, a.coefficient, a.exponent);
}

export function addDecimals(a: Decimal128, b: Decimal128): Decimal128 {
  if (a.isNaN || b.isNaN) return Decimal128.NaN;
  if (a.kind === "infinite")
    return b.kind === "infinite" && a.isNegative !== b.isNegative ? Decimal128.NaN : a;
  if (b.kind === "infinite") return b;
  const far = 3 * DECIMAL_DIGITS;
  // What is too far below the other one's last digit counts as its sign only.
  const [x, y] = a.exponent >= b.exponent ? [a, b] : [b, a];
  if (x.exponent - y.exponent > far && x.coefficient !== 0n) {
    const sticky = y.coefficient === 0n ? 0n : y.isNegative ? -1n : 1n;
    const scaled = x.signed * 10n ** BigInt(far) + sticky;
    return Decimal128.from(scaled < 0n, scaled < 0n ? -scaled : scaled, x.exponent - far);
  }
  const shift = Math.min(x.exponent - y.exponent, 13_000);
  const sum = x.signed * 10n ** BigInt(shift) + y.signed;
  const isNegative = sum < 0n || (sum === 0n && a.isNegative && b.isNegative);
  return Decimal128.from(isNegative, sum < 0n ? -sum : sum, y.exponent);
}

export function multiplyDecimals(a: Decimal128, b: Decimal128): Decimal128 {
  if (a.isNaN || b.isNaN) return Decimal128.NaN;
  const isNegative = a.isNegative !== b.isNegative;
  if (a.kind === "infinite" || b.kind === "infinite") {
    if (a.isZero || b.isZero) return Decimal128.NaN;
    return isNegative ? Decimal128.NEGATIVE_INFINITY : Decimal128.INFINITY;
  }
  return Decimal128.from(isNegative, a.coefficient * b.coefficient, a.exponent + b.exponent);
}

/** The quotient, with the exponent nearest to the ideal one; a divisor of zero gives an infinity or NaN. */
export function divideDecimals(a: Decimal128, b: Decimal128): Decimal128 {
  if (a.isNaN || b.isNaN || (a.kind === "infinite" && b.kind === "infinite") || (a.isZero && b.isZero))
    return Decimal128.NaN;
  const isNegative = a.isNegative !== b.isNegative;
  if (a.kind === "infinite" || b.isZero)
    return isNegative ? Decimal128.NEGATIVE_INFINITY : Decimal128.INFINITY;
  if (b.kind === "infinite") return Decimal128.from(isNegative, 0n, -6176);
  const ideal = a.exponent - b.exponent;
  const shift = DECIMAL_DIGITS + 3 + Math.max(0, digitsOf(b.coefficient) - digitsOf(a.coefficient));
  const scaled = a.coefficient * 10n ** BigInt(shift);
  let quotient = scaled / b.coefficient;
  let exponent = ideal - shift;
  if (scaled % b.coefficient !== 0n) {
    // A last digit that says "there is more" keeps the rounding right.
    quotient = quotient * 10n + 1n;
    return Decimal128.from(isNegative, quotient, exponent - 1);
  }
  while (exponent < ideal && quotient % 10n === 0n) {
    quotient /= 10n;
    exponent++;
  }
  return Decimal128.from(isNegative, quotient, exponent);
}

function remainderOfDecimals(a: Decimal128, b: Decimal128): Decimal128 {
  if (a.isNaN || b.isNaN || a.kind === "infinite" || b.isZero) return Decimal128.NaN;
  if (b.kind === "infinite") return a;
  const exponent = Math.min(a.exponent, b.exponent);
  const x = a.coefficient * 10n ** BigInt(a.exponent - exponent);
  const y = b.coefficient * 10n ** BigInt(b.exponent - exponent);
  return Decimal128.from(a.isNegative, x % y, exponent);
}
