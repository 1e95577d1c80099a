/** Field operators that look at one value; of an array at the array and at each element. */
import { Binary, BSONRegExp } from "../../document/bson-types.ts";
import { Decimal128 } from "../../document/decimal128.ts";
import { isDocument, type Value } from "../../document/value.ts";
import { compareValues } from "../../keys/compare.ts";
import { activeComparison } from "../collation.ts";
import { fail } from "../error.ts";
import { isNumeric, type Numeric, toInt64, toNumber } from "../number.ts";
import { compileRegex } from "../regex.ts";
import { TYPE_NUMBERS, typeName } from "../types.ts";

/** A test of one value; undefined where the path ends early. */
export type ValueTest = (value: Value | undefined) => boolean;

/** `$type`: names, numbers, or a list of them. */
export function typeTest(operand: Value): ValueTest {
  const list = Array.isArray(operand) ? (operand as readonly Value[]) : [operand];
  if (list.length === 0) fail(9, "$type", operand, "at least one type");
  const wanted = new Set(list.flatMap(typeNamesOf));
  return (value) => value !== undefined && wanted.has(typeName(value));
}

function typeNamesOf(type: Value): string[] {
  if (type === "number") return ["int", "long", "double", "decimal"];
  if (typeof type === "string")
    return Object.hasOwn(TYPE_NUMBERS, type) ? [type] : fail(2, "$type", type, "the name of a type");
  if (!isNumeric(type)) return fail(14, "$type", type, "the name or number of a type");
  const number = toInt64(type);
  const found = Object.entries(TYPE_NUMBERS).find(([, known]) => BigInt(known) === number);
  return found === undefined ? fail(2, "$type", type, "the number of a type") : [found[0]];
}

/** `$mod: [divisor, remainder]`; numbers are cut to integers first. */
export function modTest(operand: Value): ValueTest {
  const list: readonly Value[] = Array.isArray(operand)
    ? operand
    : fail(2, "$mod", operand, "an array of two numbers");
  if (list.length !== 2) fail(2, "$mod", list.length, "an array of two numbers");
  const [divisor, remainder] = list.map((value) =>
    integerOf(isNumeric(value) ? value : fail(2, "$mod", value, "a number")),
  );
  if (divisor === undefined || remainder === undefined) return fail(2, "$mod", operand, "numbers of 64 bits");
  if (divisor === 0n) fail(2, "$mod divisor", operand, "no zero");
  return (value) => {
    const integer = isNumeric(value) ? integerOf(value) : undefined;
    return integer !== undefined && integer % divisor === remainder;
  };
}

function integerOf(value: Numeric): bigint | undefined {
  if (typeof value === "bigint") return value;
  const integer =
    value instanceof Decimal128
      ? value.exponent > 40
        ? undefined
        : value.toBigInt("down")
      : wholePart(toNumber(value));
  return integer !== undefined && BigInt.asIntN(64, integer) === integer ? integer : undefined;
}

function wholePart(value: number): bigint | undefined {
  return Number.isFinite(value) ? BigInt(Math.trunc(value)) : undefined;
}

/** The four operators on bits: all or any of them, set or clear. */
export function bitsTest(name: string, operand: Value): ValueTest {
  const positions = bitPositions(name, operand);
  const isAll = name.startsWith("$bitsAll");
  const isSet = name.endsWith("Set");
  return (value) => {
    const bits = bitsOf(value);
    if (bits === undefined) return false;
    const test = (position: number): boolean => bits(position) === isSet;
    return isAll ? positions.every(test) : positions.some(test);
  };
}

function bitPositions(name: string, operand: Value): number[] {
  const bytes = bytesOf(operand);
  if (bytes !== undefined)
    return positionsIn(bytes.length * 8, (i) => ((bytes[i >> 3]! >> (i & 7)) & 1) === 1);
  if (isNumeric(operand)) {
    const mask = toInt64(operand);
    if (mask === undefined || mask < 0n) return fail(9, name, operand, "an integer of 64 bits, not negative");
    return positionsIn(64, (i) => ((mask >> BigInt(i)) & 1n) === 1n);
  }
  if (!Array.isArray(operand)) return fail(2, name, operand, "a number, binary data or positions of bits");
  return (operand as readonly Value[]).map((position) => {
    const at = isNumeric(position) ? toInt64(position) : undefined;
    if (at === undefined || at < 0n || at > 0x7fffffffn)
      fail(2, `${name} position`, position, "an integer from 0 on");
    return Number(at);
  });
}

function positionsIn(count: number, isSet: (position: number) => boolean): number[] {
  return Array.from({ length: count }, (_, i) => i).filter(isSet);
}

/** A reader of a value's bits; numbers are sign-extended, bytes end in zeros. */
function bitsOf(value: Value | undefined): ((position: number) => boolean) | undefined {
  if (isNumeric(value)) {
    const integer = toInt64(value);
    return integer === undefined ? undefined : (at) => ((integer >> BigInt(Math.min(at, 63))) & 1n) === 1n;
  }
  const bytes = bytesOf(value);
  return bytes === undefined ? undefined : (at) => (((bytes[at >> 3] ?? 0) >> (at & 7)) & 1) === 1;
}

function bytesOf(value: Value | undefined): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  return value instanceof Binary ? value.bytes : undefined;
}

/** `$regex` with its `$options`; strings that match, and the same regex as a value. */
export function regexTest(operand: Value, options: Value | undefined, isOptionsFirst = false): ValueTest {
  if (options !== undefined && typeof options !== "string") fail(2, "$options", options, "a string");
  const given = operand instanceof BSONRegExp ? operand.options : "";
  if (given !== "" && options !== undefined)
    fail(isOptionsFirst ? 51074 : 51075, "$options", options, "options in one place");
  const pattern = operand instanceof BSONRegExp ? operand.pattern : operand;
  if (typeof pattern !== "string") return fail(2, "$regex", operand, "a string or regex");
  const flags = typeof options === "string" ? options : given;
  const test = compileRegex(pattern, flags);
  const self = new BSONRegExp(pattern, flags);
  return (value) =>
    typeof value === "string" ? test(value) : value instanceof BSONRegExp && compareValues(value, self) === 0;
}

/** Equality, which for a regex is a match. */
export function equalityTest(operand: Value): ValueTest {
  if (operand instanceof BSONRegExp) return regexTest(operand, undefined);
  if (operand === null) return (value) => value === undefined || value === null;
  const compare = activeComparison();
  return (value) => value !== undefined && compare(value, operand) === 0;
}

/** `$size`: arrays of that length. */
export function sizeTest(operand: Value): ValueTest {
  const size = isNumeric(operand) ? toInt64(operand) : undefined;
  if (size === undefined || size < 0n || size > 0x7fffffffn)
    return fail(2, "$size", operand, "an integer that is not negative");
  return (value) => Array.isArray(value) && BigInt(value.length) === size;
}

/** An object whose first field is an operator; `{}`, `{ a: 1 }` and the references of drivers are values to be equal to. */
export function isOperatorObject(value: Value | undefined): value is Readonly<Record<string, Value>> {
  if (!isDocument(value)) return false;
  const [first] = Object.keys(value);
  return first?.startsWith("$") === true && !(first === "$ref" && Object.hasOwn(value, "$id"));
}
