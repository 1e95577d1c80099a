/** `$lookup` and `$unionWith`: the stages that read another collection. */

import { BSONRegExp } from "../../document/bson-types.ts";
import { encodeDocument } from "../../document/encode.ts";
import { type Document, isDocument, type Value } from "../../document/value.ts";
import { encodeKey } from "../../keys/encode-key.ts";
import { fail } from "../error.ts";
import { checkPath, type Expression } from "../expr/compile.ts";
import { getPath } from "../expr/field-path.ts";
import { compileExpression, contextFor } from "../expr/index.ts";
import { withVariables } from "./lookup-variables.ts";
import { withPath } from "./set-path.ts";
import { each, gatherAll, type Stage, type StageContext } from "./stage.ts";

/** Compiles a pipeline; it is handed over, since pipelines are made of these stages. */
export type CompilePipeline = (pipeline: readonly Value[]) => Stage;

/** Documents that are joined at a time, at the most: one query of the other collection serves for all of them. */
const BLOCK_DOCUMENTS = 1000;
const BLOCK_BYTES = 16 * 1024 * 1024;

interface LookupSpec {
  readonly from: string;
  readonly as: string;
  readonly localField: string | undefined;
  readonly foreignField: string | undefined;
  readonly pipeline: readonly Value[] | undefined;
  readonly variables: readonly (readonly [string, Expression])[];
}

/**
 * `$lookup` by equal fields, by a pipeline, or both. Documents are joined block by block: what memory holds is a block
 * and what belongs to it, never the other collection, of which an index on the field is used where there is one.
 */
export function lookup(operand: Value, compilePipeline: CompilePipeline): Stage {
  const spec = parseLookup(operand);
  const { variables, pipeline = [] } = spec;
  const as = checkPath(spec.as);
  // Compiled before the first document, also to find mistakes.
  const run = compilePipeline(withVariables(pipeline, new Map(variables.map(([name]) => [name, null]))));
  const isJoined = spec.localField !== undefined;
  return async function* (documents, context) {
    for await (const block of blocksOf(documents)) {
      const candidates = isJoined ? await candidatesOf(spec, block, context) : undefined;
      // Without fields and variables all have the same.
      const common =
        isJoined || variables.length > 0
          ? undefined
          : await gatherAll(run(source(spec, pipeline, context), context));
      for (const document of block) {
        if (common !== undefined) {
          yield withPath(document, as, common);
          continue;
        }
        const filled = filledPipeline(spec, document, context);
        const stage = variables.length === 0 ? run : compilePipeline(filled);
        const input = candidates === undefined ? source(spec, filled, context) : each(candidates(document));
        yield withPath(document, as, await gatherAll(stage(input, context)));
      }
    }
  };
}

/** The pipeline with the values that a document gives its variables. */
function filledPipeline(
  { pipeline = [], variables }: LookupSpec,
  document: Document,
  { now }: StageContext,
): readonly Value[] {
  if (variables.length === 0) return pipeline;
  const values = variables.map(
    ([name, expression]) => [name, expression(contextFor(document, now))] as const,
  );
  return withVariables(pipeline, new Map(values));
}

/** The other collection; a `$match` in front is its query, so that an index may serve. */
function source(
  { from }: LookupSpec,
  pipeline: readonly Value[],
  context: StageContext,
): AsyncIterable<Document> {
  const first = pipeline[0];
  const filter = isDocument(first) ? first.$match : undefined;
  return context.collection(from, isDocument(filter) ? filter : {});
}

/** `$unionWith`: the documents of another collection, or what a pipeline makes of them, behind these. */
export function unionWith(operand: Value, compilePipeline: CompilePipeline): Stage {
  const given: Document =
    typeof operand === "string" ? { coll: operand } : isDocument(operand) ? operand : {};
  const { coll, pipeline = [] } = given;
  if (typeof coll !== "string" || !Array.isArray(pipeline))
    return fail(9, "$unionWith", operand, "a collection, or { coll, pipeline }");
  const run = compilePipeline(pipeline as readonly Value[]);
  return async function* (documents, context) {
    yield* documents;
    yield* run(context.collection(coll), context);
  };
}

function parseLookup(operand: Value): LookupSpec {
  if (!isDocument(operand)) return fail(9, "$lookup", operand, "an object");
  const { from, localField, foreignField, pipeline, as, let: given = {} } = operand;
  if (typeof from !== "string" || typeof as !== "string") return fail(9, "$lookup", operand, "from and as");
  const hasFields = typeof localField === "string" && typeof foreignField === "string";
  const hasPipeline = Array.isArray(pipeline);
  if (!hasFields && !hasPipeline) fail(9, "$lookup", operand, "localField and foreignField, or a pipeline");
  if (!isDocument(given)) return fail(9, "$lookup let", given, "an object of expressions");
  return {
    from,
    as,
    localField: hasFields ? localField : undefined,
    foreignField: hasFields ? foreignField : undefined,
    pipeline: hasPipeline ? (pipeline as readonly Value[]) : undefined,
    variables: Object.entries(given).map(([name, value]) => [name, compileExpression(value)] as const),
  };
}

async function* blocksOf(documents: AsyncIterable<Document>): AsyncGenerator<Document[]> {
  let block: Document[] = [];
  let bytes = 0;
  for await (const document of documents) {
    block.push(document);
    bytes += encodeDocument(document).length;
    if (block.length < BLOCK_DOCUMENTS && bytes < BLOCK_BYTES) continue;
    yield block;
    block = [];
    bytes = 0;
  }
  if (block.length > 0) yield block;
}

/** Reads what may belong to a block. @returns what belongs to one document of it */
async function candidatesOf(
  { from, localField = "", foreignField = "" }: LookupSpec,
  block: readonly Document[],
  context: StageContext,
): Promise<(document: Document) => Document[]> {
  const wanted = new Map<string, Value>();
  for (const document of block) {
    for (const value of valuesAt(document, localField)) wanted.set(joinKeyOf(value), value);
  }
  const values = [...wanted.values()];
  // In a filter a regular expression is a pattern; here it is a value like others.
  const filter = values.some((value) => value instanceof BSONRegExp)
    ? {}
    : { [foreignField]: { $in: values } };
  const byKey = new Map<string, Document[]>();
  for await (const document of context.collection(from, filter)) {
    for (const key of new Set(valuesAt(document, foreignField).map(joinKeyOf))) {
      if (!wanted.has(key)) continue;
      const others = byKey.get(key);
      if (others === undefined) byKey.set(key, [document]);
      else others.push(document);
    }
  }
  return (document) => {
    const keys = [...new Set(valuesAt(document, localField).map(joinKeyOf))];
    const [first = [], ...others] = keys.map((key) => byKey.get(key) ?? []);
    return others.length === 0 ? first : [...new Set([...first, ...others.flat()])];
  };
}

/** What a document is joined by: the value of a field, of an array its elements too; nothing is null. */
function valuesAt(document: Document, path: string): readonly Value[] {
  const value = getPath(document, path.split("."), 0) ?? null;
  return Array.isArray(value) ? [...(value as readonly Value[]), value] : [value];
}

/** Equal values, of whatever types of numbers, have equal keys. */
export function joinKeyOf(value: Value): string {
  return Buffer.from(encodeKey(value)).toString("latin1");
}
