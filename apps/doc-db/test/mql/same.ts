import { Decimal128 } from "../../src/document/decimal128.ts";
import { isDocument, type Value } from "../../src/document/value.ts";
import { compareValues } from "../../src/keys/compare.ts";
import { isNumeric, numericType } from "../../src/mql/number.ts";

/**
 * Whether two values are the same to the last bit: type, decimals' exponents included; the order of
 * fields apart, at which the suite does not look; an
 * int32 and an int64 of the same number are told apart, as are -0 and 0. Doubles may differ by one part in 10^15.
 */
export function isSame(a: Value | undefined, b: Value | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((value: Value, i) => isSame(value, b[i] as Value));
  }
  if (isDocument(a) && isDocument(b)) {
    const names = Object.keys(a);
    const others = Object.keys(b);
    return (
      names.length === others.length &&
      names.every((name) => Object.hasOwn(b, name) && isSame(a[name], b[name]))
    );
  }
  if (isNumeric(a) && isNumeric(b)) return isSameNumber(a, b);
  return (
    !Array.isArray(a) && !isDocument(a) && !Array.isArray(b) && !isDocument(b) && compareValues(a, b) === 0
  );
}

function isSameNumber(a: Value & (number | object | bigint), b: Value & (number | object | bigint)): boolean {
  if (!isNumeric(a) || !isNumeric(b) || numericType(a) !== numericType(b)) return false;
  if (a instanceof Decimal128 || b instanceof Decimal128) return String(a) === String(b);
  const [x, y] = [Number(a), Number(b)];
  if (Object.is(x, y)) return typeof a !== "bigint" || a === b;
  return typeof a !== "bigint" && x !== 0 && Math.abs(x - y) <= Math.abs(y) * 1e-15;
}
