import type { Value } from "../../document/value.ts";
import { compareValues } from "../../keys/compare.ts";
import { activeComparison, type CompareValues, plainValues } from "../collation.ts";
import { fail } from "../error.ts";
import { isNullish, isTruthy } from "../types.ts";
import { compile, constantOf, type Expression, fold, type OperatorTable, type Scope } from "./compile.ts";
import { compileOperands, fixed, namedArguments, type Operand } from "./define.ts";

/** A name that no object literal should have, as what has it is taken for a promise. */
const THEN = "then";

/** Comparisons, boolean operators and conditions. */
export const LOGIC: OperatorTable = {
  $and: (operand, scope) => compileJunction(operand, scope, false),
  $or: (operand, scope) => compileJunction(operand, scope, true),
  $not: fixed("$not", 1, (value) => !isTruthy(value)),
  $cmp: comparing("$cmp", (order) => Math.sign(order)),
  $eq: comparing("$eq", (order) => order === 0),
  $ne: comparing("$ne", (order) => order !== 0),
  $gt: comparing("$gt", (order) => order > 0),
  $gte: comparing("$gte", (order) => order >= 0),
  $lt: comparing("$lt", (order) => order < 0),
  $lte: comparing("$lte", (order) => order <= 0),
  $cond: compileCond,
  $ifNull: compileIfNull,
  $switch: compileSwitch,
};

/** A comparison by the collation that there is while it is compiled. */
function comparing(name: string, result: (order: number) => Value): OperatorTable[string] {
  return (operand, scope) => {
    const compare = activeComparison();
    return fixed(name, 2, (a, b) => result(compareOperands(a, b, compare)))(operand, scope);
  };
}

/** BSON's order with what is missing below null (and above MinKey). */
export function compareOperands(a: Operand, b: Operand, compare: CompareValues = plainValues): number {
  if (a !== undefined && b !== undefined) return compare(a, b);
  if (a === b) return 0;
  if (a === undefined) return compareValues(null, b!) >= 0 && b !== null ? 1 : -1;
  return -compareOperands(b, a);
}

function compileJunction(operand: Value, scope: Scope, stop: boolean): Expression {
  const parts = compileOperands(operand, scope);
  return fold(parts, (context) => parts.some((part) => isTruthy(part(context)) === stop) === stop);
}

function compileCond(operand: Value, scope: Scope): Expression {
  const isObject = typeof operand === "object" && operand !== null && !Array.isArray(operand);
  let parts: Expression[];
  if (isObject) {
    const missing = Object.fromEntries([
      ["if", 17080],
      [THEN, 17081],
      ["else", 17082],
    ]);
    const codes = { notObject: 16020, unknown: 17083, missing };
    const names = ["if", "then", "else"];
    const given = namedArguments("$cond", operand, names, names, codes);
    parts = names.map((name) => compile(given[name]!, scope));
  } else {
    parts = compileOperands(operand, scope);
    if (parts.length !== 3) fail(16020, "$cond", parts.length, "3 operands");
  }
  const [condition, yes, no] = parts as [Expression, Expression, Expression];
  const known = constantOf(condition);
  if (known !== undefined) return isTruthy(known.value) ? yes : no;
  return (context) => (isTruthy(condition(context)) ? yes(context) : no(context));
}

function compileIfNull(operand: Value, scope: Scope): Expression {
  const parts = compileOperands(operand, scope);
  if (parts.length < 2) fail(1257300, "$ifNull", parts.length, "at least 2 operands");
  const last = parts.pop()!;
  return fold([...parts, last], (context) => {
    for (const part of parts) {
      const value = part(context);
      if (!isNullish(value)) return value;
    }
    return last(context);
  });
}

function compileSwitch(operand: Value, scope: Scope): Expression {
  const names = ["branches", "default"];
  const given = namedArguments("$switch", operand, names, [], {
    notObject: 40060,
    unknown: 40067,
    missing: 40068,
  });
  const list = given.branches;
  if (list !== undefined && !Array.isArray(list)) fail(40061, "$switch branches", list, "an array");
  if (list === undefined || (list as readonly Value[]).length === 0)
    fail(40068, "$switch branches", list, "at least one branch");
  const branches = (list as readonly Value[]).map((branch) => {
    const missing = Object.fromEntries([
      ["case", 40064],
      [THEN, 40065],
    ]);
    const codes = { notObject: 40062, unknown: 40063, missing };
    const { case: condition, then: outcome } = namedArguments(
      "$switch branch",
      branch,
      ["case", "then"],
      ["case", "then"],
      codes,
    );
    return { condition: compile(condition!, scope), outcome: compile(outcome!, scope) };
  });
  const otherwise = given.default === undefined ? undefined : compile(given.default, scope);
  const live = branches.filter(
    ({ condition }) => constantOf(condition) === undefined || isTruthy(constantOf(condition)!.value),
  );
  const fallback = otherwise ?? noBranch;
  if (live.length === 0) {
    return otherwise ?? fail(40069, "$switch", "no branch", "a branch that can match, or a default");
  }
  return (context) => {
    for (const { condition, outcome } of live) if (isTruthy(condition(context))) return outcome(context);
    return fallback(context);
  };
}

function noBranch(): never {
  return fail(40066, "$switch", "no branch", "a branch that matches, or a default");
}
