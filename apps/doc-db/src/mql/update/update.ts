/** Updates as functions from a document to the changed document. */
import { type Document, getField, isDocument, type Value } from "../../document/value.ts";
import { compareValues } from "../../keys/compare.ts";
import { compileFilter, matchesDocument } from "../../query/filter.ts";
import { fail } from "../error.ts";
import { ARRAY_OPERATORS } from "./array-operators.ts";
import { FIELD_OPERATORS } from "./field-operators.ts";
import type { FieldChange } from "./patch.ts";
import { type ArrayFilters, type Change, changeAt, parseUpdatePath, UNCHANGED } from "./path.ts";
import { matchedIndex } from "./positional.ts";

/** A compiled update. */
export interface CompiledUpdate {
  /**
   * @param filter - the query that found the document, for the positional operator
   * @param isInsert - whether the document is new, so that `$setOnInsert` counts
   */
  apply(document: Document, filter: Document, isInsert: boolean): Document;
  /** What it does to a document that is there, where it changes top-level fields each on its own. */
  readonly fieldChanges?: readonly FieldChange[] | undefined;
}

/** What `updateOne` takes beside filter and update. */
export interface UpdateSettings {
  readonly arrayFilters?: readonly Document[] | undefined;
}

interface Step {
  readonly operator: string;
  readonly parts: readonly string[];
  readonly change: Change;
  /** Of `$rename`: where the value goes. */
  readonly target?: readonly string[];
}

/** @throws LanguageError for an operator that there is not, paths that meet, operands that are not taken */
export function compileUpdate(update: Document, settings: UpdateSettings = {}): CompiledUpdate {
  const steps = Object.entries(update).flatMap(([operator, fields]) => compileOperator(operator, fields));
  checkConflicts(steps);
  const filters = compileArrayFilters(settings.arrayFilters ?? [], steps);
  steps.sort((a, b) => comparePaths(a.parts, b.parts));
  return {
    fieldChanges: fieldChangesOf(steps),
    apply: (document, filter, isInsert) => {
      let changed = document;
      for (const step of steps) {
        if (step.operator === "$setOnInsert" && !isInsert) continue;
        changed = step.target === undefined ? runStep(changed, step, filter, filters) : rename(changed, step);
      }
      checkId(document, changed, isInsert);
      return changed;
    },
  };
}

function fieldChangesOf(steps: readonly Step[]): FieldChange[] | undefined {
  const changes: FieldChange[] = [];
  for (const { operator, parts, change, target } of steps) {
    if (operator === "$setOnInsert") continue;
    if (parts.length > 1 || parts[0] === "_id" || target !== undefined) return undefined;
    changes.push({ name: parts[0]!, change });
  }
  return changes;
}

function compileOperator(operator: string, fields: Value): Step[] {
  const compiler = Object.hasOwn(FIELD_OPERATORS, operator)
    ? FIELD_OPERATORS[operator]
    : Object.hasOwn(ARRAY_OPERATORS, operator)
      ? ARRAY_OPERATORS[operator]
      : undefined;
  if (compiler === undefined && operator !== "$rename")
    fail(9, "update operator", operator, "an operator that exists");
  if (!isDocument(fields)) return fail(9, operator, fields, "an object of fields");
  return Object.entries(fields).flatMap(([path, operand]): Step | Step[] => {
    const parts = parseUpdatePath(path);
    return compiler === undefined
      ? compileRename(path, parts, operand)
      : { operator, parts, change: compiler(operand, path) };
  });
}

const NOTHING: Change = { apply: () => UNCHANGED, makesPath: false, needsPath: false };

function compileRename(path: string, parts: readonly string[], operand: Value): Step {
  if (typeof operand !== "string") return fail(2, `$rename of ${path}`, operand, "the new name");
  const target = parseUpdatePath(operand);
  if ([...parts, ...target].some((part) => part.startsWith("$")))
    fail(2, "$rename", path, "no positional operator");
  if (path === operand) fail(2, "$rename", path, "another name");
  if (path === "_id" || operand === "_id") fail(66, "$rename", "_id", "a field that may change");
  return { operator: "$rename", parts, change: NOTHING, target };
}

