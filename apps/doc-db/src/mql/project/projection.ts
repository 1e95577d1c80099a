/** Projections of `$project`, `$addFields` and `find` as functions from document to document. */
import { Double } from "../../document/bson-types.ts";
import { type Document, isDocument, setField, type Value } from "../../document/value.ts";
import { fail } from "../error.ts";
import type { Context, Expression, Scope } from "../expr/compile.ts";
import { compileExpression, contextFor, rootScope } from "../expr/index.ts";
import { isNumeric } from "../number.ts";
import { isTruthy } from "../types.ts";
import { type ArrayProjection, arrayProjection } from "./array-projection.ts";

/** Where a projection stands: in `find`, in `$project`, or in `$addFields`, which keeps all other fields. */
export type ProjectionMode = "find" | "project" | "addFields";

/** What becomes of a field (`$meta` of a find decides nothing of the others): it stays, goes, is computed, has its array cut, or has fields that are projected. */
type Rule =
  | { kind: "keep" }
  | { kind: "drop" }
  | { kind: "compute"; run: Expression; isMeta: boolean }
  | { kind: "array"; operator: string; run: ArrayProjection }
  | Node;

interface Node {
  readonly kind: "node";
  readonly rules: Map<string, Rule>;
}

/** Makes a document out of another one. */
export type Projection = (document: Document, now?: Date) => Document;

interface State {
  readonly mode: ProjectionMode;
  readonly scope: Scope;
  readonly filter: Document;
  keeps: number;
  drops: number;
  positional: string | undefined;
}

/** @throws LanguageError for fields both kept and left out, paths that meet, operators that are not taken */
export function compileProjection(spec: Document, mode: ProjectionMode, filter: Document = {}): Projection {
  const root: Node = { kind: "node", rules: new Map() };
  const state: State = { mode, scope: rootScope(), filter, keeps: 0, drops: 0, positional: undefined };
  if (mode !== "find" && Object.keys(spec).length === 0) fail(51272, "$project", spec, "at least one field");
  for (const [path, value] of Object.entries(spec)) addRule(root, path, value, state);
  const id = root.rules.get("_id");
  const isKeeping =
    mode !== "addFields" &&
    (state.keeps > 0 || (state.drops === 0 && id?.kind !== "drop" && hasComputed(root, true)));
  const isIdOnly =
    mode !== "addFields" &&
    state.keeps === 0 &&
    state.drops === 0 &&
    id?.kind === "keep" &&
    root.rules.size === 1;
  if (isKeeping && id === undefined) root.rules.set("_id", { kind: "keep" });
  const keepsOthers = !(isKeeping || isIdOnly);
  return (document, now = new Date()) => {
    const context = contextFor(document, now);
    return projectDocument(document, root, keepsOthers, context);
  };
}

function hasComputed(node: Node, isDeciding = false): boolean {
  return [...node.rules.values()].some(
    (rule) =>
      (rule.kind === "compute" && !(isDeciding && rule.isMeta)) ||
      (rule.kind === "node" && hasComputed(rule, isDeciding)),
  );
}

function addRule(root: Node, path: string, value: Value, state: State): void {
  if (path === "") fail(40352, "projection", path, "a path");
  const isPositional = state.mode === "find" && path.endsWith(".$");
  const parts = (isPositional ? path.slice(0, -2) : path).split(".");
  if (path.endsWith(".")) fail(40353, "projection", path, "no dot at its end");
  for (const part of parts) {
    if (part === "") fail(15998, "projection", path, "no empty part");
    if (part.startsWith("$")) fail(16410, "projection", path, "no part that begins with a dollar sign");
  }
  if (isPositional) {
    if (state.positional !== undefined) fail(31276, "projection", path, "one positional projection");
    state.positional = parts.join(".");
    if ([...root.rules.values()].some((rule) => rule.kind === "array" && rule.operator === "$elemMatch"))
      fail(31256, "projection", path, "no positional projection behind an $elemMatch");
    if (state.drops > 0) fail(31395, "projection", path, "no positional projection beside fields left out");
    state.keeps++;
    place(
      root,
      parts,
      path,
      { kind: "array", operator: "$", run: arrayProjection("$", value, parts, state.filter) },
      state,
    );
    return;
  }
  if (isDocument(value) && !isOperator(value)) {
    if (Object.keys(value).length === 0) fail(51270, "projection", path, "no empty object");
    for (const [name, inner] of Object.entries(value)) {
      if (state.mode === "addFields") break;
      addRule(root, `${path}.${name}`, inner, state);
    }
    if (state.mode !== "addFields") return;
  }
  place(root, parts, path, ruleOf(path, parts, value, state), state);
}

