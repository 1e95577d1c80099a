import { Decimal128 } from "../../document/decimal128.ts";
import type { Value } from "../../document/value.ts";
import {
  addDecimals,
  divideDecimals,
  double,
  integerOf,
  isNumeric,
  type Numeric,
  numericType,
  toDecimal,
  toNumber,
  widerType,
} from "../number.ts";

/** Sums up to here are exact, whatever int32 is added. */
const MAX_SMALL = 2 ** 52;

/** A sum of numbers of any types: integers exactly, doubles with Neumaier's compensation, decimals apart. */
export class NumberSum {
  #integers = 0n;
  /** Integers not yet among the others: added up as numbers for as long as these are exact. */
  #small = 0;
  #doubles = 0;
  #compensation = 0;
  #decimals: Decimal128 | undefined;
  #type: "int" | "long" | "double" | "decimal" = "int";
  #count = 0;

  /** Adds a value; what is no number is passed over. */
  add(value: Value | undefined): void {
    if (!isNumeric(value)) return;
    this.#count++;
    if (typeof value === "number" && (value | 0) === value && !Object.is(value, -0)) {
      this.#small += value;
      if (Math.abs(this.#small) > MAX_SMALL) this.#gatherSmall();
      return;
    }
    const type = numericType(value);
    this.#type = widerType(this.#type, type);
    if (type === "decimal")
      this.#decimals = addDecimals(this.#decimals ?? Decimal128.fromInteger(0n), toDecimal(value));
    else if (type === "double") this.#addDouble(toNumber(value));
    else this.#integers += BigInt(value as number);
  }

  #gatherSmall(): void {
    this.#integers += BigInt(this.#small);
    this.#small = 0;
  }

  total(): Numeric {
    this.#gatherSmall();
    if (this.#type === "decimal") return this.#decimal();
    if (this.#type === "double") return double(this.#double());
    return integerOf(this.#integers, this.#type);
  }

  /** Null without any number. */
  average(): Value {
    if (this.#count === 0) return null;
    this.#gatherSmall();
    if (this.#type === "decimal")
      return divideDecimals(this.#decimal(), Decimal128.fromInteger(BigInt(this.#count)));
    return double(this.#double() / this.#count);
  }

  #addDouble(value: number): void {
    const sum = this.#doubles + value;
    if (Number.isFinite(sum)) {
      this.#compensation +=
        Math.abs(this.#doubles) >= Math.abs(value)
          ? this.#doubles - sum + value
          : value - sum + this.#doubles;
    }
    this.#doubles = sum;
  }

  #double(): number {
    const doubles = Number.isFinite(this.#doubles) ? this.#doubles + this.#compensation : this.#doubles;
    return this.#integers === 0n ? doubles : Number(this.#integers) + doubles;
  }

  #decimal(): Decimal128 {
    let total = this.#decimals ?? Decimal128.fromInteger(0n);
    if (this.#integers !== 0n) total = addDecimals(total, Decimal128.fromInteger(this.#integers));
    const doubles = this.#doubles + (Number.isFinite(this.#doubles) ? this.#compensation : 0);
    return doubles === 0 ? total : addDecimals(total, decimalOf(doubles));
  }
}

/** Without the zeros that a double gets when it is turned into a decimal alone. */
function decimalOf(value: number): Decimal128 {
  if (!Number.isFinite(value)) return Decimal128.fromDouble(value);
  return Number.isInteger(value) ? Decimal128.fromInteger(BigInt(value)) : Decimal128.parse(String(value));
}

/** A standard deviation by Welford's method. */
export class Deviation {
  #count = 0;
  #mean = 0;
  #squares = 0;

  add(value: Value | undefined): void {
    if (!isNumeric(value)) return;
    const number = toNumber(value);
    this.#count++;
    const delta = number - this.#mean;
    this.#mean += delta / this.#count;
    this.#squares += delta * (number - this.#mean);
  }

  /** @param missing - 0 for the population, 1 for a sample of it */
  result(missing: 0 | 1): Value {
    return this.#count <= missing ? null : double(Math.sqrt(this.#squares / (this.#count - missing)));
  }
}
