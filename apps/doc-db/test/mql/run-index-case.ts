/** Cases of indexes: commands on a database in memory, made of what the suite's test functions do with the fields. */
import { MemoryVfs } from "@millrace/files";
import { Database } from "../../src/database.ts";
import { type Document, isDocument, type Value } from "../../src/document/value.ts";
import { LanguageError } from "../../src/mql/error.ts";
import { isNumeric } from "../../src/mql/number.ts";
import { isSame } from "./same.ts";

/** What running a case gave, in the terms of its `expected`. */
export interface IndexResult {
  readonly value: Value;
  readonly isExpected: (value: Value) => boolean;
}

type Run = (db: Database, fields: Document, id: string) => Promise<Value>;

const ABSENT = "__ABSENT__";
const WILDCARD: Document = { key: { "$**": 1 }, name: "wc_all" };

/** By what their module is called, the first that fits: what is done when documents and indexes are there. */
const RUNS: readonly (readonly [RegExp, Run])[] = [
  [/test_dropIndexes_type_validation/, dropWithBadArguments],
  [
    /test_dropIndexes_options/,
    (db, { write_concern, comment }) =>
      drop(db, "*", { writeConcern: write_concern ?? null, comment: comment ?? null }),
  ],
  [
    /test_dropIndexes/,
    (db, { indexes }, id) =>
      drop(db, (indexes as readonly Value[])[0]!, {}, /empty_collection_name/.test(id) ? "" : "c"),
  ],
  [/test_listIndexes/, listIndexes],
  [/test_hidden/, hidden],
  [
    /test_ttl_operations/,
    async (db) =>
      (await listed(db))
        .slice(1)
        .map(({ name, expireAfterSeconds }) => ({ name: name!, expireAfterSeconds: expireAfterSeconds! })),
  ],
  [
    /test_wildcard_commands/,
    (db, { input, command_options }) =>
      db.command({ [input as string]: "c", ...(command_options as Document) }),
  ],
  [
    /test_wildcard_errors/,
    (db, { filter, hint, command_options, indexes }) =>
      find(db, {
        filter: filter ?? {},
        hint: hint ?? ((indexes as readonly Value[]).length === 0 ? "wc_all" : null),
        ...((command_options ?? {}) as Document),
      }),
  ],
  [
    /test_sparse_(other|index)/,
    (db, { command_options }) => db.command({ count: "c", ...(command_options as Document) }),
  ],
];

/** @throws LanguageError when the operation fails */
export async function runIndexCase(fields: Document, module: string, id: string): Promise<IndexResult> {
  await using db = await Database.open("i.db", { vfs: new MemoryVfs() });
  const run = RUNS.find(([pattern]) => pattern.test(module))?.[1] ?? createAndInsert;
  const isCommand = /dropIndexes|listIndexes/.test(module);
  if ((isCommand || /hidden/.test(module)) && !/drop_nonexistent/.test(id)) await db.command({ create: "c" });
  await insert(db, fields.doc);
  await create(db, fields.setup_indexes);
  const created = isCommand ? null : await create(db, indexesOf(fields, module));
  const value =
    run === createAndInsert
      ? await createAndInsert(db, { ...fields, created }, id)
      : await run(db, fields, id);
  return { value, isExpected: (found) => isAsExpected(found, fields.expected ?? null) };
}

/** @throws LanguageError when the query fails */
export async function runIndexQuery(fields: Document, module: string): Promise<IndexResult> {
  await using db = await Database.open("q.db", { vfs: new MemoryVfs() });
  await insert(db, fields.doc);
  await create(db, fields.indexes);
  const { filter, sort, hint, collation, expected, command_options } = fields;
  const options = (command_options ?? {}) as Document;
  if (/wildcard_errors/.test(module) && !Array.isArray(expected))
    return { value: await find(db, { filter: filter!, hint: hint!, ...options }), isExpected: () => false };
  const common = { ...(collation ? { collation } : {}), ...(hint ? { hint } : {}) };
  const value = await ((): Promise<Value> => {
    if (options.pipeline !== undefined)
      return batch(db, { aggregate: "c", cursor: {}, ...options, ...common });
    if (options.key !== undefined)
      return db.command({ distinct: "c", ...options }).then(({ values }) => values!);
    if (isDocument(expected)) return db.command({ count: "c", query: filter!, ...common });
    const projection = projectionOf(module, fields);
    return find(db, { filter: filter!, sort: sort ?? null, ...common, ...projection });
  })();
  return {
    value,
    isExpected: (found) =>
      isAsExpected(found, expected!) ||
      (!sort && isSame(sorted(found as Document[]), sorted(expected as Document[]))),
  };
}

/** The one group of cases that leaves `_id` out says so by what it expects. */
function projectionOf(module: string, { expected, doc }: Document): Document {
  const first = (expected as readonly Document[])[0];
  const isCovered =
    /wildcard_basic/.test(module) &&
    first !== undefined &&
    first._id === undefined &&
    (doc as readonly Document[])[0]!._id !== undefined;
  return isCovered
    ? { projection: { _id: 0, ...Object.fromEntries(Object.keys(first).map((name) => [name, 1])) } }
    : {};
}

function sorted(documents: readonly Document[]): Value {
  return documents.toSorted((a, b) =>
    JSON.stringify(String(a._id)) < JSON.stringify(String(b._id)) ? -1 : 1,
  );
}

function indexesOf({ indexes }: Document, module: string): Value {
  const list = indexes as readonly Value[];
  return /wildcard_commands|wildcard_errors/.test(module) && list.length === 0 ? [WILDCARD] : list;
}

async function insert(db: Database, documents: Value | undefined): Promise<void> {
  if (!Array.isArray(documents) || documents.length === 0) return;
  await db.collection("c").insertMany(documents as readonly Document[]);
}

