import { Decimal128, digitsOf, roundQuotient } from "../../document/decimal128.ts";
import { fail } from "../error.ts";
import {
  double,
  integerOf,
  isNumeric,
  type Numeric,
  numericType,
  toDecimal,
  toInt64,
  toNumber,
} from "../number.ts";
import { isNullish } from "../types.ts";
import type { OperatorTable } from "./compile.ts";
import { type Operand, ranged } from "./define.ts";

/** Operators that round to a number of decimal places. */
export const ROUNDING: OperatorTable = {
  $round: ranged("$round", 1, 2, ([value, places]) => roundTo("$round", value, places, "even")),
  $trunc: ranged("$trunc", 1, 2, ([value, places]) => roundTo("$trunc", value, places, "down")),
};

function roundTo(name: string, value: Operand, places: Operand, rounding: "even" | "down"): Operand {
  return value === undefined && places === undefined ? null : checked(name, value, places, rounding);
}

function checked(name: string, value: Operand, places: Operand, rounding: "even" | "down"): Operand {
  if (isNullish(value)) return null;
  if (!isNumeric(value)) return fail(51081, name, value, "a number");
  if (places === null) return null;
  return roundNumber(value, places === undefined ? 0 : placesOf(name, places), rounding);
}

function placesOf(name: string, places: Operand): number {
  if (!isNumeric(places)) return fail(16004, `${name} places`, places, "an integer from -20 to 100");
  const integer = toInt64(places);
  if (integer === undefined) {
    const code = places instanceof Decimal128 ? 51082 : Number.isFinite(toNumber(places)) ? 51082 : 31109;
    fail(code, `${name} places`, places, "an integer");
  }
  if (integer < -20n || integer > 100n) fail(51083, `${name} places`, places, "an integer from -20 to 100");
  return Number(integer);
}

function roundNumber(value: Numeric, places: number, rounding: "even" | "down"): Operand {
  const type = numericType(value);
  if (type === "decimal") return roundDecimal(value as Decimal128, places, rounding);
  if (type === "double") return roundDouble(toNumber(value), places, rounding);
  if (places >= 0) return value;
  const unit = 10n ** BigInt(-places);
  const rounded = roundQuotient(BigInt(value as number), unit, rounding) * unit;
  if (BigInt.asIntN(64, rounded) !== rounded) fail(51080, "rounding", value, "a result of 64 bits");
  return integerOf(rounded, type);
}

function roundDecimal(value: Decimal128, places: number, rounding: "even" | "down"): Decimal128 {
  const excess = -places - value.exponent;
  if (value.kind === "finite" && excess < 0 && places > 0 && digitsOf(value.coefficient) - excess <= 34)
    return Decimal128.from(value.isNegative, value.coefficient * 10n ** BigInt(-excess), -places);
  if (value.kind !== "finite" || excess <= 0) return value;
  const coefficient = excess > 40 ? 0n : roundQuotient(value.coefficient, 10n ** BigInt(excess), rounding);
  return Decimal128.from(value.isNegative, coefficient, -places);
}

/** By the decimal digits that the double is, so that 2.675 is what it looks like. */
function roundDouble(value: number, places: number, rounding: "even" | "down"): Operand {
  if (!Number.isFinite(value) || Number.isInteger(value) === places >= 0) {
    if (!Number.isFinite(value) || places >= 0) return double(value);
  }
  if (places === 0) return double(rounding === "down" ? Math.trunc(value) : roundHalfEven(value));
  const rounded = roundDecimal(Decimal128.exactly(value), places, rounding);
  return double(toDecimal(rounded).toNumber());
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5)
    return Object.is(Math.round(value), -0) || (value > -0.5 && value < 0) ? -0 : Math.round(value);
  return floor % 2 === 0 ? (floor === 0 && value < 0 ? -0 : floor) : floor + 1 === 0 ? -0 : floor + 1;
}
