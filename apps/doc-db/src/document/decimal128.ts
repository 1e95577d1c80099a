import { InvalidArgumentError } from "@millrace/base";
import { markForDriver } from "./mark-for-driver.ts";

/** Decimal digits of a coefficient. */
export const DECIMAL_DIGITS = 34;
const MAX_COEFFICIENT = 10n ** 34n - 1n;
const MIN_EXPONENT = -6176;
const MAX_EXPONENT = 6111;
const PATTERN = /^([+-])?(?:(\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d+))?|(inf(?:inity)?)|(nan))$/i;

/** Half-even unless another one is named; the names are IEEE 754's attributes. */
export type DecimalRounding = "even" | "down" | "floor" | "ceiling";

/**
 * A decimal of 34 digits, IEEE 754-2008's decimal128: `coefficient · 10^exponent`, an infinity, or NaN. Values that
 * are equal may differ in their exponent: 1.0 and 1.00 are kept apart when they are stored, and compare as equal.
 */
export class Decimal128 {
  readonly kind: "finite" | "infinite" | "nan";
  readonly isNegative: boolean;
  readonly coefficient: bigint;
  readonly exponent: number;

  private constructor(kind: Decimal128["kind"], isNegative: boolean, coefficient: bigint, exponent: number) {
    this.kind = kind;
    this.isNegative = isNegative;
    this.coefficient = coefficient;
    this.exponent = exponent;
  }

  static readonly NaN: Decimal128 = new Decimal128("nan", false, 0n, 0);
  static readonly INFINITY: Decimal128 = new Decimal128("infinite", false, 0n, 0);
  static readonly NEGATIVE_INFINITY: Decimal128 = new Decimal128("infinite", true, 0n, 0);

  /** A finite decimal, rounded half-even to 34 digits; what is too large becomes an infinity. */
  static from(isNegative: boolean, coefficient: bigint, exponent: number): Decimal128 {
    let digits = coefficient;
    let power = exponent;
    const excess = Math.max(digitsOf(digits) - DECIMAL_DIGITS, MIN_EXPONENT - power);
    if (excess > 0) {
      digits = shiftRight(digits, excess);
      power += excess;
      if (digits > MAX_COEFFICIENT) {
        digits /= 10n;
        power++;
      }
    }
    if (digits === 0n) power = Math.min(Math.max(power, MIN_EXPONENT), MAX_EXPONENT);
    while (power > MAX_EXPONENT && digits * 10n <= MAX_COEFFICIENT) {
      digits *= 10n;
      power--;
    }
    if (power > MAX_EXPONENT) return isNegative ? Decimal128.NEGATIVE_INFINITY : Decimal128.INFINITY;
    return new Decimal128("finite", isNegative, digits, power);
  }

  static fromInteger(value: bigint): Decimal128 {
    return Decimal128.from(value < 0n, value < 0n ? -value : value, 0);
  }

  /** As MongoDB turns a double into a decimal: rounded to 15 significant digits. */
  static fromDouble(value: number): Decimal128 {
    if (Number.isNaN(value)) return Decimal128.NaN;
    if (!Number.isFinite(value)) return value > 0 ? Decimal128.INFINITY : Decimal128.NEGATIVE_INFINITY;
    if (value === 0) return Decimal128.from(Object.is(value, -0), 0n, 0);
    return Decimal128.parse(value.toPrecision(15));
  }

  /** The decimal that a double is, to 34 digits, for comparisons. */
  static exactly(value: number): Decimal128 {
    if (!Number.isFinite(value) || value === 0) return Decimal128.fromDouble(value);
    return Decimal128.parse(value.toExponential(Math.min(100, 40)));
  }

  /** @throws InvalidArgumentError `DOCDB_DECIMAL_TEXT` */
  static parse(text: string): Decimal128 {
    const match = PATTERN.exec(text);
    if (match === null)
      throw new InvalidArgumentError("DOCDB_DECIMAL_TEXT", "decimal", text, "a decimal number");
    const isNegative = match[1] === "-";
    if (match[5] !== undefined) return Decimal128.NaN;
    if (match[4] !== undefined) return isNegative ? Decimal128.NEGATIVE_INFINITY : Decimal128.INFINITY;
    const [whole, fraction = ""] = match[2]!.split(".");
    const power = Math.max(-20000, Math.min(20000, Number(match[3] ?? 0)));
    return Decimal128.from(isNegative, BigInt(`${whole}${fraction}`), power - fraction.length);
  }

  /** What the driver calls {@link Decimal128.parse}. */
  static fromString(text: string): Decimal128 {
    return Decimal128.parse(text);
  }

