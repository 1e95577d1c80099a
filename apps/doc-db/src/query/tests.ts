/** What filters are made of: tests of a path's values, and their errors. */
import { nearestName } from "@millrace/base";
import type { DocumentView } from "../document/lookup.ts";
import { type Document, getField, rankOf, TYPE_RANK, type Value } from "../document/value.ts";
import { LanguageError } from "../mql/error.ts";
import { equalityTest, isOperatorObject, type ValueTest } from "../mql/query/value-tests.ts";
import { parsePath, someAtPath, withElements } from "./path.ts";

/** Gives a document's top-level field; undefined where there is none. */
export interface FieldLookup {
  (name: string): Value | undefined;
  /** The whole document, for `$expr` and `$jsonSchema`; decoded when it is asked for. */
  readonly whole: () => Document;
  /** Of an encoded document: looks for a field where it lies. */
  readonly find?: DocumentView["find"];
}

/** Whether a document fulfils a part of a filter. */
export type Test = (lookup: FieldLookup) => boolean;

/** Filters and operators inside each other, at the most: a deeper filter is an attack or a mistake. */
const MAX_FILTER_DEPTH = 100;

export function atPath(path: string, test: (value: Value | undefined) => boolean): Test {
  const parts = parsePath(path);
  const onValue = (value: Value | undefined): boolean => withElements(value, test);
  if (parts.length === 1) return (lookup) => onValue(lookup(path));
  return (lookup) => someAtPath(lookup(parts[0]!), parts, 1, onValue);
}

/** A test of what is at a path as a whole: an array is not looked into. */
export function wholeAtPath(path: string, test: ValueTest): Test {
  const parts = parsePath(path);
  return (lookup) => someAtPath(lookup(parts[0]!), parts, 1, test);
}

/** Whether an index finds all values that an operand matches. */
export function isIndexable(operand: Value): boolean {
  const rank = rankOf(operand);
  return rank !== TYPE_RANK.regex && rank !== TYPE_RANK.minKey && rank !== TYPE_RANK.maxKey;
}

export function existsTest(path: string, isWanted: boolean): Test {
  const parts = parsePath(path);
  return (lookup) => someAtPath(lookup(parts[0]!), parts, 1, (value) => value !== undefined) === isWanted;
}

export function anyOf(operands: readonly Value[]): (value: Value | undefined) => boolean {
  const tests = operands.map(equalityTest);
  return (value) => tests.some((test) => test(value));
}

export function listOf(name: string, operand: Value): readonly Value[] {
  if (!Array.isArray(operand)) throw invalid(name, operand, "an array");
  for (const value of operand as readonly Value[]) {
    if (isOperatorObject(value)) throw invalid(name, value, "values, no operators, in its array");
  }
  return operand as readonly Value[];
}

export function allOf(tests: readonly Test[]): Test {
  if (tests.length === 1) return tests[0]!;
  return (lookup) => tests.every((test) => test(lookup));
}

export function not(test: Test): Test {
  return (lookup) => !test(lookup);
}

export function checkDepth(depth: number): void {
  if (depth > MAX_FILTER_DEPTH) throw invalid("filter depth", depth, `at most ${MAX_FILTER_DEPTH} levels`);
}

export function unknownOperator(name: string, known: readonly string[]): LanguageError {
  const hint = nearestName(name, known);
  const expected = hint === undefined ? `one of ${known.join(", ")}` : `"${hint}", perhaps`;
  return new LanguageError(2, "filter operator", name, expected);
}

export function invalid(what: string, received: unknown, expected: string): LanguageError {
  return new LanguageError(2, what === "filter" ? what : `filter ${what}`, received, expected);
}

/** A lookup into a document in memory. */
export function lookupOf(document: Document): FieldLookup {
  return Object.assign((name: string) => getField(document, name), { whole: () => document });
}