function isOperator(value: Document): boolean {
  return Object.keys(value).some((name) => name.startsWith("$"));
}

function ruleOf(path: string, parts: readonly string[], value: Value, state: State): Rule {
  const isFlag = (isNumeric(value) || typeof value === "boolean") && state.mode !== "addFields";
  if (isFlag) {
    const isKept = isTruthy(value instanceof Double ? value.value : value);
    if (path !== "_id") {
      if (isKept) state.keeps++;
      else state.drops++;
      if (state.keeps > 0 && state.drops > 0)
        fail(isKept ? 31253 : 31254, "projection", path, "fields kept, or fields left out");
    }
    return { kind: isKept ? "keep" : "drop" };
  }
  const operator = isDocument(value) ? Object.keys(value)[0] : undefined;
  if (state.mode === "find" && (operator === "$slice" || operator === "$elemMatch")) {
    const operand = (value as Document)[operator]!;
    if (operator === "$elemMatch") state.keeps++;
    const isExpression =
      operator === "$slice" &&
      Array.isArray(operand) &&
      typeof operand[0] !== "number" &&
      !isNumeric(operand[0]);
    if (!isExpression)
      return { kind: "array", operator, run: arrayProjection(operator, operand, parts, state.filter) };
  }
  if (state.drops > 0 && state.mode === "project")
    fail(31252, "projection", path, "no computed field beside fields left out");
  const isMeta = state.mode === "find" && operator === "$meta";
  if (state.mode !== "addFields" && !isMeta) state.keeps += state.drops === 0 && path !== "_id" ? 1 : 0;
  return { kind: "compute", run: compileExpression(value, state.scope), isMeta };
}

function place(root: Node, parts: readonly string[], path: string, rule: Rule, state: State): void {
  let node = root;
  for (const part of parts.slice(0, -1)) {
    const next = node.rules.get(part) ?? { kind: "node", rules: new Map<string, Rule>() };
    if (next.kind !== "node") {
      if (state.positional !== undefined && rule.kind === "array")
        fail(31255, "projection", path, "one rule a path");
      fail(31249, "projection", path, "paths that are not inside each other");
    }
    node.rules.set(part, next);
    node = next;
  }
  const name = parts.at(-1)!;
  if (node.rules.has(name))
    fail(collisionCode(node.rules.get(name)!, rule), "projection", path, "each path once");
  node.rules.set(name, rule);
}

function collisionCode(before: Rule, after: Rule): number {
  const isPositional = before.kind === "array" && before.operator === "$";
  if (!isPositional || after.kind !== "array") return 31250;
  return after.operator === "$slice" ? 28667 : 31255;
}

function projectDocument(document: Document, node: Node, keepsOthers: boolean, context: Context): Document {
  const result: Record<string, Value> = {};
  for (const [name, value] of Object.entries(document)) {
    const rule = node.rules.get(name);
    if (rule === undefined) {
      if (keepsOthers) setField(result, name, value);
      continue;
    }
    const projected = applyRule(value, rule, keepsOthers, context);
    if (projected !== undefined) setField(result, name, projected);
  }
  for (const [name, rule] of node.rules) {
    if (Object.hasOwn(document, name)) continue;
    const computed = computeMissing(rule, context);
    if (computed !== undefined) setField(result, name, computed);
  }
  return result;
}

function applyRule(value: Value, rule: Rule, keepsOthers: boolean, context: Context): Value | undefined {
  switch (rule.kind) {
    case "keep":
      return value;
    case "drop":
      return undefined;
    case "compute":
      return rule.run(context);
    case "array":
      return rule.run(value, context.root as Document);
  }
  if (isDocument(value)) return projectDocument(value, rule, keepsOthers, context);
  if (Array.isArray(value)) {
    return (value as readonly Value[])
      .map((element) => applyRule(element, rule, keepsOthers, context))
      .filter((element) => element !== undefined);
  }
  const made = computeMissing(rule, context);
  return made ?? (keepsOthers ? value : undefined);
}

/** What a rule makes where there is nothing: only computed fields come into being. */
function computeMissing(rule: Rule, context: Context): Value | undefined {
  if (rule.kind === "compute") return rule.run(context);
  if (rule.kind !== "node") return undefined;
  const result: Record<string, Value> = {};
  let isEmpty = !hasComputed(rule);
  for (const [name, inner] of rule.rules) {
    const value = computeMissing(inner, context);
    if (value === undefined) continue;
    setField(result, name, value);
    isEmpty = false;
  }
  return isEmpty ? undefined : result;
}

/** A document without some top-level or nested fields. */
export function without(paths: readonly string[]): Projection {
  return compileProjection(Object.fromEntries(paths.map((path) => [path, 0])), "project");
}
