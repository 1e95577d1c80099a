import { isDocument, type Value } from "../../document/value.ts";
import { fail } from "../error.ts";
import { textScoreOf } from "../text-score.ts";
import { constant, type Expression, type OperatorTable, type Scope } from "./compile.ts";

/** Operators of no family. */
export const MISC: OperatorTable = {
  $const: (operand) => constant(operand),
  $literal: (operand) => constant(operand),
  $meta: compileMeta,
  $rand: compileRand,
};

const META = new Set([
  "textScore",
  "randVal",
  "searchScore",
  "searchHighlights",
  "geoNearDistance",
  "geoNearPoint",
  "recordId",
  "indexKey",
  "sortKey",
  "searchScoreDetails",
  "vectorSearchScore",
  "searchSequenceToken",
  "timeseriesBucketMinTime",
  "timeseriesBucketMaxTime",
  "score",
  "scoreDetails",
  "stream",
]);

/** The score of a `$text` or a `$vectorSearch`; the other names give nothing, as no query here leaves such data behind. */
function compileMeta(operand: Value, _scope: Scope): Expression {
  if (typeof operand !== "string") return fail(17307, "$meta", operand, "a string");
  if (!META.has(operand)) fail(17308, "$meta", operand, `one of ${[...META].join(", ")}`);
  if (operand !== "textScore" && operand !== "vectorSearchScore") return () => undefined;
  return ({ root }) => (isDocument(root) ? textScoreOf(root) : undefined);
}

function compileRand(operand: Value, _scope: Scope): Expression {
  const isEmptyArray = Array.isArray(operand) && operand.length === 0;
  if (Array.isArray(operand) && !isEmptyArray) fail(3040501, "$rand", operand, "no arguments");
  if (!isEmptyArray && !isDocument(operand)) fail(10065, "$rand", operand, "no arguments");
  if (isDocument(operand) && Object.keys(operand).length > 0) fail(3040501, "$rand", operand, "no arguments");
  // A function of the context, so that it is not folded into one number for all documents.
  return () => Math.random();
}
