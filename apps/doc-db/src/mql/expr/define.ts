/** Makes operators out of functions on values. */
import { isDocument, type Value } from "../../document/value.ts";
import { fail } from "../error.ts";
import { isNullish } from "../types.ts";
import { counted } from "./budget.ts";
import { compile, type Expression, fold, type OperatorCompiler, type Scope } from "./compile.ts";

/** A value, or undefined where there is none. */
export type Operand = Value | undefined;

/** The operands of an operator: those of an array, or the one that stands there alone. */
export function compileOperands(operand: Value, scope: Scope): Expression[] {
  const list = Array.isArray(operand) ? (operand as readonly Value[]) : [operand];
  return list.map((value) => compile(value, scope));
}

/** An operator of exactly `count` operands. */
export function fixed(name: string, count: number, run: (...values: Operand[]) => Operand): OperatorCompiler {
  return (operand, scope) => {
    const parts = compileOperands(operand, scope);
    if (parts.length !== count) fail(16020, name, parts.length, `${count} operands`);
    return fold(parts, (context) => counted(context, run(...parts.map((part) => part(context)))));
  };
}

/** An operator of `least` to `most` operands; those left out are undefined at the end. */
export function ranged(
  name: string,
  least: number,
  most: number,
  run: (values: readonly Operand[]) => Operand,
): OperatorCompiler {
  return (operand, scope) => {
    const parts = compileOperands(operand, scope);
    if (parts.length < least || parts.length > most)
      fail(28667, name, parts.length, `${least} to ${most} operands`);
    return fold(parts, (context) => counted(context, run(parts.map((part) => part(context)))));
  };
}

/** An operator of any number of operands. */
export function variadic(run: (values: readonly Operand[]) => Operand): OperatorCompiler {
  return (operand, scope) => {
    const parts = compileOperands(operand, scope);
    return fold(parts, (context) => counted(context, run(parts.map((part) => part(context)))));
  };
}

/** Numbers of the errors of an operator that takes an object of named arguments. */
export interface NamedCodes {
  /** The operand is no object. */
  readonly notObject: number;
  /** An argument of another name. */
  readonly unknown: number;
  /** An argument that must be there is missing; by name, or one for all. */
  readonly missing: number | Readonly<Record<string, number>>;
}

/** The named arguments as they stand, checked for their names. */
export function namedArguments(
  name: string,
  operand: Value,
  names: readonly string[],
  required: readonly string[],
  codes: NamedCodes,
): Readonly<Record<string, Value>> {
  if (!isDocument(operand)) fail(codes.notObject, name, operand, "an object of arguments");
  for (const key of Object.keys(operand)) {
    if (!names.includes(key)) fail(codes.unknown, `${name} argument`, key, `one of ${names.join(", ")}`);
  }
  for (const key of required) {
    if (Object.hasOwn(operand, key)) continue;
    const code = typeof codes.missing === "number" ? codes.missing : codes.missing[key]!;
    fail(code, name, operand, `an argument "${key}"`);
  }
  return operand;
}

/** An operator of named arguments, each computed; those left out are undefined. */
export function named(
  name: string,
  names: readonly string[],
  required: readonly string[],
  codes: NamedCodes,
  run: (values: Readonly<Record<string, Operand>>, has: (name: string) => boolean) => Operand,
): OperatorCompiler {
  return (operand, scope) => {
    const given = namedArguments(name, operand, names, required, codes);
    const entries = Object.entries(given).map(([key, value]) => [key, compile(value, scope)] as const);
    const has = (key: string): boolean => Object.hasOwn(given, key);
    return fold(
      entries.map(([, expression]) => expression),
      (context) =>
        counted(context, run(Object.fromEntries(entries.map(([key, part]) => [key, part(context)])), has)),
    );
  };
}

/** Null when any of the operands is null or missing, else what the function gives. */
export function orNull(run: (...values: Value[]) => Operand): (...values: Operand[]) => Operand {
  return (...values) => (values.some(isNullish) ? null : run(...(values as Value[])));
}
