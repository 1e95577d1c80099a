/** Updates of documents in their places: found first, then changed in transactions of a few hundred. */
import { findOrCreateCollection } from "./catalog.ts";
import { recorderOf } from "./changes/feed.ts";
import { encodeId, insertPrepared, prepareDocument } from "./collection-store.ts";
import { referencesOf } from "./constraints/references.ts";
import { decodeDocument } from "./document/decode.ts";
import { ObjectId } from "./document/object-id.ts";
import type { Document, Value } from "./document/value.ts";
import {
  type ChangeAt,
  type Changed,
  changeById,
  type DocumentChange,
  type UpdateCounts,
  updateById,
} from "./document-change.ts";
import { ANY_PLAN, fetchIdKeys, fetchMatches } from "./fetch.ts";
import { parseCollation, withCollation } from "./mql/collation.ts";
import { compileAnyUpdate, isReplacement } from "./mql/update/any-update.ts";
import { upsertBase } from "./mql/update/upsert.ts";
import { type CompiledFilter, compileFilter } from "./query/filter.ts";
import type { PlanOptions } from "./query/plan.ts";
import { compileSort, type SortKey, type SortSpec } from "./query/sort.ts";
import type { Executor } from "./storage/executor.ts";
import type { PageWriter } from "./storage/page-writer.ts";
import { FetchCounters } from "./take.ts";
import { validatorOf } from "./validation.ts";

const NONE: UpdateCounts = { matchedCount: 0, modifiedCount: 0 };

/** Documents changed by one transaction of an update of many. */
const BATCH_DOCUMENTS = 256;

/** What an update takes beside filter and operators. */
export interface UpdateOptions {
  /** Whether a document is made when none matches. @default false */
  readonly upsert?: boolean;
  /** Which elements `$[name]` stands for. @default [] */
  readonly arrayFilters?: readonly Document[];
  /** How strings compare in the filter. @default the simple one */
  readonly collation?: Document;
  /** The name or key of the index to be used. @default null */
  readonly hint?: Value;
  /** Which match is the first one. @default any */
  readonly sort?: SortSpec;
}

/** What {@link UpdateOptions} are when they are not given. */
export const DEFAULT_UPDATE_OPTIONS: Required<UpdateOptions> = Object.freeze({
  upsert: false,
  arrayFilters: Object.freeze([]),
  collation: Object.freeze({ locale: "simple" }),
  hint: null,
  sort: Object.freeze({}),
});

/** What an update did. */
export interface UpdateResult {
  readonly matchedCount: number;
  /** Of those, the documents that are different now. */
  readonly modifiedCount: number;
  /** The `_id` of the document that an upsert made. */
  readonly upsertedId: Value | undefined;
}

/**
 * @param update - operators, a whole document, or a pipeline
 * @throws LanguageError for an update that is none; DuplicateKeyError
 */
export async function updateDocuments(
  engine: Executor,
  name: string,
  filter: Document,
  update: Document | readonly Document[],
  options: Required<UpdateOptions>,
  isMany: boolean,
): Promise<UpdateResult> {
  const { compiled, change, wanted } = compileChange(filter, update, options);
  const plan: PlanOptions = { sort: options.sort, hint: options.hint ?? undefined };
  const { matchedCount, modifiedCount } = isMany
    ? await changeMany(engine, name, wanted, change, plan)
    : ((await changeFirst(engine, name, wanted, plan, updateById(name, wanted, change))) ?? NONE);
  if (matchedCount > 0 || !options.upsert) return { matchedCount, modifiedCount, upsertedId: undefined };
  const document = compiled.apply(upsertBase(filter), filter, true);
  return { matchedCount: 0, modifiedCount: 0, upsertedId: await insertUpserted(engine, name, document) };
}

/** An update, and the filter of what it is for. @throws LanguageError */
export function compileChange(
  filter: Document,
  update: Document | readonly Document[],
  { arrayFilters, collation }: Pick<Required<UpdateOptions>, "arrayFilters" | "collation">,
): {
  readonly compiled: ReturnType<typeof compileAnyUpdate>;
  readonly change: DocumentChange;
  readonly wanted: CompiledFilter;
} {
  const compiled = compileAnyUpdate(update, { arrayFilters });
  const change = Object.assign((document: Document): Document => compiled.apply(document, filter, false), {
    isReplacement: isReplacement(update),
    fieldChanges: compiled.fieldChanges,
  });
  const isPlain = collation === DEFAULT_UPDATE_OPTIONS.collation;
  return { compiled, change, wanted: compileFilter(filter, isPlain ? undefined : parseCollation(collation)) };
}