async function create(db: Database, indexes: Value | undefined): Promise<Document | null> {
  if (!Array.isArray(indexes)) return null;
  const isFixture = indexes.length > 0;
  return isFixture ? db.command({ createIndexes: "c", indexes: indexes as readonly Document[] }) : null;
}

/** Indexes were made: what remains is to insert `input`, to run a command's options, or to look at the indexes. */
async function createAndInsert(
  db: Database,
  { input, invalid_input, command_options, created, expected, indexes }: Document,
  id: string,
): Promise<Value> {
  if (isDocument(invalid_input))
    return checked(await db.command({ insert: "c", documents: [invalid_input] }));
  if (isDocument(command_options) && Array.isArray(command_options.documents))
    return checked(await db.command({ insert: "c", ...command_options }), expected);
  if (isDocument(input)) return checked(await db.command({ insert: "c", documents: [input] }), expected);
  if (created === null && Array.isArray(indexes) && id.includes("empty_indexes"))
    return db.command({ createIndexes: "c", indexes: [] });
  if (Array.isArray(expected)) return find(db, { filter: {} });
  return created ?? null;
}

/** A reply of an insert; its first error is thrown, unless the case looks at it. */
function checked(reply: Document, expected?: Value): Document {
  const errors = reply.writeErrors as readonly Document[] | undefined;
  const isWanted = isDocument(expected) && expected.writeErrors !== undefined;
  if (errors === undefined || isWanted) return reply;
  throw new LanguageError(Number(errors[0]!.code), "insert", errors[0]!.errmsg, "no error");
}

function drop(db: Database, index: Value, more: Document, collection: Value = "c"): Promise<Value> {
  return db.command({ dropIndexes: collection, index, ...more });
}

function dropWithBadArguments(
  db: Database,
  { invalid_input, write_concern }: Document,
  id: string,
): Promise<Value> {
  if (id.startsWith("coll_name")) return drop(db, "*", {}, invalid_input ?? null);
  if (id.startsWith("index_type")) return drop(db, invalid_input ?? null, {});
  if (id === "j_non_bool") return drop(db, "*", { writeConcern: { j: "true" } });
  return drop(db, "*", { writeConcern: invalid_input ?? write_concern ?? null });
}

async function listIndexes(
  db: Database,
  { invalid_input, command_options, setup_indexes, doc, error_code, msg }: Document,
): Promise<Value> {
  const isName = Number(error_code ?? 0) === 73;
  const isSize =
    !isName && !isDocument(command_options) && invalid_input !== undefined && invalid_input !== null;
  if (isSize && error_code === null && !Array.isArray(setup_indexes) && !Array.isArray(doc))
    await db.command({ createIndexes: "c", indexes: [{ key: { a: 1 }, name: "a_1" }] });
  const name = isName ? (invalid_input ?? null) : "c";
  const options = isSize
    ? { cursor: / cursor /.test(String(msg)) ? invalid_input! : { batchSize: invalid_input! } }
    : {};
  return batch(db, { listIndexes: name, ...options, ...((command_options ?? {}) as Document) });
}

async function hidden(db: Database, { input, indexes, expected }: Document, id: string): Promise<Value> {
  const command = (input ?? {}) as Document;
  if (Array.isArray(command.insert_docs)) {
    if ((indexes as readonly Value[]).length === 0)
      await db.command({ createIndexes: "c", indexes: [{ key: { a: 1 }, name: "a_1", hidden: true }] });
    await db.command({ insert: "c", documents: command.insert_docs });
    const [name] = (await listed(db)).slice(1).map((spec) => spec.name!);
    await db.command({ collMod: "c", index: { name: name!, hidden: false } });
    const found = (await find(db, { filter: command.query_filter!, hint: name! })) as readonly Document[];
    return found.map(({ _id, a }) => (isNumeric(_id) ? _id : a!));
  }
  if (command.command === "find") {
    await create(db, [{ key: { a: 1 }, name: "a_1", hidden: true }]);
    return find(db, { filter: {}, hint: command.hint! });
  }
  if (isDocument(command.key)) return db.command({ createIndexes: "c", indexes: [command] });
  if (command.command === "collMod" || command.pre_use !== undefined)
    throw new LanguageError(-1, id, command, "no views, and no counters of accesses");
  if (isDocument(input)) await db.command({ collMod: "c", index: command });
  const flags = (await listed(db)).slice(1).map((spec) => spec.hidden ?? ABSENT);
  return Array.isArray(expected) ? flags : (expected ?? null) === null ? null : flags[0]!;
}

async function listed(db: Database): Promise<readonly Document[]> {
  return (await batch(db, { listIndexes: "c" })) as readonly Document[];
}

function find(db: Database, options: Document): Promise<Value> {
  return batch(db, { find: "c", ...options });
}

async function batch(db: Database, command: Document): Promise<Value> {
  return ((await db.command(command)).cursor as Document).firstBatch!;
}

/** Of a reply, the fields that a case names; a number stands for the error that must come. */
function isAsExpected(found: Value, expected: Value): boolean {
  if (expected === null) return true;
  if (isDocument(expected) && isDocument(found))
    return Object.entries(expected).every(([name, value]) => isAsExpected(found[name] ?? ABSENT, value));
  if (Array.isArray(expected) && Array.isArray(found)) {
    const list: readonly Value[] = found;
    return (
      list.length === expected.length &&
      (expected as readonly Value[]).every((value, i) => isAsExpected(list[i]!, value))
    );
  }
  return isNumeric(expected) && isNumeric(found)
    ? Number(expected) === Number(found)
    : isSame(found, expected);
}
