/** The functions of `$setWindowFields`: for each document of a sorted partition a value. */
import { isDocument, type Value } from "../../document/value.ts";
import type { Accumulator } from "../accumulate/accumulators.ts";
import { compileAccumulator, type FieldAccumulator } from "../accumulate/compile.ts";
import { Covariance } from "../accumulate/covariance.ts";
import { fail } from "../error.ts";
import type { Context } from "../expr/compile.ts";
import { compileExpression, rootScope } from "../expr/index.ts";
import { isNumeric, toInt32 } from "../number.ts";
import { compileFrame, type Frame, type Positions, WHOLE } from "./window-frame.ts";

/** A sorted partition. */
export interface Partition extends Positions {
  readonly contexts: readonly Context[];
  /** Compares what two documents were sorted by; 0 for peers. */
  compare(a: number, b: number): number;
}

/** The values of one output field, document by document; undefined where the field is left out. */
export type WindowFunction = (partition: Partition) => Iterable<Value | undefined>;

const RANKS: Readonly<Record<string, WindowFunction>> = {
  $documentNumber: function* ({ length }) {
    for (let at = 0; at < length; at++) yield at + 1;
  },
  $rank: function* ({ length, compare }) {
    let rank = 1;
    for (let at = 0; at < length; at++) {
      if (at > 0 && compare(at - 1, at) !== 0) rank = at + 1;
      yield rank;
    }
  },
  $denseRank: function* ({ length, compare }) {
    let rank = 1;
    for (let at = 0; at < length; at++) {
      if (at > 0 && compare(at - 1, at) !== 0) rank++;
      yield rank;
    }
  },
};

/**
 * Compiles one output field.
 * @param sortFields - fields of `sortBy`
 * @throws LanguageError for functions and windows that are not understood
 */
export function compileWindowFunction(name: string, spec: Value, sortFields: number): WindowFunction {
  if (name.includes(".")) fail(9, "$setWindowFields field", name, "a name without dots");
  if (!isDocument(spec)) return fail(9, `window of ${name}`, spec, "an object");
  const { window, ...operator } = spec;
  const function_ = Object.keys(operator)[0] ?? "";
  if (Object.hasOwn(RANKS, function_)) {
    if (window !== undefined) fail(5371601, function_, window, "no window");
    if (function_ !== "$documentNumber" && sortFields === 0) fail(5371602, function_, spec, "a sortBy");
    return RANKS[function_]!;
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
  return function* (partition) {
    const { contexts, length } = partition;
    let state: Accumulator | undefined;
    let whole: Value | undefined;
    let [from, next] = [0, 0];
    for (let at = 0; at < length; at++) {
      const [first, last] = frame(partition, at);
      if (frame === WHOLE && state !== undefined) {
        yield whole;
        continue;
      }
      if (state === undefined || first !== from || last < next - 1) {
        state = accumulator.start(contexts[at]!);
        [from, next] = [first, first];
      }
      for (; next <= last; next++) state.add(accumulator.input(contexts[next]!));
      whole = state.result();
      yield whole;
    }
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
  return function* ({ contexts, length }) {
    for (let at = 0; at < length; at++) {
      const context = contexts[at + by];
      yield context === undefined ? otherwise : (output(context) ?? null);
    }
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
