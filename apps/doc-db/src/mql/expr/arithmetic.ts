import { Double } from "../../document/bson-types.ts";
import { Decimal128 } from "../../document/decimal128.ts";
import type { Value } from "../../document/value.ts";
import { compareValues } from "../../keys/compare.ts";
import { expDecimal, lnDecimal, log10Decimal, powDecimal, sqrtDecimal } from "../decimal-math.ts";
import { fail } from "../error.ts";
import {
  add,
  divideDecimals,
  double,
  INT64_MIN,
  integerOf,
  isNumeric,
  isZero,
  multiply,
  type Numeric,
  negate,
  numericType,
  remainder,
  subtract,
  toDecimal,
  toNumber,
  widerType,
} from "../number.ts";
import { isNullish } from "../types.ts";
import type { OperatorTable } from "./compile.ts";
import { fixed, type Operand, variadic } from "./define.ts";

/** Operators on numbers, and of `$add` and `$subtract` on dates. */
export const ARITHMETIC: OperatorTable = {
  $abs: unary("$abs", abs),
  $add: variadic(sum),
  $ceil: unary("$ceil", (value) => roundToInteger(value, "ceiling")),
  $divide: fixed("$divide", 2, divide),
  $exp: unary("$exp", (value) =>
    value instanceof Decimal128 ? expDecimal(value) : double(Math.exp(toNumber(value))),
  ),
  $floor: unary("$floor", (value) => roundToInteger(value, "floor")),
  $ln: unary("$ln", (value) => logarithm("$ln", 28766, value, lnDecimal, Math.log)),
  $log: fixed("$log", 2, logOfBase),
  $log10: unary("$log10", (value) => logarithm("$log10", 28761, value, log10Decimal, Math.log10)),
  $mod: fixed("$mod", 2, modulo),
  $multiply: variadic(product),
  $pow: fixed("$pow", 2, power),
  $sigmoid: fixed("$sigmoid", 1, sigmoid),
  $sqrt: unary("$sqrt", squareRoot),
  $subtract: fixed("$subtract", 2, difference),
};

function unary(name: string, run: (value: Numeric) => Value): OperatorTable[string] {
  return fixed(name, 1, (value) => {
    if (isNullish(value)) return null;
    return isNumeric(value) ? run(value) : fail(28765, name, value, "a number");
  });
}

function abs(value: Numeric): Value {
  if (value === INT64_MIN) fail(28680, "$abs", value, "an int64 whose magnitude fits into an int64");
  if (value instanceof Decimal128 ? value.isNegative : Number(value) < 0 || Object.is(Number(value), -0))
    return negate(value);
  return value;
}

/** The sum of numbers; with one date among them, that date so many milliseconds later. */
function sum(values: readonly Operand[]): Operand {
  let total: Numeric = 0;
  let date: Date | undefined;
  for (const value of values) {
    if (isNullish(value)) return null;
    if (isNumeric(value)) total = add(total, value);
    else if (!(value instanceof Date)) fail(14, "$add", value, "numbers and at most one date");
    else if (date !== undefined) fail(16612, "$add", value, "at most one date");
    else date = value;
  }
  return date === undefined ? total : laterBy(date, total);
}

function laterBy(date: Date, amount: Numeric, sign: 1 | -1 = 1): Date {
  const milliseconds =
    amount instanceof Decimal128
      ? Number(amount.toBigInt("even") ?? Number.NaN)
      : Math.round(toNumber(amount));
  const time = date.getTime() + sign * milliseconds;
  if (Number.isNaN(time) || Math.abs(time) > 8.64e15)
    fail(15, "date", amount, "milliseconds that lead to a date");
  return new Date(time);
}

function difference(a: Operand, b: Operand): Operand {
  if (isNullish(a) || isNullish(b)) return null;
  if (isNumeric(a) && isNumeric(b)) return subtract(a, b);
  if (a instanceof Date && b instanceof Date) return BigInt(a.getTime() - b.getTime());
  if (a instanceof Date && isNumeric(b)) return laterBy(a, b, -1);
  return fail(14, "$subtract", b, "two numbers, two dates, or a date and a number");
}

function product(values: readonly Operand[]): Operand {
  let total: Numeric = 1;
  for (const value of values) {
    if (isNullish(value)) return null;
    if (isNumeric(value)) total = multiply(total, value);
    else fail(14, "$multiply", value, "numbers");
  }
  return total;
}

