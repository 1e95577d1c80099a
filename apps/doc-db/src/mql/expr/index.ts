/** The expression language: all families of operators in one table. */
import type { Value } from "../../document/value.ts";
import { ACCUMULATOR_EXPRESSIONS } from "../accumulate/compile.ts";
import { ARITHMETIC } from "./arithmetic.ts";
import { ARRAY } from "./array.ts";
import { type Context, compile, type Expression, type OperatorTable, Scope } from "./compile.ts";
import { CONVERT } from "./convert.ts";
import { DATE } from "./date.ts";
import { DATE_PARTS } from "./date-parts.ts";
import { LAMBDA } from "./lambda.ts";
import { LOGIC } from "./logic.ts";
import { MISC } from "./misc.ts";
import { OBJECT, TYPES } from "./object.ts";
import { ROUNDING } from "./rounding.ts";
import { SET } from "./set.ts";
import { STRING } from "./string.ts";

const OPERATORS: OperatorTable = Object.freeze({
  ...ACCUMULATOR_EXPRESSIONS,
  ...ARITHMETIC,
  ...ARRAY,
  ...CONVERT,
  ...DATE,
  ...DATE_PARTS,
  ...LAMBDA,
  ...LOGIC,
  ...MISC,
  ...OBJECT,
  ...ROUNDING,
  ...SET,
  ...STRING,
  ...TYPES,
});

/** A scope without variables of its own. */
export function rootScope(): Scope {
  return new Scope(OPERATORS);
}

/** Compiles an aggregation expression. @throws LanguageError */
export function compileExpression(value: Value, scope: Scope = rootScope()): Expression {
  return compile(value, scope);
}

/** What an expression is computed from: one document, at one time. */
export function contextFor(root: Value | undefined, now: Date): Context {
  return { root, slots: [], now, steps: 0 };
}
