/** Updates without waiting, in one transaction. */
import {
  compileChange,
  DEFAULT_UPDATE_OPTIONS,
  onlyIdKey,
  putUpserted,
  type UpdateOptions,
  type UpdateResult,
} from "./collection-update.ts";
import { referencesOf } from "./constraints/references.ts";
import type { Document } from "./document/value.ts";
import { updateById } from "./document-change.ts";
import { idKeysOf } from "./fetch.ts";
import { upsertBase } from "./mql/update/upsert.ts";
import type { Executor } from "./storage/executor.ts";

/** What an update without waiting takes: the first match is any, and the planner chooses the index. */
export type SyncUpdateOptions = Pick<UpdateOptions, "upsert" | "arrayFilters" | "collation">;

/** What {@link SyncUpdateOptions} are when they are not given. */
export const DEFAULT_SYNC_UPDATE_OPTIONS: Required<SyncUpdateOptions> = Object.freeze({
  upsert: DEFAULT_UPDATE_OPTIONS.upsert,
  arrayFilters: DEFAULT_UPDATE_OPTIONS.arrayFilters,
  collation: DEFAULT_UPDATE_OPTIONS.collation,
});

/** @throws as `updateDocuments` does; nothing was changed then */
export function updateDocumentsSync(
  engine: Executor,
  name: string,
  filter: Document,
  update: Document | readonly Document[],
  options: Required<SyncUpdateOptions>,
  isMany: boolean,
): UpdateResult {
  const { compiled, change, wanted } = compileChange(filter, update, options);
  const updateAt = updateById(name, wanted, change);
  return engine.writeSync((pager) => {
    const only = onlyIdKey(wanted);
    const keys = only === undefined ? idKeysOf(pager, name, wanted, isMany ? undefined : 1) : [only];
    const references = referencesOf(pager, name);
    let [matchedCount, modifiedCount] = [0, 0];
    for (const idKey of keys) {
      const counts = updateAt(pager, idKey, references);
      matchedCount += counts?.matchedCount ?? 0;
      modifiedCount += counts?.modifiedCount ?? 0;
    }
    references?.settle();
    if (matchedCount > 0 || !options.upsert) return { matchedCount, modifiedCount, upsertedId: undefined };
    const document = compiled.apply(upsertBase(filter), filter, true);
    return { matchedCount: 0, modifiedCount: 0, upsertedId: putUpserted(pager, name, document) };
  });
}
