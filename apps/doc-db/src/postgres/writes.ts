import { encodeBson } from "../bson/encode.ts";
import { type DeleteSettings, type Modified, type ModifySettings, modifyBy } from "../collection-modify.ts";
import { encodeId } from "../collection-store.ts";
import type { UpdateOptions, UpdateResult } from "../collection-update.ts";
import { ObjectId } from "../document/object-id.ts";
import { type Document, getField, type Value } from "../document/value.ts";
import type { Changed } from "../document-change.ts";
import { duplicateKey } from "../indexes/duplicate-key.ts";
import { compareValues } from "../keys/compare.ts";
import { fail } from "../mql/error.ts";
import { compileAnyUpdate } from "../mql/update/any-update.ts";
import { upsertBase } from "../mql/update/upsert.ts";
import { compileSort, type SortSpec } from "../query/sort.ts";
import { validatorFrom } from "../validation.ts";
import type { Statements } from "./connection.ts";
import { toJsonb } from "./jsonb.ts";
import { compileQuery, lockMatches, type Match, matchesOf, type Query } from "./matches.ts";
import { findInfo, makeCollection, tableOf } from "./tables.ts";
import type { PostgresTarget } from "./target.ts";
import { freeKeys, takeKeys, uniqueIndexes } from "./unique-keys.ts";

/** Documents that one statement changes. */
const BATCH = 500;

/** Gives what becomes of a document; undefined takes it out. */
type Change = (document: Document) => Document | undefined;

/** Puts documents in, all or none. @returns their `_id`s @throws DuplicateKeyError */
export function insertDocuments(
  { statements }: PostgresTarget,
  stored: string,
  documents: readonly Document[],
): Promise<Value[]> {
  return statements.transaction(async (within) => {
    await makeCollection(within, stored);
    const { indexes, options } = (await findInfo(within, stored))!;
    const prepared = documents.map(withId);
    const validator = validatorFrom(options, stored);
    for (const { document } of prepared) validator?.(document, undefined);
    for (let i = 0; i < prepared.length; i += BATCH) {
      const part = prepared.slice(i, i + BATCH);
      const put = await within.query(
        `insert into ${tableOf(stored)} select * from unnest($1::bytea[], $2::bytea[], $3::text[]::jsonb[])
          on conflict do nothing returning id`,
        [part.map(({ id }) => id), part.map(bodyOf), part.map(({ document }) => toJsonb(document))],
      );
      if (put.length < part.length) throwDuplicateId(part, put);
      await takeKeys(within, stored, uniqueIndexes(indexes), part);
    }
    return prepared.map(({ document }) => getField(document, "_id")!);
  });
}

/** As `updateDocuments` of a file. */
export async function updateDocuments(
  target: PostgresTarget,
  stored: string,
  filter: Document,
  update: Document | readonly Document[],
  options: Required<UpdateOptions>,
  isMany: boolean,
): Promise<UpdateResult> {
  const compiled = compileAnyUpdate(update, { arrayFilters: options.arrayFilters });
  const query = compileQuery(filter, options.collation);
  const change: Change = (document) => compiled.apply(document, filter, false);
  const changed = await changeMatches(target, stored, query, change, { isMany, sort: options.sort });
  const matchedCount = changed.length;
  const modifiedCount = changed.filter(({ before, after }) => isDifferent(before, after)).length;
  if (matchedCount > 0 || !options.upsert) return { matchedCount, modifiedCount, upsertedId: undefined };
  const document = compiled.apply(upsertBase(filter), filter, true);
  const [upsertedId] = await insertDocuments(target, stored, [document]);
  return { matchedCount: 0, modifiedCount: 0, upsertedId };
}

/** @returns how many documents were taken out */
export async function deleteDocuments(
  target: PostgresTarget,
  stored: string,
  filter: Document,
  { isMany, collation }: DeleteSettings,
): Promise<number> {
  const query = compileQuery(filter, collation);
  return (await changeMatches(target, stored, query, () => undefined, { isMany, sort: {} })).length;
}

/** As `findAndModify` of a file. */
export function modifyDocument(
  target: PostgresTarget,
  stored: string,
  filter: Document,
  settings: ModifySettings,
): Promise<Modified> {
  const query = compileQuery(filter, settings.collation);
  return modifyBy(filter, settings, {
    change: async (apply) => {
      const [changed] = await changeMatches(target, stored, query, apply, {
        isMany: false,
        sort: settings.sort,
      });
      return changed;
    },
    insert: async (document) => (await insertDocuments(target, stored, [document]))[0]!,
  });
}

