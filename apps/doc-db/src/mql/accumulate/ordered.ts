/** Accumulators of several arguments: the first, last, lowest or highest so many, by values or by a sort. */
import { type Document, isDocument, type Value } from "../../document/value.ts";
import { compareValues } from "../../keys/compare.ts";
import { compileSort } from "../../query/sort.ts";
import { fail } from "../error.ts";
import { countOf } from "../expr/array.ts";
import { compile, type Expression, type Scope } from "../expr/compile.ts";
import { namedArguments } from "../expr/define.ts";
import { isNullish } from "../types.ts";
import type { Accumulator } from "./accumulators.ts";

const TOP_CODES = {
  notObject: 5788001,
  unknown: 5788002,
  missing: { sortBy: 5788005, output: 5788004, n: 5788003 },
};
const N_CODES = { notObject: 5787801, unknown: 5787901, missing: 5787906 };

/** A compiled accumulator: what it takes of each document, and what a group gathers it with. */
export interface CompiledAccumulator {
  readonly input: Expression;
  /** @param n - the argument `n` where there is one, computed for the group */
  start(n: number): Accumulator;
  readonly n: Expression | undefined;
}

/** The operators of this file. */
export const ORDERED: Readonly<Record<string, (operand: Value, scope: Scope) => CompiledAccumulator>> = {
  $firstN: (operand, scope) => many("$firstN", operand, scope, (values, n) => values.slice(0, n)),
  $lastN: (operand, scope) => many("$lastN", operand, scope, (values, n) => values.slice(-n)),
  $maxN: (operand, scope) =>
    many("$maxN", operand, scope, (values, n) =>
      values
        .filter((value) => value !== null)
        .sort((a, b) => compareValues(b, a))
        .slice(0, n),
    ),
  $minN: (operand, scope) =>
    many("$minN", operand, scope, (values, n) =>
      values
        .filter((value) => value !== null)
        .sort(compareValues)
        .slice(0, n),
    ),
  $top: (operand, scope) => sorted("$top", operand, scope, 0),
  $topN: (operand, scope) => sorted("$topN", operand, scope, 0),
  $bottom: (operand, scope) => sorted("$bottom", operand, scope, -1),
  $bottomN: (operand, scope) => sorted("$bottomN", operand, scope, -1),
};

function many(
  name: string,
  operand: Value,
  scope: Scope,
  pick: (values: Value[], n: number) => Value[],
): CompiledAccumulator {
  const given = namedArguments(name, operand, ["input", "n"], ["input", "n"], N_CODES);
  return {
    input: compile(given.input!, scope),
    n: compile(given.n!, scope),
    start: (n) => {
      const values: Value[] = [];
      return { add: (value) => void values.push(value ?? null), result: () => pick(values, n) };
    },
  };
}

function sorted(name: string, operand: Value, scope: Scope, edge: 0 | -1): CompiledAccumulator {
  const isMany = name.endsWith("N");
  const names = isMany ? ["sortBy", "output", "n"] : ["sortBy", "output"];
  const given = namedArguments(name, operand, names, names, TOP_CODES);
  const { sortBy } = given;
  if (!isDocument(sortBy)) return fail(10065, `${name} sortBy`, sortBy, "an object");
  const sorter = compileSort(sortBy as Record<string, 1 | -1>);
  const output = compile(given.output!, scope);
  return {
    input: (context) => ({ document: context.root ?? null, output: output(context) ?? null }),
    n: isMany ? compile(given.n!, scope) : undefined,
    start: (n) => {
      const values: { key: readonly Value[]; output: Value }[] = [];
      return {
        add: (value) => {
          const entry = value as { document: Document; output: Value };
          values.push({ key: sorter.keyOf(entry.document), output: entry.output });
        },
        result: () => {
          values.sort((a, b) => sorter.compare(a.key, b.key));
          if (!isMany) return values.at(edge)?.output ?? null;
          return (edge === 0 ? values.slice(0, n) : values.slice(-n)).map((entry) => entry.output);
        },
      };
    },
  };
}

/** The argument `n` of a group; 1 where the accumulator has none. */
export function groupCount(name: string, n: Value | undefined): number {
  return isNullish(n) ? fail(5787902, `${name} n`, n, "an integer above 0") : countOf(name, n);
}