/** Puts the document of an upsert in. @returns its `_id` */
export function insertUpserted(engine: Executor, name: string, document: Document): Promise<Value> {
  return engine.write((pager) => putUpserted(pager, name, document));
}

/** As {@link insertUpserted} within a change. */
export function putUpserted(pager: PageWriter, name: string, document: Document): Value {
  const prepared = prepareDocument(document);
  const page = findOrCreateCollection(pager, name);
  validatorOf(pager, name)?.(document, undefined);
  insertPrepared(pager, page, prepared);
  recorderOf(pager, name)?.insert({ _id: prepared.id, ...document });
  const references = referencesOf(pager, name);
  references?.inserted({ _id: prepared.id, ...document });
  references?.settle();
  return prepared.id;
}

/** Changes the first document that matches. @returns undefined when none does */
export function changeOne(
  engine: Executor,
  name: string,
  filter: CompiledFilter,
  change: DocumentChange,
  plan: PlanOptions = ANY_PLAN,
): Promise<Changed | undefined> {
  return changeFirst(engine, name, filter, plan, (pager, idKey, references) =>
    changeById(pager, name, idKey, filter, change, references),
  );
}

async function changeFirst<T>(
  engine: Executor,
  name: string,
  filter: CompiledFilter,
  plan: PlanOptions,
  change: ChangeAt<T>,
): Promise<T | undefined> {
  const changeAt = (idKey: Uint8Array): Promise<T | undefined> =>
    engine.write((pager) => {
      const references = referencesOf(pager, name);
      const done = change(pager, idKey, references);
      references?.settle();
      return done;
    });
  const only = plan.hint === undefined && isUnsorted(plan) ? onlyIdKey(filter) : undefined;
  if (only !== undefined) return changeAt(only);
  for await (const batch of orderedMatches(engine, name, filter, plan)) {
    for (const { idKey } of batch) {
      const changed = await changeAt(idKey);
      if (changed !== undefined) return changed;
    }
  }
  return undefined;
}

/** Changes all documents that match when it is called, each once, however its keys move. */
export async function changeMany(
  engine: Executor,
  name: string,
  filter: CompiledFilter,
  change: DocumentChange,
  plan: PlanOptions = ANY_PLAN,
): Promise<UpdateCounts> {
  const keys: Uint8Array[] = [];
  const updateAt = updateById(name, filter, change);
  for await (const batch of fetchIdKeys(engine, name, filter, plan)) {
    for (const { idKey } of batch) keys.push(idKey);
  }
  let matchedCount = 0;
  let modifiedCount = 0;
  for (let i = 0; i < keys.length; i += BATCH_DOCUMENTS) {
    const part = keys.slice(i, i + BATCH_DOCUMENTS);
    const counts = await engine.write((pager) => {
      const references = referencesOf(pager, name);
      const done = part.map((idKey) => updateAt(pager, idKey, references) ?? NONE);
      references?.settle();
      return done;
    });
    for (const count of counts) {
      matchedCount += count.matchedCount;
      modifiedCount += count.modifiedCount;
    }
  }
  return { matchedCount, modifiedCount };
}

/** The matches in an order: that of an index, or sorted in memory, keys alone. */
async function* orderedMatches(
  engine: Executor,
  name: string,
  filter: CompiledFilter,
  plan: PlanOptions,
): AsyncGenerator<readonly { idKey: Uint8Array }[], void, undefined> {
  if (isUnsorted(plan)) {
    yield* fetchIdKeys(engine, name, filter, plan, 1);
    return;
  }
  const sorter = withCollation(filter.collation, () => compileSort(plan.sort));
  const found: { idKey: Uint8Array; key: SortKey }[] = [];
  for await (const batch of fetchMatches(engine, name, filter, new FetchCounters(), plan)) {
    for (const { idKey, bytes } of batch)
      found.push({ idKey: idKey.slice(), key: sorter.keyOf(decodeDocument(bytes)) });
  }
  yield found.sort((a, b) => sorter.compare(a.key, b.key));
}

function isUnsorted({ sort }: PlanOptions): boolean {
  return Object.keys(sort).length === 0;
}

/** The key of the one `_id` that a match has; whether the document is there and matches is seen when it is changed. */
export function onlyIdKey(filter: CompiledFilter): Uint8Array | undefined {
  if (filter.text !== undefined || filter.distance !== undefined || filter.collation !== undefined)
    return undefined;
  const id = filter.conditions.find(({ path, operator }) => path === "_id" && operator === "$eq")?.operand;
  const isPlain =
    typeof id === "number" || id instanceof ObjectId || (typeof id === "string" && id.length < 256);
  return isPlain ? encodeId(id) : undefined;
}