/** Changes matches in one transaction: found first, then locked and looked at again, as others may have been faster. */
function changeMatches(
  { statements }: PostgresTarget,
  stored: string,
  query: Query,
  change: Change,
  { isMany, sort }: { readonly isMany: boolean; readonly sort: SortSpec },
): Promise<Changed[]> {
  return statements.transaction(async (within) => {
    const info = await findInfo(within, stored);
    if (info === undefined) return [];
    const validate = validatorFrom(info.options, stored);
    const done: Changed[] = [];
    for (const ids of batchesOf(await idsOf(within, stored, query, sort, isMany), isMany ? BATCH : 1)) {
      const changed: { readonly match: Match; readonly after: Document | undefined }[] = [];
      for (const match of await lockMatches(within, stored, ids, query)) {
        const after = change(match.document);
        if (after !== undefined) validate?.(after, match.document);
        changed.push({ match, after });
        done.push({ before: match.document, after });
      }
      const gone = changed.filter(({ after }) => after === undefined).map(({ match }) => match.id);
      const other = changed.flatMap(({ match, after }) =>
        after === undefined || !isDifferent(match.document, after) ? [] : [{ id: match.id, document: after }],
      );
      await apply(within, stored, gone, other, info.indexes);
      if (!isMany && done.length > 0) break;
    }
    return done;
  });
}

async function idsOf(
  statements: Statements,
  stored: string,
  query: Query,
  sort: SortSpec,
  isMany: boolean,
): Promise<Buffer[]> {
  const sorter = Object.keys(sort).length > 0 ? compileSort(sort) : undefined;
  const found: { id: Buffer; key: readonly Value[] }[] = [];
  for await (const { id, document } of matchesOf(statements, stored, query)) {
    found.push({ id, key: sorter?.keyOf(document) ?? [] });
    // One is enough, unless it is gone when it is looked at again.
    if (!isMany && sorter === undefined && found.length === 3) break;
  }
  if (sorter !== undefined) found.sort((a, b) => sorter.compare(a.key, b.key));
  return found.map(({ id }) => id);
}

async function apply(
  statements: Statements,
  stored: string,
  gone: readonly Buffer[],
  other: readonly Match[],
  specs: readonly Document[],
): Promise<void> {
  const indexes = uniqueIndexes(specs);
  if (indexes.length > 0) await freeKeys(statements, stored, [...gone, ...other.map(({ id }) => id)]);
  if (gone.length > 0)
    await statements.query(`delete from ${tableOf(stored)} where id = any($1::bytea[])`, [gone]);
  if (other.length === 0) return;
  await statements.query(
    `update ${tableOf(stored)} t set body = u.body, doc = u.doc::jsonb
      from unnest($1::bytea[], $2::bytea[], $3::text[]) u(id, body, doc) where t.id = u.id`,
    [other.map(({ id }) => id), other.map(bodyOf), other.map(({ document }) => toJsonb(document))],
  );
  await takeKeys(statements, stored, indexes, other);
}

function withId(document: Document): Match {
  const given = getField(document, "_id");
  const id = given ?? (given === null ? null : ObjectId.generate());
  return {
    id: Buffer.from(encodeId(id)),
    document: given === undefined ? { _id: id, ...document } : document,
  };
}

function bodyOf({ document }: Match): Uint8Array {
  return encodeBson(document);
}

function throwDuplicateId(part: readonly Match[], put: readonly Record<string, unknown>[]): never {
  const left = put.map(({ id }) => (id as Buffer).toString("hex"));
  for (const { id, document } of part) {
    const at = left.indexOf(id.toString("hex"));
    if (at < 0) throw duplicateKey("_id_", { _id: 1 }, { _id: getField(document, "_id")! });
    left.splice(at, 1);
  }
  return fail(8, "insert", part.length, "as many documents as were put in");
}

function isDifferent(before: Document, after: Document | undefined): boolean {
  return after === undefined || compareValues(before, after) !== 0 || !encodeEqual(before, after);
}

/** Whether two documents are the same to the bit: 1 and 1.0 are equal, and yet different. */
function encodeEqual(a: Document, b: Document): boolean {
  return Buffer.compare(encodeBson(a), encodeBson(b)) === 0;
}

function* batchesOf(ids: readonly Buffer[], size: number): Generator<readonly Buffer[]> {
  for (let i = 0; i < ids.length; i += size) yield ids.slice(i, i + size);
}
