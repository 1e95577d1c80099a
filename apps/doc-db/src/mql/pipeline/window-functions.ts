/** The functions of `$setWindowFields`: for each document of a sorted partition a value. */
import { isDocument, type Value } from "../../document/value.ts";
import type { Accumulator } from "../accumulate/accumulators.ts";
import { compileAccumulator, type FieldAccumulator } from "../accumulate/compile.ts";
import { Covariance } from "../accumulate/covariance.ts";
import { fail } from "../error.ts";
import { checkPath } from "../expr/compile.ts";
import { compileExpression, rootScope } from "../expr/index.ts";
import { isNumeric, toInt32 } from "../number.ts";
import { FILLS } from "./window-fill.ts";
import { compileFrame, type Frame } from "./window-frame.ts";
import type { Rows } from "./window-rows.ts";

/** A sorted partition. */
export interface Partition {
  readonly rows: Rows;
  /** Compares what two documents were sorted by; 0 for peers. */
  compare(a: number, b: number): number;
}

/** A function at work on one partition. */
export interface WindowRun {
  /** The lowest row that it looks at for the documents to come. */
  readonly needed: number;
  /** The value of the document at `at`, one after the other; undefined where the field is left out. */
  next(at: number): Value | undefined;
}

/** The values of one output field, for a partition. */
export type WindowFunction = (partition: Partition) => WindowRun;

/** @param rankOf - the rank of a document that is no peer of the one before */
function ranking(rankOf: (at: number, rank: number) => number): WindowFunction {
  return ({ compare }) => {
    let rank = 0;
    const run = {
      needed: 0,
      next: (at: number): Value => {
        run.needed = at;
        if (at === 0 || compare(at - 1, at) !== 0) rank = rankOf(at, rank);
        return rank;
      },
    };
    return run;
  };
}

const RANKS: Readonly<Record<string, WindowFunction>> = {
  $documentNumber: () => ({ needed: Number.POSITIVE_INFINITY, next: (at) => at + 1 }),
  $rank: ranking((at) => at + 1),
  $denseRank: ranking((_, rank) => rank + 1),
};

/**
 * Compiles one output field.
 * @param sortFields - fields of `sortBy`
 * @throws LanguageError for functions and windows that are not understood
 */
export function compileWindowFunction(name: string, spec: Value, sortFields: number): WindowFunction {
  checkPath(name);
  if (!isDocument(spec)) return fail(9, `window of ${name}`, spec, "an object");
  const { window, ...operator } = spec;
  const function_ = Object.keys(operator)[0] ?? "";
  if (Object.hasOwn(RANKS, function_)) {
    if (window !== undefined) fail(5371601, function_, window, "no window");
    if (function_ !== "$documentNumber" && sortFields === 0) fail(5371602, function_, spec, "a sortBy");
    return RANKS[function_]!;
  }
  if (Object.hasOwn(FILLS, function_)) {
    if (window !== undefined) fail(9, function_, window, "no window");
    return FILLS[function_]!(operator[function_]!, sortFields);
  }
  if (function_ === "$shift") return shift(operator[function_]!);
  const isCovariance = function_ === "$covariancePop" || function_ === "$covarianceSamp";
  const accumulator = isCovariance
    ? covariance(function_, operator[function_]!)
    : compileAccumulator(name, operator, rootScope());
  return overFrames(accumulator, compileFrame(window, sortFields));
}

/** A frame that begins where the one before did is gone on with; others are gathered anew. */
function overFrames(accumulator: FieldAccumulator, frame: Frame): WindowFunction {
  const { isOpenBelow, isOpenAbove } = frame;
  if (isOpenBelow && isOpenAbove) return overAll(accumulator);
  return ({ rows }) => {
    if (isOpenAbove && rows.isSpooled) {
      const expected = "one that memoryBytes has room for, as each window ends with its last document";
      return fail(292, "$setWindowFields partition", rows.id, expected);
    }
    const frameOf = frame.begin(rows);
    let state: Accumulator | undefined;
    let [from, next] = [0, 0];
    const run = {
      needed: 0,
      next: (at: number): Value | undefined => {
        const [first, last] = frameOf(at);
        if (state === undefined || first !== from || last < next - 1) {
          state = accumulator.start(rows.at(at).context);
          [from, next] = [first, first];
        }
        for (; next <= last; next++) state.add(accumulator.input(rows.at(next).context));
        run.needed = isOpenBelow ? next : first;
        return state.result();
      },
    };
    return run;
  };
}

/** One value for all documents of a partition. */
function overAll(accumulator: FieldAccumulator): WindowFunction {
  return ({ rows }) => {
    let state: Accumulator | undefined;
    let value: Value | undefined;
    return {
      needed: Number.POSITIVE_INFINITY,
      next: () => {
        if (state !== undefined) return value;
        state = accumulator.start(rows.at(0).context);
        for (const { context } of rows.all()) state.add(accumulator.input(context));
        value = state.result();
        return value;
      },
    };
  };
}

function shift(operand: Value): WindowFunction {
  if (!isDocument(operand) || operand.output === undefined)
    return fail(9, "$shift", operand, "{ output, by, default }");
  const output = compileExpression(operand.output);
  const { by: given = null } = operand;
  const by = isNumeric(given) ? toInt32(given) : undefined;
  if (by === undefined) return fail(9, "$shift by", given, "an integer");
  const otherwise = operand.default === undefined ? null : operand.default;
  return ({ rows }) => {
    const run = {
      needed: 0,
      next: (at: number): Value => {
        run.needed = at + by + 1;
        const other = at + by;
        return other < 0 || other >= rows.length ? otherwise : (output(rows.at(other).context) ?? null);
      },
    };
    return run;
  };
}

function covariance(name: string, operand: Value): FieldAccumulator {
  if (!Array.isArray(operand) || operand.length !== 2) return fail(9, name, operand, "two expressions");
  const [x, y] = (operand as readonly Value[]).map((value) => compileExpression(value));
  return {
    input: (context) => [x!(context) ?? null, y!(context) ?? null],
    start: (): Accumulator => {
      const state = new Covariance();
      return {
        add: (pair) => state.add(pair as readonly [Value, Value]),
        result: () => state.result(name === "$covarianceSamp" ? 1 : 0),
      };
    },
  };
}
