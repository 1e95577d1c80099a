/** `$bucketAuto`: documents in so many groups of about the same size, by the order of a value. */
import { type Document, isDocument, type Value } from "../../document/value.ts";
import type { Sorter } from "../../query/sort.ts";
import type { Accumulator } from "../accumulate/accumulators.ts";
import { activeComparison } from "../collation.ts";
import { fail } from "../error.ts";
import { namedArguments } from "../expr/define.ts";
import { compileExpression, contextFor } from "../expr/index.ts";
import { isNumeric, toInt32 } from "../number.ts";
import { roundable, rounderOf } from "./granularity.ts";
import { compileOutputs, groupDocument } from "./group.ts";
import { sortDocuments } from "./sort-documents.ts";
import { DEFAULT_MEMORY_BYTES, type Stage } from "./stage.ts";

const NAMES = ["groupBy", "buckets", "output", "granularity"];
const CODES = { notObject: 40240, unknown: 40245, missing: 40246 };

interface Bucket {
  readonly min: Value;
  last: Value;
  count: number;
  /** The end that it is rounded to, once it is full. */
  boundary: Value | undefined;
  readonly accumulators: readonly Accumulator[];
}

/**
 * Sorts, in files where need be, and gathers one bucket at a time; equal values are in one bucket.
 * @throws LanguageError 40239 to 40261 for what is not understood, and for values that no `granularity` rounds
 */
export function bucketAuto(operand: Value): Stage {
  const given = namedArguments("$bucketAuto", operand, NAMES, ["groupBy", "buckets"], CODES);
  const by = compileExpression(checkGroupBy(given.groupBy!));
  const most = bucketsOf(given.buckets!);
  const { output = { count: { $sum: 1 } }, granularity } = given;
  const rounder = granularity === undefined ? undefined : rounderOf(granularity);
  if (!isDocument(output)) return fail(40244, "$bucketAuto output", output, "an object of fields");
  const outputs = compileOutputs(output);
  const compare = activeComparison();

  /** Whether a bucket that is full ends before a value. */
  const endsBefore = (bucket: Bucket, value: Value): boolean => {
    if (compare(bucket.last, value) === 0) return false;
    if (rounder === undefined) return true;
    bucket.boundary ??= rounder.up(roundable(bucket.last));
    return compare(bucket.boundary, value) <= 0;
  };
  /** @param next - the first value behind it; undefined where there is none */
  const endOf = (bucket: Bucket, next: Value | undefined): Value => {
    if (rounder === undefined) return next ?? bucket.last;
    const end = bucket.boundary ?? rounder.up(roundable(bucket.last));
    // Zero, rounded up, is no end that excludes it.
    return next !== undefined && compare(end, 0) === 0 ? rounder.down(roundable(next)) : end;
  };

  return async function* (documents, { now, scratch, memoryBytes = DEFAULT_MEMORY_BYTES }) {
    const inOrder: Sorter = {
      keyOf: (document) => [by(contextFor(document, now)) ?? null],
      compare: ([a], [b]) => compare(a!, b!),
    };
    let count = 0;
    const counted = async function* (): AsyncGenerator<Document> {
      for await (const document of documents) {
        count++;
        yield document;
      }
    };
    let bucket: Bucket | undefined;
    let [begun, end]: [number, Value | undefined] = [0, undefined];
    const shown = ({ min, accumulators }: Bucket, max: Value): Document =>
      groupDocument({ min, max }, outputs, accumulators);
    for await (const document of sortDocuments(inOrder, counted(), scratch, memoryBytes)) {
      // Sorting takes all documents before it gives the first one.
      const size = Math.max(1, Math.round(count / most));
      const context = contextFor(document, now);
      const value = by(context) ?? null;
      const place = rounder === undefined ? undefined : roundable(value);
      if (bucket !== undefined && bucket.count >= size && begun < most && endsBefore(bucket, value)) {
        end = endOf(bucket, value);
        yield shown(bucket, end);
        bucket = undefined;
      }
      if (bucket === undefined) {
        const accumulators = outputs.map(({ accumulator }) => accumulator.start(context));
        const min = place === undefined ? value : (end ?? rounder!.down(place));
        bucket = { min, last: value, count: 0, boundary: undefined, accumulators };
        begun++;
      }
      outputs.forEach(({ accumulator }, i) => {
        bucket!.accumulators[i]!.add(accumulator.input(context));
      });
      bucket.last = value;
      bucket.count++;
    }
    if (bucket !== undefined) yield shown(bucket, endOf(bucket, undefined));
  };
}

function checkGroupBy(groupBy: Value): Value {
  const isPath = typeof groupBy === "string" && groupBy.startsWith("$");
  return isPath || isDocument(groupBy)
    ? groupBy
    : fail(40239, "$bucketAuto groupBy", groupBy, "a path with a dollar sign in front, or an expression");
}

function bucketsOf(buckets: Value): number {
  if (!isNumeric(buckets)) return fail(40241, "$bucketAuto buckets", buckets, "a number");
  const count = toInt32(buckets);
  if (count === undefined) return fail(40242, "$bucketAuto buckets", buckets, "an integer of 32 bits");
  return count > 0 ? count : fail(40243, "$bucketAuto buckets", buckets, "an integer above 0");
}
