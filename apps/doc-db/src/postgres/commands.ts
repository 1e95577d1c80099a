/** MongoDB's commands on indexes, collections and databases in PostgreSQL. */
import {
  booleanOf,
  checkedName,
  checkFields,
  collectionOf,
  documentOf,
  listOf,
} from "../command/arguments.ts";
import { pick } from "../command/index-commands.ts";
import { refuseOtherKinds } from "../command/other-kinds.ts";
import { type Command, shownName, storedName } from "../command/target.ts";
import { type Document, isDocument, type Value } from "../document/value.ts";
import { isSameKey, isThereAlready, normalizeIndexSpec } from "../indexes/spec.ts";
import { fail } from "../mql/error.ts";
import { queryInFront } from "../mql/pipeline/query-in-front.ts";
import { storedName as nameOf, namespaceOf, shownNamespace } from "../names.ts";
import { compileFilter, matchesDocument } from "../query/filter.ts";
import type { Statements } from "./connection.ts";
import { compileQuery, matchesOf } from "./matches.ts";
import { pushDown } from "./pushdown.ts";
import { countAll } from "./reads.ts";
import {
  type CollectionInfo,
  findInfo,
  listInfos,
  makeCollection,
  moveCollection,
  removeCollection,
  setInfo,
  tableOf,
} from "./tables.ts";
import { type PostgresTarget, unsupported } from "./target.ts";
import { takeKeys, uniqueIndexes } from "./unique-keys.ts";

const ID_INDEX: Document = { v: 2, key: { _id: 1 }, name: "_id_" };
const OPTIONS = ["validator", "validationLevel", "validationAction"];

/** These commands by their names. */
export const POSTGRES_COMMANDS: Readonly<Record<string, Command<PostgresTarget>>> = {
  ping: async () => ({ ok: 1 }),
  explain: explainFind,
  createIndexes: (target, command) => {
    checkFields(command, ["indexes", "commitQuorum", "v"]);
    const name = storedName(target, collectionOf(command));
    const given = listOf(command, "indexes");
    if (given.length === 0) fail(2, "createIndexes", given, "at least one index");
    const specs = given.map(normalizeIndexSpec);
    return target.statements.transaction(async (within) => {
      const isNew = await makeCollection(within, name);
      const before = (await findInfo(within, name))!;
      for (const spec of specs) await addIndex(within, name, spec);
      const after = (await findInfo(within, name))!;
      return {
        numIndexesBefore: before.indexes.length + 1,
        numIndexesAfter: after.indexes.length + 1,
        createdCollectionAutomatically: isNew,
        ...(before.indexes.length === after.indexes.length ? { note: "all indexes already exist" } : {}),
        ok: 1,
      };
    });
  },
  dropIndexes: (target, command) => {
    checkFields(command, ["index"]);
    const name = storedName(target, collectionOf(command));
    return target.statements.transaction(async (within) => {
      const info = await requireInfo(within, name);
      const isWanted = wantedIndexes(info, command.index);
      const left = info.indexes.filter((spec) => !isWanted(spec));
      for (const spec of info.indexes.filter(isWanted)) {
        await within.query("delete from millrace.unique_keys where collection = $1 and index = $2", [
          name,
          spec.name,
        ]);
      }
      await setInfo(within, name, { ...info, indexes: left });
      return { nIndexesWas: info.indexes.length + 1, ok: 1 };
    });
  },
  listIndexes: async (target, command) => {
    const { indexes } = await requireInfo(target.statements, storedName(target, collectionOf(command)));
    const ns = shownName(target, collectionOf(command));
    return { cursor: { id: 0n, ns, firstBatch: [ID_INDEX, ...indexes] }, ok: 1 };
  },
  create: async (target, command) => {
    refuseOtherKinds(command);
    checkFields(command, [...OPTIONS, "idIndex", "collation"]);
    const name = storedName(target, collectionOf(command));
    const options = pick(command, OPTIONS);
    compileFilter(documentOf(options, "validator", {}));
    if (!(await makeCollection(target.statements, name, options)))
      fail(48, "create", name, "the name of no collection");
    return { ok: 1 };
  },
  collMod: async ({ statements, ...target }, command) => {
    checkFields(command, OPTIONS);
    const name = storedName(target, collectionOf(command));
    const info = await requireInfo(statements, name);
    await setInfo(statements, name, { ...info, options: { ...info.options, ...pick(command, OPTIONS) } });
    return { ok: 1 };
  },
  drop: async (target, command) => {
    const name = storedName(target, collectionOf(command));
    const { indexes } = await requireInfo(target.statements, name);
    await removeCollection(target.statements, name);
    return { nIndexesWas: indexes.length + 1, ns: shownNamespace(name), ok: 1 };
  },
  dropDatabase: async (target) => {
    for (const name of (await collectionsOf(target)).keys()) await removeCollection(target.statements, name);
    return { dropped: target.database, ok: 1 };
  },
  renameCollection: (target, command) => {
    checkFields(command, ["to", "dropTarget"]);
    const [from, to] = [collectionOf(command), checkedName("to", command.to)].map(fromNamespace) as [
      string,
      string,
    ];
    return target.statements.transaction(async (within) => {
      await requireInfo(within, from);
      if (from === to) fail(20, "renameCollection", to, "another name");
      if ((await findInfo(within, to)) !== undefined) {
        if (!booleanOf(command, "dropTarget", false))
          fail(48, "renameCollection", to, "the name of no collection, or dropTarget");
        await removeCollection(within, to);
      }
      await moveCollection(within, from, to);
      return { ok: 1 };
    });
  },
  listCollections: async (target, command) => {
    const filter = compileFilter(documentOf(command, "filter", {}));
    const found = [...(await collectionsOf(target))].map(
      ([name, { options }]): Document => ({
        name: namespaceOf(name).collection,
        type: "collection",
        options,
        info: { readOnly: false },
        idIndex: ID_INDEX,
      }),
    );
    const firstBatch = found.filter((document) => matchesDocument(filter, document));
    return { cursor: { id: 0n, ns: `${target.database}.$cmd.listCollections`, firstBatch }, ok: 1 };
  },
  listDatabases: async ({ statements }) => {
    const names = [...(await listInfos(statements)).keys()].map((name) => namespaceOf(name).database);
    return { databases: [...new Set(names)].map((name) => ({ name, empty: false })), ok: 1 };
  },
  dbStats: async (target) => {
    const all = [...(await collectionsOf(target))];
    const counts = await Promise.all(all.map(([name]) => countAll(target, name)));
    return {
      db: target.database,
      collections: all.length,
      objects: counts.reduce((sum, count) => sum + count, 0),
      indexes: all.reduce((sum, [, { indexes }]) => sum + indexes.length + 1, 0),
      ok: 1,
    };
  },
  collStats: async (target, command) => {
    const name = storedName(target, collectionOf(command));
    const info = await findInfo(target.statements, name);
    const count = await countAll(target, name);
    const sum = `select coalesce(sum(length(body)), 0) as size from ${tableOf(name)}`;
    const [row] = info === undefined ? [{ size: 0 }] : await target.statements.query(sum);
    const nindexes = info === undefined ? 0 : info.indexes.length + 1;
    return { ns: shownNamespace(name), count, size: Number(row?.size), nindexes, ok: 1 };
  },
};

