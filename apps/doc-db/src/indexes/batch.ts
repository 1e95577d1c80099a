/** What a transaction of many documents puts into one index. */
import { TreeInserter } from "../btree/tree-inserter.ts";
import { type IndexEntry, indexesOf } from "../collection-page.ts";
import { documentView } from "../document/lookup.ts";
import { compareBytes } from "../keys/compare.ts";
import { indexEntryKey, indexEntryValue } from "../keys/index-keys.ts";
import type { PageWriter } from "../storage/page-writer.ts";
import { keysOf } from "./keys.ts";
import { addToIndex, noteKeys } from "./store.ts";

/** The entries of many documents in one index. */
export interface IndexBatch {
  add(pager: PageWriter, page: Uint8Array, bytes: Uint8Array, idKey: Uint8Array): void;
  finish(pager: PageWriter): void;
}

/** Entries are gathered and put in sorted; those of unique indexes, of text and of vectors one document after the other. */
export function batchFor(index: IndexEntry): IndexBatch {
  const { isUnique, text, vector, name } = index.definition;
  if (!isUnique && text === undefined && vector === undefined) return gatheringBatch(index);
  return {
    add: (pager, page, bytes, idKey) => {
      const current = indexesOf(page).find(({ definition }) => definition.name === name)!;
      addToIndex(pager, page, current, bytes, idKey);
    },
    finish: () => {},
  };
}

function gatheringBatch(index: IndexEntry): IndexBatch {
  const view = documentView();
  const entries: { readonly key: Uint8Array; readonly value: Uint8Array }[] = [];
  let current = index;
  return {
    add: (_pager, page, bytes, idKey) => {
      view.moveTo(bytes, 0, bytes.length);
      const found = keysOf(index.definition, view);
      if (found.keys.length === 0) return;
      if (noteKeys(page, current, found)) current = indexesOf(page).find(({ root }) => root === index.root)!;
      const value = indexEntryValue(idKey);
      for (const key of found.keys) entries.push({ key: indexEntryKey(key, idKey), value });
    },
    finish: (pager) => {
      entries.sort((a, b) => compareBytes(a.key, b.key));
      const inserter = new TreeInserter(pager, index.root);
      for (const { key, value } of entries) inserter.add(key, value);
    },
  };
}
