import { isDocument, type Value } from "../../document/value.ts";
import { fail } from "../error.ts";
import { isNumeric, toInt32 } from "../number.ts";
import { compileSortBy } from "../sort-by.ts";
import { isNullish, isTruthy } from "../types.ts";
import { arrayOf } from "./array.ts";
import { countStep } from "./budget.ts";
import {
  checkVariableName,
  compile,
  constantOf,
  type Expression,
  fold,
  type OperatorTable,
  type Scope,
} from "./compile.ts";
import { namedArguments } from "./define.ts";

/** Operators that compute an expression for each element, or with variables of their own. */
export const LAMBDA: OperatorTable = {
  $filter: compileFilter,
  $let: compileLet,
  $map: compileMap,
  $reduce: compileReduce,
  $sortArray: compileSortArray,
};

function variableOf(as: Value | undefined): string {
  if (as === undefined) return "this";
  if (typeof as !== "string") return fail(9, "as", as, "the name of a variable");
  checkVariableName(as, true);
  return as;
}

function compileFilter(operand: Value, scope: Scope): Expression {
  const codes = { notObject: 28646, unknown: 28647, missing: { input: 28648, cond: 28650 } };
  const names = ["input", "as", "cond", "limit"];
  const given = namedArguments("$filter", operand, names, ["input", "cond"], codes);
  const input = compile(given.input!, scope);
  const { scope: inner, slots } = scope.with([variableOf(given.as)]);
  const condition = compile(given.cond!, inner);
  const limit = given.limit === undefined ? undefined : compile(given.limit, scope);
  const slot = slots[0]!;
  return (context) => {
    const list = input(context);
    if (isNullish(list)) return null;
    const most = limitOf(limit?.(context));
    const kept: Value[] = [];
    for (const element of arrayOf("$filter input", 28651, list)) {
      if (kept.length >= most) break;
      countStep(context);
      context.slots[slot] = element;
      if (isTruthy(condition(context))) kept.push(element);
    }
    return kept;
  };
}

function limitOf(limit: Value | undefined): number {
  if (isNullish(limit)) return Number.POSITIVE_INFINITY;
  const count = isNumeric(limit) ? toInt32(limit) : undefined;
  if (count === undefined) return fail(327391, "$filter limit", limit, "an integer of 32 bits");
  return count > 0 ? count : fail(327392, "$filter limit", limit, "an integer above 0");
}

function compileMap(operand: Value, scope: Scope): Expression {
  const codes = { notObject: 16878, unknown: 16879, missing: { input: 16880, in: 16882 } };
  const given = namedArguments("$map", operand, ["input", "as", "in"], ["input", "in"], codes);
  const input = compile(given.input!, scope);
  const { scope: inner, slots } = scope.with([variableOf(given.as)]);
  const each = compile(given.in!, inner);
  return (context) => {
    const list = input(context);
    if (isNullish(list)) return null;
    return arrayOf("$map input", 16883, list).map((element) => {
      countStep(context);
      context.slots[slots[0]!] = element;
      return each(context) ?? null;
    });
  };
}

function compileReduce(operand: Value, scope: Scope): Expression {
  const codes = {
    notObject: 40075,
    unknown: 40076,
    missing: { input: 40077, initialValue: 40078, in: 40079 },
  };
  const names = ["input", "initialValue", "in"];
  const given = namedArguments("$reduce", operand, names, names, codes);
  const input = compile(given.input!, scope);
  const initial = compile(given.initialValue!, scope);
  const { scope: inner, slots } = scope.with(["this", "value"]);
  const each = compile(given.in!, inner);
  return (context) => {
    const list = input(context);
    if (isNullish(list)) return null;
    let value = initial(context);
    for (const element of arrayOf("$reduce input", 40080, list)) {
      countStep(context);
      context.slots[slots[0]!] = element;
      context.slots[slots[1]!] = value;
      value = each(context);
    }
    return value;
  };
}

function compileLet(operand: Value, scope: Scope): Expression {
  const codes = { notObject: 16874, unknown: 16875, missing: { vars: 16876, in: 16877 } };
  const given = namedArguments("$let", operand, ["vars", "in"], ["vars", "in"], codes);
  if (!isDocument(given.vars)) return fail(10065, "$let vars", given.vars, "an object");
  const names = Object.keys(given.vars);
  for (const name of names) checkVariableName(name, true);
  const values = Object.values(given.vars).map((value) => compile(value, scope));
  const { scope: inner, slots } = scope.with(names);
  const body = compile(given.in!, inner);
  return fold([...values, body], (context) => {
    const computed = values.map((value) => value(context));
    for (let i = 0; i < slots.length; i++) context.slots[slots[i]!] = computed[i];
    return body(context);
  });
}

function compileSortArray(operand: Value, scope: Scope): Expression {
  const codes = { notObject: 2942500, unknown: 2942501, missing: { input: 2942502, sortBy: 2942503 } };
  const given = namedArguments("$sortArray", operand, ["input", "sortBy"], ["input", "sortBy"], codes);
  const input = compile(given.input!, scope);
  const sort = compileSortBy("$sortArray", given.sortBy!, {
    pattern: 2942505,
    number: 2942506,
    type: 2942507,
  });
  const run: Expression = (context) => {
    const list = input(context);
    return isNullish(list) ? null : sort(arrayOf("$sortArray input", 2942504, list));
  };
  return constantOf(input) === undefined ? run : fold([input], run);
}
