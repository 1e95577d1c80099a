import { MemoryVfs } from "@millrace/files";
import { Database } from "../../src/database.ts";
import { decodeDocument } from "../../src/document/decode.ts";
import { encodeDocument } from "../../src/document/encode.ts";
import { type Document, isDocument, type Value } from "../../src/document/value.ts";
import { DuplicateKeyError } from "../../src/indexes/duplicate-key.ts";
import { compareValues } from "../../src/keys/compare.ts";
import { LanguageError } from "../../src/mql/error.ts";
import { compileExpression, contextFor } from "../../src/mql/expr/index.ts";
import { isNumeric } from "../../src/mql/number.ts";
import { compilePipeline } from "../../src/mql/pipeline/pipeline.ts";
import { each, gatherAll } from "../../src/mql/pipeline/stage.ts";
import { compileProjection } from "../../src/mql/project/projection.ts";
import { typeName } from "../../src/mql/types.ts";
import { compileUpdate } from "../../src/mql/update/update.ts";
import { upsertBase } from "../../src/mql/update/upsert.ts";
import { compileFilter, matchesDocument } from "../../src/query/filter.ts";
import { compileSort } from "../../src/query/sort.ts";
import type { Case } from "./case-file.ts";
import { type IndexResult, runIndexCase, runIndexQuery } from "./run-index-case.ts";
import { isSame } from "./same.ts";

/** How a case ended. */
export interface Outcome {
  readonly isPassed: boolean;
  /** What came instead, for people. */
  readonly got: unknown;
}

/** What a case gave, and how to tell whether that is right where it is not what it expects. */
export interface Result {
  readonly value: Value | undefined;
  readonly isExpected?: (value: Value | undefined) => boolean;
}

/** Runs a case. */
export type Runner = (fields: Document, module: string, id: string) => Result | Promise<Result>;

const RUNNERS: Readonly<Record<string, Runner>> = {
  IndexTestCase: async (fields, module, id) => indexResult(await runIndexCase(fields, module, id)),
  IndexQueryTestCase: async (fields, module) => indexResult(await runIndexQuery(fields, module)),
  ExpressionTestCase: (fields) => ({
    value: runExpression(fields),
    isExpected: (value) => isResult(value, fields),
  }),
  WindowTestCase: async ({ docs, window, sort_by, partition_by, expected }, module) => {
    // The cases name their operator by the folder that they are in.
    const operator = `$${module.split("/").at(-2)}`;
    const operand = operator.startsWith("$cov") ? ["$x", "$y"] : "$value";
    const output = { result: { [operator]: operand, window: window! } };
    const spec = { partitionBy: partition_by!, sortBy: sort_by!, output };
    const stage = compilePipeline([{ $setWindowFields: spec }]);
    const context = { now: new Date(), collection: () => each([]) };
    return {
      value: await gatherAll(stage(each(docs as readonly Document[]), context)),
      isExpected: (value) => isSameResults(value, expected, module),
    };
  },
  FindTestCase: ({ doc, filter, sort, limit, expected }) => {
    const sorter = compileSort(sort as Record<string, 1 | -1>);
    const found = (runFilter(doc, filter!) as readonly Document[]).toSorted((a, b) =>
      sorter.compare(sorter.keyOf(a), sorter.keyOf(b)),
    );
    return {
      value: limit === null ? found : found.slice(0, Number(limit)),
      isExpected: (value) => isSame(value, expected),
    };
  },
  RoundTripTestCase: ({ value, expected }) => ({
    value: decodeDocument(encodeDocument({ value: value ?? null })).value,
    isExpected: (found) => isSame(found, expected ?? null),
  }),
  QueryTestCase: async ({ doc, filter, expected }, module) => ({
    value: module.includes("query/text/")
      ? await runTextQuery(doc, filter as Document)
      : runFilter(doc, filter!),
    isExpected: (value) => {
      const found = value as readonly Value[];
      // Cases of count() tell how many.
      if (isNumeric(expected)) return Number(expected) === found.length;
      return isSameBag(found, (expected ?? []) as readonly Value[]);
    },
  }),
  UpdateTestCase: runUpdate,
  FilteredUpdateTestCase: runUpdate,
  ProjectionTestCase: ({ doc, projection, filter, expected }) => {
    const compiled = compileProjection(projection as Document, "find", (filter ?? {}) as Document);
    const found = runFilter(doc, filter ?? {}) as readonly Document[];
    return {
      value: found.map((document) => compiled(document)),
      isExpected: (value) => isSameBag(value as readonly Value[], (expected ?? []) as readonly Value[]),
    };
  },
  AccumulatorTestCase: async ({ docs, pipeline, expected }, module) => {
    const stage = compilePipeline(pipeline as readonly Value[]);
    const documents = each((docs ?? []) as readonly Document[]);
    const context = { now: new Date(), collection: () => each([]) };
    const found = await gatherAll(stage(documents, context));
    // Some cases tell of a group of one only its result, the one document that is made of it, or its one field.
    const isOne = !Array.isArray(expected);
    const [first = {}] = found;
    const [only] = Object.values(first);
    const one = "result" in first ? first.result : expected instanceof Object ? first : only;
    return {
      value: isOne ? one : found,
      isExpected: (value) => (isOne ? isSame(value, expected) : isSameResults(value, expected, module)),
    };
  },
};

function indexResult({ value, isExpected }: IndexResult): Result {
  return { value, isExpected: (found) => isExpected(found!) };
}

