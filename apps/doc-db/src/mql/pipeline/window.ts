/** `$setWindowFields` with frames of documents: accumulators over the neighbours of each document. */
import { isDocument, setField, type Value } from "../../document/value.ts";
import { compareValues } from "../../keys/compare.ts";
import type { Accumulator } from "../accumulate/accumulators.ts";
import { compileAccumulator, type FieldAccumulator } from "../accumulate/compile.ts";
import { Covariance } from "../accumulate/covariance.ts";
import { fail } from "../error.ts";
import type { Context } from "../expr/compile.ts";
import { compileExpression, contextFor, rootScope } from "../expr/index.ts";
import { isNumeric, toInt32 } from "../number.ts";
import { compileSortSpec } from "./sort-spec.ts";
import { gatherAll, type Stage } from "./stage.ts";

/** Computes a field for the document at an index of its sorted partition. */
type WindowField = (partition: readonly Context[], at: number) => Value | undefined;

/** Documents beside the current one, both ends included. */
interface Frame {
  readonly from: number;
  readonly to: number;
}

/** @throws LanguageError for windows that are not understood; ranges of values are not */
export function setWindowFields(operand: Value): Stage {
  if (!isDocument(operand)) return fail(9, "$setWindowFields", operand, "an object");
  const { partitionBy, sortBy, output } = operand;
  if (!isDocument(output)) return fail(9, "$setWindowFields output", output, "an object of fields");
  const partition = compileExpression(partitionBy ?? null);
  const sorter = sortBy === undefined ? undefined : compileSortSpec("$setWindowFields sortBy", sortBy);
  const fields = Object.entries(output).map(([name, spec]) => ({ name, run: compileField(name, spec) }));
  return async function* (documents, { now }) {
    const entries = (await gatherAll(documents)).map((document) => ({
      document,
      context: contextFor(document, now),
      key: sorter?.keyOf(document) ?? [],
      id: partition(contextFor(document, now)) ?? null,
    }));
    entries.sort((a, b) => compareValues(a.id, b.id) || (sorter?.compare(a.key, b.key) ?? 0));
    for (let start = 0; start < entries.length; ) {
      let end = start + 1;
      while (end < entries.length && compareValues(entries[end]!.id, entries[start]!.id) === 0) end++;
      const contexts = entries.slice(start, end).map(({ context }) => context);
      for (let i = start; i < end; i++) {
        const result: Record<string, Value> = { ...entries[i]!.document };
        for (const { name, run } of fields) {
          const value = run(contexts, i - start);
          if (value !== undefined) setField(result, name, value);
        }
        yield result;
      }
      start = end;
    }
  };
}

function compileField(name: string, spec: Value): WindowField {
  if (name.includes(".")) fail(9, "$setWindowFields field", name, "a name without dots");
  if (!isDocument(spec)) return fail(9, `window of ${name}`, spec, "an object");
  const { window, ...operator } = spec;
  const function_ = Object.keys(operator)[0];
  if (function_ === "$documentNumber") return (_, at) => at + 1;
  const frame = compileFrame(window);
  const accumulator =
    function_ === "$covariancePop" || function_ === "$covarianceSamp"
      ? covariance(function_, operator[function_]!)
      : compileAccumulator(name, operator, rootScope());
  return (partition, at) => {
    const state = accumulator.start(partition[at]!);
    const last = Math.min(partition.length - 1, at + frame.to);
    for (let i = Math.max(0, at + frame.from); i <= last; i++) state.add(accumulator.input(partition[i]!));
    return state.result();
  };
}

function compileFrame(window: Value | undefined): Frame {
  if (window === undefined) return { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
  const bounds = isDocument(window) ? window.documents : undefined;
  if (!Array.isArray(bounds) || bounds.length !== 2)
    return fail(9, "window", window, "{ documents: [from, to] }; ranges of values are not supported");
  const [from, to] = bounds.map((bound: Value, i) => {
    if (bound === "unbounded") return i === 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    if (bound === "current") return 0;
    const offset = isNumeric(bound) ? toInt32(bound) : undefined;
    return offset ?? fail(9, "window bound", bound, '"unbounded", "current" or an integer');
  });
  if (from! > to!) fail(5339900, "window", bounds, "a lower bound that is not above the upper one");
  return { from: from!, to: to! };
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