function divide(a: Operand, b: Operand): Operand {
  if (isNullish(a) || isNullish(b)) return null;
  if (!isNumeric(a) || !isNumeric(b)) return fail(14, "$divide", isNumeric(a) ? b : a, "two numbers");
  if (isZero(b)) fail(2, "$divide", b, "a divisor that is not zero");
  if (a instanceof Decimal128 || b instanceof Decimal128) return divideDecimals(toDecimal(a), toDecimal(b));
  return double(toNumber(a) / toNumber(b));
}

function modulo(a: Operand, b: Operand): Operand {
  if (isNullish(a) || isNullish(b)) return null;
  if (!isNumeric(a) || !isNumeric(b)) return fail(16611, "$mod", isNumeric(a) ? b : a, "two numbers");
  if (isZero(b)) {
    const code = a instanceof Decimal128 || b instanceof Decimal128 ? 5733415 : 16610;
    fail(code, "$mod", b, "a divisor that is not zero");
  }
  return remainder(a, b);
}

function roundToInteger(value: Numeric, rounding: "floor" | "ceiling"): Value {
  if (value instanceof Decimal128) {
    const integer = value.toBigInt(rounding);
    if (integer === undefined || value.exponent >= 0) return value;
    return Decimal128.from(value.isNegative, integer < 0n ? -integer : integer, 0);
  }
  if (numericType(value) !== "double") return value;
  return double(rounding === "floor" ? Math.floor(Number(value)) : Math.ceil(Number(value)));
}

function logarithm(
  name: string,
  code: number,
  value: Numeric,
  ofDecimal: (value: Decimal128) => Decimal128,
  ofNumber: (value: number) => number,
): Value {
  if (compareValues(value, 0) <= 0 && !Number.isNaN(toNumber(value)))
    fail(code, name, value, "a number above zero");
  return value instanceof Decimal128 ? ofDecimal(value) : double(ofNumber(toNumber(value)));
}

function logOfBase(value: Operand, base: Operand): Operand {
  if (isNullish(value) || isNullish(base)) return null;
  if (!isNumeric(value)) return fail(28756, "$log", value, "a number");
  if (!isNumeric(base)) return fail(28757, "$log base", base, "a number");
  const isBad = (x: Numeric, least: number): boolean =>
    compareValues(x, least) <= 0 && !Number.isNaN(toNumber(x));
  if (isBad(value, 0)) fail(28758, "$log", value, "a number above zero");
  if (isBad(base, 0) || compareValues(base, 1) === 0)
    fail(28759, "$log base", base, "a number above zero, not 1");
  if (value instanceof Decimal128 || base instanceof Decimal128)
    return divideDecimals(lnDecimal(toDecimal(value)), lnDecimal(toDecimal(base)));
  return double(Math.log(toNumber(value)) / Math.log(toNumber(base)));
}

function power(base: Operand, exponent: Operand): Operand {
  if (isNullish(base) || isNullish(exponent)) return null;
  if (!isNumeric(base)) return fail(28762, "$pow base", base, "a number");
  if (!isNumeric(exponent)) return fail(28763, "$pow exponent", exponent, "a number");
  if (isZero(base) && compareValues(exponent, 0) < 0 && !Number.isNaN(toNumber(exponent)))
    fail(28764, "$pow exponent", exponent, "no negative one for a base of zero");
  const type = widerType(numericType(base), numericType(exponent));
  if (type === "decimal") return powDecimal(toDecimal(base), toDecimal(exponent));
  const approximate = toNumber(base) ** toNumber(exponent);
  if (type === "double") return double(approximate);
  if (compareValues(exponent, 0) < 0 || Math.abs(approximate) > 2 ** 65) {
    const isUnit = Math.abs(toNumber(base)) === 1;
    return isUnit ? integerOf(BigInt(approximate), type) : double(approximate);
  }
  return integerOf(BigInt(base as number) ** BigInt(exponent as number), type);
}

function squareRoot(value: Numeric): Value {
  if (compareValues(value, 0) < 0 && !Number.isNaN(toNumber(value)))
    fail(28714, "$sqrt", value, "a number that is not negative");
  return value instanceof Decimal128 ? sqrtDecimal(value) : double(Math.sqrt(toNumber(value)));
}

/** `1 / (1 + e^-x)` */
function sigmoid(value: Operand): Operand {
  if (isNullish(value)) return null;
  if (!isNumeric(value)) return fail(14, "$sigmoid", value, "a number");
  if (value instanceof Decimal128) {
    const one = Decimal128.fromInteger(1n);
    return divideDecimals(one, toDecimal(add(one, expDecimal(toDecimal(negate(value))))));
  }
  return double(1 / (1 + Math.exp(-toNumber(value instanceof Double ? value.value : value))));
}