/** What PostgreSQL would do, as it says it itself. */
async function explainFind(target: PostgresTarget, command: Document): Promise<Document> {
  const inner = documentOf(command, "explain", {});
  const [kind] = Object.keys(inner);
  if (kind !== "find" && kind !== "aggregate") fail(59, "explain", kind, "a find or an aggregate");
  const name = storedName(target, collectionOf(inner));
  const filter =
    kind === "find" ? documentOf(inner, "filter", {}) : queryInFront(listOf(inner, "pipeline")).filter;
  compileFilter(filter);
  const namespace = shownName(target, collectionOf(inner));
  const planner = (winningPlan: Value): Document => ({
    queryPlanner: { namespace, parsedQuery: filter, winningPlan, rejectedPlans: [] },
    ok: 1,
  });
  if ((await findInfo(target.statements, name)) === undefined) return planner({ stage: "EOF" });
  const { text, values } = inner.collation === undefined ? pushDown(filter) : pushDown({});
  const where = text === "" ? "" : ` where ${text}`;
  const select = `explain (format json) select id, body from ${tableOf(name)}${where} order by id`;
  const [row] = await target.statements.query(select, values);
  const [{ Plan: plan }] = row!["QUERY PLAN"] as [{ Plan: Value }];
  return planner({ stage: "POSTGRES", condition: text, plan });
}

/** Indexes whose fields are compared there are one over the whole document; unique values have a table. */
async function addIndex(statements: Statements, name: string, spec: Document): Promise<void> {
  const info = (await findInfo(statements, name))!;
  if (isSameKey(spec.key as Document, { _id: 1 }) || isThereAlready(spec, info.indexes)) return;
  if (Object.values(spec.key as Document).includes("text"))
    unsupported("a text index", "an index of another kind");
  if (spec.expireAfterSeconds !== undefined)
    unsupported("expireAfterSeconds", "documents that are taken out by hand");
  await setInfo(statements, name, { ...info, indexes: [...info.indexes, spec] });
  await statements.query(
    `create index if not exists ${indexName(name)} on ${tableOf(name)} using gin (doc jsonb_path_ops)`,
  );
  const unique = uniqueIndexes([spec]);
  if (unique.length === 0) return;
  const all = [];
  for await (const match of matchesOf(statements, name, compileQuery({}, undefined))) all.push(match);
  await takeKeys(statements, name, unique, all);
}

/** One a table, by a name that fits. */
function indexName(stored: string): string {
  const hash = Buffer.from(stored).toString("base64url").slice(0, 40);
  return `"millrace_doc_${hash}"`;
}

function wantedIndexes({ indexes }: CollectionInfo, wanted: Value | undefined): (spec: Document) => boolean {
  if (wanted === "*") return () => true;
  const names = Array.isArray(wanted) ? (wanted as readonly Value[]) : [wanted];
  for (const each of names) {
    const isThere = indexes.some((spec) => isNamed(spec, each));
    if (!isThere) fail(27, "dropIndexes", each, "an index that there is");
  }
  return (spec) => names.some((each) => isNamed(spec, each));
}

function isNamed(spec: Document, wanted: Value | undefined): boolean {
  return isDocument(wanted) ? isSameKey(spec.key as Document, wanted) : spec.name === wanted;
}

async function requireInfo(statements: Statements, name: string): Promise<CollectionInfo> {
  return (await findInfo(statements, name)) ?? fail(26, "collection", name, "a collection that there is");
}

async function collectionsOf({ statements, database }: PostgresTarget): Promise<Map<string, CollectionInfo>> {
  const all = await listInfos(statements);
  return new Map([...all].filter(([name]) => namespaceOf(name).database === database));
}

/** `database.collection` as {@link storedName} has it. */
function fromNamespace(namespace: string): string {
  const dot = namespace.indexOf(".");
  return nameOf(namespace.slice(0, dot), namespace.slice(dot + 1));
}
