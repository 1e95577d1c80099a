/** Roots, powers and logarithms of decimal128, computed in fixed point of 60 digits and rounded to 34. */
import { DECIMAL_DIGITS, Decimal128, digitsOf } from "../document/decimal128.ts";
import { divideDecimals, multiplyDecimals } from "./number.ts";

const SCALE_DIGITS = 60;
const ONE = 10n ** BigInt(SCALE_DIGITS);
const MAX_EXPONENT_OF_TEN = 6200;

/** The square root; NaN below zero. */
export function sqrtDecimal(a: Decimal128): Decimal128 {
  if (a.isNaN || (a.isNegative && !a.isZero)) return Decimal128.NaN;
  if (a.kind === "infinite") return a;
  if (a.isZero) return Decimal128.from(a.isNegative, 0n, Math.floor(a.exponent / 2));
  let shift = 2 * (DECIMAL_DIGITS + 2);
  if ((a.exponent - shift) % 2 !== 0) shift++;
  const scaled = a.coefficient * 10n ** BigInt(shift);
  let root = integerRoot(scaled);
  let exponent = (a.exponent - shift) / 2;
  if (root * root !== scaled) return Decimal128.from(false, root * 10n + 1n, exponent - 1);
  const ideal = Math.floor(a.exponent / 2);
  while (exponent < ideal && root % 10n === 0n) {
    root /= 10n;
    exponent++;
  }
  return Decimal128.from(false, root, exponent);
}

/** e to the power of a decimal. */
export function expDecimal(a: Decimal128): Decimal128 {
  if (a.isNaN) return a;
  if (a.kind === "infinite") return a.isNegative ? Decimal128.from(false, 0n, 0) : a;
  if (a.isZero) return Decimal128.fromInteger(1n);
  const number = a.toNumber();
  if (number > 14_200) return Decimal128.INFINITY;
  if (number < -14_300) return Decimal128.from(false, 0n, -6176);
  const fixed = toFixed(a);
  return fixed === 0n ? ONE_DECIMAL : fromFixedExp(fixed);
}

/** The natural logarithm; NaN below zero. */
export function lnDecimal(a: Decimal128): Decimal128 {
  if (a.isNaN || (a.isNegative && !a.isZero)) return Decimal128.NaN;
  if (a.isZero) return Decimal128.NEGATIVE_INFINITY;
  if (a.kind === "infinite") return a;
  return fromFixed(fixedLn(a));
}

/** The logarithm to the base of ten; exact for powers of ten. */
export function log10Decimal(a: Decimal128): Decimal128 {
  if (a.kind === "finite" && !a.isNegative && /^10*$/.test(a.coefficient.toString()))
    return Decimal128.fromInteger(BigInt(a.exponent + digitsOf(a.coefficient) - 1));
  if (a.kind !== "finite" || a.isZero || a.isNegative) return lnDecimal(a);
  return fromFixed((fixedLn(a) * ONE) / LN_10);
}

/** A decimal to the power of another one. */
export function powDecimal(base: Decimal128, power: Decimal128): Decimal128 {
  if (power.isZero) return Decimal128.fromInteger(1n);
  if (base.isNaN || power.isNaN) return Decimal128.NaN;
  const whole = power.kind === "finite" && Math.abs(power.exponent) < 40 ? power.toBigInt() : undefined;
  const isWhole =
    whole !== undefined &&
    multiplyDecimals(Decimal128.fromInteger(whole), ONE_DECIMAL).toNumber() === power.toNumber();
  if (isWhole && whole > -1000n && whole < 1000n) return powInteger(base, whole);
  if (base.isNegative && !isWhole) return Decimal128.NaN;
  const isNegative = base.isNegative && isWhole && whole % 2n !== 0n;
  const magnitude =
    base.kind === "finite" ? Decimal128.from(false, base.coefficient, base.exponent) : Decimal128.INFINITY;
  const result = expDecimal(multiplyDecimals(lnDecimal(magnitude), power));
  return isNegative && result.kind === "finite"
    ? Decimal128.from(true, result.coefficient, result.exponent)
    : result;
}

const ONE_DECIMAL = Decimal128.fromInteger(1n);

function powInteger(base: Decimal128, power: bigint): Decimal128 {
  let result = ONE_DECIMAL;
  let square = base;
  for (let left = power < 0n ? -power : power; left > 0n; left >>= 1n) {
    if (left % 2n === 1n) result = multiplyDecimals(result, square);
    square = multiplyDecimals(square, square);
  }
  return power < 0n ? divideDecimals(ONE_DECIMAL, result) : result;
}

function integerRoot(value: bigint): bigint {
  let root = 10n ** BigInt(Math.ceil(digitsOf(value) / 2));
  for (;;) {
    const next = (root + value / root) / 2n;
    if (next >= root) return root;
    root = next;
  }
}

/** `coefficient · 10^exponent` as a fixed-point number; what is too small becomes 0. */
function toFixed(a: Decimal128): bigint {
  const shift = a.exponent + SCALE_DIGITS;
  if (shift >= 0) return a.signed * 10n ** BigInt(Math.min(shift, SCALE_DIGITS + MAX_EXPONENT_OF_TEN));
  return shift < -SCALE_DIGITS - DECIMAL_DIGITS ? 0n : a.signed / 10n ** BigInt(-shift);
}

function fromFixed(value: bigint): Decimal128 {
  if (value === 0n) return Decimal128.fromInteger(0n);
  return Decimal128.from(value < 0n, value < 0n ? -value : value, -SCALE_DIGITS);
}

/** By `2·artanh((m-1)/(m+1))` with `m` brought near to 1 by powers of ten and of two. */
function fixedLn(a: Decimal128): bigint {
  const digits = digitsOf(a.coefficient);
  let mantissa = (a.coefficient * ONE) / 10n ** BigInt(digits - 1);
  let twos = 0n;
  while (mantissa > (ONE * 3n) / 2n) {
    mantissa /= 2n;
    twos++;
  }
  return lnNearOne(mantissa) + twos * LN_2 + BigInt(a.exponent + digits - 1) * LN_10;
}

function lnNearOne(mantissa: bigint): bigint {
  const ratio = ((mantissa - ONE) * ONE) / (mantissa + ONE);
  const square = (ratio * ratio) / ONE;
  let sum = 0n;
  let term = ratio;
  for (let k = 1n; term !== 0n; k += 2n) {
    sum += term / k;
    term = (term * square) / ONE;
  }
  return 2n * sum;
}

const LN_2: bigint = -lnNearOne(ONE / 2n);
const LN_10: bigint = 3n * LN_2 + lnNearOne((ONE * 5n) / 4n);

function fromFixedExp(x: bigint): Decimal128 {
  const tens = x / LN_10;
  const halvings = 8n;
  const reduced = (x - tens * LN_10) >> halvings;
  let sum = ONE;
  let term = ONE;
  for (let k = 1n; term !== 0n; k++) {
    term = (term * reduced) / (ONE * k);
    sum += term;
  }
  for (let i = 0n; i < halvings; i++) sum = (sum * sum) / ONE;
  return Decimal128.from(false, sum, Number(tens) - SCALE_DIGITS);
}
