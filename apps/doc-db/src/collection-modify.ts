/** Deletes and `findAndModify` with all that commands may ask for. */
import { changeMany, changeOne, insertUpserted } from "./collection-update.ts";
import type { Document, Value } from "./document/value.ts";
import type { Changed } from "./document-change.ts";
import { parseCollation } from "./mql/collation.ts";
import { compileProjection } from "./mql/project/projection.ts";
import { compileAnyUpdate, isReplacement } from "./mql/update/any-update.ts";
import { upsertBase } from "./mql/update/upsert.ts";
import { compileFilter } from "./query/filter.ts";
import type { SortSpec } from "./query/sort.ts";
import type { Executor } from "./storage/executor.ts";

/** Which matches are deleted. */
export interface DeleteSettings {
  readonly isMany: boolean;
  readonly collation: Value | undefined;
  readonly hint: Value | undefined;
}

/** @returns how many documents were taken out */
export async function deleteMatches(
  engine: Executor,
  name: string,
  filter: Document,
  { isMany, collation, hint }: DeleteSettings,
): Promise<number> {
  const compiled = compileFilter(filter, parseCollation(collation));
  const plan = { sort: {}, hint };
  if (isMany) return (await changeMany(engine, name, compiled, () => undefined, plan)).matchedCount;
  return (await changeOne(engine, name, compiled, () => undefined, plan)) === undefined ? 0 : 1;
}

/** What becomes of one match, and what is given of it. */
export interface ModifySettings {
  /** Undefined takes the document out. */
  readonly update: Document | readonly Document[] | undefined;
  readonly sort: SortSpec;
  readonly returnsAfter: boolean;
  readonly isUpsert: boolean;
  /** An empty one is none. */
  readonly projection: Document;
  readonly arrayFilters: readonly Document[];
  readonly collation: Value | undefined;
  readonly hint: Value | undefined;
}

/** What {@link findAndModify} did. */
export interface Modified {
  /** The document before, or after. */
  readonly value: Document | undefined;
  readonly isFound: boolean;
  readonly upsertedId: Value | undefined;
}

/** @throws LanguageError; DuplicateKeyError */
export function findAndModify(
  engine: Executor,
  name: string,
  filter: Document,
  settings: ModifySettings,
): Promise<Modified> {
  const { update, collation, hint, sort } = settings;
  const wanted = compileFilter(filter, parseCollation(collation));
  return modifyBy(filter, settings, {
    change: (apply) => {
      const isWhole = update !== undefined && isReplacement(update);
      const change = Object.assign(apply, { isReplacement: isWhole });
      return changeOne(engine, name, wanted, change, { sort, hint });
    },
    insert: (document) => insertUpserted(engine, name, document),
  });
}

/** What `findAndModify` is made of, in a file or elsewhere. */
export interface ModifyOperations {
  /** Changes the first match. @returns undefined when there is none */
  change(apply: (document: Document) => Document | undefined): Promise<Changed | undefined>;
  /** Puts a document in. @returns its `_id` */
  insert(document: Document): Promise<Value>;
}

/** `findAndModify` over operations. */
export async function modifyBy(
  filter: Document,
  { update, returnsAfter, projection, arrayFilters, isUpsert }: ModifySettings,
  operations: ModifyOperations,
): Promise<Modified> {
  const compiled = update === undefined ? undefined : compileAnyUpdate(update, { arrayFilters });
  const project =
    Object.keys(projection).length === 0
      ? (document: Document): Document => document
      : compileProjection(projection, "find", filter);
  const changed = await operations.change((document) => compiled?.apply(document, filter, false));
  if (changed !== undefined) {
    const value = returnsAfter && compiled !== undefined ? changed.after! : changed.before;
    return { value: project(value), isFound: true, upsertedId: undefined };
  }
  if (!isUpsert || compiled === undefined) return { value: undefined, isFound: false, upsertedId: undefined };
  const document = compiled.apply(upsertBase(filter), filter, true);
  const upsertedId = await operations.insert(document);
  const value = returnsAfter ? project({ _id: upsertedId, ...document }) : undefined;
  return { value, isFound: false, upsertedId };
}
