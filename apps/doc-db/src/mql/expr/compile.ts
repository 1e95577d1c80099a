/** Expressions as functions: literals, field paths, variables, and operators from the scope's table. */
import { Timestamp } from "../../document/bson-types.ts";
import { type Document, isDocument, setField, type Value } from "../../document/value.ts";
import { fail } from "../error.ts";
import { counted } from "./budget.ts";
import { getPath } from "./field-path.ts";

/** What an expression is computed from. */
export interface Context {
  readonly root: Value | undefined;
  /** Values of the variables, by the number that the scope gave them. */
  readonly slots: (Value | undefined)[];
  /** The time at which the operation began. */
  readonly now: Date;
  /** What was computed for the document so far: see `budget.ts`. */
  steps: number;
}

/** A compiled expression; undefined is a missing value. */
export type Expression = (context: Context) => Value | undefined;

/** Turns an operator's operand into an expression. */
export type OperatorCompiler = (operand: Value, scope: Scope) => Expression;

/** Operators by their names, the dollar sign included. */
export type OperatorTable = Readonly<Record<string, OperatorCompiler>>;

/** Expressions inside each other, at the most. */
const MAX_DEPTH = 200;
const SYSTEM_VARIABLES = new Set(["ROOT", "CURRENT", "NOW", "REMOVE", "CLUSTER_TIME"]);

/** Which variables an expression may use. */
export class Scope {
  readonly operators: OperatorTable;
  readonly depth: number;
  readonly #names: ReadonlyMap<string, number>;
  readonly #slots: { count: number };

  constructor(
    operators: OperatorTable,
    names: ReadonlyMap<string, number> = new Map(),
    slots = { count: 0 },
    depth = 0,
  ) {
    this.operators = operators;
    this.#names = names;
    this.#slots = slots;
    this.depth = depth;
  }

  /** The variable's slot; undefined when there is none of that name. */
  slotOf(name: string): number | undefined {
    return this.#names.get(name);
  }

  /** A scope with further variables. @returns it, and their slots in the same order */
  with(names: readonly string[]): { scope: Scope; slots: number[] } {
    const slots = names.map(() => this.#slots.count++);
    const all = new Map([...this.#names, ...names.map((name, i) => [name, slots[i]!] as const)]);
    return { scope: new Scope(this.operators, all, this.#slots, this.depth), slots };
  }

  deeper(): Scope {
    if (this.depth >= MAX_DEPTH) fail(15, "expression depth", this.depth, `at most ${MAX_DEPTH} levels`);
    return new Scope(this.operators, this.#names, this.#slots, this.depth + 1);
  }
}

const CONSTANTS = new WeakMap<Expression, { value: Value | undefined }>();

/** An expression that is always the same value. */
export function constant(value: Value | undefined): Expression {
  const expression: Expression = () => value;
  CONSTANTS.set(expression, { value });
  return expression;
}

/** The value of an expression that needs no document; undefined when it needs one. */
export function constantOf(expression: Expression): { value: Value | undefined } | undefined {
  return CONSTANTS.get(expression);
}

/** Computes an expression now if all that it is made of is constant. */
export function fold(parts: readonly Expression[], expression: Expression): Expression {
  if (!parts.every((part) => CONSTANTS.has(part))) return expression;
  try {
    return constant(expression({ root: undefined, slots: [], now: new Date(), steps: 0 }));
  } catch {
    // It may stand where it is never computed; where it is, it fails then.
    return expression;
  }
}

/** @throws LanguageError for what is no expression */
export function compile(value: Value, outer: Scope): Expression {
  if (typeof value === "string") return value.startsWith("$") ? compilePath(value, outer) : constant(value);
  if (Array.isArray(value)) {
    const scope = outer.deeper();
    const elements = (value as readonly Value[]).map((element) => compile(element, scope));
    return fold(elements, (context) =>
      counted(
        context,
        elements.map((element) => element(context) ?? null),
      ),
    );
  }
  return isDocument(value) ? compileObject(value, outer.deeper()) : constant(value);
}

function compileObject(value: Document, scope: Scope): Expression {
  const names = Object.keys(value);
  const operator = names.find((name) => name.startsWith("$"));
  if (operator === undefined) return compileFields(value, names, scope);
  if (names.length > 1 || names[0] !== operator)
    fail(15983, "expression", operator, "an operator alone in its object");
  const compiler = Object.hasOwn(scope.operators, operator) ? scope.operators[operator] : undefined;
  if (compiler === undefined) fail(168, "expression operator", operator, "an operator that exists");
  return compiler(value[operator]!, scope);
}

function compileFields(value: Document, names: readonly string[], scope: Scope): Expression {
  for (const name of names) {
    if (name.includes(".")) fail(16412, "field name", name, "a name without dots");
  }
  const fields = names.map((name) => compile(value[name]!, scope));
  return fold(fields, (context) => {
    const result: Record<string, Value> = {};
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i]!(context);
      if (field !== undefined) setField(result, names[i]!, field);
    }
    return result;
  });
}

function compilePath(text: string, scope: Scope): Expression {
  if (!text.startsWith("$$")) {
    const parts = checkPath(text.slice(1));
    const current = scope.slotOf("CURRENT");
    if (current !== undefined) return (context) => getPath(context.slots[current], parts, 0);
    return (context) => getPath(context.root, parts, 0);
  }
  const path = text.slice(2);
  const [name] = path.split(".", 1);
  checkVariableName(name!, false);
  const parts = path.length === name!.length ? [] : checkPath(path.slice(name!.length + 1) || ".");
  return atPath(compileVariable(name!, scope), parts);
}

function atPath(variable: Expression, parts: readonly string[]): Expression {
  return parts.length === 0 ? variable : (context) => getPath(variable(context), parts, 0);
}

function compileVariable(name: string, scope: Scope): Expression {
  const slot = scope.slotOf(name);
  if (slot !== undefined) return (context) => context.slots[slot];
  if (!SYSTEM_VARIABLES.has(name)) {
    fail(17276, "variable", name, "one that is defined");
  }
  // A cluster of one: its time is that of the clock.
  if (name === "CLUSTER_TIME") return ({ now }) => new Timestamp(Math.floor(now.getTime() / 1000), 1);
  if (name === "NOW") return (context) => context.now;
  return name === "REMOVE" ? constant(undefined) : (context) => context.root;
}

/** Splits a path. @throws LanguageError for empty parts, dollar signs and NUL */
export function checkPath(path: string): readonly string[] {
  if (path === "") fail(16872, "field path", "$", "a name behind the dollar sign");
  if (path.endsWith(".")) fail(40353, "field path", path, "no dot at its end");
  const parts = path.split(".");
  for (const part of parts) {
    if (part === "") fail(15998, "field path", path, "no empty part");
    if (part.startsWith("$")) fail(16410, "field path", path, "no part that begins with a dollar sign");
    if (part.includes("\0")) fail(16411, "field path", path, "no NUL");
  }
  return parts;
}

/** @throws LanguageError 9 for names that no variable may have */
export function checkVariableName(name: string, isDefinition: boolean): void {
  const isFree = isDefinition && name !== "CURRENT" ? /^[a-z\u0080-\uffff]/ : /^[a-zA-Z\u0080-\uffff]/;
  if (isFree.test(name) && /^[\w\u0080-\uffff]*$/.test(name)) return;
  fail(9, "variable name", name, "a lower-case letter, then letters, digits and underscores");
}
