/** `$locf` and `$linearFill`: the window functions that fill what is null or missing. */
import { Decimal128 } from "../../document/decimal128.ts";
import type { Value } from "../../document/value.ts";
import { fail } from "../error.ts";
import type { Expression } from "../expr/compile.ts";
import { compileExpression } from "../expr/index.ts";
import {
  addDecimals,
  divideDecimals,
  double,
  isNumeric,
  multiplyDecimals,
  type Numeric,
  negateDecimal,
  toDecimal,
  toNumber,
} from "../number.ts";
import { isNullish, typeName } from "../types.ts";
import type { WindowFunction } from "./window-functions.ts";
import type { Rows } from "./window-rows.ts";

/** Where a value is known: at a number, or at so many milliseconds. */
interface Point {
  readonly x: Numeric;
  readonly y: Numeric;
}

/** The functions by their names. @throws LanguageError 605001 for a `$linearFill` without a sortBy of one field */
export const FILLS: Readonly<Record<string, (operand: Value, sortFields: number) => WindowFunction>> = {
  $locf: (operand) => carryForward(compileExpression(operand)),
  $linearFill: (operand, sortFields) => {
    if (sortFields !== 1) fail(605001, "$linearFill", sortFields, "a sortBy of one field");
    return interpolated(compileExpression(operand));
  },
};

/** The value itself, or the last one before it that is not null. */
function carryForward(expression: Expression): WindowFunction {
  return ({ rows }) => {
    let last: Value = null;
    const run = {
      needed: 0,
      next: (at: number): Value => {
        run.needed = at + 1;
        last = expression(rows.at(at).context) ?? last;
        return last;
      },
    };
    return run;
  };
}

/** The value itself, or one on the straight line between its neighbours that are not null; null beyond these. */
function interpolated(expression: Expression): WindowFunction {
  return ({ rows, compare }) => {
    const valueAt = (at: number): Numeric | undefined => {
      const value = expression(rows.at(at).context);
      if (isNullish(value)) return undefined;
      return isNumeric(value) ? value : fail(14, "$linearFill", typeName(value), "numbers, null or nothing");
    };
    let left: Point | undefined;
    let right: Point | undefined;
    /** The place of the right point; that of none is the end. */
    let rightAt = -1;
    const run = {
      needed: 0,
      next: (at: number): Value => {
        // The one before is compared with the next one.
        run.needed = at;
        const x = positionAt(rows, at);
        if (at > 0 && compare(at - 1, at) === 0)
          fail(6050106, "$linearFill sortBy", rows.keyAt(at)[0], "no value twice in a partition");
        const y = valueAt(at);
        if (y !== undefined) {
          left = { x, y };
          return y;
        }
        if (left === undefined) return null;
        if (rightAt < at) {
          right = undefined;
          for (rightAt = at + 1; rightAt < rows.length && right === undefined; rightAt++) {
            const found = valueAt(rightAt);
            if (found !== undefined) right = { x: positionAt(rows, rightAt), y: found };
          }
          if (right !== undefined) rightAt--;
        }
        return right === undefined ? null : between(left, right, x);
      },
    };
    return run;
  };
}

/** @throws LanguageError 14 for a row sorted by anything but numbers, or but dates */
function positionAt(rows: Rows, at: number): Numeric {
  const value = rows.keyAt(at)[0]!;
  const isDate = rows.keyAt(0)[0] instanceof Date;
  if (value instanceof Date && isDate) return double(value.getTime());
  if (isNumeric(value) && !isDate) return value;
  return fail(14, "$linearFill sortBy", typeName(value), "numbers only, or dates only");
}

function between(left: Point, right: Point, x: Numeric): Value {
  const [x0, y0, x1, y1] = [left.x, left.y, right.x, right.y];
  if (![x0, y0, x1, y1, x].some((value) => value instanceof Decimal128)) {
    const slope = (toNumber(y1) - toNumber(y0)) / (toNumber(x1) - toNumber(x0));
    return double(toNumber(y0) + (toNumber(x) - toNumber(x0)) * slope);
  }
  const minus = (a: Numeric, b: Numeric): Decimal128 =>
    addDecimals(toDecimal(a), negateDecimal(toDecimal(b)));
  const rise = multiplyDecimals(minus(y1, y0), minus(x, x0));
  return addDecimals(toDecimal(y0), divideDecimals(rise, minus(x1, x0)));
}
