/**
 * `find`, `count`, `distinct`, `aggregate` and `explain`. Each gives its whole result in its first batch; a server, which
 * sends more than one, opens the cursors of {@link openFind} and {@link openAggregate} itself.
 */
import { AggregationCursor } from "../aggregation-cursor.ts";
import { Collection } from "../collection.ts";
import type { Document, Value } from "../document/value.ts";
import { FindCursor, type FindOptions } from "../find-cursor.ts";
import { fail } from "../mql/error.ts";
import type { SortSpec } from "../query/sort.ts";
import { checkFields, collectionOf, countOf, documentOf, listOf } from "./arguments.ts";
import { type Command, type CommandTarget, shownName, storedName } from "./target.ts";

const FIND_FIELDS = [
  "filter",
  "sort",
  "projection",
  "hint",
  "skip",
  "limit",
  "batchSize",
  "singleBatch",
  "collation",
  "let",
  "max",
  "min",
  "returnKey",
  "showRecordId",
  "tailable",
  "noCursorTimeout",
  "awaitData",
  "allowDiskUse",
  "allowPartialResults",
];

const AGGREGATE_FIELDS = [
  "pipeline",
  "cursor",
  "explain",
  "allowDiskUse",
  "hint",
  "collation",
  "let",
  "bypassDocumentValidation",
];

/** These commands by their names. */
export const READ_COMMANDS: Readonly<Record<string, Command>> = {
  find: async (target, command) => {
    const documents = await openFind(target, command).toArray();
    return firstBatch(shownName(target, collectionOf(command)), documents);
  },
  count: async (target, command) => {
    checkFields(command, ["query", "limit", "skip", "hint", "collation", "fields"]);
    const name = storedName(target, collectionOf(command));
    const query = documentOf(command, "query", {});
    const options = findOptions({ ...command, projection: { _id: 1 } });
    const isPlain =
      Object.keys(query).length === 0 &&
      command.hint === undefined &&
      countOf(command, "skip") + countOf(command, "limit") === 0;
    if (isPlain) return { n: await new Collection(target.engine, name).countDocuments(), ok: 1 };
    let n = 0;
    for await (const _ of new FindCursor(target.engine, name, query, options)) n++;
    return { n, ok: 1 };
  },
  distinct: async (target, command) => {
    checkFields(command, ["key", "query", "collation", "hint"]);
    const { key } = command;
    if (typeof key !== "string") return fail(14, "distinct key", key, "a path");
    const collection = new Collection(target.engine, storedName(target, collectionOf(command)));
    return {
      values: await collection.distinct(key, documentOf(command, "query", {}), findOptions(command)),
      ok: 1,
    };
  },
  aggregate: async (target, command) => {
    const documents = await openAggregate(target, command).toArray();
    return firstBatch(shownName(target, collectionOf(command)), documents);
  },
  explain: async (target, command) => {
    const inner = documentOf(command, "explain", {});
    const [name] = Object.keys(inner);
    if (name !== "find") return fail(59, "explain", name, "a find");
    const cursor = openFind(target, inner);
    const isRun = (command.verbosity ?? "allPlansExecution") !== "queryPlanner";
    if (isRun) for await (const _ of cursor);
    const found = await cursor.explain();
    const queryPlanner = {
      namespace: shownName(target, collectionOf(inner)),
      parsedQuery: documentOf(inner, "filter", {}),
      winningPlan: found.winningPlan,
      rejectedPlans: [],
    };
    if (!isRun) return { queryPlanner, ok: 1 };
    const executionStats = {
      executionSuccess: true,
      nReturned: found.documentsReturned,
      executionTimeMillis: Math.round(found.milliseconds),
      totalKeysExamined: found.index === undefined ? 0 : found.keysExamined,
      totalDocsExamined: found.documentsExamined,
    };
    return { queryPlanner, executionStats, ok: 1 };
  },
};

/** What the command `find` asks for. */
export function openFind(target: CommandTarget, command: Document): FindCursor {
  checkFields(command, FIND_FIELDS);
  for (const bound of ["max", "min"])
    if (command[bound] !== undefined) fail(51174, bound, command[bound], "no bounds; the filter has them");
  const name = storedName(target, collectionOf(command));
  return new FindCursor(target.engine, name, documentOf(command, "filter", {}), findOptions(command));
}

/** What the command `aggregate` asks for. */
export function openAggregate(target: CommandTarget, command: Document): AggregationCursor {
  checkFields(command, AGGREGATE_FIELDS);
  const name = storedName(target, collectionOf(command));
  return new AggregationCursor(target.engine, name, listOf(command, "pipeline"), {
    database: target.database,
    hint: command.hint ?? null,
    collation: documentOf(command, "collation", { locale: "simple" }),
  });
}

function findOptions(command: Document): FindOptions {
  return {
    sort: documentOf(command, "sort", {}) as SortSpec,
    skip: countOf(command, "skip"),
    limit: countOf(command, "limit"),
    projection: documentOf(command, "projection", {}),
    hint: command.hint ?? null,
    collation: documentOf(command, "collation", { locale: "simple" }),
  };
}

function firstBatch(ns: string, documents: readonly Value[]): Document {
  return { cursor: { id: 0n, ns, firstBatch: documents }, ok: 1 };
}