  get isZero(): boolean {
    return this.kind === "finite" && this.coefficient === 0n;
  }

  get isNaN(): boolean {
    return this.kind === "nan";
  }

  /** With the sign; of finite decimals only. */
  get signed(): bigint {
    return this.isNegative ? -this.coefficient : this.coefficient;
  }

  toNumber(): number {
    return Number(this.toString());
  }

  /** Rounded to an integer; undefined for infinities and NaN. */
  toBigInt(rounding: DecimalRounding = "down"): bigint | undefined {
    if (this.kind !== "finite") return undefined;
    if (this.coefficient === 0n) return 0n;
    if (this.exponent >= 0) return this.signed * 10n ** BigInt(this.exponent);
    const places = -this.exponent;
    if (places > DECIMAL_DIGITS + 1) return roundQuotient(this.isNegative ? -1n : 1n, 100n, rounding);
    return roundQuotient(this.signed, 10n ** BigInt(places), rounding);
  }

  /** The text of the BSON specification's decimal128. */
  toString(): string {
    const sign = this.isNegative ? "-" : "";
    if (this.kind === "nan") return "NaN";
    if (this.kind === "infinite") return `${sign}Infinity`;
    const digits = this.coefficient.toString();
    const adjusted = this.exponent + digits.length - 1;
    if (this.exponent > 0 || adjusted < -6) {
      const mantissa = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits;
      return `${sign}${mantissa}E${adjusted < 0 ? "" : "+"}${adjusted}`;
    }
    if (this.exponent === 0) return sign + digits;
    const padded = digits.padStart(1 - this.exponent, "0");
    return `${sign}${padded.slice(0, this.exponent)}.${padded.slice(this.exponent)}`;
  }

  /** Sixteen bytes, little-endian, binary integer decimal (IEEE 754-2008, 3.5.2). */
  toBytes(): Uint8Array {
    const sign = this.isNegative ? 1n << 127n : 0n;
    let bits = sign | (BigInt(this.exponent - MIN_EXPONENT) << 113n) | this.coefficient;
    if (this.kind === "nan") bits = 0x7cn << 120n;
    if (this.kind === "infinite") bits = sign | (0x78n << 120n);
    const bytes = new Uint8Array(16);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(0, BigInt.asUintN(64, bits), true);
    view.setBigUint64(8, bits >> 64n, true);
    return bytes;
  }

  /** What the driver calls {@link Decimal128.toBytes}. */
  get bytes(): Buffer {
    return Buffer.from(this.toBytes());
  }

  toJSON(): { $numberDecimal: string } {
    return { $numberDecimal: this.toString() };
  }

  static fromBytes(bytes: Uint8Array): Decimal128 {
    const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
    const bits = (view.getBigUint64(8, true) << 64n) | view.getBigUint64(0, true);
    const isNegative = bits >> 127n === 1n;
    const top = Number((bits >> 122n) & 0x1fn);
    if (top === 0x1f) return Decimal128.NaN;
    if (top === 0x1e) return isNegative ? Decimal128.NEGATIVE_INFINITY : Decimal128.INFINITY;
    // The other layout, for coefficients above 2^113, is for values that are not canonical: they count as zero.
    const isCanonical = top >> 3 !== 3;
    const exponent = Number((bits >> (isCanonical ? 113n : 111n)) & 0x3fffn) + MIN_EXPONENT;
    const coefficient = isCanonical ? bits & ((1n << 113n) - 1n) : 0n;
    return new Decimal128("finite", isNegative, coefficient > MAX_COEFFICIENT ? 0n : coefficient, exponent);
  }
}

markForDriver(Decimal128, "Decimal128");

/** How many decimal digits a number has that is not negative; 1 for 0. */
export function digitsOf(value: bigint): number {
  return value.toString().length;
}

/** `value / divisor` as an integer; the divisor is above 0. */
export function roundQuotient(value: bigint, divisor: bigint, rounding: DecimalRounding): bigint {
  const quotient = value / divisor;
  const rest = value % divisor;
  if (rest === 0n || rounding === "down") return quotient;
  const away = value < 0n ? quotient - 1n : quotient + 1n;
  if (rounding === "floor") return value < 0n ? away : quotient;
  if (rounding === "ceiling") return value < 0n ? quotient : away;
  const twice = (rest < 0n ? -rest : rest) * 2n;
  if (twice === divisor) return quotient % 2n === 0n ? quotient : away;
  return twice > divisor ? away : quotient;
}

function shiftRight(value: bigint, digits: number): bigint {
  if (digits > digitsOf(value) + 1) return 0n;
  return roundQuotient(value, 10n ** BigInt(digits), "even");
}
