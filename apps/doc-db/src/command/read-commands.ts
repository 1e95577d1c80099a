/**
 * `find`, `count`, `distinct`, `aggregate` and `explain`. Each gives its whole result in its first batch; a server, which
 * sends more than one, opens the cursors of {@link openFind} and {@link openAggregate} itself.
 */
import { type AggregateOptions, AggregationCursor } from "../aggregation-cursor.ts";
import { Collection } from "../collection.ts";
import type { Document, Value } from "../document/value.ts";
import { FindCursor } from "../find-cursor.ts";
import type { FindOptions } from "../find-options.ts";
import { fail } from "../mql/error.ts";
import { queryInFront } from "../mql/pipeline/query-in-front.ts";
import { distinctValues } from "../query/distinct-values.ts";
import type { SortSpec } from "../query/sort.ts";
import { booleanOf, checkFields, collectionOf, countOf, documentOf, listOf } from "./arguments.ts";
import { letVariables } from "./let-variables.ts";
import { type Command, type CommandTarget, type Named, shownName, storedName } from "./target.ts";

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

/** Documents that are read as they are asked for. */
export interface Results extends AsyncIterable<Document> {
  toArray(): Promise<Document[]>;
}

/** What reads are made of, in a file or elsewhere; names are those of {@link storedName}. */
export interface ReadOperations<Target> {
  find(target: Target, name: string, filter: Document, options: FindOptions): Results;
  aggregate(
    target: Target,
    name: string,
    pipeline: readonly Document[],
    options: Pick<AggregateOptions, "hint" | "collation" | "database">,
  ): Results;
  /** All documents of a collection, without a look at them. */
  count(target: Target, name: string): Promise<number>;
}

const FILE_OPERATIONS: ReadOperations<CommandTarget> = {
  find: ({ engine }, ...rest) => new FindCursor(engine, ...rest),
  aggregate: ({ engine }, ...rest) => new AggregationCursor(engine, ...rest),
  count: ({ engine }, name) => new Collection(engine, name).countDocuments(),
};

/** `find`, `count`, `distinct` and `aggregate` over operations. */
export function readCommands<Target extends Named>(
  operations: ReadOperations<Target>,
): Readonly<Record<string, Command<Target>>> {
  return {
    find: async (target, command) => {
      const documents = await openFindOf(operations, target, command).toArray();
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
      if (isPlain) return { n: await operations.count(target, name), ok: 1 };
      let n = 0;
      for await (const _ of operations.find(target, name, query, options)) n++;
      return { n, ok: 1 };
    },
    distinct: async (target, command) => {
      checkFields(command, ["key", "query", "collation", "hint"]);
      const { key } = command;
      if (typeof key !== "string") return fail(14, "distinct key", key, "a path");
      const name = storedName(target, collectionOf(command));
      const found = operations.find(target, name, documentOf(command, "query", {}), findOptions(command));
      return { values: await distinctValues(found, key), ok: 1 };
    },
    aggregate: async (target, command) => {
      const documents = await openAggregateOf(operations, target, command).toArray();
      return firstBatch(shownName(target, collectionOf(command)), documents);
    },
  };
}

/** These commands on a file, by their names. */
export const READ_COMMANDS: Readonly<Record<string, Command>> = {
  ...readCommands(FILE_OPERATIONS),
  explain: async (target, command) => {
    const inner = queryOf(documentOf(command, "explain", {}));
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

/** The query that a command begins with, as a find: what follows it in a pipeline is not explained. */
function queryOf(command: Document): Document {
  const [name] = Object.keys(command);
  const first = (field: string): Document => listOf(command, field)[0] ?? {};
  const of = (filter: Value | undefined, { hint, collation, sort }: Document = command): Document => ({
    find: command[name!]!,
    filter: filter ?? {},
    ...(command.let === undefined ? {} : { let: command.let }),
    ...(hint === undefined ? {} : { hint }),
    ...(collation === undefined ? {} : { collation }),
    ...(sort === undefined ? {} : { sort }),
  });
  switch (name) {
    case "find":
      return command;
    case "count":
    case "distinct":
    case "findAndModify":
      return of(command.query);
    case "update":
      return of(first("updates").q, first("updates"));
    case "delete":
      return of(first("deletes").q, first("deletes"));
    case "aggregate": {
      const { filter, sort, skip, limit } = queryInFront(listOf(command, "pipeline"));
      return { ...of(filter), sort: sort as Document, skip, limit };
    }
  }
  return fail(59, "explain", name, "a find, count, distinct, aggregate, update, delete or findAndModify");
}

/** What the command `find` asks of a file. */
export function openFind(target: CommandTarget, command: Document): FindCursor {
  return openFindOf(FILE_OPERATIONS, target, command) as FindCursor;
}

/** What the command `aggregate` asks of a file. */
export function openAggregate(target: CommandTarget, command: Document): Results {
  return openAggregateOf(FILE_OPERATIONS, target, command);
}

function openFindOf<Target extends Named>(
  operations: ReadOperations<Target>,
  target: Target,
  command: Document,
): Results {
  checkFields(command, FIND_FIELDS);
  for (const bound of ["max", "min"])
    if (command[bound] !== undefined) fail(51174, bound, command[bound], "no bounds; the filter has them");
  if (booleanOf(command, "tailable", false))
    fail(2, "tailable", true, "a cursor that ends, or a change stream; no collection is capped here");
  for (const shown of ["returnKey", "showRecordId"])
    if (booleanOf(command, shown, false)) fail(115, shown, true, "documents alone");
  const name = storedName(target, collectionOf(command));
  const variables = letVariables(command.let);
  const { projection, ...options } = findOptions(command);
  return operations.find(target, name, variables.filter(documentOf(command, "filter", {})), {
    ...options,
    projection: variables.projection(projection ?? {}),
  });
}

function openAggregateOf<Target extends Named>(
  operations: ReadOperations<Target>,
  target: Target,
  command: Document,
): Results {
  checkFields(command, AGGREGATE_FIELDS);
  const name = storedName(target, collectionOf(command));
  const pipeline = letVariables(command.let).pipeline(listOf(command, "pipeline"));
  return operations.aggregate(target, name, pipeline, {
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