/** Runs an update over the documents; a case expects one document, all of them, or the counts. */
function runUpdate(fields: Document): Result {
  const { setup_docs, query, update, upsert, multi, array_filters, expected } = fields;
  const filter = compileFilter(query as Document);
  const compiled = compileUpdate(update as Document, {
    arrayFilters: (array_filters ?? undefined) as readonly Document[] | undefined,
  });
  let n = 0;
  let nModified = 0;
  let changed: Value | undefined;
  const after = ((setup_docs ?? []) as readonly Document[]).map((document) => {
    if (!matchesDocument(filter, document) || (n > 0 && multi !== true)) return document;
    n++;
    const result = compiled.apply(document, query as Document, false);
    if (!isSame(result, document)) nModified++;
    changed ??= result;
    return result;
  });
  if (n === 0 && upsert === true) {
    n = 1;
    changed = compiled.apply(upsertBase(query as Document), query as Document, true);
    after.push(changed as Document);
  }
  const counts: Document = { n, nModified };
  const isCounts = isDocument(expected) && expected.n !== undefined;
  if (isCounts)
    return {
      value: counts,
      isExpected: () => expected.n === n && (expected.nModified ?? nModified) === nModified,
    };
  if (Array.isArray(expected))
    return { value: after, isExpected: () => isSameBag(after, expected as readonly Value[]) };
  return { value: changed ?? after[0] ?? null };
}

function runFilter(doc: Value | undefined, filter: Value): Value {
  // The cases on bad masks of the bit operators give the mask alone.
  const whole = isDocument(filter) ? filter : { a: { $bitsAllSet: filter } };
  const compiled = compileFilter(whole);
  return ((doc ?? []) as readonly Document[]).filter((document) => matchesDocument(compiled, document));
}

/** Cases of `$text` have the text index on `content` that the suite makes for them. */
async function runTextQuery(doc: Value | undefined, filter: Document): Promise<Value> {
  await using db = await Database.open("t.db", { vfs: new MemoryVfs() });
  const collection = db.collection("c");
  await collection.createIndex({ content: "text" });
  await collection.insertMany((doc ?? []) as readonly Document[]);
  return await collection.find(filter).toArray();
}

/** The same documents in any order. */
export function isSameBag(found: readonly Value[], expected: readonly Value[]): boolean {
  return isSame(ascending(found), ascending(expected));
}

/** The same documents in any order; what `$addToSet` gathers has no order either. */
function isSameResults(found: Value | undefined, expected: Value | undefined, module: string): boolean {
  const [a, b] = [found, expected].map((list) =>
    (list as readonly Document[]).map((document) =>
      module.includes("addToSet") && Array.isArray(document.result)
        ? { ...document, result: ascending(document.result) }
        : document,
    ),
  );
  return isSameBag(a!, b!);
}

function runExpression({ expression, doc }: Document): Value | undefined {
  return compileExpression(expression!)(contextFor(doc ?? {}, new Date()));
}

/**
 * Whether a result is what a case expects. Where the suite looks at a type or at the whole document that is projected,
 * `expected` is the type's name or a list of that document; where it looks for a missing field, null or `[{}]`.
 */
function isResult(value: Value | undefined, { expected, msg }: Document): boolean {
  if (isSame(value, expected)) return true;
  if (value === undefined)
    return isSame(expected, [{}]) || (expected === null && /missing/i.test(String(msg)));
  if (typeof expected === "string" && /\btype\b|should return \w+$/i.test(String(msg)))
    return typeName(value) === expected;
  if (Array.isArray(expected) && expected.length === 1 && isDocument(value))
    return isSame(value, expected[0] as Value);
  const isSet = /set|union|intersect|common|distinct|dedup/i.test(String(msg));
  if (isSet && Array.isArray(value) && Array.isArray(expected))
    return isSame(ascending(value), ascending(expected));
  return false;
}

function ascending(list: readonly Value[]): Value[] {
  return list.toSorted(compareValues);
}

/** Of cases of indexes: those on errors of wildcard indexes expect the number as their result; those of places, any. */
function expectedCode({ kind, module, fields, errorCode }: Case): number | "any" | undefined {
  if (!kind.startsWith("Index") || errorCode !== undefined) return errorCode;
  if (module.includes("geospatial_errors")) return "any";
  if (!module.includes("wildcard_errors") || Array.isArray(fields.expected)) return undefined;
  return isNumeric(fields.expected) ? Number(fields.expected) : 51174;
}

/**
 * Runs a case: an error must have the right number, a result must be what is expected.
 * @param others - runners in place of the usual ones, by kind
 */
export async function runCase(test: Case, others: Readonly<Record<string, Runner>> = {}): Promise<Outcome> {
  const { kind, module, fields, isReadable, id } = test;
  const errorCode = expectedCode(test);
  if (!isReadable) return { isPassed: false, got: "a value that no document can hold here" };
  const runner = others[kind] ?? RUNNERS[kind];
  if (runner === undefined) return { isPassed: false, got: "a kind of case that is not run" };
  try {
    const { value, isExpected } = await runner(fields, module, id);
    if (errorCode !== undefined) return { isPassed: false, got: { value, wanted: `error ${errorCode}` } };
    const isPassed = isExpected === undefined ? isSame(value, fields.expected) : isExpected(value);
    return { isPassed, got: value };
  } catch (error) {
    const isOurs = error instanceof LanguageError || error instanceof DuplicateKeyError;
    const code = isOurs ? error.serverCode : undefined;
    return { isPassed: code !== undefined && (code === errorCode || errorCode === "any"), got: error };
  }
}