/** Two changes must not be at one path, nor one inside the other's. */
function checkConflicts(steps: readonly Step[]): void {
  const paths = steps.flatMap(({ parts, target }) => (target === undefined ? [parts] : [parts, target]));
  const texts = paths.map((parts) => `${parts.join(".")}.`).sort();
  for (let i = 1; i < texts.length; i++) {
    if (texts[i]!.startsWith(texts[i - 1]!)) fail(40, "update", texts[i]!.slice(0, -1), "one change a path");
  }
}

function compileArrayFilters(filters: readonly Document[], steps: readonly Step[]): ArrayFilters {
  const compiled = new Map<string, (element: Value) => boolean>();
  for (const filter of filters) {
    const name =
      Object.keys(filter)
        .map((path) => path.split(".")[0]!)
        .find((part) => !part.startsWith("$")) ?? nameInside(filter);
    if (name === undefined) fail(9, "arrayFilters", filter, "an identifier");
    if (!/^[a-z][a-zA-Z0-9]*$/.test(name))
      fail(2, "arrayFilters", name, "a lower-case letter, then letters and digits");
    if (compiled.has(name)) fail(9, "arrayFilters", name, "each identifier once");
    const test = compileFilter(filter);
    compiled.set(name, (element) => matchesDocument(test, { [name]: element }));
  }
  const used = new Set(
    steps.flatMap(({ parts }) =>
      parts.filter((part) => part.startsWith("$[")).map((part) => part.slice(2, -1)),
    ),
  );
  for (const name of used) {
    if (name !== "" && !compiled.has(name)) fail(2, "arrayFilters", name, "a filter for each identifier");
  }
  for (const name of compiled.keys()) {
    if (!used.has(name)) fail(9, "arrayFilters", name, "an identifier that the update uses");
  }
  return compiled;
}

function nameInside(filter: Document): string | undefined {
  const list = filter.$and ?? filter.$or ?? filter.$nor;
  const first = Array.isArray(list) ? (list as readonly Value[])[0] : undefined;
  return isDocument(first) ? Object.keys(first)[0]?.split(".")[0] : undefined;
}

/** Field names in order; numbers by their values. */
function comparePaths(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    if (a[i] === b[i]) continue;
    const [x, y] = [a[i]!, b[i]!];
    if (/^\d+$/.test(x) && /^\d+$/.test(y)) return Number(x) - Number(y);
    return x < y ? -1 : 1;
  }
  return a.length - b.length;
}

function runStep(document: Document, step: Step, filter: Document, filters: ArrayFilters): Document {
  const at = step.parts.indexOf("$");
  let { parts } = step;
  if (at >= 0) {
    const index = matchedIndex(document, parts.slice(0, at), filter);
    if (index === undefined) return fail(2, "positional operator", parts.join("."), "a query on that array");
    parts = parts.map((part, i) => (i === at ? String(index) : part));
  }
  return changeAt(document, parts, step.change, filters);
}

function rename(document: Document, { parts, target }: Step): Document {
  checkNoArray(document, parts);
  checkNoArray(document, target!);
  let value: Value | undefined;
  const take: Change = {
    apply: (old) => {
      value = old;
      return old === undefined ? UNCHANGED : undefined;
    },
    makesPath: false,
    needsPath: true,
  };
  const none: ArrayFilters = new Map();
  const without = changeAt(document, parts, take, none);
  if (value === undefined) return document;
  return changeAt(without, target!, { apply: () => value, makesPath: true, needsPath: true }, none);
}

function checkNoArray(document: Document, parts: readonly string[]): void {
  let value: Value | undefined = document;
  for (const part of parts.slice(0, -1)) {
    value = isDocument(value) ? getField(value, part) : undefined;
    if (Array.isArray(value)) fail(2, "$rename", parts.join("."), "a path without arrays");
  }
}

function checkId(before: Document, after: Document, isInsert: boolean): void {
  const [old, id] = [getField(before, "_id"), getField(after, "_id")];
  if (isInsert && old === undefined) return;
  if (old !== undefined && (id === undefined || compareValues(old, id) !== 0))
    fail(66, "update", "_id", "a field that may change");
}
