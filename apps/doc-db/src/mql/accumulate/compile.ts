import { isDocument, type Value } from "../../document/value.ts";
import { fail } from "../error.ts";
import { type Context, compile, fold, type OperatorTable, type Scope } from "../expr/compile.ts";
import { compileOperands, type Operand } from "../expr/define.ts";
import { ACCUMULATORS, type Accumulator } from "./accumulators.ts";
import { type CompiledAccumulator, groupCount, ORDERED } from "./ordered.ts";

/** One accumulator of a group's output field. */
export interface FieldAccumulator {
  /** A new gathering, for the group that the document begins. */
  start(context: Context): Accumulator;
  /** What a document gives to it. */
  input(context: Context): Value | undefined;
}

/** Compiles `{ $op: operand }`. @throws LanguageError */
export function compileAccumulator(field: string, value: Value, scope: Scope): FieldAccumulator {
  if (!isDocument(value))
    return fail(40234, `accumulator of ${field}`, value, "an object with one accumulator");
  const names = Object.keys(value);
  if (names.length !== 1) return fail(40238, `accumulator of ${field}`, names, "one accumulator");
  const name = names[0]!;
  const operand = value[name]!;
  if (Object.hasOwn(ORDERED, name)) return ordered(name, ORDERED[name]!(operand, scope));
  const make = Object.hasOwn(ACCUMULATORS, name) ? ACCUMULATORS[name] : undefined;
  if (make === undefined) return fail(15952, `accumulator of ${field}`, name, "an accumulator that exists");
  if (Array.isArray(operand)) fail(40237, `${name} of ${field}`, operand.length, "one expression");
  if (name === "$count" && (!isDocument(operand) || Object.keys(operand).length > 0))
    fail(9, "$count", operand, "an empty object");
  const input = compile(operand, scope);
  return { start: () => make(), input };
}

function ordered(name: string, compiled: CompiledAccumulator): FieldAccumulator {
  const { n, input } = compiled;
  return {
    start: (context) => compiled.start(n === undefined ? 1 : groupCount(name, n(context))),
    input,
  };
}

/** Accumulators as expressions: over several operands, or over one array. */
export const ACCUMULATOR_EXPRESSIONS: OperatorTable = {
  $sum: overOperands("$sum"),
  $avg: overOperands("$avg"),
  $min: overOperands("$min"),
  $max: overOperands("$max"),
  $stdDevPop: overOperands("$stdDevPop"),
  $stdDevSamp: overOperands("$stdDevSamp"),
};

function overOperands(name: string): OperatorTable[string] {
  return (operand, scope) => {
    const parts = compileOperands(operand, scope);
    return fold(parts, (context) => {
      const accumulator = ACCUMULATORS[name]!();
      const values: Operand[] = parts.map((part) => part(context));
      const only = values.length === 1 ? values[0] : undefined;
      for (const value of Array.isArray(only) ? (only as readonly Value[]) : values) accumulator.add(value);
      return accumulator.result();
    });
  };
}
