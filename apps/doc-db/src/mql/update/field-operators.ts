/** Update operators on single values: what each makes of the old one. */
import { Timestamp } from "../../document/bson-types.ts";
import { Decimal128 } from "../../document/decimal128.ts";
import { isDocument, type Value } from "../../document/value.ts";
import { compareValues } from "../../keys/compare.ts";
import { fail } from "../error.ts";
import { add, double, isNumeric, multiply, type Numeric, numericType } from "../number.ts";
import { type Change, UNCHANGED } from "./path.ts";

/** Makes an operator's change out of its operand for one path. */
export type ChangeCompiler = (operand: Value, path: string) => Change;

export const FIELD_OPERATORS: Readonly<Record<string, ChangeCompiler>> = {
  $set: (operand) => making(() => operand),
  $setOnInsert: (operand) => making(() => operand),
  $unset: () => ({
    apply: (old) => (old === undefined ? UNCHANGED : undefined),
    makesPath: false,
    needsPath: false,
  }),
  $inc: (operand, path) => arithmetic("$inc", operand, path, add),
  $mul: (operand, path) => arithmetic("$mul", operand, path, multiply),
  $min: (operand) =>
    making((old) => (old === undefined || compareValues(operand, old) < 0 ? operand : UNCHANGED)),
  $max: (operand) =>
    making((old) => (old === undefined || compareValues(operand, old) > 0 ? operand : UNCHANGED)),
  $currentDate: currentDate,
};

/** A change that makes its path where it is missing. */
export function making(apply: Change["apply"]): Change {
  return { apply, makesPath: true, needsPath: true };
}

function arithmetic(
  name: string,
  operand: Value,
  path: string,
  run: (a: Numeric, b: Numeric) => Numeric,
): Change {
  if (!isNumeric(operand)) fail(14, `${name} of ${path}`, operand, "a number");
  return making((old) => {
    if (old === undefined) return name === "$inc" ? operand : zeroLike(operand);
    if (!isNumeric(old)) return fail(14, `${name} of ${path}`, old, "a field with a number");
    const result = run(old, operand);
    const isWhole = [old, operand].every(
      (value) => typeof value === "bigint" || numericType(value) === "int",
    );
    if (isWhole && numericType(result) === "double")
      fail(2, `${name} of ${path}`, old, "a result of 64 bits");
    return result;
  });
}

function zeroLike(operand: Numeric): Value {
  if (operand instanceof Decimal128) return Decimal128.fromInteger(0n);
  if (typeof operand === "bigint") return 0n;
  return numericType(operand) === "double" ? double(0) : 0;
}

function currentDate(operand: Value, path: string): Change {
  const type = isDocument(operand) ? operand.$type : undefined;
  const isKnown =
    typeof operand === "boolean" ||
    (isDocument(operand) && Object.keys(operand).length === 1 && (type === "date" || type === "timestamp"));
  if (!isKnown) fail(2, `$currentDate of ${path}`, operand, 'true, or { $type: "date" | "timestamp" }');
  return making(() => (type === "timestamp" ? new Timestamp(Math.floor(Date.now() / 1000), 1) : new Date()));
}
