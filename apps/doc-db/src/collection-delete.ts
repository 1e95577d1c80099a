import { findCollection } from "./catalog.ts";
import { recorderOf } from "./changes/feed.ts";
import { getDocument } from "./collection-get.ts";
import { deleteById } from "./collection-store.ts";
import { referencesOf } from "./constraints/references.ts";
import type { Executor } from "./storage/executor.ts";
import type { PageWriter } from "./storage/page-writer.ts";

/** Takes documents out, in one transaction. @returns how many of them were there */
export function deleteKeys(engine: Executor, name: string, keys: readonly Uint8Array[]): Promise<number> {
  return engine.write(deletion(name, keys));
}

/** What takes documents out, and says how many of them were there. */
export function deletion(name: string, keys: readonly Uint8Array[]): (pager: PageWriter) => number {
  return (pager) => {
    const page = findCollection(pager, name);
    if (page === undefined) return 0;
    const recorder = recorderOf(pager, name);
    const references = referencesOf(pager, name);
    const isWatched = recorder !== undefined || references !== undefined;
    const deleted = keys.filter((key) => {
      const before = isWatched ? getDocument(pager, name, key) : undefined;
      const isGone = deleteById(pager, page, key);
      if (before !== undefined) {
        recorder?.delete(before._id!);
        references?.deleted(before);
      }
      // In a long transaction, which a small cache makes of it, pages are let go one by one.
      if (pager.touched !== undefined) pager.endOperation();
      return isGone;
    });
    references?.settle();
    return deleted.length;
  };
}
